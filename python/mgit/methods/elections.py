"""Who of the models has a say in an element: the one step that methods on task vectors share (``docs/recipes.md``)."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import numpy as np

from .method import Task
from .sums import total


def elect(task: Task, vectors: List[np.ndarray], shares: Sequence[float]) -> Tuple[List[np.ndarray], np.ndarray]:
    """The vectors without elements that do not have the elected sign, and the total of the shares of those that have."""
    by_count = task.values.get("consensus_method") == "count"
    votes = task.round(total(task, [_signs(vector) for vector in vectors] if by_count else vectors))
    agreeing = [_keep(vector, np.where(votes >= 0, vector > 0, vector < 0)) for vector in vectors]
    marks = [marked(vector, share) for vector, share in zip(agreeing, shares)]
    return agreeing, task.round(total(task, marks))


def _signs(vector: np.ndarray) -> np.ndarray:
    """-1, 0 or 1; NaN has none."""
    return (vector > 0).astype(vector.dtype) - (vector < 0).astype(vector.dtype)


def _keep(vector: np.ndarray, stays: np.ndarray) -> np.ndarray:
    return np.where(stays, vector, vector.dtype.type(0))


def marked(vector: np.ndarray, mark: float) -> np.ndarray:
    """The mark where an element is not 0, else 0."""
    return np.where(vector != 0, vector.dtype.type(mark), vector.dtype.type(0))


def divide_where_not_zero(elements: np.ndarray, divisors: np.ndarray) -> np.ndarray:
    """Elements over divisors; those with a divisor of 0 stay."""
    return elements / np.where(divisors == 0, divisors.dtype.type(1), divisors)

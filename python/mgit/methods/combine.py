"""Combinations of vectors whose coefficients follow from their dot products (``docs/recipes.md``, "Points on arcs")."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

import numpy as np

from .method import Parameter, Task
from .sums import block_sum, running_sum

ORIGIN = Parameter("zero", choices=("zero", "base"))
Gram = Callable[[int, int], np.ndarray]
"""The dot product of vectors i and j, for each group of elements."""
Coefficients = Callable[[Gram], Sequence[np.ndarray]]


def combine(task: Task, coefficients: Coefficients, *, grouping: str = "all", since_base: bool = False) -> np.ndarray:
    """
    The chain of coefficient times vector. Each group of elements has its own coefficients: ``all``, those of each of the ``rows``, or
    ``columns``.
    """
    grouping = grouping if len(task.shape) > 1 else "all"
    vectors = [_grouped(vector, task, grouping) for vector in (task.changes() if since_base else task.models)]

    def gram(i: int, j: int) -> np.ndarray:
        left, right = vectors[i], vectors[j]
        if grouping != "columns":
            return block_sum(left, right)
        return running_sum((left.astype(np.float64) * right.astype(np.float64)).T)

    with_groups = (np.newaxis, slice(None)) if grouping == "columns" else (slice(None), np.newaxis)
    result = None
    for vector, factors in zip(vectors, coefficients(gram)):
        term = task.round((vector * np.asarray(factors).astype(vector.dtype)[with_groups]).reshape(-1))
        result = term if result is None else task.round(result + term)
    return result + task.base if since_base else result


def _grouped(vector: np.ndarray, task: Task, grouping: str) -> np.ndarray:
    """A row for each group; of columns, a column for each."""
    if grouping == "all":
        return vector.reshape(1, -1)
    return vector.reshape(task.shape[0], -1) if grouping == "columns" else vector.reshape(-1, task.shape[-1])


def as_cosine(value: np.ndarray) -> np.ndarray:
    return np.minimum(1.0, np.maximum(-1.0, value))


def from_base(values: Mapping[str, Any]) -> bool:
    """Whether vectors are changes since the base."""
    return values["origin"] == "base"


def only_one(_gram: Gram) -> Sequence[np.ndarray]:
    """The coefficient of a single model."""
    return [np.ones(1)]

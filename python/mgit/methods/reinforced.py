"""Changes averaged over the models that made them (``docs/recipes.md``, ``ram`` and ``ramplus_tl``)."""

from __future__ import annotations

from typing import List

import numpy as np

from .elections import divide_where_not_zero, marked
from .method import NUMERICS, Method, Parameter, Task, always
from .sums import total


def _ram(task: Task) -> np.ndarray:
    vectors = _changed(task)
    counts = task.round(total(task, [marked(vector, 1.0) for vector in vectors]))
    means = [task.round(divide_where_not_zero(vector, counts)) for vector in vectors]
    return task.round(total(task, means)) + task.base


def _ramplus_tl(task: Task) -> np.ndarray:
    vectors = _changed(task)
    counts = total(task, [marked(vector, 1.0) for vector in vectors])
    means = []
    for vector in vectors:
        own = (vector != 0) & (counts == 1)
        one, enlarged = vector.dtype.type(1), vector.dtype.type(1.0 - _enlargement(task, vector, own))
        mean = task.round(divide_where_not_zero(vector, counts))
        means.append(np.where(own, mean * (one - enlarged), mean))
    return total(task, means) + task.base


def _changed(task: Task) -> List[np.ndarray]:
    vectors = [task.round(change) for change in task.changes()]
    zero = vectors[0].dtype.type(0)
    epsilon = vectors[0].dtype.type(task.round_number(task.number("epsilon")))
    return [np.where(np.abs(vector) > epsilon, vector, zero) for vector in vectors]


def _enlargement(task: Task, vector: np.ndarray, own: np.ndarray) -> float:
    """By how many elements a model shares with others, and how many are its own."""
    unique = int(np.count_nonzero(own))
    shared = int(np.count_nonzero(vector)) - unique
    ratio = 0.0 if shared == 0 else min(task.number("alpha"), shared / max(float(unique), task.number("epsilon")))
    return 1.0 + task.number("r") * ratio


_EPSILON = Parameter(1e-5)
METHODS = {
    ("ram", 1): Method(_ram, {"epsilon": _EPSILON, "numerics": NUMERICS}, needs_base=always),
    ("ramplus_tl", 1): Method(
        _ramplus_tl,
        {"r": Parameter(0.1), "alpha": Parameter(0.2), "epsilon": _EPSILON, "numerics": NUMERICS},
        needs_base=always,
    ),
}

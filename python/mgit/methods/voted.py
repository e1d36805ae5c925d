"""Task vectors whose elements the models choose together (``docs/recipes.md``, ``sce`` and ``consensus``)."""

from __future__ import annotations

from math import trunc
from typing import List

import numpy as np

from .elections import divide_where_not_zero, elect
from .method import NUMERICS, Method, Parameter, Task, always
from .sparse import keep_ranks
from .sums import block_sum, scaled, sum_numbers, total


def _sce(task: Task) -> np.ndarray:
    vectors = [task.round(change) for change in task.changes()]
    if task.number("select_topk") < 1.0:
        varying = _select(task, _variance(task, vectors)) != 0
        vectors = [vector * varying.astype(vector.dtype) for vector in vectors]
    shares = _shares(task, vectors)
    vectors, divisors = elect(task, vectors, shares)
    weighted = [task.round(scaled(vector, share)) for vector, share in zip(vectors, shares)]
    return task.round(divide_where_not_zero(task.round(total(task, weighted)), divisors)) + task.base


def _select(task: Task, variance: np.ndarray) -> np.ndarray:
    return keep_ranks(variance, 0, trunc(task.number("select_topk") * np.count_nonzero(variance)))


def _variance(task: Task, vectors: List[np.ndarray]) -> np.ndarray:
    result = np.zeros_like(vectors[0])
    for at, right in enumerate(vectors):
        for left in vectors[:at]:
            difference = right - left
            result += difference * difference
    return task.round(result / result.dtype.type(len(vectors) ** 2))


def _shares(task: Task, vectors: List[np.ndarray]) -> List[float]:
    """Of the mean squares."""
    squares = [task.round(vector * vector).reshape(1, -1) for vector in vectors]
    energies = [task.round_number(float(block_sum(square)[0]) / len(vectors[0])) for square in squares]
    energy = sum_numbers(energies)
    return [task.round_number(1.0 / len(energies) if energy < 1e-6 else one / energy) for one in energies]


def _consensus(task: Task) -> np.ndarray:
    changes = task.changes()
    together = np.zeros_like(task.base)
    for change in changes:
        together += change
    served = np.zeros(len(together), np.int64)
    for change, factor in zip(changes, task.numbers("tall_lambda")):
        served += np.abs(change) - scaled(np.abs(together - change), factor) >= 0
    kept = np.where(served >= task.number("least_models"), together, together.dtype.type(0))
    return scaled(kept, task.number("lambda")) + task.base


METHODS = {
    ("sce", 1): Method(_sce, {"select_topk": Parameter(1), "numerics": NUMERICS}, needs_base=always),
    ("consensus", 1): Method(
        _consensus,
        {"tall_lambda": Parameter(0.4, each=True), "least_models": Parameter(2), "lambda": Parameter(1)},
        needs_base=always,
    ),
}

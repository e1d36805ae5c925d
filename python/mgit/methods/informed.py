"""Averages that what was measured on data has a say in (``docs/recipes.md``, "Averages with statistics")."""

from __future__ import annotations

from typing import List, Optional, Tuple

import numpy as np

from ..errors import MgitError
from .method import Method, Parameter, Task
from .sums import chain


def _fisher(task: Task) -> np.ndarray:
    kind = task.models[0].dtype.type
    floor = np.float32(task.number("floor"))
    sums = np.zeros_like(task.models[0])
    divisors = np.zeros_like(sums)
    for model, statistic, weight in zip(task.models, task.statistics, task.numbers("weight")):
        share = np.where(statistic >= floor, statistic, floor).astype(kind) * kind(weight)
        sums = sums + model * share
        divisors = divisors + share
    return np.where(divisors != 0, sums / np.where(divisors != 0, divisors, kind(1)), sums)


def _regmean(task: Task) -> np.ndarray:
    given = task.numbers("weight")
    total = 0.0
    for weight in given:
        total += weight
    weights = [weight / total for weight in given]
    if not task.statistics:
        return chain(task.models, weights)
    rows, columns = task.shape
    grams = [statistic.astype(np.float64).reshape(columns, columns) for statistic in task.statistics]
    centre = _centre(task, grams, weights)
    left, right = np.zeros((columns, columns)), np.zeros((rows, columns))
    for model, gram, weight in zip(task.models, grams, weights):
        scaled = weight * (task.number("alpha") * gram)
        diagonal = np.arange(columns)
        scaled[diagonal, diagonal] = weight * (gram[diagonal, diagonal] + centre)
        left = left + scaled
        matrix = model.astype(np.float64).reshape(rows, columns)
        for k in range(columns):
            right = right + matrix[:, k : k + 1] * scaled[k]
    return _solve(left, right).reshape(-1).astype(task.models[0].dtype)


def _centre(task: Task, grams: List[np.ndarray], weights: List[float]) -> float:
    total = 0.0
    for gram, weight in zip(grams, weights):
        trace = 0.0
        for square in np.diagonal(gram):
            trace += float(square)
        total += weight * trace
    return task.number("ridge") * total / len(grams[0]) or task.number("ridge")


def _solve(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Each row times ``left`` is that of ``right``: Cholesky's decomposition, one column after the other."""
    count = len(left)
    for k in range(count):
        pivot = np.sqrt(left[k, k])
        if not 0 < pivot < np.inf:
            raise MgitError("MERGE_SINGULAR", "the products of the inputs of a layer leave its weight undecided")
        left[k, k] = pivot
        left[k + 1 :, k] /= pivot
        left[k + 1 :, k + 1 :] -= left[k + 1 :, k : k + 1] * left[k + 1 :, k]
    for k in range(count):
        right[:, k] /= left[k, k]
        right[:, k + 1 :] -= right[:, k : k + 1] * left[k + 1 :, k]
    for k in reversed(range(count)):
        right[:, k] /= left[k, k]
        right[:, :k] -= right[:, k : k + 1] * left[k, :k]
    return right


def _same(shape: Tuple[int, ...]) -> Optional[Tuple[int, ...]]:
    return shape


def _inputs(shape: Tuple[int, ...]) -> Optional[Tuple[int, ...]]:
    return (shape[1], shape[1]) if len(shape) == 2 else None


METHODS = {
    ("fisher", 1): Method(
        _fisher,
        {"weight": Parameter(1, each=True), "floor": Parameter(1e-6)},
        statistics=_same,
        needs_statistics=True,
    ),
    ("regmean", 1): Method(
        _regmean,
        {"weight": Parameter(1, each=True), "alpha": Parameter(0.9), "ridge": Parameter(1e-6)},
        statistics=_inputs,
    ),
}

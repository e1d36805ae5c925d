"""Two models, of which the nearer or the more important elements are taken (``docs/recipes.md``)."""

from __future__ import annotations

from math import floor

import numpy as np

from .elementary import exponential, logarithm
from .method import NUMERICS, Method, Parameter, Task
from .sums import BLOCK, running_sum, tree_sum

_ROWS_AT_ONCE = 256


def _nearswap(task: Task) -> np.ndarray:
    first, second = task.models
    one, t = first.dtype.type(1), first.dtype.type(task.number("t"))
    distance = np.abs(task.round(first - second))
    share = task.round(task.round(one / distance) * t) if task.stepwise else t / distance
    share = np.where(share < one, np.where(share > 0, share, one - one), one)
    return task.round(second * share) + task.round(first * task.round(one - share))


def _arcee_fusion(task: Task) -> np.ndarray:
    first, second = task.models
    length = task.shape[-1] if len(task.shape) > 1 else len(first)
    rows = [model.reshape(-1, length) for model in (first, second)]
    divergence = np.empty(len(rows[0]))
    for start in range(0, len(divergence), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        divergence[part] = row_divergence(rows[1][part].astype(np.float64), rows[0][part].astype(np.float64))
    scores = np.abs(second - first) * np.repeat(divergence.astype(first.dtype), length)
    ranked = np.sort(scores)
    lower, median, upper = (float(ranked[floor(share * (len(first) - 1))]) for share in (0.25, 0.5, 0.75))
    return np.where(scores.astype(np.float64) >= median + 1.5 * (upper - lower), second, first)


def row_divergence(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of the rows as distributions from the others, at least 0."""
    p, q = _probabilities(rows), _probabilities(others)
    return np.maximum(0.0, _sum_in_blocks(p * logarithm(p / q)))


def _probabilities(rows: np.ndarray) -> np.ndarray:
    powers = exponential(rows - rows.max(axis=1, keepdims=True))
    return powers / _sum_in_blocks(powers)[:, np.newaxis] + 1e-8


def _sum_in_blocks(values: np.ndarray) -> np.ndarray:
    starts = range(0, values.shape[1], BLOCK)
    return tree_sum(np.stack([running_sum(values[:, at : at + BLOCK]) for at in starts], axis=1))


METHODS = {
    ("nearswap", 1): Method(_nearswap, {"t": Parameter(0.0001), "numerics": NUMERICS}, fewest=2, most=2),
    ("arcee_fusion", 1): Method(_arcee_fusion, {}, fewest=2, most=2),
}

"""Directions between several models (``docs/recipes.md``, "Points on arcs")."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from .combine import ORIGIN, Gram, as_cosine, combine, from_base, only_one
from .method import NUMERICS, Method, Parameter, Task, always
from .sums import sum_numbers


def _multislerp(task: Task) -> np.ndarray:
    weights, eps = task.numbers("weight"), task.number("eps")
    if task.values["normalize_weights"]:
        divisor = sum_numbers(weights)
        weights = [weight / divisor for weight in weights]
    count = len(weights)

    def barycentre(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i)) for i in range(count)]
        directions = [weight / (length + eps) for weight, length in zip(weights, lengths)]
        square = np.zeros(1)
        for i in range(count):
            for j in range(count):
                square = square + directions[i] * directions[j] * gram(i, j)
        mean = np.sqrt(np.maximum(0.0, square))
        length = sum_numbers(weight * length for weight, length in zip(weights, lengths))
        straight = (mean < eps) | (mean == 0.0)
        return [np.where(straight, weight, d / mean * length) for weight, d in zip(weights, directions)]

    return combine(task, only_one if count == 1 else barycentre, since_base=from_base(task.values))


def _model_stock(task: Task) -> np.ndarray:
    count = len(task.models)

    def ratio(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i)) for i in range(count)]
        pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
        cosines = [as_cosine(gram(i, j) / np.maximum(1e-6, lengths[i] * lengths[j])) for i, j in pairs]
        mean = sum_numbers(cosines) / (count * (count - 1) / 2)
        divisor = 1.0 + (count - 1) * mean
        return [np.where(divisor < 1e-6, 0.0, count * mean / divisor) / count] * count

    return combine(task, ratio, grouping="rows" if task.values["filter_wise"] else "all", since_base=True)


METHODS = {
    ("multislerp", 1): Method(
        _multislerp,
        {
            "weight": Parameter(1, each=True),
            "normalize_weights": Parameter(True),
            "eps": Parameter(1e-8),
            "origin": ORIGIN,
            "numerics": NUMERICS,
        },
        needs_base=from_base,
    ),
    ("model_stock", 1): Method(
        _model_stock, {"filter_wise": Parameter(False), "numerics": NUMERICS}, needs_base=always, fewest=2
    ),
}

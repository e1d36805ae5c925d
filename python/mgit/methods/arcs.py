"""Combinations of vectors whose coefficients follow from dot products (``docs/recipes.md``, "Points on arcs")."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, List, Sequence

import numpy as np

from .elementary import arc_cosine, cosine, sine
from .method import NUMERICS, Method, Parameter, Task, always
from .sums import block_sum, running_sum, sum_numbers

Gram = Callable[[int, int], np.ndarray]
"""The dot product of vectors i and j, for each group of elements."""
Coefficients = Callable[[Gram], Sequence[np.ndarray]]


def _combine(task: Task, grouping: str, from_base: bool, coefficients: Coefficients) -> np.ndarray:
    """The chain of coefficient times vector; each group of elements has its own coefficients."""
    grouping = grouping if len(task.shape) > 1 else "all"
    vectors = [_grouped(vector, task, grouping) for vector in (task.changes() if from_base else task.models)]

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
    return result + task.base if from_base else result


def _grouped(vector: np.ndarray, task: Task, grouping: str) -> np.ndarray:
    """A row for each group; of columns, a column for each."""
    if grouping == "all":
        return vector.reshape(1, -1)
    return vector.reshape(task.shape[0], -1) if grouping == "columns" else vector.reshape(-1, task.shape[-1])


def _slerp(task: Task) -> np.ndarray:
    t = task.number("t")

    def on_arc(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i)) for i in (0, 1)]
        first, second = (np.where(length > 1e-8, length, 1.0) for length in lengths)
        product = gram(0, 1) / (first * second)
        return _arc(arc_cosine(product), t, np.abs(product) > 0.9995)

    return _combine(replace(task, values={}), "all", False, on_arc)  # Never stepwise.


def _nuslerp(task: Task) -> np.ndarray:
    weights = task.numbers("weight")
    both = weights[0] + weights[1]
    t = 0.5 if abs(both) < 1e-6 else weights[1] / both

    def on_arc(gram: Gram) -> Sequence[np.ndarray]:
        first, second = (np.maximum(1e-7, np.sqrt(gram(i, i))) for i in (0, 1))
        angle = arc_cosine(_as_cosine(gram(0, 1) / (first * second)))
        return _arc(angle, t, sine(angle) < 1e-6)

    grouping = "columns" if task.values["nuslerp_row_wise"] else "rows"
    return _combine(task, "all" if task.values["nuslerp_flatten"] else grouping, _from_base(task.values), on_arc)


def _arc(angle: np.ndarray, t: float, straight: np.ndarray) -> Sequence[np.ndarray]:
    whole = sine(angle)
    first, second = sine((1.0 - t) * angle) / whole, sine(t * angle) / whole
    return np.where(straight, 1.0 - t, first), np.where(straight, t, second)


def _as_cosine(value: np.ndarray) -> np.ndarray:
    return np.minimum(1.0, np.maximum(-1.0, value))


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

    return _combine(task, "all", _from_base(task.values), _one if count == 1 else barycentre)


def _one(_gram: Gram) -> Sequence[np.ndarray]:
    return [np.ones(1)]


def _karcher(task: Task) -> np.ndarray:
    count, tolerance = len(task.models), task.number("tol")

    def centre(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i))[0] for i in range(count)]
        valid = [i for i in range(count) if lengths[i] > tolerance]
        cosines = [[gram(min(i, j), max(i, j))[0] / (lengths[i] * lengths[j]) for j in valid] for i in valid]
        length = sum_numbers(value / count for value in lengths)
        coefficients = [np.zeros(1) for _ in range(count)]
        for model, value in zip(valid, _Sphere(cosines, tolerance).centre(task.number("max_iter")) if valid else []):
            coefficients[model] = np.array([length * value / lengths[model]])
        return coefficients

    return _combine(task, "all", False, _one if count == 1 else centre)


class _Sphere:
    """Directions by their cosines; a point is one number for each direction."""

    def __init__(self, cosines: List[List[float]], tolerance: float) -> None:
        self._cosines = cosines
        self._tolerance = tolerance

    def centre(self, steps: float) -> List[float]:
        count = len(self._cosines)
        point = [1.0 / count] * count
        spread = self._length(point)
        point = [1.0] + [0.0] * (count - 1) if spread < self._tolerance else [x / spread for x in point]
        step = 0
        while step < steps:
            tangent = self._tangent(point)
            length = self._length(tangent)
            if length < self._tolerance:
                break
            along, across = cosine(length), sine(length) / length
            point = [along * x + across * t for x, t in zip(point, tangent)]
            norm = self._length(point)
            if norm > self._tolerance:
                point = [x / norm for x in point]
            step += 1
        return point

    def _tangent(self, point: List[float]) -> List[float]:
        share, tangent = 1.0 / len(point), [0.0] * len(point)
        for direction, product in enumerate(self._project(point)):
            along = _as_cosine(product)
            angle = arc_cosine(along)
            if angle < self._tolerance or sine(angle) < 1e-6:
                continue
            factor = share * (angle / sine(angle))
            for at, own in enumerate(point):
                tangent[at] = tangent[at] + factor * ((1.0 if at == direction else 0.0) - along * own)
        return tangent

    def _length(self, point: List[float]) -> float:
        return np.sqrt(np.maximum(0.0, _product(point, self._project(point))))

    def _project(self, point: List[float]) -> List[float]:
        return [_product(row, point) for row in self._cosines]


def _product(left: List[float], right: List[float]) -> float:
    return sum_numbers(x * y for x, y in zip(left, right))


def _model_stock(task: Task) -> np.ndarray:
    count = len(task.models)

    def ratio(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i)) for i in range(count)]
        pairs = [(i, j) for i in range(count) for j in range(i + 1, count)]
        cosines = [_as_cosine(gram(i, j) / np.maximum(1e-6, lengths[i] * lengths[j])) for i, j in pairs]
        mean = sum_numbers(cosines) / (count * (count - 1) / 2)
        divisor = 1.0 + (count - 1) * mean
        return [np.where(divisor < 1e-6, 0.0, count * mean / divisor) / count] * count

    return _combine(task, "rows" if task.values["filter_wise"] else "all", True, ratio)


def _from_base(values) -> bool:
    return values["origin"] == "base"


_WEIGHT = Parameter(1, each=True)
_ORIGIN = Parameter("zero", choices=("zero", "base"))
METHODS = {
    ("slerp", 1): Method(_slerp, {"t": Parameter(0.5), "numerics": NUMERICS}, fewest=2, most=2),
    ("nuslerp", 1): Method(
        _nuslerp,
        {
            "weight": _WEIGHT,
            "nuslerp_flatten": Parameter(True),
            "nuslerp_row_wise": Parameter(False),
            "origin": _ORIGIN,
            "numerics": NUMERICS,
        },
        needs_base=_from_base,
        fewest=2,
        most=2,
    ),
    ("multislerp", 1): Method(
        _multislerp,
        {
            "weight": _WEIGHT,
            "normalize_weights": Parameter(True),
            "eps": Parameter(1e-8),
            "origin": _ORIGIN,
            "numerics": NUMERICS,
        },
        needs_base=_from_base,
    ),
    ("karcher", 1): Method(_karcher, {"max_iter": Parameter(10), "tol": Parameter(1e-5), "numerics": NUMERICS}),
    ("model_stock", 1): Method(
        _model_stock, {"filter_wise": Parameter(False), "numerics": NUMERICS}, needs_base=always, fewest=2
    ),
}

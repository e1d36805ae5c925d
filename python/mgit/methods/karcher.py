"""The centre of directions on a sphere (``docs/recipes.md``, ``karcher``)."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

from .combine import Gram, as_cosine, combine, only_one
from .elementary import arc_cosine, cosine, sine
from .method import NUMERICS, Method, Parameter, Task
from .sums import sum_numbers


def _karcher(task: Task) -> np.ndarray:
    count, tolerance = len(task.models), task.number("tol")

    def centre(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i))[0] for i in range(count)]
        valid = [i for i in range(count) if lengths[i] > tolerance]
        cosines = [[gram(min(i, j), max(i, j))[0] / (lengths[i] * lengths[j]) for j in valid] for i in valid]
        length = sum_numbers(value / count for value in lengths)
        coefficients = [np.zeros(1) for _ in range(count)]
        point = _Sphere(cosines, tolerance).centre(task.number("max_iter")) if valid else []
        for model, value in zip(valid, point):
            coefficients[model] = np.array([length * value / lengths[model]])
        return coefficients

    return combine(task, only_one if count == 1 else centre)


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
        while step < steps:  # A number, which may have a fraction.
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
            along = as_cosine(product)
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


METHODS = {
    ("karcher", 1): Method(_karcher, {"max_iter": Parameter(10), "tol": Parameter(1e-5), "numerics": NUMERICS}),
}

"""Singular values and vectors (``docs/recipes.md``, "Singular values"): one-sided Jacobi, in an order that leaves no bit open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

import numpy as np

from .sums import lane_sum, sum_numbers

_ORTHOGONAL = 2.0**-46
_NOISE = 2.0**-40
_SWEEPS_AT_MOST = 40


@dataclass
class Parts:
    """A matrix: the sum over i of value i times row i of ``short``, transposed, times row i of ``long``. Values are in no order."""

    values: np.ndarray
    short: np.ndarray
    long: np.ndarray

    def largest(self, count: int) -> List[int]:
        """Where they are, the largest first; fewer where the others are 0."""
        places = [at for at, value in enumerate(self.values) if value != 0]
        return sorted(places, key=lambda at: -self.values[at])[:count]


def frobenius_norm(matrix: np.ndarray) -> float:
    return float(np.sqrt(sum_numbers(_products(matrix, matrix))))


def take_apart(matrix: np.ndarray, norm: Optional[float] = None) -> Parts:
    """Of a matrix with no more rows than columns; noise is measured against ``norm``, else against its own."""
    rows, columns = matrix.shape
    edge = (frobenius_norm(matrix) if norm is None else norm) * _NOISE
    floor = edge * edge
    both = np.concatenate([matrix, np.eye(rows)], axis=1)
    for _ in range(_SWEEPS_AT_MOST):
        if not _sweep(both, columns, floor):
            break
    long, short = both[:, :columns], both[:, columns:]
    squares = _products(long, long)
    values = np.where(squares <= floor, 0.0, np.sqrt(squares))
    divisors = np.where(values == 0, 1.0, values)[:, np.newaxis]
    return Parts(values, short, np.where(values[:, np.newaxis] == 0, 0.0, long / divisors))


def make_orthonormal(matrix: np.ndarray) -> np.ndarray:
    """The nearest orthonormal rows."""
    parts = take_apart(matrix)
    result = np.zeros_like(matrix)
    for at in range(len(matrix)):
        result += parts.short[at][:, np.newaxis] * parts.long[at]
    return result


def _sweep(both: np.ndarray, columns: int, floor: float) -> bool:
    """
    Turns all pairs of rows; False when none had to be. Pairs (i, j) with the same i + j have no row in common, and come after those
    with a smaller one that they depend on: they are turned at once.
    """
    rows = len(both)
    long = both[:, :columns]
    squares = _products(long, long)
    turned = False
    for both_places in range(1, 2 * rows - 2):
        first = np.arange(max(0, both_places - rows + 1), (both_places + 1) // 2)
        turned = _turn(both, columns, squares, floor, first, both_places - first) or turned
    return turned


def _turn(both, columns: int, squares, floor: float, first, second) -> bool:
    counting = ~((squares[first] <= floor) | (squares[second] <= floor))
    first, second = first[counting], second[counting]
    across = _products(both[first, :columns], both[second, :columns])
    a, b = squares[first], squares[second]
    oblique = np.abs(across) > _ORTHOGONAL * (np.sqrt(a) * np.sqrt(b))
    if not oblique.any():
        return False
    first, second, across, a, b = (values[oblique] for values in (first, second, across, a, b))
    theta = (b - a) / (2.0 * across)
    tangent = np.where(theta < 0, -1.0, 1.0) / (np.abs(theta) + np.sqrt(theta * theta + 1.0))
    cosine = 1.0 / np.sqrt(tangent * tangent + 1.0)
    _rotate(both, first, second, cosine[:, np.newaxis], (tangent * cosine)[:, np.newaxis])
    for places, square, change in ((first, a, -tangent * across), (second, b, tangent * across)):
        rows = both[places, :columns]
        changed = square + change
        squares[places] = np.where(changed > square / 2.0, changed, _products(rows, rows))
    return True


def _rotate(both: np.ndarray, first: np.ndarray, second: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> None:
    left, right = both[first], both[second]
    both[first] = cosine * left - sine * right
    both[second] = sine * left + cosine * right


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of each pair of rows, over all columns: there are no blocks."""
    return lane_sum(left * right)

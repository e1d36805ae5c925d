"""Singular values and vectors (``docs/recipes.md``, "Singular values"): one-sided Jacobi, in an order that leaves no bit open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

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
    edge = (frobenius_norm(matrix) if norm is None else norm) * _NOISE
    rows = _Rows(matrix, edge * edge)
    for _ in range(_SWEEPS_AT_MOST):
        if not rows.sweep():
            break
    return rows.normalized()


def make_orthonormal(matrix: np.ndarray) -> np.ndarray:
    """The nearest orthonormal rows."""
    parts = take_apart(matrix)
    result = np.zeros_like(matrix)
    for at in range(len(matrix)):
        result += parts.short[at][:, np.newaxis] * parts.long[at]
    return result


class _Rows:
    """The rows that are turned, each with its row of the rotations behind it."""

    def __init__(self, matrix: np.ndarray, floor: float) -> None:
        self._columns = matrix.shape[1]
        self._rows = np.concatenate([matrix, np.eye(len(matrix))], axis=1)
        self._floor = floor
        self._squares = np.empty(0)

    def sweep(self) -> bool:
        """
        Turns all pairs of rows; False when none had to be. Pairs (i, j) with the same i + j have no row in common, and come after all
        those with a smaller sum that they depend on: they are turned at once.
        """
        count = len(self._rows)
        self._squares = self._products(np.arange(count), np.arange(count))
        turned = False
        for places in range(1, 2 * count - 2):
            first = np.arange(max(0, places - count + 1), (places + 1) // 2)
            turned = self._turn(first, places - first) or turned
        return turned

    def normalized(self) -> Parts:
        every = np.arange(len(self._rows))
        squares = self._products(every, every)
        values = np.where(squares <= self._floor, 0.0, np.sqrt(squares))
        scales = values[:, np.newaxis]
        long = np.where(scales == 0, 0.0, self._rows[:, : self._columns] / np.where(scales == 0, 1.0, scales))
        return Parts(values, self._rows[:, self._columns :], long)

    def _turn(self, first: np.ndarray, second: np.ndarray) -> bool:
        first, second, across = self._oblique(first, second)
        if len(first) == 0:
            return False
        a, b = self._squares[first], self._squares[second]
        theta = (b - a) / (2.0 * across)
        tangent = np.where(theta < 0, -1.0, 1.0) / (np.abs(theta) + np.sqrt(theta * theta + 1.0))
        cosine = 1.0 / np.sqrt(tangent * tangent + 1.0)
        left, right = self._rows[first], self._rows[second]
        cosines, sines = cosine[:, np.newaxis], (tangent * cosine)[:, np.newaxis]
        self._rows[first] = cosines * left - sines * right
        self._rows[second] = sines * left + cosines * right
        self._measure(first, a, -tangent * across)
        self._measure(second, b, tangent * across)
        return True

    def _oblique(self, first: np.ndarray, second: np.ndarray) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The pairs that are neither noise nor orthogonal, and their products."""
        counting = ~((self._squares[first] <= self._floor) | (self._squares[second] <= self._floor))
        first, second = first[counting], second[counting]
        across = self._products(first, second)
        lengths = np.sqrt(self._squares[first]) * np.sqrt(self._squares[second])
        oblique = np.abs(across) > _ORTHOGONAL * lengths
        return first[oblique], second[oblique], across[oblique]

    def _measure(self, places: np.ndarray, squares: np.ndarray, changes: np.ndarray) -> None:
        """By the change; anew where so much cancels that it is no longer exact."""
        changed = squares + changes
        self._squares[places] = np.where(changed > squares / 2.0, changed, self._products(places, places))

    def _products(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return _products(self._rows[first, : self._columns], self._rows[second, : self._columns])


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of each pair of rows, over all columns: there are no blocks."""
    return lane_sum(left * right)

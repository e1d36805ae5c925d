"""Merges of matrices by their singular vectors (``docs/recipes.md``, "Methods on matrices")."""

from __future__ import annotations

from math import floor
from typing import List, Optional, Sequence

import numpy as np

from ..errors import MgitError
from .averages import weighted_changes
from .method import Method, Parameter, Task, always
from .singular_values import Parts, frobenius_norm, make_orthonormal, take_apart
from .sums import lane_sum, sum_numbers

_MOST_ELEMENTS = 2**26
_LONGEST_SHORT_SIDE = 4096


class _Form:
    """A tensor as a matrix, and how it is taken apart: with no more rows than columns."""

    def __init__(self, task: Task) -> None:
        self.rows, self.columns = task.shape[0], len(task.base) // task.shape[0]
        self.short = min(self.rows, self.columns)
        self.transposed = self.rows > self.columns
        if self.short > _LONGEST_SHORT_SIDE or self.rows * self.columns > _MOST_ELEMENTS:
            raise MgitError("MERGE_MATRIX_TOO_LARGE", f"a matrix of {self.rows} x {self.columns} has too many vectors")

    def change(self, task: Task, models: Sequence[np.ndarray]) -> np.ndarray:
        """The sum of the models' changes, as it is taken apart."""
        origin = task.base.astype(np.float64)
        result = np.zeros(len(origin))
        for model in models:
            result += model.astype(np.float64) - origin
        matrix = result.reshape(self.rows, self.columns)
        return np.ascontiguousarray(matrix.T) if self.transposed else matrix

    def left(self, parts: Parts) -> np.ndarray:
        return parts.long if self.transposed else parts.short

    def right(self, parts: Parts) -> np.ndarray:
        return parts.short if self.transposed else parts.long


class _Subspaces:
    """Singular values and vectors that were gathered; the rest is zeros."""

    def __init__(self, form: _Form, count: int) -> None:
        self._form = form
        self.values = np.zeros(count)
        self.left, self.right = np.zeros((count, form.rows)), np.zeros((count, form.columns))
        self.gathered = 0

    def gather(self, parts: Parts, count: int) -> None:
        for place in parts.largest(count):
            self.values[self.gathered] = parts.values[place]
            self.left[self.gathered] = self._form.left(parts)[place]
            self.right[self.gathered] = self._form.right(parts)[place]
            self.gathered += 1


def _merge(task: Task, merge_matrix, fewest: int = 1) -> np.ndarray:
    form = _form_of(task)
    if form is not None and form.short >= fewest:
        return merge_matrix(task, form)
    count = len(task.models)
    return weighted_changes(task, [task.number("lambda") / count] * count)


def _form_of(task: Task) -> Optional[_Form]:
    return _Form(task) if len(task.shape) > 1 else None


def _base_plus(task: Task, left: np.ndarray, right: np.ndarray, coefficients: Sequence[float]) -> np.ndarray:
    result = np.zeros((left.shape[1], right.shape[1]))
    for row, column, coefficient in zip(left, right, coefficients):
        result += (coefficient * row)[:, np.newaxis] * column
    return result.reshape(-1).astype(task.base.dtype) + task.base


def _equal(task: Task, values: np.ndarray, count: int) -> List[float]:
    return [task.number("lambda") * (sum_numbers(values) / count)] * count


def _iso_c(task: Task, form: _Form) -> np.ndarray:
    parts = take_apart(form.change(task, task.models))
    return _base_plus(task, form.left(parts), form.right(parts), _equal(task, parts.values, form.short))


def _iso_cts(task: Task, form: _Form) -> np.ndarray:
    count = len(task.models)
    rest = form.short - floor(form.short * task.number("common_space_fraction"))
    each = min(round(rest / count), form.short // count)  # Python rounds halves to even.
    spaces = _Subspaces(form, form.short)
    spaces.gather(take_apart(form.change(task, task.models)), form.short - each * count)
    common = spaces.left[: spaces.gathered].copy()
    for model in task.models if each > 0 else []:
        change = form.change(task, [model])
        norm = frobenius_norm(change)
        _remove(change, common, form.transposed)
        spaces.gather(take_apart(change, norm), each)
    left, right = make_orthonormal(spaces.left), make_orthonormal(spaces.right)
    return _base_plus(task, left, right, _equal(task, spaces.values, form.short))


def _remove(matrix: np.ndarray, vectors: np.ndarray, transposed: bool) -> None:
    """What the columns of a tensor's matrix have of orthonormal vectors, one after the other."""
    for vector in vectors:
        if transposed:
            along = lane_sum(vector * matrix)
            matrix += vector * (-along)[:, np.newaxis]
            continue
        products = np.zeros(matrix.shape[1])
        for row, element in zip(matrix, vector):
            products += row * element
        matrix += products * (-vector)[:, np.newaxis]


def _tsv_m(task: Task, form: _Form) -> np.ndarray:
    each = form.short // len(task.models)
    spaces = _Subspaces(form, each * len(task.models))
    for model in task.models:
        spaces.gather(take_apart(form.change(task, [model])), each)
    coefficients = [task.number("lambda") * value for value in spaces.values]
    return _base_plus(task, make_orthonormal(spaces.left), make_orthonormal(spaces.right), coefficients)


_LAMBDA = {"lambda": Parameter(1)}
METHODS = {
    ("iso_c", 1): Method(lambda task: _merge(task, _iso_c), _LAMBDA, needs_base=always),
    ("iso_cts", 1): Method(
        lambda task: _merge(task, _iso_cts),
        {**_LAMBDA, "common_space_fraction": Parameter(0.8)},
        needs_base=always,
    ),
    ("tsv_m", 1): Method(lambda task: _merge(task, _tsv_m, len(task.models)), _LAMBDA, needs_base=always),
}

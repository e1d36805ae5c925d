"""Sums of elements and of models, in an order that leaves no bit open (``docs/recipes.md``, "Sums")."""

from __future__ import annotations

from typing import Iterable, List, Sequence

import numpy as np

from .method import Task

BLOCK = 4096
_ROWS_AT_ONCE = 256


def sum_numbers(numbers: Iterable[float]) -> float:
    """One after the other. Python's own ``sum`` compensates for rounding from version 3.12 on."""
    total = 0.0
    for number in numbers:
        total += number
    return total


def scaled(elements: np.ndarray, factor: float) -> np.ndarray:
    """Elements times a number, which is rounded to their type first."""
    return elements * elements.dtype.type(factor)


def chain(terms: Sequence[np.ndarray], factors: Sequence[float]) -> np.ndarray:
    """Factor times term, beginning with the first."""
    result = scaled(terms[0], factors[0])
    for term, factor in zip(terms[1:], factors[1:]):
        result += scaled(term, factor)
    return result


def total(task: Task, terms: Sequence[np.ndarray]) -> np.ndarray:
    """A total over the models, beginning with 0; with mergekit's numerics in PyTorch's order."""
    if not task.stepwise:
        return _plain_total(terms)
    group = 16 if task.dtype == "F64" else 32
    whole = len(terms[0]) // group * group
    head = _plain_total([term[:whole] for term in terms])
    lanes = [_plain_total(lane) for lane in lanes_of([term[whole:] for term in terms])]
    return np.concatenate([head, _plain_total(lanes)])


def sum_weights(task: Task, weights: Sequence[float]) -> float:
    """The weights, which are rounded already; with mergekit's numerics in PyTorch's order."""
    if not task.stepwise:
        return sum_numbers(weights)
    terms = [np.array([weight], task.models[0].dtype) for weight in weights]
    return task.round_number(float(_plain_total([_plain_total(lane) for lane in lanes_of(terms)])[0]))


def lanes_of(terms: Sequence[np.ndarray]) -> List[List[np.ndarray]]:
    """What PyTorch adds up apart; lanes without terms are left out."""
    whole = len(terms) // 4 * 4
    lanes = [list(terms[lane:whole:4]) for lane in range(4)]
    lanes[0] += terms[whole:]
    return [lane for lane in lanes if lane]


def _plain_total(terms: Sequence[np.ndarray]) -> np.ndarray:
    result = np.zeros_like(terms[0])
    for term in terms:
        result += term
    return result


def block_sum(*factors: np.ndarray) -> np.ndarray:
    """
    Block sums along the last dimension of arrays of two dimensions: of the first one's elements, or of their products with the second
    one's. One F64 for each row.
    """
    rows, length = factors[0].shape
    starts = range(0, max(length, 1), BLOCK)
    leaves = np.empty((rows, len(starts)))
    for first in range(0, rows, _ROWS_AT_ONCE):
        part = slice(first, first + _ROWS_AT_ONCE)
        for leaf, start in enumerate(starts):
            blocks = [factor[part, start : start + BLOCK].astype(np.float64) for factor in factors]
            leaves[part, leaf] = lane_sum(blocks[0] if len(blocks) == 1 else blocks[0] * blocks[1])
    return tree_sum(leaves)


def lane_sum(values: np.ndarray) -> np.ndarray:
    """Of each row: value i goes to lane i modulo 4, the lanes are added as (0 + 1) + (2 + 3)."""
    rows, length = values.shape
    if length == 0:
        return np.zeros(rows)
    if length % 4:
        values = np.concatenate([values, np.zeros((rows, -length % 4))], axis=1)
    lanes = running_sum(values.reshape(rows, values.shape[1] // 4, 4))
    return (lanes[:, 0] + lanes[:, 1]) + (lanes[:, 2] + lanes[:, 3])


def running_sum(values: np.ndarray) -> np.ndarray:
    """Totals along the second dimension, one value after the other: ``np.sum`` would choose an order of its own."""
    return np.add.accumulate(values, axis=1)[:, -1] + 0.0  # A total begins with 0, so that none is -0.


def tree_sum(leaves: np.ndarray) -> np.ndarray:
    """Of each row, in a binary tree: neighbours are joined as soon as both are complete."""
    while leaves.shape[1] > 1:
        pairs = leaves.shape[1] // 2 * 2
        joined = leaves[:, 0:pairs:2] + leaves[:, 1:pairs:2]
        leaves = np.concatenate([joined, leaves[:, pairs:]], axis=1)
    return leaves[:, 0]

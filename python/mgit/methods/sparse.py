"""Task vectors some of whose elements are removed (``docs/recipes.md``, "Merging task vectors")."""

from __future__ import annotations

from math import ceil, prod, trunc
from typing import Callable, List

import numpy as np

from .averages import divisor_of
from .elections import divide_where_not_zero, elect
from .method import NUMERICS, Method, Parameter, Task, always
from .random_elements import random_bits
from .sums import block_sum, scaled, sum_weights, total

Keep = Callable[[Task, int, np.ndarray], np.ndarray]
"""A model's vector without the elements that are removed."""
_SMALLEST_NORM = 1e-7


def _merge(task: Task, keep: Keep, elects: bool) -> np.ndarray:
    vectors, factors = [], []
    for model, change in enumerate(task.changes()):
        vector = task.round(change)
        kept = keep(task, model, vector)
        vectors.append(kept)
        factors.append(_factor(task, model, vector, kept))
    weights = [task.round_number(weight) for weight in task.numbers("weight")]
    by_peft = task.values.get("variant") in ("peft", "paper")
    vectors = _weighted(task, vectors, factors, [1.0] * len(weights) if by_peft else weights)
    divisors = None
    if elects:
        vectors, divisors = elect(task, vectors, [1.0] * len(weights) if by_peft else weights)
    if by_peft:
        vectors = [_times(task, vector, weight) for vector, weight in zip(vectors, weights)]
    return _mean(task, vectors, divisors, sum_weights(task, weights)) + task.base


def _weighted(task: Task, vectors: List[np.ndarray], factors: List[float], weights: List[float]) -> List[np.ndarray]:
    """By factor and weight: at once, or with mergekit's numerics one after the other."""
    if not task.stepwise:
        return [_times(task, vector, weight * factor) for vector, factor, weight in zip(vectors, factors, weights)]
    enlarged = [_times(task, vector, factor) for vector, factor in zip(vectors, factors)]
    return [_times(task, vector, weight) for vector, weight in zip(enlarged, weights)]


def _mean(task: Task, vectors: List[np.ndarray], divisors: np.ndarray, weights: float) -> np.ndarray:
    result = task.round(total(task, vectors))
    if task.values["normalize"]:
        by_weights = divisors is None
        result = result / result.dtype.type(divisor_of(weights)) if by_weights else divide_where_not_zero(result, divisors)
        result = task.round(result)
    return _times(task, result, task.number("lambda"))


def _times(task: Task, elements: np.ndarray, factor: float) -> np.ndarray:
    return elements if factor == 1.0 else task.round(scaled(elements, factor))


def _factor(task: Task, model: int, before: np.ndarray, after: np.ndarray) -> float:
    """What makes up for elements that are gone."""
    if not task.values["rescale"]:
        return 1.0
    if task.values.get("rescale_by") == "density":
        return _inverse_density(task, model)
    whole, rest = (_rounded(task, block_sum(np.abs(vector).reshape(1, -1))[0]) for vector in (before, after))
    return 1.0 if whole < _SMALLEST_NORM or rest < _SMALLEST_NORM else _rounded(task, whole / rest)


def _rounded(task: Task, number: float) -> float:
    """mergekit draws F16 as F32."""
    draws = "seed" in task.values
    if task.stepwise and draws and task.dtype == "F16":
        return float(np.float32(number))
    return task.round_number(float(number))


def _inverse_density(task: Task, model: int) -> float:
    density = task.numbers("density")[model]
    if "epsilon" in task.values:  # Elements are divided by their own probability.
        return 1.0
    return 2.0**32 / ceil(density * 2.0**32) if density != 0.0 else 1.0


def _trim_ties(task: Task, model: int, vector: np.ndarray) -> np.ndarray:
    if task.values["variant"] != "paper":
        return _trim_smallest(task, model, vector)
    threshold = vector.dtype.type(task.numbers("threshold")[model])
    return vector if threshold == 0.0 else np.where(np.abs(vector) >= threshold, vector, vector.dtype.type(0))


def _trim_smallest(task: Task, model: int, vector: np.ndarray) -> np.ndarray:
    density = task.numbers("density")[model]
    return vector if density >= 1.0 else keep_ranks(vector, 0, trunc(density * len(vector)))


def _trim_both_ends(task: Task, model: int, vector: np.ndarray) -> np.ndarray:
    density, gamma = task.numbers("density")[model], task.numbers("gamma")[model]
    if density >= 1.0:
        return vector
    count = trunc(density * len(vector))
    first = min(trunc(gamma * len(vector)), len(vector) - count)
    return keep_ranks(vector, first, 0 if task.stepwise and first == 0 else count)


def keep_ranks(vector: np.ndarray, first: int, count: int) -> np.ndarray:
    """
    The elements of these ranks in magnitude, 0 being the largest; of equal ones, the first ranks first. NaN ranks before all numbers, and
    never stays.
    """
    if first <= 0 and count >= len(vector):
        return vector
    sizes = np.abs(vector)
    order = np.argsort(~sizes.view(np.uint64 if sizes.itemsize == 8 else np.uint32), kind="stable")
    chosen = order[first : first + count]
    result = np.zeros_like(vector)
    result[chosen] = np.where(np.isnan(sizes[chosen]), vector.dtype.type(0), vector[chosen])
    return result


def _drop_at_random(task: Task, model: int, vector: np.ndarray) -> np.ndarray:
    limit = ceil(task.numbers("density")[model] * 2.0**32)
    draws = random_bits(int(task.values["seed"]), model, len(vector))
    return np.where(draws < np.uint64(limit), vector, vector.dtype.type(0))


def _sample_by_rank(task: Task, model: int, vector: np.ndarray) -> np.ndarray:
    density, epsilon = task.numbers("density")[model], task.numbers("epsilon")[model]
    if density >= 1.0 or density <= 0.0:
        return vector if density >= 1.0 else np.zeros_like(vector)
    length = prod(task.shape[1:]) if len(task.shape) > 1 else len(vector)
    probability = np.full(len(vector), density)
    if length > 1:
        probability = (density - epsilon) + 2.0 * epsilon / (length - 1) * _ranks(vector, length)
    draws = random_bits(int(task.values["seed"]), model, len(vector))
    enlarges = task.values["rescale"] and task.values["rescale_by"] == "density"
    values = (vector.astype(np.float64) / probability).astype(vector.dtype) if enlarges else vector
    return np.where(draws.astype(np.float64) < probability * 2.0**32, values, vector.dtype.type(0))


def _ranks(vector: np.ndarray, length: int) -> np.ndarray:
    """Of each element in its row, 0 being the smallest magnitude, by the upper bits of its F32."""
    rows = (np.abs(vector).astype(np.float32).view(np.uint32) >> np.uint32(16)).reshape(-1, length)
    order = np.argsort(rows, axis=1, kind="stable")
    ranks = np.empty(rows.shape)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(length, dtype=np.float64), rows.shape), axis=1)
    return ranks.reshape(-1)


def _method(keep: Keep, elects: bool, normalize: bool, parameters: dict) -> Method:
    election = {"consensus_method": Parameter("sum", choices=("sum", "count"))} if elects else {}
    common = {
        "weight": Parameter(1, each=True),
        "density": Parameter(1, each=True),
        "lambda": Parameter(1),
        "normalize": Parameter(normalize),
        "numerics": NUMERICS,
    }
    return Method(lambda task: _merge(task, keep, elects), {**common, **election, **parameters}, needs_base=always)


_TRIMMED = {"rescale": Parameter(False)}
_BOTH_ENDS = {**_TRIMMED, "gamma": Parameter(0.01, each=True)}
_DRAWN = {
    "rescale": Parameter(True),
    "rescale_by": Parameter("norm", choices=("norm", "density")),
    "seed": Parameter(0),
}
_SAMPLED = {**_DRAWN, "epsilon": Parameter(0.15, each=True)}
_TIES = {
    **_TRIMMED,
    "variant": Parameter("mergekit", choices=("mergekit", "peft", "paper")),
    "threshold": Parameter(0, each=True),
}
METHODS = {
    ("ties", 1): _method(_trim_ties, True, True, _TIES),
    ("breadcrumbs", 1): _method(_trim_both_ends, False, False, _BOTH_ENDS),
    ("breadcrumbs_ties", 1): _method(_trim_both_ends, True, False, _BOTH_ENDS),
    ("dare_linear", 1): _method(_drop_at_random, False, False, _DRAWN),
    ("dare_ties", 1): _method(_drop_at_random, True, False, _DRAWN),
    ("della_linear", 1): _method(_sample_by_rank, False, False, _SAMPLED),
    ("della", 1): _method(_sample_by_rank, True, True, _SAMPLED),
}

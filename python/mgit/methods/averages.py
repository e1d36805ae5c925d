"""Averages of models, and of their changes since the base (``docs/recipes.md``, "Averages")."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np

from .method import NUMERICS, Method, Parameter, Task, always
from .sums import chain, scaled, sum_numbers, sum_weights, total

SMALLEST_DIVISOR = 1e-8


def weighted_changes(task: Task, coefficients: Sequence[float]) -> np.ndarray:
    """The base plus the chain of coefficient times change."""
    return chain(task.changes(), coefficients) + task.base


def _linear(task: Task) -> np.ndarray:
    weights = task.numbers("weight")
    if task.stepwise:
        return _linear_stepwise(task, [task.round_number(weight) for weight in weights])
    if task.values["normalize"]:
        divisor = sum_numbers(weights)
        weights = [weight / divisor for weight in weights]
    return chain(task.models, weights)


def _linear_stepwise(task: Task, weights: List[float]) -> np.ndarray:
    products = [task.round(scaled(model, weight)) for model, weight in zip(task.models, weights)]
    result = task.round(total(task, products))
    return result / result.dtype.type(sum_weights(task, weights)) if task.values["normalize"] else result


def _uniform_soup(task: Task) -> np.ndarray:
    count = len(task.models)
    return chain(task.models, [1.0 / count] * count)


def _ema(task: Task) -> np.ndarray:
    decay, left = task.number("decay"), 1.0
    coefficients: List[float] = []
    for _ in task.models[1:]:
        coefficients.insert(0, left * (1.0 - decay))
        left *= decay
    return chain(task.models, [left, *coefficients])


def _passthrough(task: Task) -> np.ndarray:
    return chain(task.models, task.numbers("scale"))


def _task_arithmetic(task: Task) -> np.ndarray:
    weights = task.numbers("weight")
    if task.stepwise:
        return _task_arithmetic_stepwise(task, [task.round_number(weight) for weight in weights])
    divisor = divisor_of(sum_numbers(weights)) if task.values["normalize"] else 1.0
    return weighted_changes(task, [task.number("lambda") * weight / divisor for weight in weights])


def _task_arithmetic_stepwise(task: Task, weights: List[float]) -> np.ndarray:
    changes = [task.round(change) for change in task.changes()]
    result = task.round(total(task, [task.round(scaled(*pair)) for pair in zip(changes, weights)]))
    if task.values["normalize"]:
        result = task.round(result / result.dtype.type(divisor_of(sum_weights(task, weights))))
    if task.number("lambda") != 1.0:
        result = task.round(scaled(result, task.number("lambda")))
    return result + task.base


def divisor_of(weights: float) -> float:
    """What a sum of weights divides by: 1 where they cancel out."""
    return 1.0 if abs(weights) < SMALLEST_DIVISOR else weights


def _add_difference(task: Task) -> np.ndarray:
    result = task.models[0].copy()
    for change in task.changes()[1:]:
        result += scaled(change, task.number("scale"))
    return result


_WEIGHT = Parameter(1, each=True)
METHODS = {
    ("linear", 1): Method(_linear, {"weight": _WEIGHT, "normalize": Parameter(True), "numerics": NUMERICS}),
    ("uniform_soup", 1): Method(_uniform_soup, {}),
    ("ema", 1): Method(_ema, {"decay": Parameter(0.9)}),
    ("passthrough", 1): Method(_passthrough, {"scale": Parameter(1, each=True), "numerics": NUMERICS}, most=1),
    ("adamerging", 1): Method(
        lambda task: weighted_changes(task, task.numbers("weight")), {"weight": Parameter(0.3, each=True)}, needs_base=always
    ),
    ("task_arithmetic", 1): Method(
        _task_arithmetic,
        {"weight": _WEIGHT, "lambda": Parameter(1), "normalize": Parameter(False), "numerics": NUMERICS},
        needs_base=always,
    ),
    ("add_difference", 1): Method(_add_difference, {"scale": Parameter(1)}, needs_base=always, fewest=2),
}

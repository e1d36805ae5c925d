"""Recipes: merged tensors, recomputed from their inputs (``docs/format.md``, "Recipe" and "Methods of recipes")."""

from __future__ import annotations

import json
from typing import Callable, List

import numpy as np

from .errors import MgitError
from .floats import narrow, widen

ReadExtent = Callable[[str], np.ndarray]
_SMALLEST_DIVISOR = 1e-8
_WRITERS = '"mgit restore <path>", or "mgit export <revision>:<path> <file>"'


def evaluate_recipe(parameters: bytes, read: ReadExtent) -> np.ndarray:
    """The bytes of a merged tensor. Errors: ``RECIPE_UNSUPPORTED``."""
    recipe = json.loads(parameters.decode("utf-8"))
    values = recipe["parameters"]["values"]
    method = recipe["method"]
    known = recipe["kernels"] == 1 and method in _METHODS
    if not known or values.get("numerics", "mgit") == "mergekit":
        raise MgitError("RECIPE_UNSUPPORTED", f"merges by {method} are not recomputed here", f"write the model with {_WRITERS}")
    dtype = recipe["dtype"]
    inputs = [widen(read(item["digest"]), dtype) for item in recipe["inputs"]]
    models = [inputs[index] for index in recipe["parameters"]["models"]]
    position = recipe["parameters"]["base"]
    base = None if position is None else inputs[position]
    with np.errstate(all="ignore"):
        return narrow(_METHODS[method](models, base, values), dtype)


def _linear(models, _base, values) -> np.ndarray:
    return _weighted_sum(models, _linear_weights(_weights(values), values))


def _task_arithmetic(models, base, values) -> np.ndarray:
    changes = [model - base for model in models]
    return _weighted_sum(changes, _arithmetic_weights(_weights(values), values)) + base


def _add_difference(models, base, values) -> np.ndarray:
    total = models[0].copy()
    for model in models[1:]:
        total += (model - base) * total.dtype.type(values["scale"])
    return total


_METHODS = {"linear": _linear, "task_arithmetic": _task_arithmetic, "add_difference": _add_difference}


def _weights(values) -> List[float]:
    return [float(weight) for weight in values["weight"]]


def _weighted_sum(terms: List[np.ndarray], weights: List[float]) -> np.ndarray:
    kind = terms[0].dtype.type
    total = terms[0] * kind(weights[0])
    for term, weight in zip(terms[1:], weights[1:]):
        total += term * kind(weight)
    return total


def _linear_weights(weights: List[float], values) -> List[float]:
    if not values["normalize"]:
        return weights
    total = sum(weights)
    return [weight / total for weight in weights]


def _arithmetic_weights(weights: List[float], values) -> List[float]:
    total = sum(weights)
    divisor = total if values["normalize"] and abs(total) >= _SMALLEST_DIVISOR else 1.0
    return [float(values["lambda"]) * weight / divisor for weight in weights]

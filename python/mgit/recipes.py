"""Recipes: merged tensors, recomputed from their inputs (``docs/recipes.md``)."""

from __future__ import annotations

from math import isfinite, prod
from typing import Any, Callable, Dict

import numpy as np

from .errors import MgitError
from .floats import byte_width, narrow, widen
from .methods import METHODS
from .methods.method import Method, Parameter, Task
from .recipe_record import Input, Recipe, invalid, parse_recipe

ReadExtent = Callable[[str], np.ndarray]
_HINT = 'write the model with "mgit restore <path>", or "mgit export <revision>:<path> <file>"'


def evaluate_recipe(parameters: bytes, read: ReadExtent) -> np.ndarray:
    """
    The bytes of a merged tensor. Errors: ``RECIPE_UNSUPPORTED``, ``RECIPE_INVALID``; ``MERGE_MATRIX_TOO_LARGE``, as the description
    has it.
    """
    recipe = parse_recipe(parameters)
    method = METHODS.get((recipe.method, recipe.kernels))
    if method is None:
        raise _unsupported(f"merges by {recipe.method}, kernels {recipe.kernels},")
    values = _complete(recipe, method)
    _check(recipe, method, values)
    if recipe.length == 0:
        return np.empty(0, np.uint8)
    with np.errstate(all="ignore"):
        return narrow(method.merge(_task_of(recipe, values, read)), recipe.dtype)


def _complete(recipe: Recipe, method: Method) -> Dict[str, Any]:
    """Every parameter explicit, a list of one for each model where there is one for each."""
    unknown = sorted(set(recipe.values) - set(method.parameters))
    if unknown:
        raise _unsupported(f"merges by {recipe.method} with the parameter {unknown[0]}")
    return {
        name: _value(recipe, name, parameter, recipe.values.get(name, parameter.default))
        for name, parameter in method.parameters.items()
    }


def _value(recipe: Recipe, name: str, parameter: Parameter, given: Any) -> Any:
    if not parameter.each:
        return _single(recipe, name, parameter, given)
    values = given if isinstance(given, list) else [given] * len(recipe.models)
    if len(values) != len(recipe.models):
        raise invalid(f"{name} has {len(values)} values for {len(recipe.models)} models")
    return [_single(recipe, name, parameter, value) for value in values]


def _single(recipe: Recipe, name: str, parameter: Parameter, value: Any) -> Any:
    if parameter.choices and isinstance(value, str) and value not in parameter.choices:
        raise _unsupported(f"merges by {recipe.method} with the {name} {value}")
    wanted = type(parameter.default) if isinstance(parameter.default, (bool, str)) else (int, float)
    fits = isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
    if not fits or (isinstance(value, float) and not isfinite(value)):
        raise invalid(f"{name} cannot be {value!r}")
    return value


def _check(recipe: Recipe, method: Method, values: Dict[str, Any]) -> None:
    models = len(recipe.models)
    if models < method.fewest or (method.most is not None and models > method.most):
        raise invalid(f"{recipe.method} does not merge {models} models")
    if byte_width(recipe.dtype) * prod(recipe.shape) != recipe.length:
        raise invalid("shape and length disagree")
    if method.needs_base(values) and recipe.base is None:
        raise invalid("it needs a base, and has none")
    _check_statistics(recipe, method)


def _check_statistics(recipe: Recipe, method: Method) -> None:
    if not recipe.statistics and not method.needs_statistics:
        return
    shape = method.statistics(recipe.shape) if method.statistics else None
    if shape is None or len(recipe.statistics) != len(recipe.models):
        raise invalid(f"it has {len(recipe.statistics)} statistics for {len(recipe.models)} models")
    if any(recipe.inputs[position].length != 4 * prod(shape) for position in recipe.statistics):
        raise invalid("a statistic has another length")


def _task_of(recipe: Recipe, values: Dict[str, Any], read: ReadExtent) -> Task:
    wanted = set(recipe.models) | (set() if recipe.base is None else {recipe.base})
    inputs = {position: _elements(recipe, recipe.inputs[position], read) for position in wanted}
    models = [inputs[position] for position in recipe.models]
    base = None if recipe.base is None else inputs[recipe.base]
    statistics = [_measured(recipe, recipe.inputs[position], read) for position in recipe.statistics]
    return Task(recipe.dtype, recipe.shape, base, models, values, statistics)


def _measured(recipe: Recipe, item: Input, read: ReadExtent) -> np.ndarray:
    data = read(item.digest)
    if item.dtype != "F32" or len(data) != item.length:
        raise invalid("a statistic is not F32")
    return widen(data, "F32")


def _elements(recipe: Recipe, item: Input, read: ReadExtent) -> np.ndarray:
    data = read(item.digest)
    if item.dtype != recipe.dtype or item.length != recipe.length or len(data) != recipe.length:
        raise invalid("an input is not like the result")
    return widen(data, recipe.dtype)


def _unsupported(what: str) -> MgitError:
    return MgitError("RECIPE_UNSUPPORTED", f"{what} are not recomputed here", _HINT)

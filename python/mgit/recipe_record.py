"""The parameters of a recipe record, checked before they are used (``docs/format.md``, "Recipe"; ``docs/recipes.md``)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

from .errors import MgitError

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_INPUTS = 1024
_FIELDS = {"method", "kernels", "dtype", "length", "inputs", "parameters"}


@dataclass(frozen=True)
class Input:
    """An extent that a tensor is merged from."""

    digest: str
    dtype: str
    length: int


@dataclass(frozen=True)
class Recipe:
    """One merged tensor. ``base``, ``models`` and ``statistics`` are positions in ``inputs``."""

    method: str
    kernels: int
    dtype: str
    length: int
    inputs: Tuple[Input, ...]
    shape: Tuple[int, ...]
    base: Optional[int]
    models: Tuple[int, ...]
    statistics: Tuple[int, ...]
    values: Mapping[str, Any]


def parse_recipe(data: bytes) -> Recipe:
    """Reads the parameters of a record. Errors: ``RECIPE_INVALID``."""
    try:
        fields = _object(json.loads(data.decode("utf-8")))
    except ValueError as error:
        raise invalid("it is not JSON") from error
    if set(fields) != _FIELDS:
        raise invalid("its fields are not those of a recipe")
    given = _object(fields["parameters"])
    inputs = tuple(_input(item) for item in _list(fields["inputs"]))
    base = given.get("base")
    return Recipe(
        method=_text(fields["method"]),
        kernels=_size(fields["kernels"]),
        dtype=_text(fields["dtype"]),
        length=_size(fields["length"]),
        inputs=inputs,
        shape=tuple(_size(size) for size in _list(given.get("shape"))),
        base=None if base is None else _position(base, inputs),
        models=tuple(_position(model, inputs) for model in _list(given.get("models"))),
        statistics=tuple(_position(item, inputs) for item in _list(given.get("statistics", []))),
        values=_object(given.get("values")),
    )


def invalid(problem: str) -> MgitError:
    return MgitError("RECIPE_INVALID", f"a merge recipe makes no sense: {problem}")


def _input(item: Any) -> Input:
    fields = _object(item)
    digest = _text(fields.get("digest"))
    if not _DIGEST.fullmatch(digest):
        raise invalid("an input has no digest")
    return Input(digest, _text(fields.get("dtype")), _size(fields.get("length")))


def _position(value: Any, inputs: Tuple[Input, ...]) -> int:
    if _size(value) >= len(inputs):
        raise invalid(f"there is no input {value}")
    return value


def _object(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid("an object is missing")
    return value


def _list(value: Any) -> list:
    if not isinstance(value, list) or len(value) > _MOST_INPUTS:
        raise invalid("a list is missing, or too long")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise invalid("a text is missing")
    return value


def _size(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise invalid(f"{value!r} is no size")
    return value

"""Predictions of low-rank and IA3 records, kernels 1 (``docs/format.md``, "Low-rank" and "IA3")."""

from __future__ import annotations

import struct
from typing import Callable

import numpy as np

from .errors import MgitError
from .floats import narrow, widen

_LOW_RANK = struct.Struct("<32s32s32sIBBBBQQIf")
_IA3 = struct.Struct("<32s32sIBBHQQ")
_DTYPES = {1: "F32", 2: "F16", 3: "BF16"}

ReadExtent = Callable[[str], np.ndarray]


def predict_low_rank(parameters: bytes, read: ReadExtent) -> np.ndarray:
    """``base + scale * (left @ right)``, every step rounded to F32, as bytes of the base's dtype."""
    if len(parameters) != _LOW_RANK.size:
        raise _unsupported()
    base, left, right, kernels, dtype, left_type, right_type, flags, rows, columns, rank, scale = _LOW_RANK.unpack(
        parameters
    )
    if kernels != 1 or flags > 3 or not 1 <= rank <= 1024:
        raise _unsupported()
    first = _factor(read(left.hex()), left_type, (rows, rank), bool(flags & 1))
    second = _factor(read(right.hex()), right_type, (rank, columns), bool(flags & 2))
    total = np.zeros((rows, columns), np.float32)
    with np.errstate(all="ignore"):
        for k in range(rank):
            total += first[:, k : k + 1] * second[k : k + 1, :]
        total *= np.float32(scale)
        result = widen(read(base.hex()), _name(dtype)).reshape(rows, columns) + total
    return narrow(result.reshape(-1), _name(dtype))


def predict_ia3(parameters: bytes, read: ReadExtent) -> np.ndarray:
    """The base scaled along an axis, the product rounded to F32."""
    if len(parameters) != _IA3.size:
        raise _unsupported()
    base, vector, kernels, dtype, vector_type, zero, count, run = _IA3.unpack(parameters)
    if kernels != 1 or zero != 0:
        raise _unsupported()
    values = widen(read(base.hex()), _name(dtype))
    factors = widen(read(vector.hex()), _name(vector_type))
    if len(factors) != count or count * run == 0 or len(values) % (count * run):
        raise MgitError("EXTENT_CORRUPT", "a vector does not fit its base")
    with np.errstate(all="ignore"):
        result = values.reshape(-1, count, run) * factors.reshape(1, count, 1)
    return narrow(result.reshape(-1), _name(dtype))


def _factor(data: np.ndarray, dtype: int, shape, transposed: bool) -> np.ndarray:
    values = widen(data, _name(dtype))
    if values.size != shape[0] * shape[1]:
        raise MgitError("EXTENT_CORRUPT", "a factor does not have its shape")
    return values.reshape(shape[::-1]).T if transposed else values.reshape(shape)


def _name(number: int) -> str:
    if number not in _DTYPES:
        raise _unsupported()
    return _DTYPES[number]


def _unsupported() -> MgitError:
    return MgitError("RECORD_UNSUPPORTED", "a record needs a newer reader")

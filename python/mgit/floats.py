"""Elements as floats and back: exact one way, rounded to nearest with ties to even the other, NaNs canonical."""

from __future__ import annotations

import numpy as np

from .errors import MgitError

# Eight-bit floats: bits of the fraction, bias, code of the largest finite number, what replaces larger ones, NaN, sign of a negative zero.
_F8 = {
    "F8_E4M3": (3, 7, 0x7E, 0x7F, 0x7F, 0x80),
    "F8_E5M2": (2, 15, 0x7B, 0x7C, 0x7E, 0x80),
    "F8_E4M3FNUZ": (3, 8, 0x7F, 0x80, 0x80, 0),
    "F8_E5M2FNUZ": (2, 16, 0x7F, 0x80, 0x80, 0),
}
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, **{dtype: 1 for dtype in _F8}}


def byte_width(dtype: str) -> int:
    """Bytes of an element. Errors: ``RECIPE_UNSUPPORTED`` for dtypes that merges do not calculate with."""
    if dtype not in _WIDTHS:
        raise MgitError("RECIPE_UNSUPPORTED", f"no arithmetic on {dtype} here")
    return _WIDTHS[dtype]


def widen(data: np.ndarray, dtype: str) -> np.ndarray:
    """Bytes of a float dtype as F32 (F64 stays F64)."""
    if dtype == "F64":
        return data.view("<f8")
    if dtype == "F32":
        return data.view("<f4")
    if dtype == "F16":
        return canonical(data.view("<f2").astype(np.float32))
    if dtype == "BF16":
        return canonical((data.view("<u2").astype(np.uint32) << np.uint32(16)).view(np.float32))
    byte_width(dtype)
    return _f8_values(dtype)[data]


def narrow(values: np.ndarray, dtype: str) -> np.ndarray:
    """Floats as bytes of a dtype."""
    values = canonical(values)
    if dtype in ("F64", "F32"):
        return np.ascontiguousarray(values).view(np.uint8).reshape(-1)
    if dtype == "F16":
        with np.errstate(over="ignore"):
            halves = values.astype(np.float16)
        bits = halves.view(np.uint16).copy()
        bits[np.isnan(values)] = 0x7E00
        return bits.view(np.uint8)
    if dtype in _F8:
        return _narrow_f8(values, dtype)
    bits = values.view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    rounded[np.isnan(values)] = 0x7FC0
    return rounded.astype(np.uint16).view(np.uint8)


def _f8_values(dtype: str) -> np.ndarray:
    """The F32 values of all 256 codes."""
    fraction, bias, largest, _, nan, signed = _F8[dtype]
    codes = np.arange(256)
    magnitude = codes & 0x7F
    exponent = magnitude >> fraction
    units = (magnitude & ((1 << fraction) - 1)) + np.where(exponent == 0, 0, 1 << fraction)
    values = np.ldexp(units.astype(np.float64), np.maximum(1, exponent) - bias - fraction)
    values = np.where(codes >= 0x80, -values, values)
    invalid = (codes == nan) | ((magnitude > largest) & bool(signed))
    values[invalid] = np.nan
    if dtype == "F8_E5M2":
        values[0x7C], values[0xFC] = np.inf, -np.inf
    return canonical(values.astype(np.float32))


def _narrow_f8(values: np.ndarray, dtype: str) -> np.ndarray:
    fraction, bias, largest, overflow, nan, signed = _F8[dtype]
    bits = values.view(np.uint32)
    exponent = np.maximum(1 - bias, ((bits >> 23) & 255).astype(np.int64) - 127)
    finite = np.where(np.isfinite(values), np.abs(values), 0).astype(np.float64)
    units = np.rint(np.ldexp(finite, fraction - exponent)).astype(np.int64)
    rounded = units + ((exponent + bias - 1) << fraction)
    code = np.where(np.isinf(values) | (rounded > largest), overflow, rounded)
    negative = (bits >> 31 == 1) & (code != nan) & ((code != 0) | bool(signed))
    code = np.where(negative, code | 0x80, code)
    return np.where(np.isnan(values), nan, code).astype(np.uint8)


def canonical(values: np.ndarray) -> np.ndarray:
    """Every NaN becomes the positive quiet one without payload."""
    values = np.array(values, copy=True)
    bits = values.view(np.uint64 if values.dtype == np.float64 else np.uint32)
    bits[np.isnan(values)] = 0x7FF8000000000000 if values.dtype == np.float64 else 0x7FC00000
    return values

"""Elementary functions of float64, version 1 (``docs/recipes.md``): the same bits on every machine, unlike those of NumPy."""

from __future__ import annotations

import numpy as np

_P0, _P1, _P2 = 1.5707963705062866, -4.371138828673793e-8, -1.7151244994428829e-15
_L0, _L1 = 0.6931471824645996, -1.904654299957768e-9
_SQRT_2 = 1.4142135623730951
_FACTORIALS = (87178291200, 6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1)


def sine(angle: np.ndarray) -> np.ndarray:
    return _sine_at_quarter(angle, 0)


def cosine(angle: np.ndarray) -> np.ndarray:
    return _sine_at_quarter(angle, 1)


def arc_cosine(value: np.ndarray) -> np.ndarray:
    """The angle from 0 to pi whose cosine is ``value``."""
    return 2.0 * _arc_tangent(np.sqrt((1.0 - value) / (1.0 + value)))


def exponential(exponent: np.ndarray) -> np.ndarray:
    """e to the power of exponents that are at most 0."""
    halvings = np.floor(np.maximum(exponent, -746.0) / (_L0 + _L1) + 0.5)
    rest = exponent - halvings * _L0 - halvings * _L1
    total = np.zeros_like(exponent)
    for factorial in _FACTORIALS:
        total = total * rest + 1.0 / factorial
    half = np.floor(halvings / 2.0)
    power = total * _power_of_two(half) * _power_of_two(halvings - half)
    return np.where(exponent < -746.0, 0.0, power)


def logarithm(value: np.ndarray) -> np.ndarray:
    """The natural logarithm of positive normal numbers."""
    bits = value.view(np.int64)
    exponent = ((bits >> 52) - 1023).astype(np.float64)
    fraction = ((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
    large = fraction > _SQRT_2
    fraction = np.where(large, fraction / 2.0, fraction)
    exponent = np.where(large, exponent + 1.0, exponent)
    series = _odd_series((fraction - 1.0) / (fraction + 1.0), 1.0)
    return exponent * _L0 + (2.0 * series + exponent * _L1)


def _sine_at_quarter(angle: np.ndarray, quarters: int) -> np.ndarray:
    below = np.floor(angle / _P0)
    turns = np.where(angle / _P0 - below >= 0.5, below + 1.0, below)
    rest = angle - turns * _P0 - turns * _P1 - turns * _P2
    quadrant = (turns + quarters) % 4.0
    value = np.where(quadrant % 2.0 == 0.0, rest * _alternating(rest, 16), _alternating(rest, 17))
    return np.where(quadrant < 2.0, value, -value)


def _alternating(x: np.ndarray, first: int) -> np.ndarray:
    total = np.ones_like(x)
    for k in range(first, 0, -2):
        total = 1.0 - ((x * x) / (k * (k + 1))) * total
    return total


def _arc_tangent(slope: np.ndarray) -> np.ndarray:
    """The angle of slopes that are not negative; infinite ones, too."""
    steep = slope > 1.0
    x = np.where(steep, 1.0 / slope, slope)
    halved = x / (1.0 + np.sqrt(1.0 + x * x))
    angle = 4.0 * _odd_series(halved / (1.0 + np.sqrt(1.0 + halved * halved)), -1.0)
    return np.where(steep, (_P0 - angle) + (_P1 + _P2), angle)


def _odd_series(x: np.ndarray, sign: float) -> np.ndarray:
    total = np.zeros_like(x)
    for k in range(23, 1, -2):
        total = ((sign * x) * x) * (1.0 / k + total)
    return x + x * total


def _power_of_two(exponent: np.ndarray) -> np.ndarray:
    return ((exponent.astype(np.int64) + 1023) << 52).view(np.float64)

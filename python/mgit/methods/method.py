"""What a method is, and what it gets for one tensor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, List, Mapping, Optional, Tuple

import numpy as np

from ..floats import narrow, widen


@dataclass(frozen=True)
class Parameter:
    """A parameter's default, whether there is one value for each model, and what a choice can be."""

    default: Any
    each: bool = False
    choices: Tuple[str, ...] = ()


NUMERICS = Parameter("mgit", choices=("mgit", "mergekit"))


@dataclass(frozen=True)
class Task:
    """One tensor to be merged: its elements as flat arrays of the work type, F32, or F64 for F64."""

    dtype: str
    shape: Tuple[int, ...]
    base: Optional[np.ndarray]
    models: List[np.ndarray]
    values: Mapping[str, Any]
    statistics: List[np.ndarray] = field(default_factory=list)
    """What was measured of each model, F32; empty where nothing was."""

    @property
    def stepwise(self) -> bool:
        """Whether numerics are mergekit's: each operation is rounded to the dtype."""
        return self.values.get("numerics") == "mergekit"

    def number(self, name: str) -> float:
        return float(self.values[name])

    def numbers(self, name: str) -> List[float]:
        """One for each model."""
        return [float(value) for value in self.values[name]]

    def round(self, elements: np.ndarray) -> np.ndarray:
        """``R`` of the description."""
        return self._to_dtype(elements) if self.stepwise else elements

    def round_number(self, number: float) -> float:
        """``r`` of the description."""
        if not self.stepwise or self.dtype == "F64":
            return number
        return float(self._to_dtype(np.array([number], np.float32))[0])

    def changes(self) -> List[np.ndarray]:
        """Of each model since the base."""
        return [model - self.base for model in self.models]

    def _to_dtype(self, elements: np.ndarray) -> np.ndarray:
        return elements if self.dtype in ("F32", "F64") else widen(narrow(elements, self.dtype), self.dtype)


@dataclass(frozen=True)
class Method:
    """Merges a tensor: elements of the work type, not yet rounded to the dtype."""

    merge: Callable[[Task], np.ndarray]
    parameters: Mapping[str, Parameter]
    needs_base: Callable[[Mapping[str, Any]], bool] = lambda values: False
    statistics: Optional[Callable[[Tuple[int, ...]], Optional[Tuple[int, ...]]]] = None
    """The shape of the statistics that go with a shape."""
    needs_statistics: bool = False
    fewest: int = 1
    most: Optional[int] = None


def always(_values: Mapping[str, Any]) -> bool:
    """For methods that read the base whatever their parameters are."""
    return True

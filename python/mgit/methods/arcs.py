"""Points on the arc between two models (``docs/recipes.md``, "Points on arcs")."""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence

import numpy as np

from .combine import ORIGIN, Gram, as_cosine, combine, from_base
from .elementary import arc_cosine, sine
from .method import NUMERICS, Method, Parameter, Task


def _slerp(task: Task) -> np.ndarray:
    t = task.number("t")

    def on_arc(gram: Gram) -> Sequence[np.ndarray]:
        lengths = [np.sqrt(gram(i, i)) for i in (0, 1)]
        first, second = (np.where(length > 1e-8, length, 1.0) for length in lengths)
        product = gram(0, 1) / (first * second)
        return _arc(arc_cosine(product), t, np.abs(product) > 0.9995)

    return combine(replace(task, values={}), on_arc)  # Never stepwise.


def _nuslerp(task: Task) -> np.ndarray:
    weights = task.numbers("weight")
    both = weights[0] + weights[1]
    t = 0.5 if abs(both) < 1e-6 else weights[1] / both

    def on_arc(gram: Gram) -> Sequence[np.ndarray]:
        first, second = (np.maximum(1e-7, np.sqrt(gram(i, i))) for i in (0, 1))
        angle = arc_cosine(as_cosine(gram(0, 1) / (first * second)))
        return _arc(angle, t, sine(angle) < 1e-6)

    apart = "columns" if task.values["nuslerp_row_wise"] else "rows"
    grouping = "all" if task.values["nuslerp_flatten"] else apart
    return combine(task, on_arc, grouping=grouping, since_base=from_base(task.values))


def _arc(angle: np.ndarray, t: float, straight: np.ndarray) -> Sequence[np.ndarray]:
    whole = sine(angle)
    first, second = sine((1.0 - t) * angle) / whole, sine(t * angle) / whole
    return np.where(straight, 1.0 - t, first), np.where(straight, t, second)


METHODS = {
    ("slerp", 1): Method(_slerp, {"t": Parameter(0.5), "numerics": NUMERICS}, fewest=2, most=2),
    ("nuslerp", 1): Method(
        _nuslerp,
        {
            "weight": Parameter(1, each=True),
            "nuslerp_flatten": Parameter(True),
            "nuslerp_row_wise": Parameter(False),
            "origin": ORIGIN,
            "numerics": NUMERICS,
        },
        needs_base=from_base,
        fewest=2,
        most=2,
    ),
}

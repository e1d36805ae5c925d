"""The merge methods, one module for each family, as ``docs/recipes.md`` describes them bit for bit."""

from __future__ import annotations

from typing import Dict, Tuple

from . import arcs, averages, centres, informed, karcher, matrices, pairs, reinforced, sparse, voted
from .method import Method

METHODS: Dict[Tuple[str, int], Method] = {
    **averages.METHODS,
    **arcs.METHODS,
    **centres.METHODS,
    **informed.METHODS,
    **karcher.METHODS,
    **pairs.METHODS,
    **sparse.METHODS,
    **voted.METHODS,
    **reinforced.METHODS,
    **matrices.METHODS,
}
"""By name and version of the kernels."""

REFUSED: Tuple[str, ...] = ()
"""Methods of mgit that are not recomputed here, by name: ``RECIPE_UNSUPPORTED``."""

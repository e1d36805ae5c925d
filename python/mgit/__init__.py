"""Read tensors of mgit repositories straight from their packs: lazily, verified, without a work-tree copy.

>>> import mgit
>>> with mgit.open_repository("digits") as repository:
...     model = repository.model("main", "model.safetensors")
...     weight = model["encoder.weight"].numpy()

Written from ``docs/format.md`` and ``docs/recipes.md`` alone, as a second reader of the formats.
"""

from .errors import MgitError
from .model import Model, Tensor
from .repository import Repository, open_repository, snapshot

__all__ = ["MgitError", "Model", "Repository", "Tensor", "open_repository", "snapshot"]

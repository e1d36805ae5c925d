"""Manifests: what a model file consists of (``docs/format.md``, "Manifest, version 1")."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import List, Optional, Tuple

from .errors import MgitError

MAGIC = "mgit manifest 1"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_NUMBERS = re.compile(r"\[((0|[1-9][0-9]{0,15})(,(0|[1-9][0-9]{0,15}))*)?\]")
_ESCAPE = re.compile(rb"%([0-9A-F]{2})")


@dataclass(frozen=True)
class Extent:
    """A run of bytes of the file, named by the SHA-256 of exactly those bytes."""

    offset: int
    length: int
    digest: str
    is_tensor: bool


@dataclass(frozen=True)
class TensorView:
    """A tensor as a view on the file. ``offset`` is in bytes, ``strides`` in elements (None: dense, row-major)."""

    name: str
    dtype: str
    shape: Tuple[int, ...]
    offset: int
    strides: Optional[Tuple[int, ...]]
    byte_order: str


@dataclass(frozen=True)
class Manifest:
    """Extents by offset, which cover the file exactly once, and tensors by name."""

    format: str
    size: int
    extents: Tuple[Extent, ...]
    tensors: Tuple[TensorView, ...]

    def extent_of(self, view: TensorView, length: int) -> Extent:
        """The tensor extent that ``length`` bytes from the view's offset lie within."""
        at = bisect_right(self._ends, view.offset)
        if at < len(self.extents):
            extent = self.extents[at]
            inside = extent.offset <= view.offset and view.offset + length <= extent.offset + extent.length
            if extent.is_tensor and inside:
                return extent
        raise MgitError("MANIFEST_CORRUPT", f"tensor {view.name!r} lies in no extent")

    @cached_property
    def _ends(self) -> List[int]:
        """Where each extent ends; the first that ends after an offset is the one that holds it."""
        return [extent.offset + extent.length for extent in self.extents]


def looks_like_manifest(text: bytes) -> bool:
    return text.startswith(MAGIC.encode() + b"\n")


def parse_manifest(text: bytes) -> Manifest:
    """Reads a manifest. Errors: ``MANIFEST_CORRUPT``, ``MANIFEST_UNSUPPORTED``."""
    lines = text.decode("utf-8").split("\n")
    if lines[0] != MAGIC:
        unsupported = lines[0].startswith("mgit manifest ")
        raise MgitError("MANIFEST_UNSUPPORTED" if unsupported else "MANIFEST_CORRUPT", "not a manifest of version 1")
    if lines[-1] != "" or len(lines) < 5 or not lines[1].startswith("# "):
        raise MgitError("MANIFEST_CORRUPT", "the head or the last line feed is missing")
    extents, tensors = [], []
    form = _word(lines[2], "format")
    size = _number(_word(lines[3], "size"))
    for line in lines[4:-1]:
        _read_line(line.split(" "), extents, tensors)
    extents.sort(key=lambda extent: (extent.offset, extent.length))
    _check_cover(extents, size)
    return Manifest(form, size, tuple(extents), tuple(tensors))


def _read_line(words, extents, tensors) -> None:
    kind = words[0]
    if kind in ("skeleton", "extent") and len(words) == 4:
        extents.append(Extent(_number(words[1]), _number(words[2]), _digest(words[3]), kind == "extent"))
    elif kind == "tensor" and len(words) == 7:
        offset = _number(words[4])
        extents.append(Extent(offset, _number(words[5]), _digest(words[6]), True))
        tensors.append(TensorView(_name(words[1]), words[2], _numbers(words[3]), offset, None, "little"))
    elif kind == "view" and len(words) == 7 and words[6] in ("little", "big"):
        strides = None if words[4] == "-" else _numbers(words[4])
        view = TensorView(_name(words[1]), words[2], _numbers(words[3]), _number(words[5]), strides, words[6])
        tensors.append(view)
    else:
        raise MgitError("MANIFEST_CORRUPT", f"unknown line {' '.join(words)[:80]!r}")


def _check_cover(extents, size: int) -> None:
    position = 0
    for extent in extents:
        if extent.offset != position:
            raise MgitError("MANIFEST_CORRUPT", f"extents leave or repeat bytes at {position}")
        position += extent.length
    if position != size:
        raise MgitError("MANIFEST_CORRUPT", f"extents end at {position}, the file at {size}")


def _word(line: str, key: str) -> str:
    words = line.split(" ")
    if len(words) != 2 or words[0] != key:
        raise MgitError("MANIFEST_CORRUPT", f"the line {key!r} is missing")
    return words[1]


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) >= 2**53:
        raise MgitError("MANIFEST_CORRUPT", f"not a number: {text[:40]!r}")
    return int(text)


def _numbers(text: str) -> Tuple[int, ...]:
    if not _NUMBERS.fullmatch(text):
        raise MgitError("MANIFEST_CORRUPT", f"not a list of numbers: {text[:40]!r}")
    return tuple(int(item) for item in text[1:-1].split(",")) if text != "[]" else ()


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise MgitError("MANIFEST_CORRUPT", "not a SHA-256 digest")
    return text


def _name(text: str) -> str:
    if text == "%":
        return ""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text.encode("utf-8")).decode("utf-8")

"""Packs: immutable files of records (``docs/format.md``, "Pack, version 1")."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from typing import BinaryIO, Optional, Tuple

from .errors import MgitError

HEADER = b"\x89MGITPK\n"
FOOTER_MAGIC = b"MGITPKE\n"
_FOOTER = struct.Struct("<QQ32s8s")
_HEAD = struct.Struct("<IIII")
_ENTRY = struct.Struct("<32sQQQIIBBHII")
_FRAME = struct.Struct("<QII")
FLAG_ROTATED = 1
_MOST_INDEX_BYTES = 512 * 2**20
_MOST_FRAME_BYTES = 16 * 2**20
_FRAME_OVERHEAD = 64


@dataclass(frozen=True)
class Frame:
    """A frame's place in the pack and its lengths."""

    offset: int
    stored: int
    raw: int


@dataclass(frozen=True)
class Entry:
    """How a segment of an extent is obtained."""

    digest: str
    length: int
    start: int
    span: int
    kind: int
    element_size: int
    rotated: bool
    parameters: bytes
    frames: Tuple[Frame, ...]


class Pack:
    """One open pack. Errors: ``PACK_CORRUPT``."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: BinaryIO = open(path, "rb")
        try:
            self._index, self._end = self._read_index()
            self._count, self._parameters_at = self._check_counts()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def read(self, frame: Frame) -> bytes:
        """The stored bytes of a frame."""
        data = os.pread(self._file.fileno(), frame.stored, frame.offset)
        if len(data) != frame.stored:
            raise self._corrupt("it ends within a frame")
        return data

    def find(self, digest: bytes) -> Optional[Entry]:
        """The record of an extent, or of its segment; None where the pack has none."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            at = _HEAD.size + middle * _ENTRY.size
            found = self._index[at : at + 32]
            if found == digest:
                return self._entry(_ENTRY.unpack_from(self._index, at))
            low, high = (middle + 1, high) if found < digest else (low, middle)
        return None

    def _read_index(self) -> Tuple[bytes, int]:
        """The index, and where it begins."""
        size = os.fstat(self._file.fileno()).st_size
        if size < 16 + 16 + _FOOTER.size or self._at(0, 16) != HEADER + struct.pack("<II", 1, 0):
            raise self._corrupt("its header is damaged")
        offset, length, identity, magic = _FOOTER.unpack(self._at(size - _FOOTER.size, _FOOTER.size))
        if magic != FOOTER_MAGIC or length > _MOST_INDEX_BYTES or offset + length + _FOOTER.size != size:
            raise self._corrupt("its footer is damaged")
        index = self._at(offset, length)
        name = os.path.basename(self.path).split(".")[0]
        if hashlib.sha256(index).digest() != identity or identity.hex() != name:
            raise self._corrupt("its index does not have its digest")
        return index, offset

    def _check_counts(self) -> Tuple[int, int]:
        """How many entries there are, and where the parameters begin."""
        if len(self._index) < _HEAD.size:
            raise self._corrupt("its index is too short")
        count, frame_count, parameter_bytes, zero = _HEAD.unpack_from(self._index, 0)
        parameters_at = _HEAD.size + count * _ENTRY.size + frame_count * _FRAME.size
        if zero != 0 or parameters_at + parameter_bytes != len(self._index):
            raise self._corrupt("the counts in its index do not give its length")
        return count, parameters_at

    def _entry(self, fields) -> Entry:
        digest, length, start, span, first, count, kind, element, flags, at, size = fields
        frames_at = _HEAD.size + self._count * _ENTRY.size
        begin, end = frames_at + first * _FRAME.size, frames_at + (first + count) * _FRAME.size
        parameters = self._parameters_at + at
        inside = end <= self._parameters_at and parameters + size <= len(self._index) and start + span <= length
        if not inside or element not in (1, 2, 4, 8) or flags & ~FLAG_ROTATED or span == 0:
            raise self._corrupt(f"record {digest.hex()[:12]} lies outside the bounds")
        frames = tuple(self._frame(found) for found in _FRAME.iter_unpack(self._index[begin:end]))
        rotated = bool(flags & FLAG_ROTATED)
        own = self._index[parameters : parameters + size]
        return Entry(digest.hex(), length, start, span, kind, element, rotated, own, frames)

    def _frame(self, fields: Tuple[int, int, int]) -> Frame:
        frame = Frame(*fields)
        bounded = 0 < frame.raw <= _MOST_FRAME_BYTES and 0 < frame.stored <= frame.raw + _FRAME_OVERHEAD
        if not bounded or frame.offset < 16 or frame.offset + frame.stored > self._end:
            raise self._corrupt("a frame lies outside the bounds")
        return frame

    def _at(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)

    def _corrupt(self, problem: str) -> MgitError:
        return MgitError("PACK_CORRUPT", f"{self.path}: {problem}", "run mgit fsck --repair")

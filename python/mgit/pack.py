"""Packs: immutable files of records (``docs/format.md``, "Pack, version 1")."""

from __future__ import annotations

import hashlib
import os
import struct
from dataclasses import dataclass
from typing import BinaryIO, Dict, List, Tuple

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
            self.entries = self._read_index()
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

    def _read_index(self) -> Dict[bytes, Entry]:
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
        return self._parse(index, offset)

    def _parse(self, index: bytes, end: int) -> Dict[bytes, Entry]:
        count, frame_count, parameter_bytes, zero = _HEAD.unpack_from(index, 0)
        frames_at = _HEAD.size + count * _ENTRY.size
        parameters_at = frames_at + frame_count * _FRAME.size
        if zero != 0 or parameters_at + parameter_bytes != len(index):
            raise self._corrupt("the counts in its index do not give its length")
        frames = [self._frame(fields, end) for fields in _FRAME.iter_unpack(index[frames_at:parameters_at])]
        parameters = index[parameters_at:]
        entries: Dict[bytes, Entry] = {}
        for fields in _ENTRY.iter_unpack(index[_HEAD.size : frames_at]):
            entries[fields[0]] = self._entry(fields, frames, parameters)
        return entries

    def _frame(self, fields: Tuple[int, int, int], end: int) -> Frame:
        frame = Frame(*fields)
        bounded = 0 < frame.raw <= _MOST_FRAME_BYTES and 0 < frame.stored <= frame.raw + _FRAME_OVERHEAD
        if not bounded or frame.offset < 16 or frame.offset + frame.stored > end:
            raise self._corrupt("a frame lies outside the bounds")
        return frame

    def _entry(self, fields, frames: List[Frame], parameters: bytes) -> Entry:
        digest, length, start, span, first, count, kind, element, flags, at, size = fields
        inside = first + count <= len(frames) and at + size <= len(parameters) and start + span <= length
        if not inside or element not in (1, 2, 4, 8) or flags & ~FLAG_ROTATED or span == 0:
            raise self._corrupt(f"record {digest.hex()[:12]} lies outside the bounds")
        own = tuple(frames[first : first + count])
        return Entry(
            digest.hex(), length, start, span, kind, element, bool(flags & FLAG_ROTATED), parameters[at : at + size], own
        )

    def _at(self, offset: int, length: int) -> bytes:
        return os.pread(self._file.fileno(), length, offset)

    def _corrupt(self, problem: str) -> MgitError:
        return MgitError("PACK_CORRUPT", f"{self.path}: {problem}")

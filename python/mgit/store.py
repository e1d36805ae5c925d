"""Extents by digest, from all packs of a repository."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from .errors import MgitError
from .frames import corrupt, decode_difference, decode_planes
from .pack import Entry, Pack
from .predictions import predict_ia3, predict_low_rank
from .recipes import evaluate_recipe

_EMPTY = hashlib.sha256(b"").hexdigest()
_MOST_DEPTH = 8


class Store:
    """
    The packs under ``<git dir>/mgit/packs``. Extents are read as a whole and verified by their digest. ``remotes``: where a partial
    clone has left what is not here.
    """

    def __init__(self, directory: str, remotes: Sequence[str] = ()) -> None:
        self._directory = os.path.join(directory, "packs")
        self._purged = os.path.join(directory, "purged")
        self._remotes = remotes
        self._packs: Dict[str, Pack] = {}
        self._refresh()

    def close(self) -> None:
        for pack in self._packs.values():
            pack.close()
        self._packs.clear()

    def read(self, digest: str) -> np.ndarray:
        """The bytes of an extent. Errors: ``EXTENT_MISSING``, ``EXTENT_CORRUPT``, ``PACK_CORRUPT``, ``RECORD_TOO_DEEP``."""
        data = self._read(digest, 0)
        if hashlib.sha256(data).hexdigest() != digest:
            message = f"the data {digest[:12]} does not have its digest"
            raise MgitError("EXTENT_CORRUPT", message, "run mgit fsck --repair")
        return data

    def _read(self, digest: str, depth: int) -> np.ndarray:
        if digest == _EMPTY:
            return np.empty(0, np.uint8)
        if depth > _MOST_DEPTH:
            raise MgitError("RECORD_TOO_DEEP", f"the data {digest[:12]} needs too many other records")
        segments = self._locate(digest)
        data = np.empty(segments[0][1].length, np.uint8)
        position = 0
        for pack, entry in segments:
            piece = self._segment(pack, entry, depth)
            data[position : position + len(piece)] = piece
            position += len(piece)
        return data

    def _segment(self, pack: Pack, entry: Entry, depth: int) -> np.ndarray:
        if entry.kind == 7:
            result = evaluate_recipe(entry.parameters, lambda digest: self._read(digest, depth + 1))
            if len(result) != entry.span:
                raise MgitError("RECIPE_INVALID", f"the recipe of {entry.digest[:12]} does not give its length")
            return result
        reference = self._reference(entry, depth)
        pieces, at = [], entry.start
        for frame in entry.frames:
            against = None if reference is None else reference[at : at + frame.raw]
            pieces.append(self._frame(pack.read(frame), entry, frame.raw, against))
            at += frame.raw
        if at != entry.start + entry.span:
            raise corrupt("its frames do not give its length")
        return np.concatenate(pieces) if pieces else np.empty(0, np.uint8)

    def _reference(self, entry: Entry, depth: int) -> Optional[np.ndarray]:
        def read(digest: str) -> np.ndarray:
            return self._read(digest, depth + 1)

        if entry.kind in (3, 4):
            return read(entry.parameters.hex())
        if entry.kind == 5:
            return predict_low_rank(entry.parameters, read)
        return predict_ia3(entry.parameters, read) if entry.kind == 6 else None

    def _frame(self, stored: bytes, entry: Entry, raw: int, against: Optional[np.ndarray]) -> np.ndarray:
        if entry.kind == 1:
            if len(stored) != raw:
                raise corrupt("a raw frame has another length")
            return np.frombuffer(stored, np.uint8)
        if entry.kind == 2:
            return decode_planes(stored, raw, entry.element_size, entry.rotated)
        if against is None or len(against) != raw:
            raise corrupt("what it is coded against has another length")
        if entry.kind == 3:
            return decode_planes(stored, raw, entry.element_size, entry.rotated) ^ against
        if entry.kind in (4, 5, 6):
            return decode_difference(stored, against, entry.element_size, entry.rotated)
        raise MgitError("RECORD_UNSUPPORTED", f"records of kind {entry.kind} need a newer reader")

    def _locate(self, digest: str) -> List[Tuple[Pack, Entry]]:
        segments = self._segments(digest)
        if not segments:
            self._refresh()
            segments = self._segments(digest)
        if not segments:
            raise self._absent(digest)
        return segments

    def _absent(self, digest: str) -> MgitError:
        """Why an extent is not here (``docs/format.md``, "Tombstones")."""
        try:
            with open(os.path.join(self._purged, digest), encoding="utf-8") as file:
                told = json.load(file)
            reason = f": {told['reason']}" if told.get("reason") else ""
            return MgitError("EXTENT_PURGED", f"the data {digest[:12]} was taken down by {told['by']}{reason}")
        except FileNotFoundError:
            pass
        if self._remotes:
            where = f"the data {digest[:12]} was left with the remote {', '.join(self._remotes)}"
            return MgitError("EXTENT_MISSING", where, "mgit fetch --all-tensors, or mgit restore <path> for one model")
        return MgitError("EXTENT_MISSING", f"the data {digest[:12]} is not here", "get it with mgit fetch")

    def _segments(self, digest: str) -> List[Tuple[Pack, Entry]]:
        """Segments that follow each other from 0 to the extent's length, the cheapest whole record first."""
        key = bytes.fromhex(digest)
        found = [(pack, entry) for pack in self._packs.values() for entry in [pack.find(key)] if entry]
        whole = [item for item in found if item[1].span == item[1].length]
        if whole:
            return [min(whole, key=lambda item: item[1].kind)]
        chosen: List[Tuple[Pack, Entry]] = []
        position = 0
        for pack, entry in sorted(found, key=lambda item: item[1].start):
            if entry.start == position:
                chosen.append((pack, entry))
                position += entry.span
        return chosen if chosen and position == chosen[0][1].length else []

    def _refresh(self) -> None:
        for path in glob.glob(os.path.join(glob.escape(self._directory), "*.pack")):
            if path not in self._packs:
                self._packs[path] = Pack(path)

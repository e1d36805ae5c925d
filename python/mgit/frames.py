"""How frames are coded: byte planes, and differences from a reference (``docs/format.md``, "Records")."""

from __future__ import annotations

import struct
from typing import Tuple

import numpy as np
import zstandard

from .errors import MgitError

_COMPRESSED = 0x80000000
_TWO_VALUED = 0x40000000
_LENGTH = 0x3FFFFFFF
_MOST_WINDOW = 2**23


def corrupt(problem: str) -> MgitError:
    return MgitError("EXTENT_CORRUPT", f"a frame is damaged: {problem}")


def decode_planes(stored: bytes, raw: int, element_size: int, rotated: bool) -> np.ndarray:
    """The bytes that planes give: ``raw`` of them, as a writable array of uint8."""
    data, end = _join_planes(stored, raw, element_size, rotated)
    if end != len(stored):
        raise corrupt("its planes do not give its length")
    return data


def _join_planes(stored: bytes, raw: int, element_size: int, rotated: bool) -> Tuple[np.ndarray, int]:
    count = raw // element_size
    tail = raw - count * element_size
    if len(stored) < 4 * element_size:
        raise corrupt("it is too short")
    words = struct.unpack_from(f"<{element_size}I", stored)
    at = 4 * element_size
    planes = np.empty((element_size, count), np.uint8)
    for plane, word in enumerate(words):
        piece = stored[at : at + (word & _LENGTH)]
        if len(piece) != word & _LENGTH:
            raise corrupt("a plane ends beyond it")
        planes[plane] = _plane(piece, word, count)
        at += len(piece)
    elements = np.ascontiguousarray(planes.T)
    if rotated and count:
        elements = _rotate_right(elements, element_size)
    data = np.empty(raw, np.uint8)
    data[: count * element_size] = elements.reshape(-1)
    rest = stored[at : at + tail]
    if len(rest) != tail:
        raise corrupt("it ends too early")
    data[count * element_size :] = np.frombuffer(rest, np.uint8)
    return data, at + tail


def _plane(piece: bytes, word: int, count: int) -> np.ndarray:
    if not word & _TWO_VALUED:
        return _bytes_of(piece, word, count)
    if len(piece) < 2:
        raise corrupt("a plane is too short")
    zero, one = piece[0], piece[1]
    if zero == one:
        if len(piece) > 2:
            raise corrupt("a plane of one value has bits")
        return np.full(count, zero, np.uint8)
    bits = np.unpackbits(_bytes_of(piece[2:], word, -(-count // 8)), count=count, bitorder="little")
    return np.where(bits == 1, np.uint8(one), np.uint8(zero))


def _bytes_of(piece: bytes, word: int, count: int) -> np.ndarray:
    unpacked = _unpack(piece, count) if word & _COMPRESSED else piece
    if len(unpacked) != count:
        raise corrupt("a plane has the wrong length")
    return np.frombuffer(unpacked, np.uint8)


def _unpack(piece: bytes, count: int) -> bytes:
    try:
        decompressor = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW)
        data = decompressor.decompress(piece, max_output_size=max(count, 1))
    except zstandard.ZstdError as error:
        raise corrupt("a plane does not decompress") from error
    return data


def _rotate_right(elements: np.ndarray, element_size: int) -> np.ndarray:
    numbers = elements.view(f"<u{element_size}")[:, 0]
    bits = 8 * element_size
    one = numbers.dtype.type(1)
    turned = (numbers >> one) | (numbers << numbers.dtype.type(bits - 1))
    return turned.reshape(-1, 1).view(np.uint8)


def decode_difference(stored: bytes, reference: np.ndarray, element_size: int, rotated: bool) -> np.ndarray:
    """The bytes of a difference frame: its reference, exclusive or with what changed."""
    if not stored:
        raise corrupt("it is empty")
    form, rest = stored[0], stored[1:]
    raw = len(reference)
    if form == 0:
        if rest:
            raise corrupt("bytes follow a frame without changes")
        return reference.copy()
    if form == 2:
        return reference ^ decode_planes(rest, raw, element_size, rotated)
    if form != 1:
        raise corrupt(f"its form is {form}")
    return _apply_list(rest, reference, element_size, rotated)


def _apply_list(rest: bytes, reference: np.ndarray, element_size: int, rotated: bool) -> np.ndarray:
    raw = len(reference)
    count = raw // element_size
    if len(rest) < 8:
        raise corrupt("it is too short")
    changed, gap_bytes = struct.unpack_from("<II", rest)
    if not 1 <= changed <= count or 8 + gap_bytes > len(rest):
        raise corrupt("its list makes no sense")
    gaps = decode_planes(rest[8 : 8 + gap_bytes], 4 * changed, 4, False).view("<u4").astype(np.int64)
    positions = np.cumsum(gaps + 1) - 1
    if positions[-1] >= count:
        raise corrupt("a position lies outside")
    tail = raw - count * element_size
    values = decode_planes(rest[8 + gap_bytes :], changed * element_size + tail, element_size, rotated)
    result = reference.copy()
    elements = result[: count * element_size].reshape(count, element_size)
    elements[positions] ^= values[: changed * element_size].reshape(changed, element_size)
    if tail:
        result[count * element_size :] ^= values[changed * element_size :]
    return result

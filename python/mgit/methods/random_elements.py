"""32 random bits for each element of a tensor (``docs/recipes.md``, "Random elements")."""

from __future__ import annotations

import hashlib

import numpy as np


def random_bits(seed: int, model: int, count: int) -> np.ndarray:
    """Numbers below 2^32, as uint64, one for each element. Source: SplitMix64."""
    key = int.from_bytes(hashlib.sha256(f"{seed}\0{model}".encode()).digest()[:8], "big")
    word = np.arange(1, (count + 1) // 2 + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    halves = np.stack([word & np.uint64(0xFFFFFFFF), word >> np.uint64(32)], axis=1)
    return halves.reshape(-1)[:count]

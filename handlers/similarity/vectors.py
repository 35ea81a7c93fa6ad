"""The vectors of one workspace's incidents, and which of them point the same way.

The signs of their numbers are looked at first: eight words of 64 bits for each incident,
so that a hundred thousand are compared in some milliseconds; the best are then measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handlers.similarity.meaning import Bytes
from handlers.similarity.vocabulary import Floats

Slots = NDArray[np.intp]
LOOSE = 8  # how many times as many are measured as are wanted


class Vectors:
    """Vectors by the incident's slot; a slot without one points nowhere."""

    def __init__(self) -> None:
        self._rows: Bytes = np.zeros((0, 0), np.int8)
        self._signs: NDArray[np.uint64] = np.zeros((0, 0), np.uint64)
        self._lengths: Floats = np.zeros(0, np.float32)

    def put(self, slot: int, vector: Bytes) -> None:
        """Know the vector of a slot."""
        self._make_room(slot, len(vector))
        self._rows[slot] = vector
        self._signs[slot] = _signs(vector)
        self._lengths[slot] = np.linalg.norm(vector.astype(np.float32))

    def _make_room(self, slot: int, width: int) -> None:
        have = len(self._lengths)
        if slot < have:
            return
        more = max(256, slot + 1 - have, have // 2)
        rows = self._rows if have else np.zeros((0, width), np.int8)
        signs = self._signs if have else np.zeros((0, -(-width // 64)), np.uint64)
        self._rows = np.concatenate([rows, np.zeros((more, width), np.int8)])
        self._signs = np.concatenate([signs, np.zeros((more, signs.shape[1]), np.uint64)])
        self._lengths = np.concatenate([self._lengths, np.zeros(more, np.float32)])

    def nearest(self, asked: Bytes, count: int) -> Slots:
        """Return the slots that point most the same way, the best first."""
        known = np.flatnonzero(self._lengths)
        if len(known) > count * LOOSE:
            apart = np.bitwise_count(self._signs[known] ^ _signs(asked)).sum(axis=1)
            known = known[np.argpartition(apart, count * LOOSE)[: count * LOOSE]]
        order = np.argsort(-self.cosines(known, asked), kind="stable")
        return known[order[:count]]

    def cosines(self, slots: Slots, asked: Bytes) -> Floats:
        """Return how much each slot points the same way, from -1 to 1; 0 without a vector."""
        found = np.zeros(len(slots), np.float32)
        have = slots < len(self._lengths)
        have[have] = self._lengths[slots[have]] > 0
        if not have.any():
            return found
        query = asked.astype(np.float32)
        rows = self._rows[slots[have]].astype(np.float32)
        found[have] = rows @ query / (self._lengths[slots[have]] * np.linalg.norm(query))
        return found


def _signs(vector: Bytes) -> NDArray[np.uint64]:
    bits = np.packbits(vector > 0)
    padded = np.zeros(-(-len(bits) // 8) * 8, np.uint8)
    padded[: len(bits)] = bits
    return padded.view(np.uint64)

"""The words of one workspace's incidents, and which of them are close to a given one."""

from __future__ import annotations

import math
from array import array
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from handlers.kit.readers import folded
from handlers.similarity.distance import (
    BOTH,
    COGNATE,
    EDIT,
    IDEA,
    NEAR,
    PART,
    PART_IDEA,
    SHORT,
    bones,
    may_be_mistyped,
    mistyped,
    triples,
    word_similarity,
)
from handlers.similarity.spelling import deletions
from handlers.similarity.terms import Word

Ints = NDArray[np.uint32]
Floats = NDArray[np.float32]
FEW = 3000  # entries of lists from which on numpy counts them faster
NEWER = 8  # words that were learnt since, up to which they are compared one by one
REMEMBERED = 2048  # words of which it is remembered what is close to them
Lists = dict[str, "array[int]"]


@dataclass(frozen=True, slots=True)
class Near:
    """What is close to a word: the shares by word, the same as arrays, and by how many it knew."""

    shares: dict[int, float]
    ids: NDArray[np.intp]
    worths: Floats
    known: int


NOTHING = Near({}, np.empty(0, np.intp), np.empty(0, np.float32), 0)
SAME = np.ones(1, np.float32)


class Vocabulary:
    """Words with numbers of their own; lists lead from what a word means or contains to them."""

    def __init__(self, edits: int = SHORT) -> None:
        self._edits = edits  # letters up to which one may be wrong
        self._spelled: dict[int, list[Word]] = {}  # by word: how its short forms are written
        self._by_deletion: Lists = {}
        self._by_bones: Lists = {}
        self._seen: set[tuple[int, str]] = set()
        # What may be close to another word: how many were learnt, and the last of them.
        self._learnt = 0
        self._newest: deque[tuple[int, Word]] = deque(maxlen=NEWER)
        self._near: dict[tuple[Word, bool], Near] = {}
        self.ids: dict[str, int] = {}
        self.weights = array("f")  # by word: less for those that tell what is wrong
        self.df = array("I")  # by word: incidents that say it
        self.numbered = array("b")  # by word: whether it is a number or names one of several
        self.numbers: set[int] = set()  # words that are numbers or name one of several
        self.vague: set[int] = set()  # words that tell no more than that it does not work
        self.empty: set[int] = set()  # words that tell nothing of it
        self.doings: set[int] = set()  # words that tell what is done
        self._triples = array("H")  # by word: how many it has
        self._ideas: Lists = {}
        self._parts: Lists = {}
        self._part_ideas: Lists = {}
        self._by_triple: Lists = {}

    def add(self, word: Word) -> int:
        """Return the number of a word, known from now on.

        Forms with the same key ("Leser", "Lesern") are one word; what each of them means is
        added, so that the order in which they come makes no difference.
        """
        id = self.ids.get(word.key)
        if id is None:
            id = len(self.df)
            self.ids[word.key] = id
            self.weights.append(word.weight)
            self.df.append(0)
            self.numbered.append(False)
            self._triples.append(len(triples(word)))
            for key in triples(word):
                self._by_triple.setdefault(key, array("I")).append(id)
        if (id, word.shown) not in self._seen:
            self._seen.add((id, word.shown))
            self._learn(id, word)
        return id

    def _learn(self, id: int, word: Word) -> None:
        self.numbered[id] |= word.number
        if not word.number or word.key.isalpha():  # parts of words have no digits
            self._learnt += 1
            self._newest.append((id, word))
        for known, marked in (
            (self.numbers, word.number),
            (self.vague, word.vague),
            (self.empty, word.empty),
            (self.doings, word.doing),
        ):
            if marked:
                known.add(id)
        for lists, keys in (
            (self._ideas, word.ideas),
            (self._parts, word.parts),
            (self._part_ideas, word.part_ideas),
            (self._by_bones, (bones(word),) if bones(word) else ()),
        ):
            for key in keys:
                found = lists.setdefault(key, array("I"))
                if id not in found[-1:] and id not in found:
                    found.append(id)
        if may_be_mistyped(word, self._edits):
            self._spelled.setdefault(id, []).append(word)
            for key in deletions(folded(word.shown)):
                self._by_deletion.setdefault(key, array("I")).append(id)

    def near(self, word: Word, *, spelling: bool = True) -> Near:
        """Return what is close to a word, from memory where nothing was learnt since."""
        if word.number:  # close to nothing but itself
            same = self.ids.get(word.key)
            return NOTHING if same is None else Near({same: 1.0}, np.array([same]), SAME, 0)
        known = self._near.get((word, spelling))
        count = self._learnt - known.known if known is not None else 0
        if known is not None and not count:
            return known
        newer = list(self._newest)[-count:]
        if known is None or count > NEWER or any(each.number for _id, each in newer):
            shares = self.close_to(word, spelling=spelling)
        else:
            shares = dict(known.shares)
            for id, each in newer:
                share = word_similarity(word, each, self._edits, spelling=spelling)
                if share:
                    shares[id] = max(share, shares.get(id, 0.0))
        if len(self._near) >= REMEMBERED:
            self._near.clear()
        found = self._near[word, spelling] = self._as_near(shares)
        return found

    def _as_near(self, shares: dict[int, float]) -> Near:
        count = len(shares)
        return Near(
            shares,
            np.fromiter(shares.keys(), np.intp, count),
            np.fromiter(shares.values(), np.float32, count),
            self._learnt,
        )

    def close_to(self, word: Word, *, spelling: bool = True) -> dict[int, float]:
        """Return the words of the vocabulary that are close to `word`, each with how close.

        The same as `word_similarity` for each, by way of the lists. Without `spelling`, words
        that are only written alike are left out.
        """
        share: dict[int, float] = {}
        if not word.number:
            # The weaker first: what is stronger overwrites it.
            self._take(share, self._part_ideas, word.part_ideas, PART_IDEA * BOTH)
            self._take(share, self._parts, word.parts, PART * BOTH)
            self._take(share, self._part_ideas, word.ideas, PART_IDEA)
            self._take(share, self._ideas, word.part_ideas, PART_IDEA)
            self._take(share, self._parts, (word.key,), PART)
            for part in word.parts:
                if part in self.ids:
                    share[self.ids[part]] = max(PART, share.get(self.ids[part], 0.0))
            self._take(share, self._ideas, word.ideas, IDEA)
            if bones(word):
                self._take(share, self._by_bones, (bones(word),), COGNATE)
            if spelling:
                for id, cosine in self._written_like(word):
                    share[id] = max(cosine, share.get(id, 0.0))
                for id in self._mistyped(word):
                    share[id] = max(EDIT, share.get(id, 0.0))
        same = self.ids.get(word.key)
        if same is not None:
            share[same] = 1.0
        return share

    def _take(
        self, share: dict[int, float], lists: Lists, keys: Iterable[str], worth: float
    ) -> None:
        for key in keys:
            for id in lists.get(key, ()):
                share[id] = max(worth, share.get(id, 0.0))

    def _mistyped(self, word: Word) -> Iterable[int]:
        if not may_be_mistyped(word, self._edits):
            return ()
        keys = deletions(folded(word.shown))
        found = {id for key in keys for id in self._by_deletion.get(key, ())}
        return [
            id
            for id in found
            if any(mistyped(word, each, self._edits) for each in self._spelled[id])
        ]

    def _written_like(self, word: Word) -> Iterable[tuple[int, float]]:
        mine = triples(word)
        lists = [found for each in mine if (found := self._by_triple.get(each)) is not None]
        if not lists:
            return ()
        if sum(map(len, lists)) < FEW:
            shared = Counter(chain.from_iterable(lists))
            sizes = self._triples
            every = ((id, n / math.sqrt(sizes[id] * len(mine))) for id, n in shared.items())
            return [(id, cosine) for id, cosine in every if cosine >= NEAR]
        ids, counts = np.unique(
            np.concatenate([as_ints(each) for each in lists]), return_counts=True
        )
        known = np.frombuffer(self._triples, np.uint16)[ids].astype(np.float64)
        cosines = counts / np.sqrt(known * len(mine))
        near = cosines >= NEAR
        return zip(ids[near].tolist(), cosines[near].tolist(), strict=True)


def as_ints(numbers: array[int]) -> Ints:
    """Look at a list of numbers as numpy does, without copying it."""
    return np.frombuffer(numbers, np.uint32)

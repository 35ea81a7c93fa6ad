"""A question taken apart, and held against what one incident says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handlers.similarity.distance import PART, word_similarity
from handlers.similarity.terms import Word, words
from handlers.similarity.vocabulary import Floats, Ints, Near, Vocabulary

Starts = NDArray[np.intp]
NEGATIONS = frozenset({"nicht", "kein", "not", "no", "cannot"})  # as keys
SHARED = 0.5  # from here on a word counts as said by both
BOTH_HAVE = 0.999  # from here on it is the very word, and told as one in common


@dataclass(frozen=True, slots=True)
class Asked:
    """A query taken apart: by word its weight, whether it is in the title, what is close to it."""

    words: tuple[Word, ...]
    heads: int
    weights: Floats
    near: list[Near]
    tongue: int

    @property
    def close(self) -> list[dict[int, float]]:
        """By word: the shares of what is close to it."""
        return [each.shares for each in self.near]


@dataclass(frozen=True, slots=True)
class About:
    """What only tells which device it is: places in the question, and words of the vocabulary."""

    here: frozenset[int]
    there: frozenset[int]


def covered(asked: Asked, said: set[int]) -> float:
    """Return the share of a search's words that are said, each as close as it is."""
    best = [
        max((share for id, share in shares.items() if id in said), default=0.0)
        for shares in asked.close
    ]
    return sum(each for each in best if each >= SHARED) / len(best)


def shared(asked: Asked, best: Floats) -> Iterator[str]:
    """Give the query's words that the incident has, too, the rarest first."""
    given: set[str] = set()
    rarest = np.argsort(-asked.weights, kind="stable")
    for at in rarest[best[rarest] > BOTH_HAVE].tolist():
        word = asked.words[at]
        if word.key in NEGATIONS:  # says what is wrong only together with another word
            continue
        said = set(word.shown.split())
        if not given & said:
            given |= said
            yield word.shown


def about_of(vocabulary: Vocabulary, asked: Asked, names: Sequence[str]) -> About:
    """Tell what only says which device it is: the names of the service, and numbers."""
    called = tuple(word for name in names for word in words(name))
    here = frozenset(
        at
        for at, each in enumerate(asked.words[: asked.heads])
        if each.number or (not each.trouble and _is_called(each, called))
    )
    there = frozenset(
        id for word in called for id, share in vocabulary.near(word).shares.items() if share >= PART
    )
    return About(here, there)


@lru_cache(maxsize=4096)
def _is_called(word: Word, names: tuple[Word, ...]) -> bool:
    """Say whether a word is what the service is called, or a part of that."""
    return any(word_similarity(word, name) >= PART for name in names)


def same_matter(
    known: Vocabulary, asked: Asked, said: Ints, about: About, *, strange: bool
) -> bool:
    """Say whether what is wrong agrees, and with what; one word in common is not enough.

    Unless there is nothing else that could be another thing. In the same language more has to
    agree than differs; what is told in the other one (`strange`) may only not be understood.
    """
    theirs = {id >> 1 for id in said.tolist() if id & 1} - known.numbers - known.empty
    told = theirs - about.there - known.vague
    mine = [at for at in range(asked.heads) if at not in about.here and not asked.words[at].empty]
    only_vague = all(asked.words[at].vague for at in mine)
    if (only_vague and mine and not about.here) or not (told or theirs & about.there):
        return False  # one of them says only that something does not work
    if only_vague and not told:
        return True  # both say only that it does not work
    met = {at: _met(asked, at, theirs) for at in range(asked.heads)}
    if not any(met[at] for at in mine):
        return False
    return _same_trouble(known, asked, met, theirs, about) and _more_than_a_word(
        known, asked, met, theirs, strange=strange
    )


def _met(asked: Asked, at: int, theirs: set[int]) -> set[int]:
    """Return the words over there that say what a word of the question says."""
    return {id for id, share in asked.near[at].shares.items() if share >= SHARED and id in theirs}


def _same_trouble(
    known: Vocabulary, asked: Asked, met: dict[int, set[int]], theirs: set[int], about: About
) -> bool:
    told = theirs - about.there - known.vague
    mine = [at for at in met if at not in about.here and not asked.words[at].empty]
    troubles = {id for id in told if known.weights[id] < 1.0} - known.doings
    wrong = [at for at in mine if asked.words[at].trouble and not asked.words[at].vague]
    if not troubles or not wrong:
        return True
    return any(met[at] for at in wrong) or any(each & troubles for each in met.values())


def _more_than_a_word(
    known: Vocabulary, asked: Asked, met: dict[int, set[int]], theirs: set[int], *, strange: bool
) -> bool:
    content = [at for at in met if not (asked.words[at].number or asked.words[at].empty)]
    agree = [at for at in content if met[at]]
    things = [at for at in content if asked.words[at].thing]
    over_there = {id for id in theirs if known.weights[id] >= 1.0}
    if things and over_there and not any(met[at] & over_there for at in things):
        return False
    if len(agree) > 1 and strange:
        return True  # what the table does not know in the other language is not another matter
    reached = set().union(*(met[at] for at in agree))
    here = [at for at in content if not met[at] and not asked.words[at].vague]
    there = theirs - reached - known.vague
    few = len(agree) > 1 and len(here) + len(there) <= len(agree)
    return few or not here or not there


def numbers_agree(known: Vocabulary, asked: Asked, flat: Ints, starts: Starts) -> NDArray[np.bool_]:
    """Say for each incident whether the numbers in its title do not contradict.

    `flat` are the words of all incidents one after the other, each marked whether it stands
    in the title, and `starts` where those of each incident begin.
    """
    mine = [each.key for each in asked.words[: asked.heads] if each.number]
    if not mine:
        return np.ones(len(starts), bool)
    said = flat >> 1
    numbers = np.frombuffer(known.numbered, np.bool_)[said] & (flat & 1).astype(bool)
    same = np.zeros(len(said), bool)
    for key in mine:
        if key in known.ids:
            same |= said == known.ids[key]
    agree: NDArray[np.bool_] = np.logical_or.reduceat(same & numbers, starts)
    agree |= ~np.logical_or.reduceat(numbers, starts)
    return agree

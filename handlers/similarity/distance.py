"""How close two words are, and two titles by their words.

The shares are reasoned, not fitted: see docs/similarity.md.
"""

from __future__ import annotations

import math
from functools import lru_cache

from handlers.kit.readers import folded
from handlers.similarity.forms import is_written
from handlers.similarity.spelling import SHORTEST, one_edit, skeleton
from handlers.similarity.terms import Word

IDEA = 0.85  # the same idea in other words: "Drucker", "printer"
COGNATE = 0.85  # the same word as the other language writes it: "Zylinder", "cylinder"
PART = 0.7  # one word is a part of the other: "Drucker", "Etikettendrucker"
PART_IDEA = 0.6  # the idea of one is a part of the other: "printer", "Etikettendrucker"
BOTH = 0.8  # a part of both only: "Etikettendrucker", "Bondrucker"
NEAR = 0.6  # cosine of letter triples from which words count as near: typos, endings
EDIT = 0.75  # a letter wrong, missing, too many or swapped, in a short word
SHORT = 8  # letters up to which triples do not notice it


def word_similarity(
    one: Word, other: Word, longest: int = SHORT, *, spelling: bool = True
) -> float:
    """Return how close two words are, from 0 (nothing) to 1 (the same).

    A letter may be wrong in words of up to `longest`; without `spelling` nothing is close
    that is only written alike.
    """
    if one.key == other.key:
        return 1.0
    if one.number or other.number:
        return 0.0
    shares = [0.0]
    if one.ideas & other.ideas:
        shares.append(IDEA)
    if one.key in other.parts or other.key in one.parts:
        shares.append(PART)
    if one.parts & other.parts:
        shares.append(PART * BOTH)
    if one.ideas & other.part_ideas or other.ideas & one.part_ideas:
        shares.append(PART_IDEA)
    if one.part_ideas & other.part_ideas:
        shares.append(PART_IDEA * BOTH)
    if bones(one) and bones(one) == bones(other):
        shares.append(COGNATE)
    if not spelling:
        return max(shares)
    mine, theirs = triples(one), triples(other)
    if mine and theirs:
        cosine = len(mine & theirs) / math.sqrt(len(mine) * len(theirs))
        shares.append(cosine if cosine >= NEAR else 0.0)
    if mistyped(one, other, longest):
        shares.append(EDIT)
    return max(shares)


def bones(word: Word) -> str:
    """Return what German and English have in common of a word; empty for short ones."""
    return "" if word.number or word.phrase else skeleton(folded(word.shown))


def mistyped(one: Word, other: Word, longest: int = SHORT) -> bool:
    """Say whether one is the other with one letter wrong, missing, too many or swapped.

    Two words that are both known are two words, however alike.
    """
    if not (may_be_mistyped(one, longest) and may_be_mistyped(other, longest)):
        return False
    if known(one) and known(other):
        return False
    return one_edit(folded(one.shown), folded(other.shown))


def may_be_mistyped(word: Word, longest: int = SHORT) -> bool:
    """Say whether a word is short enough for a wrong letter to hide it."""
    if word.number or word.phrase:
        return False
    return SHORTEST <= len(folded(word.shown)) <= longest


def known(word: Word) -> bool:
    """Say whether the glossary knows a word as it is written, so that it is hardly a mistake."""
    return word.empty or (bool(word.ideas) and is_written(folded(word.shown)))


@lru_cache(maxsize=65536)
def triples(word: Word) -> frozenset[str]:
    """Return the letter triples of a single word, with its ends marked; none for numbers."""
    if word.number or word.phrase:
        return frozenset()
    marked = f"^{word.key}$"
    return frozenset(marked[at : at + 3] for at in range(len(marked) - 2))


def agreement(one: tuple[Word, ...], other: tuple[Word, ...]) -> float:
    """Return how much two titles agree, from 0 to 1, without knowing how rare their words are.

    Each word is compared with the closest of the other title; both directions count.
    """
    if not one or not other:
        return 0.0
    there = _said(one, other)
    back = _said(other, one)
    return math.sqrt(there * back) * (1.0 if numbers_fit(one, other) else OTHER_NUMBER)


OTHER_NUMBER = 0.8  # what is left when both name numbers, and none is the same


def numbers_fit(one: tuple[Word, ...], other: tuple[Word, ...]) -> bool:
    """Say whether the numbers named do not contradict: "Kasse 3" is not "Kasse 4"."""
    mine = {each.key for each in one if each.number}
    theirs = {each.key for each in other if each.number}
    return not mine or not theirs or bool(mine & theirs)


def _said(what: tuple[Word, ...], where: tuple[Word, ...]) -> float:
    weights = [each.weight for each in what]
    best = [max(word_similarity(each, word) for word in where) for each in what]
    return sum(w * b for w, b in zip(weights, best, strict=True)) / sum(weights)

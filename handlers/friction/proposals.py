"""Which notes may say the same: proposed from their words, confirmed by a person.

Only texts are compared; nobody's name is known here (docs/friction.md tells how well it works).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.friction import themes
from handlers.similarity.terms import words

ALIKE = 0.5  # cosine from which two notes may say the same
# What a theme of work, an idea and a word count; a part of a compound counts less. Chosen on one
# half of the labelled sentences, measured on the other (docs/pilots.md).
THEME, IDEA, WORD = 1.5, 0.5, 0.3
PART_IDEA, PART = 0.3, 0.2
MOST = 300  # notes that are compared at once, the newest
THRESHOLD, DAYS = 3, 30  # a group of so many notes in so many days is proposed


@dataclass(frozen=True, slots=True)
class Like:
    """A text that may say the same, by its place among those that were given."""

    at: int
    score: float


@lru_cache(maxsize=2048)
def features(text: str) -> Mapping[str, float]:
    """Return what a text speaks of, with weights: words, their parts, ideas, themes."""
    found: dict[str, float] = {}

    def say(key: str, weight: float) -> None:
        found[key] = max(found.get(key, 0.0), weight)

    for word in words(text):
        say(f"w:{word.key}", WORD)
        for idea in word.ideas:
            say(f"i:{idea}", IDEA)
        for part in word.parts:
            say(f"w:{part}", PART)
        for idea in word.part_ideas:
            say(f"i:{idea}", PART_IDEA)
    for theme in themes.of(text):
        say(f"t:{theme}", THEME)
    return found


def vectors(texts: Sequence[str]) -> list[dict[str, float]]:
    """Return the texts as vectors of length one; what many say counts less."""
    said = [features(each) for each in texts]
    often = Counter(key for each in said for key in each)
    found = []
    for each in said:
        weighed = {
            key: weight * math.log(1 + (len(texts) + 1) / often[key])
            for key, weight in each.items()
        }
        length = math.sqrt(sum(weight**2 for weight in weighed.values())) or 1.0
        found.append({key: weight / length for key, weight in weighed.items()})
    return found


def cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return how much two vectors agree, from 0 to 1."""
    return sum(weight * other.get(key, 0.0) for key, weight in one.items())


def like(text: str, others: Sequence[str], limit: int = 5) -> list[Like]:
    """Return which of `others` may say the same as `text`, the likest first."""
    mine, *theirs = vectors([text, *others])
    found = [Like(at, cosine(mine, each)) for at, each in enumerate(theirs)]
    found = [each for each in found if each.score >= ALIKE]
    return sorted(found, key=lambda each: (-each.score, each.at))[:limit]


def nearest(text: str, others: Sequence[str], limit: int = 5) -> list[Like]:
    """Return what is nearest to `text`, also what is too far for a proposal; a person looks."""
    mine, *theirs = vectors([text, *others])
    found = [Like(at, cosine(mine, each)) for at, each in enumerate(theirs)]
    return sorted(
        (each for each in found if each.score > 0), key=lambda each: (-each.score, each.at)
    )[:limit]


def groups(texts: Sequence[str], least: int = THRESHOLD) -> list[list[int]]:
    """Return groups of texts that may say the same, by their places, the largest first.

    A text joins a group when it is like most of it: chains of neighbours are no group.
    """
    known = vectors(texts)
    pairs = sorted(
        (-score, one, other)
        for one in range(len(texts))
        for other in range(one)
        if (score := cosine(known[one], known[other])) >= ALIKE
    )
    group_of: dict[int, list[int]] = {}
    for _score, one, other in pairs:
        mine, theirs = group_of.get(one, [one]), group_of.get(other, [other])
        if mine is theirs:
            continue
        across = [cosine(known[a], known[b]) for a in mine for b in theirs]
        if sum(across) / len(across) < ALIKE / 2:
            continue
        whole = sorted([*mine, *theirs])
        group_of.update((each, whole) for each in whole)
    found = {tuple(each) for each in group_of.values() if len(each) >= least}
    return [list(each) for each in sorted(found, key=lambda each: (-len(each), each))]

"""Which notes may say the same: proposed from their words, confirmed by a person.

Only texts and areas are compared; nobody's name is known here (docs/pilots.md tells how well it
works).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from handlers.friction import themes
from handlers.kit.readers import folded
from handlers.similarity.terms import words

ALIKE = 0.28  # similarity from which two notes may say the same
TOGETHER = 0.27  # mean similarity that two groups need to become one
# Each has to be among so many that are nearest to the other: among many notes something always
# looks alike, and what stands out for one only is mostly chance.
NEAREST = 5
# What counts how much: a thing, what much of all work is about, what is tiresome, an idea of the
# glossary, a word; a part of a compound counts less. Chosen and measured as docs/pilots.md tells.
THING, SETTING, TROUBLE, IDEA, WORD = 1.5, 0.7, 0.4, 0.6, 0.3
PART_IDEA, PART = 0.2, 0.2
# What is left where the trouble is not the same one, only one names any, and neither does: whoever
# only shares a thing often means something else.
OTHER_TROUBLE, ONE_TROUBLE, NO_TROUBLE = 0.9, 0.8, 0.5
# What many say counts less, as if a hundred other notes had been read, of which two say each:
# otherwise the first like ones of a company would punish each other for what they share.
OTHERS, SAYING = 100, 2
ONLY_WORDS = 0.8  # what is left where the table knows nothing that both speak of
OTHER_AREA = 0.7  # what is left where both name an area, and not the same
MOST = 300  # notes that are compared at once, the newest
THRESHOLD, DAYS = 3, 30  # a group of so many notes in so many days is proposed


class Said(NamedTuple):
    """What is compared of a note: its words and its area, nothing else."""

    text: str
    area: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A note that may say the same, by its place among those that were given."""

    at: int
    score: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A note as it is compared: what it speaks of as a vector of length one, and where."""

    vector: Mapping[str, float]
    troubles: frozenset[str]
    area: str


@lru_cache(maxsize=2048)
def features(text: str) -> Mapping[str, float]:
    """Return what a text speaks of, with weights: words, their parts, ideas, themes."""
    found: dict[str, float] = {}

    def say(key: str, weight: float) -> None:
        found[key] = max(found.get(key, 0.0), weight)

    for word in words(text):
        say(f"w:{word.key}", WORD)
        for idea in word.ideas:  # a word that may mean several things says each of them less
            say(f"i:{idea}", (IDEA / 2 if word.trouble else IDEA) / math.sqrt(len(word.ideas)))
        for part in word.parts:
            say(f"w:{part}", PART)
        for idea in word.part_ideas:
            say(f"i:{idea}", PART_IDEA)
    said = themes.of(text)
    for kind, names, weight in (
        ("o", said.things, THING),
        ("s", said.settings, SETTING),
        ("t", said.troubles, TROUBLE),
    ):
        for name in names:
            say(f"{kind}:{name}", weight)
    return found


def seen(notes: Sequence[Said]) -> list[Seen]:
    """Return notes as they are compared with each other; what many say counts less."""
    said = [features(each.text) for each in notes]
    often = Counter(key for each in said for key in each)
    found = []
    for note, each in zip(notes, said, strict=True):
        weighed = {
            key: weight * math.log(1 + (len(notes) + OTHERS + 1) / (often[key] + SAYING))
            for key, weight in each.items()
        }
        length = math.sqrt(sum(weight**2 for weight in weighed.values())) or 1.0
        vector = {key: weight / length for key, weight in weighed.items()}
        found.append(Seen(vector, themes.of(note.text).troubles, folded(note.area)))
    return found


def similarity(one: Seen, other: Seen) -> float:
    """Return how likely two notes say the same, from 0 to 1: nothing unless they share a thing."""
    shared = one.vector.keys() & other.vector.keys()
    if all(key.startswith("t:") for key in shared):
        return 0.0
    score = sum(one.vector[key] * other.vector[key] for key in shared)
    if not any(key.startswith("o:") for key in shared):
        score *= ONLY_WORDS
    if one.area and other.area and one.area != other.area:
        score *= OTHER_AREA
    if one.troubles & other.troubles:
        return score
    if one.troubles and other.troubles:
        return score * OTHER_TROUBLE
    return score * (ONE_TROUBLE if one.troubles or other.troubles else NO_TROUBLE)


def find_similar(note: Said, others: Sequence[Said], limit: int = 5) -> list[Match]:
    """Return which of `others` may say the same as `note`, the likest first."""
    mine, *theirs = seen([note, *others])
    found = [
        Match(at, score)
        for at, each in enumerate(theirs)
        if (score := similarity(mine, each)) >= ALIKE
    ]
    found = sorted(found, key=lambda each: (-each.score, each.at))[: min(limit, NEAREST)]
    return [each for each in found if _is_near(each, theirs)]


def _is_near(found: Match, others: Sequence[Seen]) -> bool:
    """Say whether what is asked about is among the nearest of what was found, too."""
    it = others[found.at]
    nearer = sum(
        similarity(it, each) > found.score for at, each in enumerate(others) if at != found.at
    )
    return nearer < NEAREST


def pairs(scores: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return the pairs that may say the same, the likest first: for both it stands out."""
    near: dict[int, list[float]] = {}
    for pair, score in scores.items():
        for each in pair:
            near.setdefault(each, []).append(score)
    least = {each: sorted(found, reverse=True)[:NEAREST][-1] for each, found in near.items()}
    return sorted(
        (
            pair
            for pair, score in scores.items()
            if score >= max(ALIKE, least[pair[0]], least[pair[1]])
        ),
        key=lambda pair: (-scores[pair], pair),
    )


def nearest(note: Said, others: Sequence[Said], limit: int = 5) -> list[Match]:
    """Return what is nearest to `note`, also what is too far for a proposal; a person looks."""
    mine, *theirs = seen([note, *others])
    found = [Match(at, similarity(mine, each)) for at, each in enumerate(theirs)]
    return sorted(
        (each for each in found if each.score > 0), key=lambda each: (-each.score, each.at)
    )[:limit]


def groups(notes: Sequence[Said], least: int = THRESHOLD) -> list[list[int]]:
    """Return groups of notes that may say the same, by their places, the largest first.

    Two groups become one when they are alike on the whole: chains of neighbours are no group.
    """
    known = seen(notes)
    scores = {
        (one, other): similarity(known[one], known[other])
        for one in range(len(notes))
        for other in range(one)
    }
    group_of: dict[int, list[int]] = {}
    for one, other in pairs(scores):
        mine, theirs = group_of.get(one, [one]), group_of.get(other, [other])
        if mine is theirs:
            continue
        across = [scores[max(a, b), min(a, b)] for a in mine for b in theirs]
        if sum(across) / len(across) < TOGETHER:
            continue
        whole = sorted([*mine, *theirs])
        group_of.update((each, whole) for each in whole)
    found = {tuple(each) for each in group_of.values() if len(each) >= least}
    return [list(each) for each in sorted(found, key=lambda each: (-len(each), each))]

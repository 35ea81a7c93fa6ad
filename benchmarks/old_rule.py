"""The rule for near-same titles before the search came, kept as a baseline for benchmarks."""

from __future__ import annotations

import re

from handlers.kit.readers import folded

ENOUGH = 0.5  # share of the shorter title's words that the other has, too
FILLERS = frozenset(
    re.findall(
        r"\w+",
        """
        a again all am an and auch auf aus bei das dem den der die ein eine einen es fuer geht
        gerade has have hat im in is ist it kein keine mal mehr mit nicht no not of off on schon
        seit sind the to und very vom von wieder with working zu zum zur
        """,
    )
)


def words(title: str) -> set[str]:
    """Return the words of a title that carry meaning, folded."""
    return {word for word in re.findall(r"\w+", folded(title)) if word not in FILLERS}


def alike(one: str, other: str) -> bool:
    """Say whether two titles of the same service are near-same: half of the words are shared."""
    left, right = words(one), words(other)
    if not left or not right:
        return folded(one) == folded(other)
    fewer, more = sorted((left, right), key=len)
    shared = sum(any(_same(word, each) for each in more) for word in fewer)
    return shared / len(fewer) >= ENOUGH and shared >= min(2, len(fewer))


def _same(word: str, other: str) -> bool:
    """Compare two words; from five letters on a common beginning or end is enough."""
    if word == other:
        return True
    short, long = sorted((word, other), key=len)
    return len(short) >= 5 and (long.startswith(short[:-1]) or long.endswith(short))

"""The rule for near-same titles before the search came, kept as a baseline for benchmarks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.kit.readers import folded
from storage import incidents
from storage.engine import Tx

MOMENT = timedelta(microseconds=1)  # what happens now has happened, too
PAST = timedelta(days=365)  # how far back earlier incidents are looked at
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


@dataclass(frozen=True, slots=True)
class Like:
    """An earlier incident that is like another: how much (0 to 1), if surely, and why."""

    number: int
    score: float
    sure: bool
    same_service: bool
    words: tuple[str, ...]


def likely(
    tx: Tx,
    title: str,
    *,
    service: str | None,
    now: datetime,
    limit: int = 5,
    except_: int | None = None,
) -> list[Like]:
    """Return the earlier incidents that are probably the same thing, the likeliest first.

    `words` are those in common, as they stand in `title`.
    """
    found = []
    for each in incidents.between(tx, now - PAST, now + MOMENT):
        if each.number != except_ and alike(each.title, title):
            same = each.service == service
            shared = _shared(title, each.title)
            score = (len(shared) + same) / (len(words(title)) + 1)
            found.append(Like(each.number, min(score, 1.0), same, same, shared))
    found.sort(key=lambda each: (each.sure, each.score, each.number), reverse=True)
    return found[:limit]


def _shared(title: str, other: str) -> tuple[str, ...]:
    theirs = words(other)
    said = [
        word
        for word in re.findall(r"\w+", title)
        if folded(word) not in FILLERS and any(_same(folded(word), each) for each in theirs)
    ]
    return tuple(dict.fromkeys(said))

"""Triage: which service a title talks about, by its names, by what was said before, by meaning."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache

from handlers.incidents.recurrence import names_of
from handlers.kit.context import Context
from handlers.kit.readers import folded
from handlers.similarity import Match, find_similar
from handlers.similarity.distance import closeness
from handlers.similarity.terms import Word, words
from storage.services import Service

TOLD = 0.55  # score from which an earlier incident may tell whom to alarm
CLEAR = 2 / 3  # share of the sure likes that must be of one service
MEANT = 0.8  # closeness from which a word stands for a name in other words
TYPO = 0.85  # likeness of letters from which it is the name, mistyped


def look_ahead(ctx: Context, title: str, service: Service | None = None) -> tuple[Match, ...]:
    """Return the earlier incidents that are like this one, before anything is written."""
    known = service or _named(ctx, title)
    found = _find(ctx, title, known)
    meant = known or _told(ctx, found) or _meant(ctx, title)
    if meant is not None and meant is not known:
        found = _find(ctx, title, meant)
    return tuple(found)


def _find(ctx: Context, title: str, service: Service | None) -> list[Match]:
    return find_similar(
        ctx.tx,
        title,
        service=service.id if service else None,
        now=ctx.now,
        names=names_of(service),
    )


def guess(ctx: Context, title: str, likes: Sequence[Match] = ()) -> Service | None:
    """Propose the service that a title talks about; None when nothing points at one.

    First a name or word of a service that stands in it; then the service of the earlier
    incidents that say the same (`likes`); then a service whose name means the same, in the
    other language or with a typo.
    """
    return _named(ctx, title) or _told(ctx, likes) or _meant(ctx, title)


def _named(ctx: Context, title: str) -> Service | None:
    """Return the service with the longest name or word found in the title.

    Words are compared without case and umlauts; from five letters on a word may
    also be the beginning of a longer one ("Drucker" in "Druckerstau").
    """
    said = tokens(title)
    best: tuple[int, Service] | None = None
    for service in ctx.services():
        for name in (service.name, *service.words):
            wanted = tokens(name)
            if wanted and _contains(said, wanted) and (best is None or len(name) > best[0]):
                best = (len(name), service)
    return best[1] if best and not best[1].fallback else None


def _told(ctx: Context, likes: Sequence[Match]) -> Service | None:
    """Return the service that most of the surely like incidents were about."""
    worth: dict[str, float] = {}
    for like in likes:
        if (like.sure or like.device) and like.score >= TOLD:
            worth[like.service] = worth.get(like.service, 0.0) + like.score
    best = max(worth, key=lambda id: worth[id], default=None)
    if best is None or worth[best] < CLEAR * sum(worth.values()):
        return None
    service = ctx.service_of(best)
    return service if service is not None and not service.fallback else None


def _meant(ctx: Context, title: str) -> Service | None:
    """Return the one service of which a name means what the title says; None for several."""
    said = words(title)
    found = {
        service.id: service
        for service in ctx.services()
        if not service.fallback
        and any(_means(said, words(name)) for name in (service.name, *service.words))
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _means(said: tuple[Word, ...], name: tuple[Word, ...]) -> bool:
    ideas = frozenset[str]().union(*(each.ideas for each in said))

    def told(word: Word) -> bool:
        whole = len(word.part_ideas) > 1 and word.part_ideas <= ideas
        return whole or any(
            closeness(word, each) >= MEANT or _mistyped(word, each) for each in said
        )

    return bool(name) and all(told(word) for word in name)


def _mistyped(word: Word, other: Word) -> bool:
    """Say whether one is the other with a letter wrong, missing or too many."""
    one, two = folded(word.shown), folded(other.shown)
    if word.number or other.number or min(len(one), len(two)) < 5:
        return False
    return difflib.SequenceMatcher(None, one, two).ratio() >= TYPO


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared."""
    return tuple(re.findall(r"\w+", folded(text)))


def _contains(said: Sequence[str], wanted: Sequence[str]) -> bool:
    def alike(word: str, want: str) -> bool:
        return word == want or (len(want) >= 5 and word.startswith(want))

    return any(
        all(alike(word, want) for word, want in zip(said[start:], wanted, strict=False))
        for start in range(len(said) - len(wanted) + 1)
    )

"""Triage: which service a title talks about, by its names, by what was said before, by meaning.

It is guessed once, before the transaction of the declaration, and handed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from handlers.incidents.recurrence import Ahead, names_of
from handlers.kit.ahead import LookAhead
from handlers.kit.context import Context
from handlers.kit.readers import folded
from handlers.rules import meaning
from handlers.similarity import Match, find_similar
from handlers.similarity.terms import Word, words
from storage.engine.ids import ServiceId
from storage.rules import Rule
from storage.services import Service

if TYPE_CHECKING:
    from handlers.similarity.vocabulary import Vocabulary

TOLD = 0.55  # score from which an earlier incident may tell whom to alarm
CLEAR = 2 / 3  # share of the sure matches that must be of one service
MEANT = 0.75  # word_similarity from which a word stands for a name in other words, or mistyped
PREFIX = 5  # letters from which a word may be the beginning of a longer one
LONGEST = 24  # letters of a name that may be mistyped
# What makes another word of it: "Steuerung" is not about "Steuer", "building" not about "build".
OTHER_WORD = re.compile(r"(ung|erei|ei$|lich|isch|bar|heit|keit|schaft|ier|ing|ation)")


def _look(ctx: Context, title: str, service: Service | None = None, **_others: object) -> Ahead:
    """Return what this one is like and about, before anything is written."""
    known, rule = _known(ctx, title, service)
    found = _find(ctx, title, known)
    if service is None and known is not None:
        other = _contradicts(ctx, title, known, found)
        if other is not None:
            return Ahead(tuple(found), other, False)
    told = known or _majority_service(ctx, found)
    meant = told or _meant(ctx, title)
    if meant is not None and meant is not known:
        found = _find(ctx, title, meant)
    # Not the meaning alone: what is most like it was about the same service.
    agrees = meant is not None and any(each.sure and each.service == meant.id for each in found[:1])
    return Ahead(tuple(found), meant, told is not None or agrees, rule)


look_ahead = LookAhead(_look)


def handed_in(ctx: Context, title: str, service: Service | None) -> Ahead:
    """Return what was looked up ahead; without it only the names are looked at, which is quick."""
    found = look_ahead.found(ctx)
    if found is not None:
        return found
    known, rule = _known(ctx, title, service)
    return Ahead((), known, known is not None, rule)


def _known(ctx: Context, title: str, chosen: Service | None) -> tuple[Service | None, Rule | None]:
    """Return the service by name, word or rule; what was chosen stays unless a rule looks at it."""
    if chosen is None:
        return named(ctx, title)
    ruled = meaning.meant(ctx, title, chosen)
    if ruled is None or ruled[1].id == chosen.id:
        return chosen, None
    rule, service = ruled
    return (service if rule.straight else chosen), rule


def _find(ctx: Context, title: str, service: Service | None) -> list[Match]:
    return find_similar(
        ctx.tx,
        title,
        service=service.id if service else None,
        now=ctx.now,
        names=names_of(service),
    )


def named(ctx: Context, title: str) -> tuple[Service | None, Rule | None]:
    """Return the service with the longest name, word or rule found in the title, and the rule.

    Words are compared without case and umlauts; from five letters on a word may
    also be the beginning of a longer one ("Drucker" in "Druckerstau"). A rule of
    several words comes before a name. One that asks first leaves the service to the names.
    """
    said = tokens(title)
    begins = {word[:end] for word in said for end in range(min(PREFIX, len(word)), len(word) + 1)}
    best: tuple[int, Service] | None = None
    for service in ctx.services():
        for name in (service.name, *service.words):
            wanted = tokens(name)
            if not wanted or wanted[0] not in begins:
                continue
            if (best is None or len(name) > best[0]) and _contains(said, wanted):
                best = (len(name), service)
    by_name = best[1] if best and not best[1].fallback else None
    ruled = meaning.meant(ctx, title)
    if ruled is not None:
        rule, service = ruled
        wins = best is None or len(rule.words) > 1 or len(rule.shown) >= best[0]
        if wins and service.id != (by_name.id if by_name else ""):
            return (service if rule.straight else by_name), rule
    return by_name, None


def _majority_service(ctx: Context, matches: Sequence[Match]) -> Service | None:
    """Return the service that most of the surely like incidents were about."""
    worth: dict[ServiceId, float] = {}
    for match in matches:
        if (match.sure or match.device) and match.score >= TOLD:
            worth[match.service] = worth.get(match.service, 0.0) + match.score
    best = max(worth, key=lambda id: worth[id], default=None)
    if best is None or worth[best] < CLEAR * sum(worth.values()):
        return None
    service = ctx.service_of(best)
    return service if service is not None and not service.fallback else None


def _contradicts(
    ctx: Context, title: str, named: Service, matches: Sequence[Match]
) -> Service | None:
    """Return the service that what is most like it was about, where its words name another.

    Both may be right, so it is a question. A rule that goes straight through is none. What
    nobody was named for says nothing of it.
    """
    ruled = meaning.meant(ctx, title)
    if ruled is not None and ruled[1] == named and ruled[0].straight:
        return None
    services = [ctx.service_of(each.service) for each in matches if each.sure]
    others = [each for each in services if each is not None and not each.fallback]
    return others[0] if others and named not in others else None


def _meant(ctx: Context, title: str) -> Service | None:
    """Return the one service of which a name means what the title says; None for several."""
    names = tuple(
        (each.id, name)
        for each in ctx.services()
        if not each.fallback
        for name in (each.name, *each.words)
    )
    found = _names(names).meant_by(words(title))
    return ctx.service_of(next(iter(found))) if len(found) == 1 else None


class _Names:
    """What the services of a company are called, looked up by meaning and by spelling."""

    def __init__(self, names: tuple[tuple[ServiceId, str], ...]) -> None:
        from handlers.similarity.vocabulary import Vocabulary  # numpy, only when it is needed

        self._called = [(id, words(name)) for id, name in names]
        self._vocabulary: Vocabulary = Vocabulary(edits=LONGEST)
        for _id, called in self._called:
            for word in called:
                self._vocabulary.add(word)

    def meant_by(self, said: Iterable[Word]) -> set[ServiceId]:
        """Return the ids of the services of which a whole name is meant."""
        told: set[int] = set()
        ideas: set[str] = set()
        for word in said:
            ideas |= word.ideas
            close = self._vocabulary.near(word).shares
            told.update(id for id, share in close.items() if share >= MEANT)

        def means(word: Word) -> bool:
            whole = len(word.part_ideas) > 1 and word.part_ideas <= ideas
            return whole or self._vocabulary.ids[word.key] in told

        return {id for id, called in self._called if called and all(map(means, called))}


@lru_cache(maxsize=256)
def _names(names: tuple[tuple[ServiceId, str], ...]) -> _Names:
    return _Names(names)


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared."""
    return tuple(re.findall(r"\w+", folded(text)))


def _contains(said: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(
        all(_is_similar(word, want) for word, want in zip(said[start:], wanted, strict=False))
        for start in range(len(said) - len(wanted) + 1)
    )


def _is_similar(word: str, want: str) -> bool:
    if word == want:
        return True
    if len(want) < PREFIX or not word.startswith(want):
        return False
    return OTHER_WORD.match(word, len(want)) is None

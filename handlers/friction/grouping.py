"""Which notes lie together: what is proposed, and what whoever noted it joins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from handlers.friction import proposals
from handlers.friction.proposals import Said
from handlers.kit.ahead import LookAhead
from handlers.kit.commands import Ask
from handlers.kit.context import Context
from handlers.kit.readers import TextReader
from handlers.kit.words import Words, _
from storage import friction, mandate, workspaces
from storage.engine.ids import NoteId, PatternId, PersonId
from storage.friction import ALONE, JOINED, Note, patterns
from storage.friction.patterns import Pattern

SETTING = "friction_pattern"  # "3/30": how many in how many days are proposed
JOINING = 90  # days back in which others feel the same


@dataclass(frozen=True, slots=True)
class Near:
    """Those who feel the same: how many they are, and one of their notes."""

    count: int
    other: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """Notes that may be a pattern, or may belong to `pattern`."""

    notes: tuple[Note, ...]
    pattern: Pattern | None = None


def threshold(ctx: Context) -> tuple[int, int]:
    """Return how many like notes in how many days are proposed as a pattern."""
    said = workspaces.setting(ctx.tx, SETTING) or ""
    number, _slash, days = said.partition("/")
    if number.isdigit() and days.isdigit():
        return int(number), int(days)
    return proposals.THRESHOLD, proposals.DAYS


def known_areas(ctx: Context) -> Words:
    """Return which areas people name, as a hint."""
    named = list(dict.fromkeys([*mandate.focus(ctx.tx).values(), *friction.areas(ctx.tx)]))
    if not named:
        return _("Where it happens, such as shipping.")
    return _("Such as {areas}.", areas=named[:6])


AreaField = Annotated[
    str,
    TextReader(long=False),
    Ask(_("Area"), known_areas),
]


def comparable(note: Note) -> Said:
    """Return what is compared of a note."""
    return Said(note.sentence, note.area)


def _like(ctx: Context, *, sentence: str, area: str = "", **_rest: object) -> Near | None:
    """Return which others feel the same; read before anything is written."""
    own = {each.id for each in friction.mine(ctx.tx, ctx.person.id)}
    since = ctx.now - timedelta(days=JOINING)
    recent = [each for each in friction.all(ctx.tx, since=since) if each.id not in own]
    recent = recent[: proposals.MOST]
    found = proposals.find_similar(Said(sentence, area), [comparable(each) for each in recent])
    if not found:
        return None
    first = recent[found[0].at]
    together = {recent[each.at].id for each in found}
    if first.pattern is not None:
        whole = patterns.whole(ctx.tx, patterns.top(ctx.tx, first.pattern))
        together |= {each.id for each in friction.members(ctx.tx, whole)} - own
    return Near(friction.people(ctx.tx, together), first.id)


like_ahead = LookAhead(_like)


def found(ctx: Context) -> Near | None:
    """Return who feels the same, if there was time to look."""
    return like_ahead.found(ctx)


def join(ctx: Context, id: NoteId, other: NoteId) -> bool:
    """Lay a note beside another one; False when the other is gone.

    Where that is in no pattern yet, both wait under a common mark until a person confirms it.
    """
    beside = friction.find(ctx.tx, other)
    if beside is None:
        return False
    mark = beside.pattern
    if mark is None or mark.startswith(ALONE):
        mark = PatternId(f"{JOINED}{ctx.new_secret()}")
        friction.put(ctx.tx, beside.id, mark)
    return friction.put(ctx.tx, id, mark)


def pattern_of(ctx: Context, id: NoteId) -> Pattern | None:
    """Return the pattern that a note belongs to, merged ones as what they stand for."""
    note = friction.find(ctx.tx, id)
    if note is None or note.loose or note.pattern is None:
        return None
    return patterns.find(ctx.tx, patterns.top(ctx.tx, note.pattern))


def proposed(ctx: Context) -> list[Proposal]:
    """Return what may be a pattern: what people joined, what is alike, and what fits one."""
    least, days = threshold(ctx)
    recent = friction.all(ctx.tx, which="open", since=ctx.now - timedelta(days=days))
    loose = [each for each in recent if each.pattern is None][: proposals.MOST]
    joined: dict[PatternId, list[Note]] = {}
    for each in friction.all(ctx.tx, which="open"):
        if each.pattern is not None and each.pattern.startswith(JOINED):
            joined.setdefault(each.pattern, []).append(each)
    together = proposals.groups([comparable(each) for each in loose], least)
    found = [Proposal(tuple(notes)) for notes in joined.values() if len(notes) > 1]
    taken: set[NoteId] = set()
    for fitting in _fitting(ctx, loose):
        found.append(fitting)
        taken |= {note.id for note in fitting.notes}
    for group in together:
        notes = tuple(loose[at] for at in group if loose[at].id not in taken)
        if len(notes) >= least:
            found.append(Proposal(notes))
    return found


def _fitting(ctx: Context, loose: list[Note]) -> list[Proposal]:
    """Return loose notes that may belong to a pattern that stands."""
    found: dict[PatternId, list[Note]] = {}
    standing = {each.id: each for each in patterns.all(ctx.tx)}
    known: list[tuple[PatternId, Said]] = []
    for id in standing:
        whole = patterns.whole(ctx.tx, id)
        known += [(id, comparable(each)) for each in friction.members(ctx.tx, whole)[:20]]
    if not known:
        return []
    for note in loose[:50]:
        best = proposals.find_similar(comparable(note), [each for _id, each in known], 1)
        if best:
            found.setdefault(known[best[0].at][0], []).append(note)
    return [Proposal(tuple(notes), standing[id]) for id, notes in found.items()]


def authors(ctx: Context, ids: list[PatternId]) -> list[PersonId]:
    """Return who hears of the answer: noted it under their name, and is still here."""
    return _here(ctx, friction.authors(ctx.tx, ids))


def authors_of(ctx: Context, notes: Sequence[Note]) -> list[PersonId]:
    """Return whoever of these notes' authors hears of an answer."""
    return _here(ctx, friction.authors_of(ctx.tx, [each.id for each in notes]))


def _here(ctx: Context, people: list[PersonId]) -> list[PersonId]:
    found = [ctx.person_of(each) for each in people]
    return [each.id for each in found if each is not None and each.active]

"""Patterns: a person confirms what is alike, splits, merges, and can take all of it back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from handlers.friction import answering, cards, grouping, sending_answers
from handlers.friction.grouping import AreaField
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Items, Message, Post, Reply, Text, Title, line
from handlers.kit.people import name
from handlers.kit.readers import NameReader, NumberReader, TextReader
from handlers.kit.readers.required_text import TitleReader
from handlers.kit.words import Sentence, Words, _
from storage import friction
from storage.engine import Tx
from storage.engine.ids import NoteId, PatternId
from storage.friction import ALONE, Note
from storage.friction import patterns as storage_patterns
from storage.friction.patterns import Pattern, PatternEvent

feature = Feature(_("Patterns"))

LONGEST = 120  # characters of a title


def _unknown(name: str, known: list[str]) -> Refusal:
    show = Button(_("Show the patterns"), call("patterns"))
    return Refusal(_("There is no such pattern any more."), buttons=(show,))


def _no_choice(name: str, known: list[str]) -> Refusal:
    if not known:
        return Refusal(_("There is no pattern yet. Please leave it empty."))
    said = _("There is no pattern “{name}”. Please choose one, or leave it empty.", name=name[:80])
    return Refusal(said)


def _standing(tx: Tx) -> list[Pattern]:
    return storage_patterns.all(tx)


@dataclass(frozen=True, slots=True)
class PatternReader(NameReader):
    """A pattern; from an old button also one that was merged: what stands for it now."""

    def value(self, raw: str, ctx: Context) -> object:
        found = storage_patterns.find(ctx.tx, PatternId(raw))
        if found is not None and found.merged_into is not None:
            raw = storage_patterns.top(ctx.tx, found.id)
        return NameReader.value(self, raw, ctx)


@dataclass(frozen=True, slots=True)
class ReadableReader(PatternReader):
    """A pattern that the asker may read: the list of choices names no other."""

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        found = [
            each
            for each in _standing(ctx.tx)
            if cards.is_public(ctx, each) or answering.may(ctx, each.area)
        ]
        return tuple((each.id, each.name) for each in found)


PATTERN = PatternReader(_standing, _unknown)
READABLE = ReadableReader(_standing, _no_choice)
PatternRef = Annotated[Pattern, PATTERN, Ask(_("Pattern"))]
NotesField = Annotated[str, TextReader(), Ask(_("Notes"))]
TitleField = Annotated[
    str, TitleReader(), Ask(_("What is it about?"), _("In a few words, without names."))
]


@feature.command(
    "patterns", "muster", help=_("What several people feel, and what became of it."), reads=True
)
def overview(ctx: Context) -> Reply:
    return Reply(cards.overview(ctx))


@feature.command(
    "pattern", "ein muster", help=_("A pattern."), hidden=True, reads=True, submit=_("Show")
)
def show(ctx: Context, pattern: PatternRef) -> Reply:
    if not cards.is_public(ctx, pattern):
        answering.need(ctx, pattern.area)
    return Reply(cards.card(ctx, pattern))


def own(ctx: Context, id: PatternId) -> Pattern:
    """Return a pattern that the asker answers; refuse otherwise."""
    found = storage_patterns.find(ctx.tx, id)
    if found is None:
        raise _unknown(id, [])
    answering.need(ctx, found.area)
    return found


def history(ctx: Context, pattern: PatternId, kind: PatternEvent, words: str = "") -> None:
    """Write a line of a pattern's history."""
    storage_patterns.note(
        ctx.tx,
        id=ctx.new_id(),
        pattern=pattern,
        by=ctx.person.id,
        now=ctx.now,
        kind=kind,
        words=words,
    )


def _notes(ctx: Context, ids: str) -> list[Note]:
    """Return the notes that a button names; those that are gone meanwhile are left out."""
    found = [friction.find(ctx.tx, NoteId(each)) for each in ids.split(",")]
    notes = [each for each in found if each is not None]
    if not notes:
        raise Refusal(_("These notes no longer exist."))
    for each in notes:
        answering.need(ctx, each.area)
    return notes


def _title_of(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    note = friction.find(ctx.tx, NoteId(fixed.get("notes", "").partition(",")[0]))
    if note is None:
        return {}
    return {"title": note.sentence[:LONGEST], "area": note.area}


@feature.command(
    "pattern confirm",
    "muster bestätigen",
    help=_("Several notes say the same: call it by a name."),
    hidden=True,
    current=_title_of,
)
def confirm(ctx: Context, notes: NotesField, *, title: TitleField, area: AreaField = "") -> Reply:
    found = _notes(ctx, notes)
    pattern = _add(ctx, title, area)
    for each in found:
        friction.put(ctx.tx, each.id, pattern.id)
    history(ctx, pattern.id, PatternEvent.CONFIRMED, pattern.title)
    return Reply(cards.card(ctx, pattern))


def _add(ctx: Context, title: str, area: str, split_from: PatternId | None = None) -> Pattern:
    id = PatternId(ctx.new_secret())
    storage_patterns.add(
        ctx.tx,
        id=id,
        title=" ".join(title.split())[:LONGEST],
        area=" ".join(area.split())[:60],
        by=ctx.person.id,
        now=ctx.now,
        split_from=split_from,
    )
    return own(ctx, id)


@feature.command("pattern add", "muster ergänzen", help=_("These notes belong to it."), hidden=True)
def add(ctx: Context, pattern: PatternRef, notes: NotesField) -> Reply:
    pattern = own(ctx, pattern.id)
    found = _notes(ctx, notes)
    for each in found:
        friction.put(ctx.tx, each.id, pattern.id)
    history(ctx, pattern.id, PatternEvent.ADDED)
    sending_answers.tell(ctx, pattern, grouping.authors_of(ctx, found))
    return Reply(cards.card(ctx, pattern))


@feature.command(
    "pattern apart notes",
    "muster verschieden",
    help=_("These notes say different things."),
    hidden=True,
)
def different(ctx: Context, notes: NotesField) -> Reply:
    """Take apart what people joined; what is only alike is not asked about again."""
    for each in _notes(ctx, notes):
        friction.put(ctx.tx, each.id, PatternId(f"{ALONE}{each.id}"))
    return Reply(line(_("Good. They stay by themselves in the list.")))


def _on_card(ctx: Context, pattern: Pattern, which: str) -> None:
    own(ctx, pattern.id)
    notes, chosen = cards.notes_of(ctx, pattern), _numbers(which)
    if not chosen or not chosen <= set(range(1, len(notes) + 1)):
        raise Refusal(_("The card has the numbers 1 to {n}.", n=len(notes)), field="which")
    if len(chosen) == len(notes):
        raise Refusal(_("Then nothing would be left of it."), field="which")


def _numbers(which: str) -> set[int]:
    return {int(each) for each in re.findall(r"\d{1,4}", which)}


@feature.command(
    "pattern split",
    "muster teilen",
    help=_("Some of these notes are something else."),
    hidden=True,
    checks=(_on_card,),
)
def split(
    ctx: Context,
    pattern: PatternRef,
    *,
    which: Annotated[
        str,
        TextReader(long=False),
        Ask(_("Which sentences?"), _("Their numbers on the card, such as 1, 3.")),
    ],
    title: TitleField,
) -> Reply:
    notes = cards.notes_of(ctx, pattern)
    new = _add(ctx, title, pattern.area, split_from=pattern.id)
    for number in _numbers(which):
        friction.put(ctx.tx, notes[number - 1].id, new.id)
    history(ctx, pattern.id, PatternEvent.SPLIT, new.title)
    history(ctx, new.id, PatternEvent.CONFIRMED, new.title)
    back = Button(_("Put them back"), call("pattern merge", pattern=new.id, other=pattern.id))
    return Reply(line(_("“{title}” is a pattern of its own now.", title=new.title), back))


def _others(ctx: Context, fixed: Mapping[str, str]) -> dict[str, tuple[tuple[str, Words], ...]]:
    own = fixed.get("pattern")
    others = tuple(each for each in PATTERN.choices(ctx) if each[0] != own)
    if not others:
        raise Refusal(_("There is no other pattern yet."))
    return {"other": others}


def _two_patterns(ctx: Context, pattern: Pattern, other: Pattern) -> None:
    own(ctx, pattern.id)
    own(ctx, other.id)
    if pattern.id == other.id:
        raise Refusal(_("Please choose another one."), field="other")


@feature.command(
    "pattern merge",
    "muster zusammenlegen",
    help=_("It is the same as another one."),
    hidden=True,
    offers=_others,
    checks=(_two_patterns,),
)
def merge(
    ctx: Context, pattern: PatternRef, *, other: Annotated[Pattern, PATTERN, Ask(_("The other"))]
) -> Reply:
    storage_patterns.merge(ctx.tx, pattern.id, other.id)
    history(ctx, other.id, PatternEvent.MERGED, pattern.title)
    if other.answered_at is not None and pattern.answered_at is None:
        whole = storage_patterns.whole(ctx.tx, pattern.id)
        for each in whole:  # what belongs to it is answered by it
            storage_patterns.answer_like(ctx.tx, each, other.id)
        history(ctx, pattern.id, PatternEvent.ANSWERED_WITH, other.reason or "")
        told = replace(other, id=pattern.id, title=pattern.title)
        sending_answers.tell(ctx, told, grouping.authors(ctx, whole))
    undo = Button(_("Undo"), call("pattern apart", pattern=pattern.id))
    said = _("“{title}” belongs to “{other}” now.", title=pattern.title, other=other.title)
    return Reply(line(said, undo))


IdField = Annotated[PatternId, TextReader(long=False), Ask(_("Pattern"))]


@feature.command(
    "pattern apart", "muster trennen", help=_("They are not the same after all."), hidden=True
)
def apart(ctx: Context, pattern: IdField) -> Reply:
    found = own(ctx, pattern)
    into = found.merged_into
    storage_patterns.merge(ctx.tx, found.id, None)
    if into is not None:
        history(ctx, into, PatternEvent.APART, found.title)
    posts: tuple[Post, ...] = ()
    if _shares_answer(ctx, found.id):
        for each in storage_patterns.whole(ctx.tx, found.id):
            storage_patterns.take_answer_back(ctx.tx, each)
        history(ctx, found.id, PatternEvent.OPEN_AGAIN)
        posts = sending_answers.take_back(ctx, found)
    return Reply(line(_("“{title}” stands by itself again.", title=found.title)), posts=posts)


def _shares_answer(ctx: Context, pattern: PatternId) -> bool:
    """Say whether a pattern only has the answer of the one that it was merged into."""
    kinds = [each.kind for each in storage_patterns.history(ctx.tx, pattern)]
    own = (
        each
        for each in kinds
        if each
        in (
            PatternEvent.ANSWERED,
            PatternEvent.PARKED,
            PatternEvent.ANSWERED_WITH,
            PatternEvent.OPEN_AGAIN,
        )
    )
    return next(own, None) == PatternEvent.ANSWERED_WITH


@feature.command("pattern undo", "muster auflösen", help=_("It is no pattern."), hidden=True)
def undo(ctx: Context, pattern: PatternRef) -> Reply:
    own(ctx, pattern.id)
    if pattern.answered_at is not None:
        raise Refusal(
            _("It has an answer that people have read. Please change the answer instead.")
        )
    for each in storage_patterns.merged(ctx.tx, pattern.id):
        storage_patterns.merge(ctx.tx, each.id, None)
    notes = ",".join(each.id for each in friction.members(ctx.tx, [pattern.id]))
    storage_patterns.undo(ctx.tx, pattern.id)
    history(ctx, pattern.id, PatternEvent.UNDONE)
    said = _("“{title}” is no pattern any more. The notes are as they were.", title=pattern.title)
    if not notes:
        return Reply(line(said))
    again = call("pattern confirm", notes=notes, title=pattern.title, area=pattern.area)
    return Reply(line(said, Button(_("It is one after all"), again)))


def _names(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = storage_patterns.find(ctx.tx, PatternId(fixed.get("pattern", "")))
    return {"title": found.title, "area": found.area} if found else {}


@feature.command(
    "pattern change",
    "muster ändern",
    help=_("Call the pattern something else."),
    hidden=True,
    current=_names,
)
def change(ctx: Context, pattern: PatternRef, *, title: TitleField, area: AreaField = "") -> Reply:
    own(ctx, pattern.id)
    called = " ".join(title.split())[:LONGEST]
    storage_patterns.change(ctx.tx, pattern.id, title=called, area=" ".join(area.split())[:60])
    history(ctx, pattern.id, PatternEvent.CHANGED, pattern.title)
    return Reply(cards.card(ctx, own(ctx, pattern.id)))


def _estimated(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = storage_patterns.find(ctx.tx, PatternId(fixed.get("pattern", "")))
    if found is None or found.per_month is None or found.minutes is None:
        return {}
    return {"per_month": str(found.per_month), "minutes": str(found.minutes)}


@feature.command(
    "pattern estimate",
    "muster schätzen",
    help=_("How often does it happen, and how long does it take? Both are estimates."),
    hidden=True,
    current=_estimated,
)
def estimate(
    ctx: Context,
    pattern: PatternRef,
    *,
    per_month: Annotated[int, NumberReader(0, 100_000), Ask(_("Times a month"))],
    minutes: Annotated[int, NumberReader(0, 10_000), Ask(_("Minutes each time"))],
) -> Reply:
    own(ctx, pattern.id)
    storage_patterns.estimate(ctx.tx, pattern.id, per_month, minutes)
    before = cards.estimate_words(pattern)
    history(ctx, pattern.id, PatternEvent.ESTIMATED, ctx.text(before) if before is not None else "")
    return Reply(cards.card(ctx, own(ctx, pattern.id)))


KINDS: dict[PatternEvent, Sentence] = {
    PatternEvent.CONFIRMED: _("confirmed"),
    PatternEvent.ADDED: _("notes added"),
    PatternEvent.SPLIT: _("split"),
    PatternEvent.MERGED: _("merged"),
    PatternEvent.APART: _("taken apart"),
    PatternEvent.UNDONE: _("undone"),
    PatternEvent.CHANGED: _("called something else"),
    PatternEvent.ESTIMATED: _("estimated"),
    PatternEvent.CHECKED: _("seven taps"),
    PatternEvent.ANSWERED: _("answered"),
    PatternEvent.PARKED: _("parked"),
    PatternEvent.ANSWERED_WITH: _("answered with another one"),
    PatternEvent.OPEN_AGAIN: _("open again"),
    PatternEvent.TAKEN_UP: _("looked at next"),
    PatternEvent.SET_ASIDE: _("not looked at next"),
    PatternEvent.WORDS_REMOVED: _("words removed that were typed by mistake"),
}


def _line(words: str, **values: object) -> Sentence:
    if not words:
        return _("{at}: {kind}, {who}", **values)
    return _("{at}: {kind}, {who}. {words}", words=words, **values)


@feature.command(
    "pattern history",
    "muster verlauf",
    help=_("What was done with a pattern."),
    hidden=True,
    reads=True,
)
def past(ctx: Context, pattern: PatternRef) -> Reply:
    own(ctx, pattern.id)
    items = tuple(
        _line(each.words, at=each.at, kind=KINDS[each.kind], who=name(ctx, each.by))
        for each in storage_patterns.history(ctx.tx, pattern.id)[:20]
    )
    if not items:
        return Reply(line(_("Nothing was done with it yet.")))
    return Reply(Message((Title(pattern.title), Text(_("History:"), small=True), Items(items))))

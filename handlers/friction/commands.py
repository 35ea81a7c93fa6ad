"""Friction: one sentence about what gets in the way. Nothing is rated, nothing is solved here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from handlers.friction import answering, filing, grouping, sending_answers
from handlers.friction.grouping import AreaField
from handlers.friction.kinds import HINT, LABELS, NAME, Hint, Name
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.people import names_somebody
from handlers.kit.readers import TextReader, folded
from handlers.kit.readers.required_text import need_sentence
from handlers.kit.words import Words, _, _n
from storage import friction, rules
from storage.engine.ids import NoteId
from storage.friction import Note
from storage.rules import Led

feature = Feature(_("Friction"))

SHOWN = 10  # own notes on one card

Id = Annotated[NoteId, TextReader(long=False), Ask(_("Which"))]


def _says_something(
    _ctx: Context,
    sentence: str,
    hint: Hint | None = None,
    area: str = "",
    name: Name = Name.WITH,
) -> None:
    if folded(sentence) not in LISTS:
        need_sentence(sentence, "sentence", "friction", hint=hint or "", area=area, name=name)


@feature.command(
    "friction",
    "reibung",
    help=_("Note in one sentence what gets in the way."),
    submit=_("Note it"),
    needs="friction",
    ahead=grouping.like_ahead,
    nameless=True,
    checks=(_says_something,),
)
def note(
    ctx: Context,
    sentence: Annotated[
        str,
        TextReader(),
        Ask(_("What gets in the way?"), _("One sentence, please without names."), _("sentence")),
    ],
    *,
    hint: Annotated[Hint, HINT, Ask(_("Hint"))] | None = None,
    area: AreaField = "",
    name: Annotated[Name, NAME, Ask(_("My name"))] = Name.WITH,
) -> Reply:
    listed = LISTS.get(folded(sentence))
    if listed is not None:
        return listed(ctx)
    id = NoteId(ctx.new_secret())  # random: one in the order of time could be laid beside something
    author = ctx.person.id if name is Name.WITH else None
    today = calendar.midnight(calendar.day_of(ctx.now, ctx.workspace.zone), ctx.workspace.zone)
    area = " ".join(area.split())[:60]
    friction.add(ctx.tx, id=id, sentence=sentence, hint=hint, author=author, day=today, area=area)
    filing.lead(ctx, id, sentence, hint, area)
    parts: list[Part] = [Title(_("Noted. Thank you.")), Text(sentence)]
    parts += _without_names(ctx, id, sentence, author=author is not None)
    parts += [*filing.filing_parts(ctx, id), *_others(ctx, id)]
    if author is not None:
        kept = _("Only you see this. Your name is kept only so that an answer reaches you.")
        parts.append(Text(kept, small=True))
        chips = [
            Button(label, call("hint", id=id, hint=value))
            for value, label in LABELS.items()
            if hint is None
        ]
        without = Button(_("Without my name"), call("nameless", id=id), "quiet")
        mine = Button(_("My notes"), call("friction mine"), "quiet")
        parts.append(Buttons((*chips, without, mine)))
    if answering.may(ctx):
        parts.append(Buttons((Button(_("All notes"), call("friction list"), "quiet"),)))
    return Reply(Message(tuple(parts)), nameless=True)


def _others(ctx: Context, id: NoteId) -> list[Part]:
    """Offer to join those who feel the same."""
    near = grouping.found(ctx)
    if near is None:
        return []
    said = _n("{n} other feels this. Add yours?", "{n} others feel this. Add yours?", near.count)
    join = Button(_("Add mine"), call("friction join", id=id, other=near.other))
    return [Text(said), Buttons((join,))]


def _without_names(ctx: Context, id: NoteId, sentence: str, *, author: bool) -> list[Part]:
    """Offer to say it differently where a sentence names somebody."""
    if not names_somebody(ctx, sentence):
        return []
    said = _("It names somebody. Would you like to note it again without the name?")
    reword = Button(_("Say it differently"), call("friction reword", id=id))
    return [Text(said, small=True), *((Buttons((reword,)),) if author else ())]


@feature.command(
    "hint", "hinweis", help=_("What kind of friction it is."), hidden=True, nameless=True
)
def add_hint(ctx: Context, id: Id, hint: Annotated[Hint, HINT, Ask(_("Hint"))]) -> Reply:
    if not friction.hint(ctx.tx, id, ctx.person.id, hint):
        raise _nameless_already()
    found = friction.find(ctx.tx, id)
    if found is not None and rules.led(ctx.tx, Led.FRICTION, id) is None:
        filing.lead(ctx, id, found.sentence, hint, found.area)
    said = Text(_("Noted as: {hint}.", hint=LABELS[hint]))
    return Reply(Message((said, *filing.filing_parts(ctx, id))), nameless=True)


@feature.command("nameless", "namenlos", help=_("Take my name away."), hidden=True, nameless=True)
def without_name(ctx: Context, id: Id) -> Reply:
    if not filing.follow(ctx, id, ctx.person.id):
        raise _nameless_already()
    gone = _("Your name is gone. The sentence stays; you can read the answer under “patterns”.")
    return Reply(line(gone), nameless=True)


@feature.command(
    "friction reword",
    "reibung umformulieren",
    help=_("Say it differently."),
    hidden=True,
    nameless=True,
)
def reword(
    ctx: Context,
    id: Id,
    *,
    sentence: Annotated[str, TextReader(), Ask(_("What gets in the way?"))],
) -> Reply:
    need_sentence(sentence, "sentence")
    found = friction.find(ctx.tx, id)
    if found is not None and found.answered:
        raise Refusal(_("It has an answer already. Please note it anew."))
    if not friction.reword(ctx.tx, id, ctx.person.id, sentence):
        raise _nameless_already()
    parts = (Title(_("Noted. Thank you.")), Text(sentence))
    again = _without_names(ctx, id, sentence, author=True)
    return Reply(Message((*parts, *again)), nameless=True)


@feature.command(
    "friction join",
    "reibung dazu",
    help=_("I feel this as well."),
    hidden=True,
    needs="friction",
    nameless=True,
)
def join(ctx: Context, id: Id, other: Id) -> Reply:
    if friction.find(ctx.tx, id) is None or not grouping.join(ctx, id, other):
        raise _nameless_already()
    parts: list[Part] = [Text(_("Added. One more who feels this."))]
    pattern = grouping.pattern_of(ctx, id)
    answer = sending_answers.answer(pattern) if pattern is not None else None
    if pattern is not None and answer is not None:  # whoever comes later hears it at once
        parts += [Text(answer), Buttons((sending_answers.show(pattern),))]
    return Reply(Message(tuple(parts)), nameless=True)


@feature.command(
    "friction mine",
    "reibung meine",
    help=_("What I have noted under my name."),
    hidden=True,
    reads=True,
    nameless=True,
)
def mine(ctx: Context) -> Reply:
    notes = friction.mine(ctx.tx, ctx.person.id)
    if not notes:
        return Reply(line(_("Nothing is kept under your name.")), nameless=True)
    parts: list[Part] = [Title(_("My notes"))]
    for each in notes[:SHOWN]:
        parts += [Text(_note_words(ctx, each)), Buttons(_own(each))]
    if len(notes) > SHOWN:
        parts.append(Text(_("and {n} more", n=len(notes) - SHOWN), small=True))
    return Reply(Message(tuple(parts)), nameless=True)


def _note_words(ctx: Context, note: Note) -> Words:
    state = _("answered") if note.answered else _("no answer yet")
    day = calendar.day_of(note.noted_at, ctx.workspace.zone)
    return _("{sentence} ({day}, {state})", sentence=note.sentence, day=day, state=state)


def _own(note: Note) -> tuple[Button, ...]:
    without = Button(_("Without my name"), call("nameless", id=note.id))
    remove = Button(_("Remove words"), call("friction remove words", id=note.id), "quiet")
    if note.answered:
        return (without, remove)
    return (Button(_("Say it differently"), call("friction reword", id=note.id)), without, remove)


def _nameless_already() -> Refusal:
    return Refusal(_("Nobody's name is kept with this any more, so it cannot be changed."))


# What is typed behind "friction" and is no sentence, but the end of a button's words.
LISTS: dict[str, Callable[[Context], Reply]] = {
    **dict.fromkeys(("list", "liste"), answering.show),
    **dict.fromkeys(("mine", "meine"), mine),
}

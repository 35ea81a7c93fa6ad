"""What a pattern looks like: for everybody, and for those who answer it."""

from __future__ import annotations

from handlers.friction import answering, grouping
from handlers.friction.assessment import OFFER, RESULTS, Result, because
from handlers.kit import calendar, tables
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Text, Title
from handlers.kit.words import Sentence, Words, _, _n, first_lines
from handlers.mandate.cards import is_outside
from storage import friction, pilots
from storage.friction import Note, patterns
from storage.friction.patterns import Check, Pattern
from storage.pilots import Pilot
from storage.pilots.states import PilotState

SENTENCES = 12  # of a pattern that are shown on its card
FEW = 3  # notes from which on everybody reads a pattern that has no answer yet


def notes_of(ctx: Context, pattern: Pattern) -> list[Note]:
    """Return the notes of a pattern, also of those that were merged into it."""
    return friction.members(ctx.tx, patterns.whole(ctx.tx, pattern.id))


def is_public(ctx: Context, pattern: Pattern) -> bool:
    """Say whether everybody reads of a pattern: it is answered, or felt by several."""
    return pattern.answered_at is not None or len(notes_of(ctx, pattern)) >= FEW


def answer_of(pattern: Pattern) -> Sentence | None:
    """Return what was decided about a pattern, None when nothing is yet."""
    if pattern.answered_at is None:
        return None
    if pattern.parked:
        return _("Parked, because: {reason}", reason=pattern.reason or "")
    said = RESULTS[pattern.result or ""]
    return _("{result} {reason}", result=said, reason=pattern.reason or "")


def load(pattern: Pattern) -> int | None:
    """Return the minutes a month that a pattern is estimated to take, None without estimates."""
    if pattern.per_month is None or pattern.minutes is None:
        return None
    return pattern.per_month * pattern.minutes


def estimate_words(pattern: Pattern) -> Sentence | None:
    """Return both estimates with what follows from them, None without estimates."""
    minutes = load(pattern)
    if minutes is None:
        return None
    return _(
        "{times} times a month, {minutes} minutes each: {sum} minutes a month",
        times=pattern.per_month or 0,
        minutes=pattern.minutes or 0,
        sum=minutes,
    )


def card(ctx: Context, pattern: Pattern) -> Message:
    """Return a pattern, with its sentences and buttons for those who answer it."""
    answers = answering.may(ctx, pattern.area)
    notes = notes_of(ctx, pattern)
    rows: list[tuple[Words, Words]] = []
    if pattern.area:
        rows.append((_("Area"), pattern.area))
    rows.append((_("Noted"), _n("{n} time", "{n} times", len(notes))))
    cost = estimate_words(pattern)
    if cost is not None:
        rows.append((_("Estimated"), cost))
    parts: list[Part] = [Title(pattern.title), Facts(tuple(rows))]
    answer = answer_of(pattern)
    parts.append(Text(answer if answer is not None else _("No answer yet.")))
    if pattern.result in OFFER and not pattern.parked:
        parts.append(Text(OFFER[pattern.result], small=True))
    tried = pilot_of(ctx, pattern)
    if tried is not None:
        parts += _pilot_parts(tried)
    if not answers:
        return Message(tuple(parts))
    zone = ctx.workspace.zone
    sentences = [
        _(
            "{n}. {sentence} ({day})",
            n=at,
            sentence=each.sentence,
            day=calendar.day_of(each.noted_at, zone),
        )
        for at, each in enumerate(notes, 1)
    ]
    parts += [Text(_("As it was written:")), Items(tuple(first_lines(sentences, SENTENCES)))]
    parts += _advice(ctx, pattern)
    parts += [Buttons(buttons(ctx, pattern)), Buttons(_sorting(ctx, pattern))]
    return Message(tuple(parts))


def pilot_of(ctx: Context, pattern: Pattern) -> Pilot | None:
    """Return the pilot that tries a pattern, or tried it last; None without one."""
    whole = patterns.whole(ctx.tx, pattern.id)
    return next((each for each in pilots.all(ctx.tx) if each.pattern in whole), None)


def _pilot_parts(pilot: Pilot) -> list[Part]:
    if pilot.state is PilotState.DRAFT:
        said = _("The pilot “{name}” is being prepared for it.", name=pilot.name)
    else:
        said = _("Tried in the pilot “{name}”.", name=pilot.name)
    learnt = _("What we learnt: {learnt}", learnt=pilot.learnt)
    show = Button(_("Show the pilot"), call("pilot", pilot=pilot.id), "quiet")
    return [Text(said), *((Text(learnt),) if pilot.learnt else ()), Buttons((show,))]


def readiness(check: Check) -> list[Part]:
    """Return the two notes on how ready it is, where they say something; they do not count."""
    found: list[Part] = []
    if check.changing == "yes":
        found.append(Text(_("The process changes within six months."), small=True))
    if check.written == "no":
        found.append(Text(_("It is written down nowhere yet."), small=True))
    return found


def _advice(ctx: Context, pattern: Pattern) -> list[Part]:
    found: list[Part] = []
    check = patterns.check(ctx.tx, pattern.id)
    if check is not None:
        found.append(Text(_("The seven taps: {why}", why=because(check)), small=True))
        found += readiness(check)
    if pattern.answered_at is None and is_outside(ctx, pattern.area):
        found.append(Text(_("“{area}” lies outside the focus.", area=pattern.area)))
    return found


def buttons(ctx: Context, pattern: Pattern) -> tuple[Button, ...]:
    """Return what can be decided about a pattern."""
    ask = Button(_("Does this need a human?"), call("pattern ask", pattern=pattern.id), "primary")
    answer = Button(_("Answer"), call("pattern answer", pattern=pattern.id))
    park = Button(_("Park it"), call("pattern park", pattern=pattern.id))
    if pattern.result == Result.SUITABLE.value and not pattern.parked:
        tried = pilot_of(ctx, pattern)
        if tried is not None and tried.state is not PilotState.STOPPED:
            return (Button(ask.label, ask.call), answer)
        pilot = Button(_("Start a pilot"), call("pilot new", pattern=pattern.id), "primary")
        return (pilot, Button(ask.label, ask.call), answer)
    if patterns.check(ctx.tx, pattern.id) is None:
        answer = Button(_("Answer without it"), answer.call)
    return (ask, answer, park)


def _sorting(ctx: Context, pattern: Pattern) -> tuple[Button, ...]:
    found = [
        Button(_("Split"), call("pattern split", pattern=pattern.id), "quiet"),
        Button(_("Merge"), call("pattern merge", pattern=pattern.id), "quiet"),
        Button(_("Change"), call("pattern change", pattern=pattern.id), "quiet"),
        Button(_("Estimate"), call("pattern estimate", pattern=pattern.id), "quiet"),
        Button(_("History"), call("pattern history", pattern=pattern.id), "quiet"),
        Button(_("Remove words"), call("pattern remove words", pattern=pattern.id), "quiet"),
    ]
    for each in patterns.merged(ctx.tx, pattern.id)[:2]:
        undo = call("pattern apart", pattern=each.id)
        found.append(Button(_("Take “{title}” out again", title=each.title), undo, "quiet"))
    found.append(Button(_("Undo"), call("pattern undo", pattern=pattern.id), "quiet"))
    return tuple(found)


def readable(ctx: Context) -> list[Pattern]:
    """Return the patterns that the asker may read: those without an answer first.

    Candidates stand by what they cost; the two numbers are estimates (requirement D24).
    """
    known = [
        each
        for each in patterns.all(ctx.tx)
        if is_public(ctx, each) or answering.may(ctx, each.area)
    ]
    return sorted(known, key=lambda each: (each.answered_at is not None, -(load(each) or 0)))


def overview(ctx: Context) -> Message:
    """Return the patterns that the asker may read, and what is proposed to those who answer."""
    answers = answering.may(ctx)
    known = readable(ctx)
    parts: list[Part] = [Title(_("Patterns"))]
    if not known:
        parts.append(Text(_("There is no pattern yet.")))
    for each in known[:8]:
        said = _n(
            "{title} ({n} note)", "{title} ({n} notes)", len(notes_of(ctx, each)), title=each.title
        )
        answer = answer_of(each)
        parts.append(
            Text(said if answer is None else _("{said}: {answer}", said=said, answer=answer))
        )
        cost = estimate_words(each)
        if cost is not None:
            parts.append(Text(_("Estimated: {cost}", cost=cost), small=True))
        show = Button(_("Show"), call("pattern", pattern=each.id), "quiet")
        parts.append(Buttons((show,)))
    if len(known) > 8:
        parts.append(Text(_("and {n} more", n=len(known) - 8), small=True))
        parts.append(Buttons((tables.whole("patterns"),)))
    if answers:
        parts += _proposal_parts(ctx)
    row = [Button(_("Note what is in the way"), call("friction"))]
    row.append(Button(_("My notes"), call("friction mine"), "quiet"))
    if answers:
        row.append(Button(_("All notes"), call("friction list"), "quiet"))
    parts.append(Buttons(tuple(row)))
    return Message(tuple(parts))


def _proposal_parts(ctx: Context) -> list[Part]:
    parts: list[Part] = []
    for each in grouping.proposed(ctx)[:5]:
        if not all(answering.may(ctx, note.area) for note in each.notes):
            continue
        sentences = tuple(first_lines([note.sentence for note in each.notes], SENTENCES))
        ids = ",".join(note.id for note in each.notes)
        if each.pattern is None:
            parts.append(Text(_("These may say the same:")))
            confirm = Button(_("It is a pattern"), call("pattern confirm", notes=ids), "primary")
        else:
            parts.append(Text(_("These may belong to “{title}”:", title=each.pattern.title)))
            add = call("pattern add", pattern=each.pattern.id, notes=ids)
            confirm = Button(_("Add them"), add, "primary")
        other = Button(_("Different things"), call("pattern apart notes", notes=ids), "quiet")
        parts += [Items(sentences), Buttons((confirm, other))]
    return parts

"""What a problem looks like: its card, its history, its messages to one person."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never

from handlers.bans import cards as ban_cards
from handlers.bans import owners
from handlers.bans.cards import headline
from handlers.bans.listing import overdue, service_name, times
from handlers.bans.rules import in_days, rules
from handlers.incidents.checklist import CAUSES, Cause
from handlers.kit.calendar import days_before
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Text,
    Title,
    Tone,
)
from handlers.kit.people import name
from handlers.kit.readers import ChoiceReader
from handlers.kit.readers.evidence import evidence_words
from handlers.kit.words import Sentence, Words, _
from storage import repeats
from storage.engine.ids import NOBODY, PersonId, ProblemNumber
from storage.problems import Problem
from storage.problems import history as problem_history
from storage.problems.history import Happened
from storage.problems.states import ProblemEvent, ProblemState

LISTED = 8  # incidents of one problem that its card names


# What is unknown can neither be fixed nor verified.
KNOWN: dict[str, Words] = {kind: words for kind, words in CAUSES.items() if kind != Cause.UNKNOWN}
CAUSE = ChoiceReader(Cause, KNOWN, {})


def key(number: ProblemNumber) -> str:
    """Return the key of a problem's card, wherever it stands."""
    return f"problem:{number}"


def card(ctx: Context, problem: Problem) -> Message:
    """Return the card of a problem, the same wherever it stands."""
    rows: list[tuple[Words, Words]] = [
        (_("State"), standing(ctx, problem)),
        (_("Service"), service_name(ctx, problem)),
        (_("Repeats"), _repeats(ctx, problem)),
        (_("Cause"), cause(problem)),
        (_("Responsible for the cause"), owners.said(ctx, problem)),
    ]
    if problem.state == ProblemState.OPEN:
        rows.append((_("Due"), _due(ctx, problem)))
    if problem.fix:
        rows.append(
            (
                _("Fix"),
                _(
                    "{what} ({evidence})",
                    what=problem.fix,
                    evidence=evidence_words(problem.evidence or ""),
                ),
            )
        )
    if problem.stands:
        rows += [
            (_("Exception"), ban_cards.override_words(ctx, each))
            for each in ban_cards.of_ban(ctx, problem)
        ]
        rows += [(_("Planned change"), line) for line in ban_cards.coming(ctx, problem.service)]
    parts: list[Part] = [Title(headline(problem)), Facts(tuple(rows)), Buttons(buttons(problem))]
    return Message(tuple(parts), _tone(problem))


def _tone(problem: Problem) -> Tone:
    tones = {
        ProblemState.OPEN: Tone.ALARM,
        ProblemState.FIXED: Tone.ACTIVE,
        ProblemState.LIFTED: Tone.GOOD,
    }
    return tones.get(problem.state, Tone.QUIET)


def standing(ctx: Context, problem: Problem) -> Sentence:
    """Return in one sentence how a problem stands."""
    match problem.state:
        case ProblemState.OPEN:
            return _(
                "Blocked since {at:day}: such incidents cannot be finished until the fix "
                "of the cause is verified.",
                at=problem.opened_at,
            )
        case ProblemState.FIXED:
            return _(
                "{who} says the cause is fixed. Somebody else verifies it. Otherwise the "
                "block ends on {at:day} if it does not come back.",
                who=name(ctx, problem.fixed_by or NOBODY),
                at=quiet_until(ctx, problem),
            )
        case ProblemState.LIFTED if problem.verified_by:
            return _(
                "Lifted on {at:day}: the fix was verified by {who}.",
                at=problem.lifted_at,
                who=name(ctx, problem.verified_by),
            )
        case ProblemState.LIFTED:
            return _(
                "Lifted on {at:day}: it has not come back after the fix.", at=problem.lifted_at
            )
        case ProblemState.MERGED:
            return _("The same thing as another problem, which goes on.")
        case ProblemState.DROPPED:
            return _("Closed: it did not happen often enough after all.")
    assert_never(problem.state)


def quiet_until(ctx: Context, problem: Problem) -> datetime:
    """Return when a fix that nobody verifies is taken for one."""
    assert problem.fixed_at is not None, "only what is fixed can stay quiet"
    return days_before(problem.fixed_at, -rules(ctx.tx).quiet, ctx.workspace.zone)


def _repeats(ctx: Context, problem: Problem) -> Sentence:
    numbers = [f"INC-{each}" for each in repeats.members(ctx.tx, problem.root)]
    days = rules(ctx.tx).days
    values = {"n": times(ctx, problem), "days": in_days(days), "incidents": numbers[-LISTED:]}
    if len(numbers) > LISTED:
        return _("{n} in {days} (newest: {incidents})", **values)
    return _("{n} in {days} ({incidents})", **values)


def cause(problem: Problem) -> Sentence:
    """Return the cause, or that nobody has said it."""
    if problem.cause is None:
        return _("not entered yet")
    kind = CAUSES.get(problem.cause_class or "", problem.cause_class or "")
    return _("{cause} ({kind})", cause=problem.cause, kind=kind)


def _due(ctx: Context, problem: Problem) -> Sentence:
    if overdue(ctx, problem):
        return _("{day:day}, over", day=problem.due_on)
    return _("{day:day}", day=problem.due_on)


def buttons(problem: Problem) -> tuple[Button, ...]:
    """Return what can be done with a problem in its present state."""

    def button(label: Sentence, word: str, look: str = "plain") -> Button:
        return Button(label, call(word, number=problem.number), look)

    history = button(_("History"), "problem history", "quiet")
    if problem.state == ProblemState.FIXED:
        return (
            button(_("Fix verified"), "problem verify", "primary"),
            button(_("Not fixed"), "problem reopen"),
            history,
        )
    if problem.state != ProblemState.OPEN:
        return (history,)
    accept = (
        (button(_("I'll look after the cause"), "problem accept", "primary"),)
        if problem.accepted_at is None or problem.proposed_to
        else ()
    )
    steps = (
        (button(_("Enter the cause"), "problem cause"),)
        if problem.cause is None
        else (fix_button(problem.number), button(_("Change the cause"), "problem cause", "quiet"))
    )
    return (
        *accept,
        *steps,
        button(_("Name somebody"), "problem owner", "quiet"),
        button(_("Set the date"), "problem due", "quiet"),
        button(_("Allow an exception"), "problem override", "quiet"),
        history,
    )


def fix_button(number: ProblemNumber) -> Button:
    """Return the button for what can be said once the cause is known."""
    return Button(_("Cause is fixed"), call("problem fixed", number=number))


def reminder_buttons(problem: Problem) -> tuple[Button, ...]:
    """Return the buttons below a reminder of a cause: what may be said, and the whole card."""
    return (*buttons(problem)[:-2], ban_cards.opens(problem))


def settled_reminder(ctx: Context, problem: Problem) -> Message:
    """Return what a reminder says once it needs nobody any more."""
    words = _("{title} – {standing}", title=headline(problem), standing=standing(ctx, problem))
    return Message((Text(words),), _tone(problem))


def history(ctx: Context, problem: Problem) -> Message:
    """Return what happened to a problem."""
    lines: list[Words] = [
        _("{at}: {what}", at=each.at, what=_event_words(ctx, each))
        for each in problem_history.of(ctx.tx, problem.number)
    ]
    correct = Button(_("Correct the title"), call("problem retitle", number=problem.number))
    parts: tuple[Part, ...] = (Title(headline(problem)), Items(tuple(lines)))
    if problem.stands:
        parts += (Buttons((correct,)),)
    return Message(parts, Tone.QUIET)


def _event_words(ctx: Context, each: Happened) -> Sentence:
    who, detail = name(ctx, each.person or NOBODY), each.detail
    match each.kind:
        case ProblemEvent.OPENED:
            return _("Opened with {incidents}.", incidents=detail)
        case ProblemEvent.OWNED:
            return _("{who} looks after the cause.", who=who)
        case ProblemEvent.ASKED:
            return _(
                "{who} asked {other} to look after the cause.",
                who=who,
                other=name(ctx, PersonId(detail)),
            )
        case ProblemEvent.CAUSE:
            return _("{who} entered the cause: {cause}", who=who, cause=detail)
        case ProblemEvent.DATED:
            return _("{who} set the date to {day:day}.", who=who, day=date.fromisoformat(detail))
        case ProblemEvent.FIXED:
            return _("{who} says the cause is fixed: {what}", who=who, what=detail)
        case ProblemEvent.VERIFIED:
            return _("{who} verified the fix. The block is lifted.", who=who)
        case ProblemEvent.QUIET:
            return _("It has not come back after the fix. The block is lifted.")
        case ProblemEvent.REOPENED:
            return _("{who} says it is not fixed: {reason}", who=who, reason=detail)
        case ProblemEvent.AGAIN:
            return _("It happened again after the fix ({incident}).", incident=detail)
        case ProblemEvent.OVERRIDDEN:
            return _("{who} allowed an exception: {reason}", who=who, reason=detail)
        case ProblemEvent.LET_THROUGH:
            return _("{who} let a change through: {what}", who=who, what=detail)
        case ProblemEvent.RETITLED:
            return _("{who} corrected the title. Before: “{title}”", who=who, title=detail)
        case ProblemEvent.WORDS_REMOVED:
            return _("{who} removed words that were typed by mistake.", who=who)
        case ProblemEvent.REMINDED:
            return _("Reminder to {who}.", who=name(ctx, PersonId(detail)))
        case ProblemEvent.PARTED:
            return _("{who} took {incident} out: it is something else.", who=who, incident=detail)
        case ProblemEvent.DROPPED:
            return _("Closed: it did not happen often enough after all.")
        case ProblemEvent.MERGED:
            return _("{other} is the same problem; the two belong together now.", other=detail)
    assert_never(each.kind)

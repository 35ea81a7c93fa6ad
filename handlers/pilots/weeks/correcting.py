"""Everything that was entered along a pilot can be put right, and its history says what it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, Protocol, TypeVar

from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title
from handlers.kit.readers import TextReader
from handlers.kit.readers.dates import DateReader
from handlers.kit.readers.required_text import ReasonReader, RequiredTextReader
from handlers.kit.words import Words, _
from handlers.pilots import cards, editing, measure
from handlers.pilots.lookup import PilotRef
from handlers.pilots.weeks import more
from handlers.pilots.weeks.kinds import CHANGE, CHANGES, KIND, KINDS, Change, Kind
from storage import pilots
from storage.engine import Tx
from storage.engine.ids import PilotId
from storage.pilots import Pilot, log
from storage.pilots.states import PilotEvent

feature = Feature(_("Pilots"))

LINE = RequiredTextReader(long=False, most=200)
SHOWN = 6  # of one kind
IdField = Annotated[str, TextReader(long=False), Ask(_("Which"))]


class HasId(Protocol):
    """Something that was entered, one of several of its kind."""

    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=HasId)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Entered(Generic[T]):
    """A kind of thing that is entered along a pilot, and how it is put right.

    `word` is the command that corrects one, `said` its line among the others, `current` what
    stands in its form at first, `before` what the history keeps.
    """

    word: str
    read: Callable[[Tx, PilotId], list[T]]
    said: Callable[[T], Words]
    current: Callable[[T], dict[str, str]]
    before: Callable[[Context, T], str]

    def find(self, tx: Tx, pilot: PilotId, item: str) -> T | None:
        """Return one of them by its id."""
        return next((each for each in self.read(tx, pilot) if each.id == item), None)

    def at_first(self, ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
        """Return what stands in the form of a correction at first."""
        found = self.find(ctx.tx, PilotId(fixed.get("pilot", "")), fixed.get("item", ""))
        return self.current(found) if found is not None else {}

    def begin(self, ctx: Context, pilot: Pilot, item: str) -> tuple[Pilot, T]:
        """Return a pilot that the asker may change, and what is going to be corrected of it."""
        found = editing.own(ctx, pilot)
        return found, _known(self.find(ctx.tx, found.id, item))

    def end(self, ctx: Context, pilot: Pilot, was: T) -> Reply:
        """Write down what it was, and show what it is now."""
        return _corrected(ctx, pilot, self.before(ctx, was))


CANDIDATE: Entered[log.Candidate] = Entered(
    "pilot correct candidate",
    log.candidates,
    lambda each: _("Workflow: {words}", words=each.workflow),
    lambda each: {"workflow": each.workflow, "takes": each.takes, "gives": each.gives},
    lambda _ctx, was: was.workflow,
)
OBSTACLE: Entered[log.Obstacle] = Entered(
    "pilot correct obstacle",
    log.obstacles,
    lambda each: _("In the way: {words}", words=each.words),
    lambda each: {"words": each.words, "due": each.due_on.isoformat()},
    lambda _ctx, was: f"{was.words} ({was.due_on.isoformat()})",
)
IMPROVED: Entered[log.Iteration] = Entered(
    "pilot correct improved",
    log.iterations,
    lambda each: _("Improved: {words}", words=each.words),
    lambda each: {"words": each.words, "kind": each.kind},
    lambda ctx, was: f"{ctx.text(CHANGES[was.kind])}: {was.words}",
)
LATER: Entered[log.Later] = Entered(
    "pilot correct later",
    log.later,
    lambda each: _("For later: {words}", words=each.words),
    lambda each: {"words": each.words, "kind": each.kind},
    lambda ctx, was: f"{ctx.text(KINDS[was.kind])}: {was.words}",
)
ENTERED: tuple[Entered[Any], ...] = (CANDIDATE, OBSTACLE, IMPROVED, LATER)  # as they are listed


@feature.command(
    "pilot more", "pilot mehr", help=_("What else belongs to a pilot."), hidden=True, reads=True
)
def show(ctx: Context, pilot: PilotRef) -> Reply:
    return Reply(more.card(ctx, editing.own(ctx, pilot)))


@feature.command(
    "pilot candidates",
    "pilot kandidaten",
    help=_("Workflows to choose from."),
    hidden=True,
    reads=True,
)
def candidates(ctx: Context, pilot: PilotRef) -> Reply:
    return Reply(more.candidates(ctx, editing.own(ctx, pilot)))


# --- what can be put right -----------------------------------------------------------------


@feature.command(
    "pilot corrections",
    "pilot berichtigen",
    help=_("Put right what was entered."),
    hidden=True,
    reads=True,
)
def corrections(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    parts: list[Part] = [Title(_("What is not right?"))]
    for kind in ENTERED:
        for entered in kind.read(ctx.tx, found.id)[-SHOWN:]:
            again = call(kind.word, pilot=found.id, item=entered.id)
            parts += [Text(kind.said(entered)), Buttons((Button(_("Correct"), again, "quiet"),))]
    for each in log.values(ctx.tx, found.id)[-SHOWN:]:
        said = _(
            "Week {week}: {value} (n={n})",
            week=int(each.week[6:]),
            value=measure.number(each.value),
            n=each.number,
        )
        monday = calendar.monday(each.week).isoformat()
        anew = Button(_("Correct"), call("pilot value", pilot=found.id, day=monday), "quiet")
        gone = Button(
            _("Take it away"), call("pilot value gone", pilot=found.id, week=each.week), "quiet"
        )
        parts += [Text(said), Buttons((anew, gone))]
    for told in log.satisfaction(ctx.tx, found.id)[-SHOWN:]:
        said = _(
            "Customers' satisfaction in week {week}: {value}",
            week=int(told.week[6:]),
            value=measure.number(told.value),
        )
        gone = Button(
            _("Take it away"),
            call("pilot satisfaction gone", pilot=found.id, week=told.week),
            "quiet",
        )
        parts += [Text(said), Buttons((gone,))]
    if found.decided_on is not None:
        change = Button(
            _("Reason, and what was learnt"), call("pilot correct decision", pilot=found.id)
        )
        parts.append(Buttons((change,)))
    if len(parts) == 1:
        parts = [Text(_("Nothing has been entered yet."))]
    return Reply(Message(tuple(parts)))


def _decided(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    return {"reason": found.reason, "learnt": found.learnt} if found else {}


def _corrected(ctx: Context, pilot: Pilot, before: str) -> Reply:
    editing.note(ctx, pilot, PilotEvent.CORRECTED, before)
    return Reply(more.card(ctx, editing.fresh(ctx, pilot)), subject=pilot.name)


@feature.command(
    CANDIDATE.word,
    "pilot kandidat berichtigen",
    help=_("Put this workflow in other words."),
    hidden=True,
    current=CANDIDATE.at_first,
)
def correct_candidate(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    workflow: Annotated[str, LINE, Ask(_("One workflow"))],
    takes: Annotated[str, LINE, Ask(_("What goes in?"))],
    gives: Annotated[str, LINE, Ask(_("What comes out?"))],
) -> Reply:
    found, was = CANDIDATE.begin(ctx, pilot, item)
    log.correct_candidate(ctx.tx, found.id, log.Candidate(item, workflow, takes, gives, was.chosen))
    if was.chosen:
        pilots.change(ctx.tx, found.id, workflow=workflow, takes=takes, gives=gives)
    return CANDIDATE.end(ctx, found, was)


@feature.command(
    OBSTACLE.word,
    "pilot hindernis berichtigen",
    help=_("It is something else that is in the way, or until another day."),
    hidden=True,
    current=OBSTACLE.at_first,
)
def correct_obstacle(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    words: Annotated[str, LINE, Ask(_("What is in the way?"))],
    due: Annotated[date, DateReader(), Ask(_("Until when should it be gone?"))],
) -> Reply:
    found, was = OBSTACLE.begin(ctx, pilot, item)
    log.correct_obstacle(ctx.tx, found.id, item, words, due)
    said = _("In the way of “{pilot}” until {day}: {words}", pilot=found.name, day=due, words=words)
    solve = Button(_("Out of the way"), call("pilot solved", pilot=found.id, obstacle=item))
    editing.tell(ctx, found, f"obstacle {item}", said, solve)
    return OBSTACLE.end(ctx, found, was)


@feature.command(
    IMPROVED.word,
    "pilot verbessert berichtigen",
    help=_("What was improved, in other words."),
    hidden=True,
    current=IMPROVED.at_first,
)
def correct_improved(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    kind: Annotated[Change, CHANGE, Ask(_("What?"))],
    words: Annotated[str, RequiredTextReader(most=300), Ask(_("In a sentence"))],
) -> Reply:
    found, was = IMPROVED.begin(ctx, pilot, item)
    log.correct_iteration(ctx.tx, found.id, item, words, kind.value)
    return IMPROVED.end(ctx, found, was)


@feature.command(
    LATER.word,
    "pilot später berichtigen",
    help=_("What is for later, in other words."),
    hidden=True,
    current=LATER.at_first,
)
def correct_later(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    words: Annotated[str, LINE, Ask(_("What?"))],
    kind: Annotated[Kind, KIND, Ask(_("Kind"))],
) -> Reply:
    found, was = LATER.begin(ctx, pilot, item)
    log.correct_later(ctx.tx, found.id, item, words, kind.value)
    return LATER.end(ctx, found, was)


@feature.command(
    "pilot correct decision",
    "pilot entscheidung berichtigen",
    help=_("Why it was decided so, and what was learnt, in other words."),
    hidden=True,
    current=_decided,
)
def correct_decision(
    ctx: Context,
    pilot: PilotRef,
    *,
    reason: Annotated[str, ReasonReader(most=300), Ask(_("Why?"))],
    learnt: Annotated[str, ReasonReader(most=500), Ask(_("What have we learnt?"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    pilots.change(ctx.tx, found.id, reason=reason, learnt=learnt)
    editing.note(ctx, found, PilotEvent.CORRECTED, f"{found.reason} {found.learnt}"[:500])
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


@feature.command("pilot value gone", "pilot wert weg", help=_("This value is none."), hidden=True)
def value_gone(ctx: Context, pilot: PilotRef, week: IdField) -> Reply:
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.values(ctx.tx, found.id) if e.week == week), None))
    log.drop_value(ctx.tx, found.id, week)
    return _corrected(ctx, found, f"{week}: {before.value} (n={before.number})")


@feature.command(
    "pilot satisfaction gone",
    "pilot zufriedenheit weg",
    help=_("This value of customers' satisfaction is none."),
    hidden=True,
)
def satisfaction_gone(ctx: Context, pilot: PilotRef, week: IdField) -> Reply:
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.satisfaction(ctx.tx, found.id) if e.week == week), None))
    log.drop_satisfaction(ctx.tx, found.id, week)
    return _corrected(ctx, found, f"{week}: {before.value}")


def _known(found: V | None) -> V:
    if found is None:
        raise Refusal(_("This no longer exists."))
    return found

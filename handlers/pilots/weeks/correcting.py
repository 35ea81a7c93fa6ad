"""Everything that was entered along a pilot can be put right, and its history says what it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Literal, TypeVar

from handlers.automations.lookup import AUTO
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.people import name
from handlers.kit.readers import TextReader
from handlers.kit.readers.dates import DateReader
from handlers.kit.readers.required_text import TellingReader
from handlers.kit.words import Words, _
from handlers.pilots import cards, editing, roles
from handlers.pilots.lookup import PilotRef
from handlers.pilots.weeks import more
from handlers.pilots.weeks.kinds import CHANGE, CHANGES, KIND, KINDS, Change, Kind
from handlers.pilots.weeks.retold import retold
from storage import pilots
from storage.automations import Automation
from storage.pilots import Pilot, log

feature = Feature(_("Pilots"))
T = TypeVar("T")
Entered = Literal["candidate", "obstacle", "improved", "later", "decision"]

LINE = TellingReader(long=False, most=200)
SHOWN = 6  # of one kind
IdField = Annotated[str, TextReader(long=False), Ask(_("Which"))]


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


def _connected(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, fixed.get("pilot", ""))
    return {"automation": found.automation or ""} if found else {}


@feature.command(
    "pilot connect",
    "pilot verbinden",
    help=_("Which automation runs for it? Its runs are the use of the pilot."),
    hidden=True,
    current=_connected,
)
def connect(
    ctx: Context,
    pilot: PilotRef,
    *,
    automation: Annotated[Automation, AUTO, Ask(_("Automation"))] | None = None,
) -> Reply:
    found = editing.own(ctx, pilot)
    pilots.change(ctx.tx, found.id, automation=automation.id if automation else None)
    editing.note(ctx, found, "connected", automation.name if automation else "")
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


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
    entered: list[tuple[Words, str, str]] = [
        (_("Workflow: {words}", words=each.workflow), "pilot correct candidate", each.id)
        for each in log.candidates(ctx.tx, found.id)
    ]
    entered += [
        (_("In the way: {words}", words=each.words), "pilot correct obstacle", each.id)
        for each in log.obstacles(ctx.tx, found.id)[-SHOWN:]
    ]
    entered += [
        (_("Improved: {words}", words=each.words), "pilot correct improved", each.id)
        for each in log.iterations(ctx.tx, found.id)[-SHOWN:]
    ]
    entered += [
        (_("For later: {words}", words=each.words), "pilot correct later", each.id)
        for each in log.later(ctx.tx, found.id)[-SHOWN:]
    ]
    for words, word, id in entered:
        change = Button(_("Correct"), call(word, pilot=found.id, item=id), "quiet")
        parts += [Text(words), Buttons((change,))]
    for each in log.values(ctx.tx, found.id)[-SHOWN:]:
        said = _(
            "Week {week}: {value} (n={n})", week=int(each.week[6:]), value=each.value, n=each.number
        )
        monday = calendar.monday(each.week).isoformat()
        anew = Button(_("Correct"), call("pilot value", pilot=found.id, day=monday), "quiet")
        gone = Button(
            _("Take it away"), call("pilot value gone", pilot=found.id, week=each.week), "quiet"
        )
        parts += [Text(said), Buttons((anew, gone))]
    if found.decided_on is not None:
        change = Button(
            _("Reason, and what was learnt"), call("pilot correct decision", pilot=found.id)
        )
        parts.append(Buttons((change,)))
    if len(parts) == 1:
        parts = [Text(_("Nothing has been entered yet."))]
    return Reply(Message(tuple(parts)))


def _of(kind: Entered) -> Callable[[Context, Mapping[str, str]], dict[str, str]]:
    """Return what stands in the form of a correction at first."""

    def current(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
        pilot, item = fixed.get("pilot", ""), fixed.get("item", "")
        match kind:
            case "candidate":
                for one in log.candidates(ctx.tx, pilot):
                    if one.id == item:
                        return {"workflow": one.workflow, "takes": one.takes, "gives": one.gives}
            case "obstacle":
                for each in log.obstacles(ctx.tx, pilot):
                    if each.id == item:
                        return {"words": each.words, "due": each.due_on.isoformat()}
            case "improved":
                for done in log.iterations(ctx.tx, pilot):
                    if done.id == item:
                        return {"words": done.words, "kind": done.kind}
            case "later":
                for later in log.later(ctx.tx, pilot):
                    if later.id == item:
                        return {"words": later.words, "kind": later.kind}
            case "decision":
                found = pilots.find(ctx.tx, pilot)
                return {"reason": found.reason, "learnt": found.learnt} if found else {}
        return {}

    return current


def _corrected(ctx: Context, pilot: Pilot, before: str) -> Reply:
    editing.note(ctx, pilot, "corrected", before)
    return Reply(more.card(ctx, editing.fresh(ctx, pilot)), subject=pilot.name)


@feature.command(
    "pilot correct candidate",
    "pilot kandidat berichtigen",
    help=_("Put this workflow in other words."),
    hidden=True,
    current=_of("candidate"),
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
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.candidates(ctx.tx, found.id) if e.id == item), None))
    log.correct_candidate(
        ctx.tx, found.id, log.Candidate(item, workflow, takes, gives, before.chosen)
    )
    if before.chosen:
        pilots.change(ctx.tx, found.id, workflow=workflow, takes=takes, gives=gives)
    return _corrected(ctx, found, before.workflow)


@feature.command(
    "pilot correct obstacle",
    "pilot hindernis berichtigen",
    help=_("It is something else that is in the way, or until another day."),
    hidden=True,
    current=_of("obstacle"),
)
def correct_obstacle(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    words: Annotated[str, LINE, Ask(_("What is in the way?"))],
    due: Annotated[date, DateReader(), Ask(_("Until when should it be gone?"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.obstacles(ctx.tx, found.id) if e.id == item), None))
    log.correct_obstacle(ctx.tx, found.id, item, words, due)
    said = _("In the way of “{pilot}” until {day}: {words}", pilot=found.name, day=due, words=words)
    solve = Button(_("Out of the way"), call("pilot solved", pilot=found.id, obstacle=item))
    editing.tell(ctx, found, f"obstacle {item}", said, solve)
    return _corrected(ctx, found, f"{before.words} ({before.due_on.isoformat()})")


@feature.command(
    "pilot correct improved",
    "pilot verbessert berichtigen",
    help=_("What was improved, in other words."),
    hidden=True,
    current=_of("improved"),
)
def correct_improved(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    kind: Annotated[Change, CHANGE, Ask(_("What?"))],
    words: Annotated[str, TellingReader(most=300), Ask(_("In a sentence"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.iterations(ctx.tx, found.id) if e.id == item), None))
    log.correct_iteration(ctx.tx, found.id, item, words, kind.value)
    return _corrected(ctx, found, f"{ctx.text(CHANGES[before.kind])}: {before.words}")


@feature.command(
    "pilot correct later",
    "pilot später berichtigen",
    help=_("What is for later, in other words."),
    hidden=True,
    current=_of("later"),
)
def correct_later(
    ctx: Context,
    pilot: PilotRef,
    item: IdField,
    *,
    words: Annotated[str, LINE, Ask(_("What?"))],
    kind: Annotated[Kind, KIND, Ask(_("Kind"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.later(ctx.tx, found.id) if e.id == item), None))
    log.correct_later(ctx.tx, found.id, item, words, kind.value)
    return _corrected(ctx, found, f"{ctx.text(KINDS[before.kind])}: {before.words}")


@feature.command(
    "pilot correct decision",
    "pilot entscheidung berichtigen",
    help=_("Why it was decided so, and what was learnt, in other words."),
    hidden=True,
    current=_of("decision"),
)
def correct_decision(
    ctx: Context,
    pilot: PilotRef,
    *,
    reason: Annotated[str, TellingReader(most=300), Ask(_("Why?"))],
    learnt: Annotated[str, TellingReader(most=500), Ask(_("What have we learnt?"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    pilots.change(ctx.tx, found.id, reason=reason, learnt=learnt)
    editing.note(ctx, found, "corrected", f"{found.reason} {found.learnt}"[:500])
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


@feature.command("pilot value gone", "pilot wert weg", help=_("This value is none."), hidden=True)
def value_gone(ctx: Context, pilot: PilotRef, week: IdField) -> Reply:
    found = editing.own(ctx, pilot)
    before = _known(next((e for e in log.values(ctx.tx, found.id) if e.week == week), None))
    log.drop_value(ctx.tx, found.id, week)
    return _corrected(ctx, found, f"{week}: {before.value} (n={before.number})")


def _known(found: T | None) -> T:
    if found is None:
        raise Refusal(_("This no longer exists."))
    return found


# --- history -------------------------------------------------------------------------------


HISTORY: dict[str, Words] = {
    "created": _("created"), "renamed": _("renamed"), "described": _("described"),
    "measured": _("measure set"), "baseline": _("baseline corrected"), "users": _("users named"),
    "started": _("started"), "waiting": _("put on the waiting list"),
    "candidate": _("workflow described"), "chosen": _("workflow chosen"), "value": _("value"),
    "imported": _("values read in"), "obstacle": _("in the way"), "solved": _("out of the way"),
    "later": _("for later"), "scheduled": _("taken up"), "improved": _("improved"),
    "sourcing": _("who connects it"), "it": _("IT's view"), "operate": _("into operation"),
    "again": _("one more round"), "stop": _("stopped"), "posted": _("result posted"),
    "answered": _("question answered"),
    "corrected": _("corrected"), "connected": _("runs connected"),
    "run out": _("sixteen weeks are over"),
    "alive": _("asked after half a year"), "back": _("taken up again"),
}  # fmt: skip


@feature.command(
    "pilot history",
    "pilot verlauf",
    help=_("What happened to a pilot."),
    hidden=True,
    reads=True,
)
def past(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    items = tuple(
        _line(
            retold(ctx, each.kind, each.words),
            kind=_kind(each.kind),
            who=name(ctx, each.by),
            day=calendar.day_of(each.at, ctx.workspace.zone),
        )
        for each in log.history(ctx.tx, found.id)[:25]
    )
    return Reply(Message((Title(found.name), Items(items))))


def _line(words: str, **values: object) -> Words:
    return (
        _("{day}: {kind}, {who}. {words}", words=words, **values)
        if words
        else _("{day}: {kind}, {who}", **values)
    )


def _kind(kind: str) -> Words:
    what, _space, role = kind.partition(" ")
    if what == "named":
        return _("asked: {role}", role=roles.LABELS[role])
    if what == "accepted":
        return _("accepted: {role}", role=roles.LABELS[role])
    if what == "vacant":
        return _("vacant: {role}", role=roles.LABELS[role])
    return HISTORY[kind]

"""Along the twelve weeks: candidates, values, obstacles, what is for later, what was improved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, line
from handlers.kit.readers import ChoiceReader, NumberReader, TextReader
from handlers.kit.readers.dates import DateReader
from handlers.kit.readers.decimals import DecimalReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import _, _n
from handlers.pilots import cards, clock, editing, measure, relief
from handlers.pilots.lookup import PilotRef
from handlers.pilots.weeks import due, more
from handlers.pilots.weeks.kinds import CHANGE, CHANGES, KIND, Change, Kind
from storage import pilots
from storage.pilots import Pilot, log
from storage.pilots.states import PilotEvent, PilotState

feature = Feature(_("Pilots"))

SHORT = TextReader(long=False)
LINE = RequiredTextReader(long=False, most=200)
NUMBER = DecimalReader()

IdField = Annotated[str, SHORT, Ask(_("Which"))]


# --- candidates ----------------------------------------------------------------------------


def _few_candidates(ctx: Context, pilot: Pilot, workflow: str) -> None:
    if len(log.candidates(ctx.tx, editing.own(ctx, pilot).id)) >= more.CANDIDATES:
        raise Refusal(_("Three are enough to choose from."), field="workflow", kept=workflow)


@feature.command(
    "pilot candidate",
    "pilot kandidat",
    help=_("A workflow that may be chosen; three at most."),
    hidden=True,
    checks=(_few_candidates,),
)
def candidate(
    ctx: Context,
    pilot: PilotRef,
    *,
    workflow: Annotated[str, LINE, Ask(_("One workflow"))],
    takes: Annotated[str, LINE, Ask(_("What goes in?"))],
    gives: Annotated[str, LINE, Ask(_("What comes out?"))],
) -> Reply:
    found = editing.own(ctx, pilot)
    log.add_candidate(
        ctx.tx, found.id, log.Candidate(ctx.new_id(), workflow, takes, gives, chosen=False)
    )
    editing.note(ctx, found, PilotEvent.CANDIDATE, workflow)
    return Reply(more.candidates(ctx, found))


@feature.command(
    "pilot choose", "pilot wählen", help=_("This workflow is tried; the others wait."), hidden=True
)
def choose(ctx: Context, pilot: PilotRef, candidate: IdField) -> Reply:
    found = editing.own(ctx, pilot)
    named = next((e for e in log.candidates(ctx.tx, found.id) if e.id == candidate), None)
    if named is None or not log.choose(ctx.tx, found.id, candidate):
        raise Refusal(_("One is chosen already; the others wait."))
    pilots.change(ctx.tx, found.id, workflow=named.workflow, takes=named.takes, gives=named.gives)
    editing.note(ctx, found, PilotEvent.CHOSEN, named.workflow)
    return Reply(cards.card(ctx, editing.fresh(ctx, found)))


# --- values --------------------------------------------------------------------------------


def _part_of_it(_ctx: Context, value: str, waiting: str = "") -> None:
    if waiting and not 0 <= float(waiting) <= float(value):
        raise Refusal(_("Waiting is a part of the value."), field="waiting")


def _week_of_it(ctx: Context, pilot: Pilot, day: date | None = None) -> None:
    """Refuse a week before the pilot began, and one that is still to come."""
    found = editing.running(ctx, pilot)
    week = measure.week_of(day or clock.current_day(ctx))
    if found.started_on is not None and week < measure.week_of(found.started_on):
        began = _("It began on {day}; what was before is its baseline.", day=found.started_on)
        raise Refusal(began, field="day")
    _need_past(ctx, week, "day")


def _possible(ctx: Context, pilot: Pilot, value: str) -> None:
    _need_possible(editing.running(ctx, pilot), value, "value")


@feature.command(
    "pilot value",
    "pilot wert",
    help=_("What was measured in a week."),
    hidden=True,
    checks=(_possible, _week_of_it, _part_of_it),
)
def value(
    ctx: Context,
    pilot: PilotRef,
    *,
    value: Annotated[str, NUMBER, Ask(_("Value"), _("The mean of the week."))],
    number: Annotated[int, NumberReader(1, 1_000_000), Ask(_("Of how many cases?"))],
    day: Annotated[date, DateReader(), Ask(_("A day of that week"), _("Empty for this week."))]
    | None = None,
    source: Annotated[str, SHORT, Ask(_("From where is it known?"))] = "",
    guard: Annotated[str, NUMBER, Ask(_("What must not get worse"))] = "",
    waiting: Annotated[str, NUMBER, Ask(_("Of that: waiting"))] = "",
    satisfaction: Annotated[str, NUMBER, Ask(_("Customers' satisfaction"))] = "",
) -> Reply:
    found = editing.running(ctx, pilot)
    working = str(round(float(value) - float(waiting), 4)) if waiting else None
    week = measure.week_of(day or clock.current_day(ctx))
    entered = log.Value(
        week=week,
        value=value,
        number=number,
        source=source or found.baseline_source,
        waiting=waiting or None,
        working=working,
        guard=guard or None,
    )
    log.enter(ctx.tx, found.id, entered, ctx.person.id)
    if satisfaction:
        told = log.Satisfaction(entered.week, satisfaction, source=source)
        log.enter_satisfaction(ctx.tx, found.id, told)
    editing.note(ctx, found, PilotEvent.VALUE, f"{entered.week}: {value} (n={number})")
    posts = editing.settle(ctx, found, due.value_key(week))
    return Reply(_entry_message(ctx, found), posts=posts, subject=found.name)


def _need_past(ctx: Context, week: str, field: str) -> None:
    """Refuse a week that is still to come; `field` is where it stands."""
    if week > measure.week_of(clock.current_day(ctx)):
        raise Refusal(_("Week {week} is still to come.", week=int(week[6:])), field=field)


def _need_possible(pilot: Pilot, value: str, field: str) -> None:
    """Refuse a value that what is measured cannot have; `field` is where it stands."""
    if measure.is_below_zero(pilot, value):
        raise Refusal(_("A value below zero does not fit here. Please look again."), field=field)


def _entry_message(ctx: Context, pilot: Pilot) -> Message:
    parts: list[Part] = [Text(_("Entered. Thank you."))]
    effect = measure.effect(pilot, log.values(ctx.tx, pilot.id))
    if effect is not None:
        parts.append(Text(measure.effect_words(pilot, effect)))
        parts.append(Buttons((cards.computed_button(),)))
    newest = log.values(ctx.tx, pilot.id)[-1]
    if pilot.guard_limit and newest.guard and float(newest.guard) > float(pilot.guard_limit):
        said = _(
            "{guard}: {value}, its limit is {limit}.",
            guard=pilot.guard,
            value=newest.guard,
            limit=pilot.guard_limit,
        )
        parts.append(Text(said))
    return Message(tuple(parts))


class What(StrEnum):
    """What a table tells of."""

    VALUES = "values"
    BASELINE = "baseline"
    SATISFACTION = "satisfaction"


WHAT = ChoiceReader(
    What,
    {
        "values": _("Values of the pilot"),
        "baseline": _("The time before it"),
        "satisfaction": _("Customers' satisfaction"),
    },
    {},
)


def _is_table(ctx: Context, pilot: Pilot, table: str) -> None:
    """Refuse a table without values, and one with values that cannot be."""
    found = editing.own(ctx, pilot)
    try:
        values = measure.aggregated(table)
    except measure.Unreadable as error:
        raise Refusal(_("I cannot read line {n}.", n=int(error.args[0])), field="table") from error
    if not values:
        raise Refusal(_("There is no value in it."), field="table")
    for each in values:
        _need_past(ctx, each.week, "table")
        _need_possible(found, each.value, "table")


@feature.command(
    "pilot import",
    "pilot einlesen",
    help=_("Values from a table: day;value, or in;started;done. Only weekly means are kept."),
    hidden=True,
    checks=(_is_table,),
)
def read_in(
    ctx: Context,
    pilot: PilotRef,
    *,
    table: Annotated[str, TextReader(), Ask(_("Lines"), _("A line each, such as 2026-11-23;6.5."))],
    what: Annotated[What, WHAT, Ask(_("What is it?"))] = What.VALUES,
    source: Annotated[str, SHORT, Ask(_("From where is it known?"))] = "",
) -> Reply:
    found = editing.own(ctx, pilot)
    values = measure.aggregated(table)
    if what is What.BASELINE:
        return _baseline(ctx, found, measure.as_baseline(values), source)
    said = _n("{n} week read in.", "{n} weeks read in.", len(values))
    if what is What.SATISFACTION:
        for each in values:
            told = log.Satisfaction(each.week, each.value, each.number, source or each.source)
            log.enter_satisfaction(ctx.tx, found.id, told)
        editing.note(ctx, found, PilotEvent.SATISFACTION, f"{values[0].week} – {values[-1].week}")
        return Reply(Message((Text(said),)), subject=found.name)
    for each in values:
        entered = replace(each, source=source or each.source)
        log.enter(ctx.tx, found.id, entered, ctx.person.id)
    editing.note(ctx, found, PilotEvent.IMPORTED, f"{values[0].week} – {values[-1].week}")
    return Reply(Message((Text(said), *_entry_message(ctx, found).parts[1:])), subject=found.name)


def _baseline(ctx: Context, pilot: Pilot, read: measure.Baseline, source: str) -> Reply:
    """Keep the mean of the time before, with how many cases and from when; nothing of the lines."""
    period = ctx.text(
        _("week {first} to week {last}", first=read.first_week[6:], last=read.last_week[6:])
    )
    if pilot.baseline is not None and pilot.baseline != read.mean:
        editing.note(ctx, pilot, PilotEvent.BASELINE, f"{pilot.baseline} → {read.mean}")
    pilots.change(
        ctx.tx,
        pilot.id,
        baseline=read.mean,
        baseline_n=read.number,
        baseline_period=period,
        baseline_source=source or pilot.baseline_source or "CSV",
    )
    editing.note(ctx, pilot, PilotEvent.IMPORTED, f"{read.first_week} – {read.last_week}")
    return Reply(cards.card(ctx, editing.fresh(ctx, pilot)), subject=pilot.name)


# --- obstacles, later, improved ------------------------------------------------------------


def _ahead(ctx: Context, due: date) -> None:
    if due < clock.current_day(ctx):
        raise Refusal(_("Please give a day that is still to come."), field="due")


@feature.command(
    "pilot obstacle",
    "pilot hindernis",
    help=_("Something is in the way: the champion hears of it."),
    hidden=True,
    needs="pilot",
    checks=(_ahead,),
)
def obstacle(
    ctx: Context,
    pilot: PilotRef,
    *,
    words: Annotated[str, LINE, Ask(_("What is in the way?"))],
    due: Annotated[date, DateReader(), Ask(_("Until when should it be gone?"))],
) -> Reply:
    found = editing.fresh(ctx, pilot)
    id = ctx.new_id()
    log.add_obstacle(ctx.tx, found.id, id=id, words=words, due=due, day=clock.current_day(ctx))
    editing.note(ctx, found, PilotEvent.OBSTACLE, words)
    said = _("In the way of “{pilot}” until {day}: {words}", pilot=found.name, day=due, words=words)
    solve = Button(_("Out of the way"), call("pilot solved", pilot=found.id, obstacle=id))
    editing.tell(ctx, found, f"obstacle {id}", said, solve)
    return Reply(line(_("Noted. The champion hears of it.")), subject=found.name)


@feature.command(
    "pilot solved", "pilot gelöst", help=_("It is out of the way."), hidden=True, needs="pilot"
)
def solved(ctx: Context, pilot: PilotRef, obstacle: IdField) -> Reply:
    found = editing.own(ctx, pilot)
    if log.solve(ctx.tx, found.id, obstacle, clock.current_day(ctx)):
        editing.note(ctx, found, PilotEvent.SOLVED)
    posts = editing.settle(ctx, found, f"obstacle {obstacle}")
    return Reply(line(_("Good: it is out of the way.")), posts=posts, subject=found.name)


def later_is_open(ctx: Context, pilot: Pilot) -> bool:
    """Say whether things for later may be taken up: someone is relieved, or week 9 has come."""
    if pilot.state is PilotState.OPERATING:
        return True
    if pilot.started_on is not None and clock.week(pilot, clock.current_day(ctx)) >= 9:
        return True
    rounds = relief.closed(ctx, pilot)
    return any(
        each.leaning == "yes" or bool(each.split and each.split["relieved"]) for each in rounds
    )


@feature.command(
    "pilot later", "pilot später", help=_("Something good that is not for now."), hidden=True
)
def later(
    ctx: Context,
    pilot: PilotRef,
    *,
    words: Annotated[str, LINE, Ask(_("What?"))],
    kind: Annotated[Kind, KIND, Ask(_("Kind"))] = Kind.POLISH,
) -> Reply:
    found = editing.own(ctx, pilot)
    log.add_later(ctx.tx, found.id, id=ctx.new_id(), words=words, kind=kind.value)
    editing.note(ctx, found, PilotEvent.LATER, words)
    return Reply(more.card(ctx, found), subject=found.name)


@feature.command("pilot schedule", "pilot einplanen", help=_("Take it up now."), hidden=True)
def schedule(ctx: Context, pilot: PilotRef, item: IdField) -> Reply:
    found = editing.own(ctx, pilot)
    if not later_is_open(ctx, found):
        raise Refusal(
            _("This opens when it has saved somebody work, or in week 9: effect before perfection.")
        )
    named = next((each for each in log.later(ctx.tx, found.id) if each.id == item), None)
    if named is None:
        raise Refusal(_("This no longer exists."))
    log.set_later(ctx.tx, found.id, item, "scheduled")
    editing.note(ctx, found, PilotEvent.SCHEDULED, named.words)
    return Reply(more.card(ctx, found), subject=found.name)


@feature.command(
    "pilot improved", "pilot verbessert", help=_("Something works better now."), hidden=True
)
def improved(
    ctx: Context,
    pilot: PilotRef,
    *,
    kind: Annotated[Change, CHANGE, Ask(_("What?"))],
    words: Annotated[str, RequiredTextReader(most=300), Ask(_("In a sentence"))],
) -> Reply:
    found = editing.running(ctx, pilot)
    log.iterate(
        ctx.tx, found.id, id=ctx.new_id(), kind=kind.value, words=words, day=clock.current_day(ctx)
    )
    editing.note(ctx, found, f"{PilotEvent.IMPROVED} {kind.value}", words)
    posts = editing.settle(ctx, found, "improve")
    said = _("Noted: {kind}. Thank you.", kind=CHANGES[kind])
    return Reply(line(said), posts=posts, subject=found.name)

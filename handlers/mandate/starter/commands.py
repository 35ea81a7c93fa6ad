"""The two-week starter: one small step each working day, holidays skipped, over on the tenth."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, Setting, known
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.readers import ChoiceReader
from handlers.kit.readers.dates import today_of
from handlers.kit.words import _
from handlers.mandate.starter.steps import BY_NAME, STEPS
from handlers.mandate.starter.steps import Step as StarterStep
from handlers.on_call import duty
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId
from storage.mandate import starter
from storage.mandate.starter import Starter

feature = Feature(_("Two-week starter"))

LOOK = time(6, 30)  # local time, before anybody is told anything
KEY = "starter"


class StarterTimer(TimerKind):
    """The days of the starter."""

    DAY = "starter day"


class Name(StrEnum):
    """The steps, in their order."""

    CHANNELS = "channels"
    SERVICES = "services"
    ACCEPTED = "accepted"
    INCIDENT = "incident"
    DONE = "done"
    MEASURES = "measures"
    HOURS = "hours"
    PRACTICE = "practice"
    GOALS = "goals"
    DIGEST = "digest"


StepRef = Annotated[
    Name, ChoiceReader(Name, {each.name: each.words for each in STEPS}, {}), Ask(_("Step"))
]


@feature.command(
    "starter",
    "einstieg",
    help=_("From nothing to a first digest in ten working days."),
    needs="settings",
)
def show(ctx: Context) -> Reply:
    return Reply(_card(ctx))


def _card(ctx: Context) -> Message:
    found, finished = starter.find(ctx.tx), _finished(ctx)
    parts: list[Part] = [Title(_("Ten working days"))]
    running = found is not None and found.ended_on is None
    if found is None or not running:
        parts.append(Text(_("One small step a day, ten minutes each. Any order is fine.")))
        begin = Button(_("Begin today"), call("starter begin"), "primary")
        parts.append(Buttons((begin,)))
    else:
        parts.append(
            Text(
                _(
                    "Day {n} of 10; the last one is {day:day}.",
                    n=min(day_of(ctx, found), len(STEPS)),
                    day=_day(ctx, found, len(STEPS)),
                )
            )
        )
    for number, each in enumerate(STEPS, start=1):
        if each.name in finished:
            parts.append(Text(_("✓ {n}. {step}", n=number, step=each.words)))
            continue
        parts.append(Text(_("{n}. {step}: {why}", n=number, step=each.words, why=each.why)))
        if running and found is not None and number == day_of(ctx, found):
            parts.append(Buttons(_buttons(each)))
    if running:
        open_ones = [each for each in STEPS if each.name not in finished]
        choose = {each.button.call.word: each.button for each in open_ones[:4]}
        stop = Button(_("End it"), call("starter end"), "quiet")
        parts.append(Buttons((*choose.values(), stop)))
    return Message(tuple(parts))


def _buttons(step: StarterStep) -> tuple[Button, ...]:
    return (step.button, Button(_("Done"), call("starter done", step=step.name), "quiet"))


def _finished(ctx: Context) -> set[str]:
    """Return the steps that are done, by a press or by what the company has."""
    return {*starter.steps(ctx.tx), *(each.name for each in STEPS if each.seen(ctx))}


def _day(ctx: Context, found: Starter, number: int) -> date:
    """Return the working day of a step: the first is the day on which it was begun."""
    ours = working_hours.company(ctx)
    return ours.working_days_after(ours.working_day_from(found.begun_on), number - 1)


def day_of(ctx: Context, found: Starter) -> int:
    """Return which of its working days it is."""
    ours = working_hours.company(ctx)
    first = ours.working_day_from(found.begun_on)
    return 1 + ours.working_days_between(first, max(first, today_of(ctx)))


@feature.command(
    "starter begin",
    "einstieg beginnen",
    help=_("Begin the ten working days today."),
    hidden=True,
    needs="settings",
)
def begin(ctx: Context) -> Reply:
    starter.begin(ctx.tx, today_of(ctx), ctx.person.id)
    found = starter.find(ctx.tx)
    assert found is not None
    _plan(ctx, found, 2)
    return Reply(_card(ctx))


def _plan(ctx: Context, found: Starter, number: int) -> None:
    due = calendar.at(_day(ctx, found, number), LOOK, ctx.workspace.zone)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=StarterTimer.DAY,
        key=KEY,
        due=max(due, ctx.now),
        number=number,
    )


@feature.timer(StarterTimer.DAY)
def day(ctx: Context, number: int) -> Reply:
    """Tell the day's step, unless it is done; on the day after the last one, how far it came."""
    found = starter.find(ctx.tx)
    if found is None or found.ended_on is not None:
        return Reply()
    finished = _finished(ctx)
    to = _recipient(ctx, found)
    posts: tuple[Post, ...] = _settle(ctx, finished)
    if number > len(STEPS):
        starter.end(ctx.tx, _day(ctx, found, len(STEPS)))
        said = _(
            "The ten working days are over: {n} of {all} steps are done.",
            n=len(finished & BY_NAME.keys()),
            all=len(STEPS),
        )
        look = Button(_("Show"), call("starter"))
        page = Button(_("The page to print"), call("template"))
        matters.note(ctx, to, f"{KEY}:over", said, look, page)
        return Reply(posts=posts)
    step = STEPS[number - 1]
    if step.name not in finished:
        said = _("Day {n} of 10: {step}. {why}", n=number, step=step.words, why=step.why)
        matters.note(ctx, to, _key(step.name), said, *_buttons(step))
    _plan(ctx, found, number + 1)
    return Reply(posts=posts)


def _key(step: str) -> str:
    return f"{KEY}:{step}"


def _settle(ctx: Context, finished: set[str]) -> tuple[Post, ...]:
    return tuple(post for each in sorted(finished) for post in matters.settle(ctx, _key(each)))


def _recipient(ctx: Context, found: Starter) -> PersonId:
    """Return who is told: whoever began it while they manage, else another manager."""
    managers = [each.id for each in duty.managers(ctx)]
    return found.begun_by if found.begun_by in managers or not managers else managers[0]


@feature.command(
    "starter done",
    "einstieg erledigt",
    help=_("This step is done."),
    hidden=True,
    needs="settings",
)
def done(ctx: Context, step: StepRef) -> Reply:
    starter.mark_done(ctx.tx, step.value, today_of(ctx))
    return Reply(_card(ctx), posts=matters.settle(ctx, _key(step.value)))


@feature.command(
    "starter end", "einstieg beenden", help=_("End the starter."), hidden=True, needs="settings"
)
def end(ctx: Context) -> Reply:
    starter.end(ctx.tx, today_of(ctx))
    timers.cancel(ctx.tx, KEY)
    posts = _settle(ctx, set(BY_NAME))
    again = Button(_("Show"), call("starter"))
    return Reply(line(_("It is ended. What is done stays done."), again), posts=posts)


@feature.sets(90)
def settings(ctx: Context) -> list[Setting]:
    """Offer the starter where the settings are."""
    if not rights.may("settings", rights.general(ctx)):
        return []
    found = starter.find(ctx.tx)
    if found is None or found.ended_on is not None:
        said = _("not running")
    else:
        n = min(day_of(ctx, found), len(STEPS))
        said = _("day {n} of 10", n=n)
    return [Setting(_("Two-week starter"), said, Button(_("Two-week starter"), call("starter")))]


@feature.knows(
    58, _("Two-week starter"), {"starters": ("begun_by",)}, replace=starter.replace_person
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        starter.of_person(ctx.tx, person),
        {"starters.begun_by": _("Began the two-week starter")},
        say=lambda row: _("{day:date}", day=date.fromisoformat(row["subject"])),
    )

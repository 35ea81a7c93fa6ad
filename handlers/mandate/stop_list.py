"""The stop list: what we deliberately do not do now, why, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.dates import BeforeDateReader, DateReader, today_of
from handlers.kit.readers.required_text import ReasonReader
from handlers.kit.words import _
from handlers.mandate import cards
from handlers.on_call import duty
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId
from storage.mandate import stops
from storage.mandate.stops import Stop

feature = Feature(_("Mandate"))

LOOK = time(6, 30)  # local time, before anybody is told anything
ANSWER_IN = 10  # working days until what nobody renews is off the list
LONGEST, MOST = 120, 20

Which = Annotated[str, TextReader(long=False), Ask(_("What"))]
What = Annotated[str, BeforeDateReader(long=False), Ask(_("What we do not do"), short=_("what"))]
Why = Annotated[str, ReasonReader(long=False, most=200), Ask(_("Why not"))]
Until = Annotated[date, DateReader(), Ask(_("Until when"), short=_("day"))]


class StopTimer(TimerKind):
    """When something on the stop list is looked at again."""

    STOP = "mandate stop"


@feature.command(
    "stop",
    "lassen",
    help=_("What we deliberately do not do, until a day."),
    needs="mandate",
)
def add(
    ctx: Context,
    what: Annotated[
        str, BeforeDateReader(long=False), Ask(_("What we do not do"), short=_("what"))
    ],
    until: Until,
    *,
    why: Why,
) -> Reply:
    _need_future(ctx, until)
    if len(what) > LONGEST:
        raise Refusal(_("Please say it in {n} characters.", n=LONGEST), field="what", kept=what)
    if len(stops.standing(ctx.tx)) >= MOST:
        raise Refusal(
            _("{n} points stand on the stop list. Please take one off first.", n=MOST),
            buttons=(Button(_("Change the stop list"), call("mandate stops")),),
        )
    new = Stop(ctx.new_id(), what, why, until, None, ctx.person.id)
    stops.add(ctx.tx, new, ctx.now)
    _plan(ctx, new.id, until + timedelta(days=1))
    said = _("We deliberately do not do this until {day}: {item}", day=until, item=what)
    return Reply(line(said, Button(_("Show the mandate"), call("mandate"))), subject=new.id)


def _need_future(ctx: Context, until: date) -> None:
    if until < today_of(ctx):
        raise Refusal(_("Please choose a day from today on."), field="until")


@feature.command(
    "mandate stops",
    "mandat stoppliste",
    help=_("Everything that we deliberately do not do."),
    hidden=True,
    reads=True,
)
def show(ctx: Context) -> Reply:
    parts: list[Part] = [Title(_("Deliberately not"))]
    may = rights.may("mandate", rights.general(ctx))
    for each in stops.standing(ctx.tx):
        parts.append(Text(cards.stop_line(ctx, each)))
        if may:
            parts.append(Buttons(_choice(each)))
    if len(parts) == 1:
        parts.append(Text(_("Nothing stands here.")))
    return Reply(Message(tuple(parts)))


def _choice(stop: Stop) -> tuple[Button, ...]:
    return (
        Button(_("Renew it"), call("stop renew", stop=stop.id)),
        Button(_("Remove it"), call("stop drop", stop=stop.id), "quiet"),
    )


def _plan(ctx: Context, stop: str, day: date) -> None:
    due = calendar.at(working_hours.company(ctx).working_day_from(day), LOOK, ctx.workspace.zone)
    timers.set(ctx.tx, id=ctx.new_id(), kind=StopTimer.STOP, key=f"stop:{stop}", due=due, stop=stop)


@feature.timer(StopTimer.STOP)
def over(ctx: Context, stop: str) -> Reply:
    """Ask for renewal when its day is over; drop it when nobody answered."""
    found = stops.find(ctx.tx, stop)
    today = today_of(ctx)
    if found is None or found.until_on >= today:
        return Reply()
    if found.asked_on is not None:
        stops.drop(ctx.tx, found.id, today)
        return Reply(posts=matters.settle(ctx, _key(found)))
    stops.ask(ctx.tx, found.id, today)
    words = _(
        "“{item}” was not to be done until {day}. Does that still hold? Without an answer it is "
        "off the list in {n} working days.",
        item=found.item,
        day=found.until_on,
        n=ANSWER_IN,
    )
    matters.note(ctx, _recipient(ctx, found), _key(found), words, *_choice(found))
    _plan(ctx, found.id, working_hours.company(ctx).working_days_after(today, ANSWER_IN))
    return Reply()


def _key(stop: Stop) -> str:
    return f"stop:{stop.id}"


@feature.waits(83)
def waiting(ctx: Context) -> list[Task]:
    """Return what is over and not renewed, once it was told: until then it waits with the rest."""
    held = {each.key for each in matters.held_back(ctx, ctx.person.id)}
    return [
        Task(
            _(
                "“{item}” was not to be done until {day}. Does that still hold?",
                item=each.item,
                day=each.until_on,
            ),
            _choice(each),
            calendar.midnight(each.asked_on, ctx.workspace.zone),
        )
        for each in stops.standing(ctx.tx)
        if each.asked_on is not None
        and _key(each) not in held
        and _recipient(ctx, each) in duty.acts_for(ctx, ctx.person.id)
    ]


def _recipient(ctx: Context, stop: Stop) -> PersonId:
    """Return who is asked: whoever put it there while they manage, else another manager."""
    managers = [each.id for each in duty.managers(ctx)]
    return stop.set_by if stop.set_by in managers or not managers else managers[0]


def _stands(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = stops.find(ctx.tx, fixed.get("stop", ""))
    return {"why": found.reason} if found else {}


@feature.command(
    "stop renew",
    "lassen verlängern",
    help=_("Until when do we not do it?"),
    hidden=True,
    needs="mandate",
    current=_stands,
)
def renew(ctx: Context, stop: Which, *, until: Until, why: Why) -> Reply:
    found = _standing(ctx, stop)
    _need_future(ctx, until)
    stops.renew(ctx.tx, found.id, why, until)
    _plan(ctx, found.id, until + timedelta(days=1))
    said = _("We deliberately do not do this until {day}: {item}", day=until, item=found.item)
    return Reply(line(said), posts=matters.settle(ctx, _key(found)), subject=found.id)


@feature.command(
    "stop drop",
    "lassen streichen",
    help=_("Remove it from the stop list."),
    hidden=True,
    needs="mandate",
)
def drop(ctx: Context, stop: Which) -> Reply:
    found = _standing(ctx, stop)
    stops.drop(ctx.tx, found.id, today_of(ctx))
    timers.cancel(ctx.tx, f"stop:{found.id}")
    said = _("Off the stop list: {item}", item=found.item)
    return Reply(line(said), posts=matters.settle(ctx, _key(found)), subject=found.id)


def _standing(ctx: Context, id: str) -> Stop:
    found = stops.find(ctx.tx, id)
    if found is None:
        raise Refusal(_("This is off the stop list by now."))
    return found

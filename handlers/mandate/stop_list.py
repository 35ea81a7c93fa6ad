"""The stop list: what we deliberately do not do now, why, and until when.

Managers decide what stands there; everybody reads it and may suggest something.
"""

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
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.dates import BeforeDateReader, DateReader, today_of
from handlers.kit.readers.required_text import ReasonReader
from handlers.kit.words import Sentence, _
from handlers.mandate import cards
from handlers.on_call import duty
from storage.delivery import timers
from storage.delivery.outbox import ParcelKind
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


def _is_short(_ctx: Context, what: str) -> None:
    if len(what) > LONGEST:
        raise Refusal(_("Please say it in {n} characters.", n=LONGEST), field="what", kept=what)


def _need_future(ctx: Context, until: date) -> None:
    if until < today_of(ctx):
        raise Refusal(_("Please choose a day from today on."), field="until")


@feature.command(
    "stop",
    "lassen",
    help=_("What we deliberately do not do, until a day."),
    needs="read",
    checks=(_is_short, _need_future),
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
    _need_room(ctx)
    new = Stop(ctx.new_id(), what, why, until, None, ctx.person.id)
    if not rights.may("mandate", rights.general(ctx)):
        return _suggest(ctx, new)
    stops.add(ctx.tx, new, ctx.now)
    _plan(ctx, new.id, until + timedelta(days=1))
    said = _("We deliberately do not do this until {day}: {item}", day=until, item=what)
    return Reply(line(said, Button(_("Show the mandate"), call("mandate"))), subject=new.id)


def _need_room(ctx: Context) -> None:
    if len(stops.standing(ctx.tx)) >= MOST:
        raise Refusal(
            _("{n} points stand on the stop list. Please take one off first.", n=MOST),
            buttons=(Button(_("Change the stop list"), call("mandate stops")),),
        )


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
    add = _("Put something on it") if may else _("Suggest something")
    parts.append(Buttons((Button(add, call("stop")),)))
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


def _still_stands(ctx: Context, stop: str) -> None:
    _standing(ctx, stop)


@feature.command(
    "stop renew",
    "lassen verlängern",
    help=_("Until when do we not do it?"),
    hidden=True,
    needs="mandate",
    current=_stands,
    checks=(_still_stands, _need_future),
)
def renew(ctx: Context, stop: Which, *, until: Until, why: Why) -> Reply:
    found = _standing(ctx, stop)
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


# --- what others suggest --------------------------------------------------------------


def _suggest(ctx: Context, new: Stop) -> Reply:
    """Keep a suggestion, and let a manager decide about it."""
    stops.add(ctx.tx, new, ctx.now, suggested=True)
    posts: tuple[Post, ...] = ()
    for each in duty.managers(ctx)[:1]:
        told = line(
            _(
                "{who} suggests not to do this until {day}: {item} ({why})",
                who=ctx.person.name,
                day=new.until_on,
                item=new.item,
                why=new.reason,
            ),
            *_verdicts(new),
        )
        posts = matters.ask(ctx, each.id, _question(new), told)
    said = _(
        "Thank you. The managers decide whether this goes on the stop list, and you hear of it: "
        "{item}",
        item=new.item,
    )
    show = Button(_("Show the stop list"), call("mandate stops"), "quiet")
    return Reply(line(said, show), posts=posts, subject=new.id)


def _question(stop: Stop) -> str:
    return f"stop:suggested:{stop.id}"


def _verdicts(stop: Stop) -> tuple[Button, ...]:
    return (
        Button(_("Put it on the list"), call("stop take", stop=stop.id), "primary"),
        Button(_("Not now"), call("stop decline", stop=stop.id), "quiet"),
    )


def _suggested(ctx: Context, id: str) -> Stop:
    found = next((each for each in stops.suggestions(ctx.tx) if each.id == id), None)
    if found is None:
        show = Button(_("Show the stop list"), call("mandate stops"))
        raise Refusal(_("This has been decided by now."), buttons=(show,))
    return found


def _tell(ctx: Context, stop: Stop, words: Sentence) -> tuple[Post, ...]:
    told = Post(f"stop:decided:{stop.id}", line(words), f"direct:{stop.set_by}", ParcelKind.NOTE)
    return (*matters.settle(ctx, _question(stop)), told)


@feature.command(
    "stop take",
    "lassen aufnehmen",
    help=_("Put what somebody suggested on the stop list."),
    hidden=True,
    needs="mandate",
)
def take(ctx: Context, stop: Which) -> Reply:
    found = _suggested(ctx, stop)
    if found.until_on < today_of(ctx):
        raise Refusal(_("Its day is over by now: {day}.", day=found.until_on))
    _need_room(ctx)
    stops.take(ctx.tx, found.id, ctx.person.id)
    _plan(ctx, found.id, found.until_on + timedelta(days=1))
    words = _("On the stop list until {day}: {item}", day=found.until_on, item=found.item)
    return Reply(line(words), posts=_tell(ctx, found, words), subject=found.id)


@feature.command(
    "stop decline",
    "lassen ablehnen",
    help=_("Say why what somebody suggested does not go on the stop list."),
    hidden=True,
    needs="mandate",
)
def decline(
    ctx: Context,
    stop: Which,
    *,
    why: Annotated[str, ReasonReader(long=False, most=200), Ask(_("Why not now"))],
) -> Reply:
    found = _suggested(ctx, stop)
    stops.drop(ctx.tx, found.id, today_of(ctx))
    told = _(
        "Not on the stop list: {item}. {who} says why: {why}",
        item=found.item,
        who=ctx.person.name,
        why=why,
    )
    said = _("Thank you. Whoever suggested it reads why.")
    return Reply(line(said), posts=_tell(ctx, found, told), subject=found.id)


@feature.waits(84)
def undecided(ctx: Context) -> list[Task]:
    """Return what was suggested and is to be decided, for those who manage."""
    if not ctx.person.manager:
        return []
    held = {each.key for each in matters.held_back(ctx, ctx.person.id)}
    return [
        Task(
            _(
                "Suggested for the stop list, until {day}: {item} ({why})",
                day=each.until_on,
                item=each.item,
                why=each.reason,
            ),
            _verdicts(each),
        )
        for each in stops.suggestions(ctx.tx)
        if _question(each) not in held
    ]

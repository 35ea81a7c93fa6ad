"""When somebody is told, how often, and what is held back until then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from handlers.attention import leavers, matters, tasks
from handlers.attention.matters import AttentionTimer
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.doors import Event, Known, Question, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Post, Reply, line
from handlers.kit.readers import ChoiceReader, TextReader
from handlers.kit.readers.clocks import read_clock
from handlers.kit.words import Words, _
from handlers.on_call import duty
from storage import attention as stored
from storage.attention import Wish
from storage.engine import Tx
from storage.engine.ids import PersonId

feature = Feature(_("Attention"))


class Pace(StrEnum):
    """How often somebody is told."""

    DAILY = "daily"
    WEEKLY = "weekly"


PACES: dict[str, Words] = {
    "daily": _("at most once a working day"),
    "weekly": _("at most once a week"),
}


def _current(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    wish = matters.wish_of(ctx, ctx.person.id)
    return {"hour": wish.hour, "pace": wish.pace}


def _is_time(_ctx: Context, hour: str) -> None:
    if read_clock(hour) is None:
        raise Refusal(_("“{hour}” is no time; one is 09:00.", hour=hour[:20]), field="hour")


@feature.command(
    "attention",
    "sammelnachricht",
    help=_("When and how often may I come to you unasked?"),
    current=_current,
    checks=(_is_time,),
)
def choose(
    ctx: Context,
    *,
    hour: Annotated[
        str,
        TextReader(long=False),
        Ask(_("At what time?"), _("Such as 09:00. Alerts do not wait for it.")),
    ],
    pace: Annotated[Pace, ChoiceReader(Pace, PACES, {}), Ask(_("How often?"))] = Pace.DAILY,
) -> Reply:
    found = read_clock(hour)
    assert found is not None, "it was checked"
    clock = f"{found:%H:%M}"
    stored.set_wish(ctx.tx, ctx.person.id, Wish(clock, pace))
    matters.replan(ctx, ctx.person.id)
    said = _("What is no alert reaches you at {hour}, {pace}.", hour=clock, pace=PACES[pace.value])
    return Reply(line(said))


@feature.timer(AttentionTimer.BUNDLE)
def bundle(ctx: Context, person: PersonId) -> Reply:
    """Tell somebody, or who stands in, what waits: in one message."""
    return Reply(posts=matters.due(ctx, person))


@feature.timer(AttentionTimer.QUESTIONS)
def questions(ctx: Context, person: PersonId) -> Reply:
    """Ask at the start of work what somebody asked outside of it."""
    return Reply(posts=matters.questions(ctx, person))


@feature.follows(Event.ASKED)
def asked(ctx: Context, question: Question) -> tuple[Post, ...]:
    """Put what a room below asks: at once in working time, or where it is about now; else next."""
    return matters.ask(
        ctx,
        question.person,
        question.key,
        question.message,
        begins=question.begins,
        personal=True,
    )


@feature.follows(Event.ANSWERED)
def answered(ctx: Context, key: str) -> tuple[Post, ...]:
    """Drop a question that was held back, or told in a bundle."""
    return matters.settle(ctx, key)


@feature.follows(Event.WORKING_TIME_CHANGED)
def hours_changed(ctx: Context, _subject: str) -> tuple[Post, ...]:
    """Bring forward what may come sooner now."""
    matters.replan_all(ctx)
    return ()


@feature.waits(90)
def waiting(ctx: Context) -> list[Task]:
    """Return what the asker has not been told yet."""
    return [tasks.task(ctx, each) for each in matters.held_back(ctx, ctx.person.id)]


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    managers = duty.managers(ctx)
    leavers.hand_on(ctx, person, managers[0].id if managers else None)
    return ()


@feature.follows(Event.MANAGERS_CHANGED)
def taken_on(ctx: Context, _person: PersonId) -> tuple[Post, ...]:
    """Let what waited while nobody managed Lotse reach whoever does now."""
    leavers.hand_on_left(ctx)
    return ()


@feature.follows(Event.CAME_BACK)
def back(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Tell somebody who is back what waited for them; as a manager, what waited with nobody."""
    matters.replan(ctx, person)
    leavers.hand_on_left(ctx)
    return ()


@feature.holds(90, "matters.person", "matters.told_to", left=_hand_on)
def held(_ctx: Context, _person: str) -> list[Any]:
    """Return nothing to hand over by itself: what was to be told follows what it is about."""
    return []


def _replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Let what was told be somebody else's; when and what next is asked anew."""
    stored.replace_person(tx, person, to)
    stored.forget_wish(tx, person)


@feature.knows(
    70,
    _("Attention"),
    {
        "matters": ("person", "told_to"),
        "attention": ("person",),
    },
    replace=_replace,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        stored.of_person(ctx.tx, person),
        {
            "matters.person": _("Meant for you"),
            "matters.told_to": _("Was told"),
        },
        say=lambda row: tasks.words(ctx, row["subject"]),
    )


@feature.keeps("matters", what=_("What was told in a bundle"), days=90, then=_("deleted"))
def forget_matters(ctx: Context, before: datetime) -> int:
    """Delete what was told long ago, and what has waited so long with somebody who left."""
    return stored.forget(ctx.tx, before) + leavers.forget(ctx, before)

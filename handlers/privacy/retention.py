"""Retention: each night what is older than its room keeps it is let go of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Keeps
from handlers.kit.messages import Reply
from handlers.kit.words import _
from storage import privacy
from storage.delivery import timers
from storage.engine import Tx

feature = Feature(_("My data"))

HOUR = time(3, 10)  # local: nobody waits for anything
KEY = "retention"


@dataclass(frozen=True, slots=True)
class Let:
    """What was let go of: the kind of record, and how many rows changed."""

    keeps: Keeps
    rows: int


def plan(tx: Tx, *, id: str, now: datetime, zone: str) -> None:
    """Set the timer for the coming night, unless it is set already."""
    if timers.due_of(tx, KEY) is None:
        timers.set(tx, id=id, kind=KEY, key=KEY, due=next_night(now, zone))


def next_night(now: datetime, zone: str) -> datetime:
    """Return when retention runs next."""
    day = calendar.day_of(now, zone)
    when = calendar.at(day, HOUR, zone)
    return when if when > now else calendar.at(day + timedelta(days=1), HOUR, zone)


@feature.timer(KEY)
def run(ctx: Context) -> Reply:
    """Let go of what is due, and plan the next night."""
    let_go(ctx)
    due = next_night(ctx.now, ctx.workspace.zone)
    timers.set(ctx.tx, id=ctx.new_id(), kind=KEY, key=KEY, due=due)
    return Reply()


def let_go(ctx: Context) -> list[Let]:
    """End every record that is older than its room keeps it; return what changed."""
    found: list[Let] = []
    for each in (keeps for feature in ctx.features for keeps in feature.all_keeps):
        if each.days is not None and each.run is not None:
            found.append(Let(each, each.run(ctx, ctx.now - timedelta(days=each.days))))
    return found


class _Undone(Exception):
    """A dry run is over; the savepoint takes everything back."""


def would_go(ctx: Context) -> list[Let]:
    """Return what would be let go of now, and change nothing: a dry run."""
    found: list[Let] = []
    try:
        with ctx.tx.savepoint():
            found += let_go(ctx)
            raise _Undone
    except _Undone:
        return found


@feature.keeps("link_codes", what=_("Codes for linking two chats"), days=1, then=_("deleted"))
def link_codes(ctx: Context, before: datetime) -> int:
    """Delete the codes that nobody used."""
    return privacy.forget(ctx.tx, before)


@feature.keeps(
    "erasures", what=_("That somebody was erased, without who"), days=400, then=_("deleted")
)
def erasures(ctx: Context, before: datetime) -> int:
    """Delete what only copies need, once every copy is older."""
    return privacy.forget_erasures(ctx.tx, before)

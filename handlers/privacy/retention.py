"""Retention: each night what is older than its room keeps it is let go of."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Keeps
from handlers.kit.messages import Reply
from handlers.kit.words import _
from storage import audit, privacy
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine import Tx
from storage.privacy import retention

feature = Feature(_("My data"))

FARTHEST = date(9998, 12, 31)  # what computing with days bears
HOUR = time(3, 10)  # local: nobody waits for anything


class RetentionTimer(TimerKind):
    """The night in which old records go."""

    NIGHT = "retention"


@dataclass(frozen=True, slots=True)
class Let:
    """What was let go of: the kind of record, and how many rows changed."""

    keeps: Keeps
    rows: int


def plan(tx: Tx, *, id: str, now: datetime, zone: str) -> None:
    """Set the timer for the coming night, unless it is set already."""
    if timers.due_of(tx, RetentionTimer.NIGHT) is None:
        timers.set(
            tx,
            id=id,
            kind=RetentionTimer.NIGHT,
            key=RetentionTimer.NIGHT,
            due=next_night(now, zone),
        )


def next_night(now: datetime, zone: str) -> datetime:
    """Return when retention runs next."""
    day = calendar.day_of(now, zone)
    when = calendar.at(day, HOUR, zone)
    return when if when > now else calendar.at(day + timedelta(days=1), HOUR, zone)


def end_of(day: date, zone: str) -> datetime:
    """Return when a local day is over; of one at the end of the calendar, a day before."""
    return calendar.at(min(day, FARTHEST) + timedelta(days=1), time(0), zone)


@feature.timer(RetentionTimer.NIGHT)
def run(ctx: Context) -> Reply:
    """Let go of what is due, write down how much it was, and plan the next night."""
    day = calendar.day_of(ctx.now, ctx.workspace.zone)
    for each in let_go(ctx):
        if each.rows:
            retention.note(ctx.tx, day, kind(each.keeps), each.rows)
    due = next_night(ctx.now, ctx.workspace.zone)
    timers.set(
        ctx.tx, id=ctx.new_id(), kind=RetentionTimer.NIGHT, key=RetentionTimer.NIGHT, due=due
    )
    return Reply()


def kept(ctx: Context) -> list[Keeps]:
    """Return every kind of record, as the rooms declare it."""
    return [keeps for feature in ctx.features for keeps in feature.all_keeps]


def kind(keeps: Keeps) -> str:
    """Return how a kind of record is called in the reports: by its first table."""
    return keeps.tables[0]


def let_go(ctx: Context, only: Collection[str] | None = None) -> list[Let]:
    """End every record that is older than its room keeps it; return what changed."""
    return [
        Let(each, each.run(ctx, ctx.now - timedelta(days=each.days)))
        for each in kept(ctx)
        if each.days is not None and each.run is not None and (only is None or kind(each) in only)
    ]


class _Undone(Exception):
    """A dry run is over; the savepoint takes everything back."""


def would_go(
    ctx: Context, at: datetime | None = None, only: Collection[str] | None = None
) -> list[Let]:
    """Return what would be let go of by a moment, and change nothing: a dry run."""
    found: list[Let] = []
    then = ctx if at is None else replace(ctx, now=at)
    with contextlib.suppress(_Undone), ctx.tx.savepoint():
        found += let_go(then, only)
        raise _Undone
    return found


def next_due(ctx: Context) -> dict[str, date]:
    """Return for each kind that has something the day on which the next of it goes."""
    night = next_night(ctx.now, ctx.workspace.zone)

    def due(day: int, only: Collection[str] | None = None) -> set[str]:
        found = would_go(ctx, night + timedelta(days=day), only)
        return {kind(each.keeps) for each in found if each.rows}

    horizon = 1 + max(each.days or 0 for each in kept(ctx))
    days: dict[str, date] = {}
    # Halves the time for all kinds at once: what is due by a day is due on any later one.
    spans = [(0, horizon, due(horizon))]
    while spans:
        first, last, kinds = spans.pop()
        if first == last:
            day = calendar.day_of(night, ctx.workspace.zone) + timedelta(days=first)
            days.update(dict.fromkeys(kinds, day))
        elif kinds:
            middle = (first + last) // 2
            early = due(middle, kinds)
            spans += [(first, middle, early), (middle + 1, last, kinds - early)]
    return days


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


@feature.keeps("audit", what=_("Who did what (audit trail)"), days=365, then=_("deleted"))
def forget_audit(ctx: Context, before: datetime) -> int:
    """Delete the lines of the audit trail after a year; that is one itself."""
    if not audit.any_before(ctx.tx, before):
        return 0
    audit.add(
        ctx.tx,
        id=ctx.new_id(),
        at=ctx.now,
        person_key=ctx.person.person_key,
        command=RetentionTimer.NIGHT,
        subject="audit",
        outcome="done",
    )
    return audit.forget(ctx.tx, before)


@feature.keeps("retention_runs", what=_("Reports of retention"), days=365, then=_("deleted"))
def forget_reports(ctx: Context, before: datetime) -> int:
    """Delete the reports of a year ago."""
    return retention.forget(ctx.tx, calendar.day_of(before, ctx.workspace.zone))

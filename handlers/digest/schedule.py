"""When a week's digest is due, and the timer for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from handlers.kit import calendar, working_hours
from handlers.kit.working_hours import MONDAY_MORNING, Weekly, WorkingTime
from storage import digest as storage_digests
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine import Tx


class DigestTimer(TimerKind):
    """When the digest comes."""

    DIGEST = "digest"
    WRITTEN = "digest written"


def due(week: str, ours: WorkingTime, chosen: Weekly = MONDAY_MORNING) -> datetime:
    """Return when the digest on `week` is posted: Monday after it, 08:30 local, or as chosen.

    On a day without work the next working day (docs/rules.md, digest).
    """
    day = calendar.monday(calendar.after(week)) + timedelta(days=chosen.day)
    return calendar.at(ours.working_day_from(day), chosen.clock, ours.zone)


def is_first_of_month(week: str) -> bool:
    """Say whether the digest on `week` is the first one that comes in its month."""
    return calendar.monday(calendar.after(week)).day <= 7


def key(week: str) -> str:
    """Return the key of a week's digest and of its timer."""
    return f"digest:{week}"


def plan(tx: Tx, *, id: str, now: datetime, zone: str, region: str) -> None:
    """Set the timer of the first digest of a workspace: on the week that is running."""
    week = calendar.week_of(now, zone)
    done = storage_digests.weeks(tx)
    if done:
        week = max(week, calendar.after(done[-1][0]))
    if timers.due_of(tx, key(week)) is None:
        set_timer(tx, week, id=id, zone=zone, region=region)


def set_timer(tx: Tx, week: str, *, id: str, zone: str, region: str) -> None:
    """Set the timer of a week's digest, anew when it runs already."""
    ours = working_hours.of(tx, zone, region)
    moment = due(week, ours, working_hours.digest_at(tx))
    timers.set(tx, id=id, kind=DigestTimer.DIGEST, key=key(week), due=moment, week=week)


def reschedule(tx: Tx, *, new_id: Callable[[], str], now: datetime, zone: str, region: str) -> None:
    """Set the timers that run anew: the hour, the zone or the working days were changed."""
    this = calendar.week_of(now, zone)
    for week in (calendar.after(this, -1), this):
        if timers.due_of(tx, key(week)) is not None:
            set_timer(tx, week, id=new_id(), zone=zone, region=region)

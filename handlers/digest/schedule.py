"""When a week's digest is due, and the timer for it."""

from __future__ import annotations

from datetime import datetime, time

from handlers.kit import calendar
from storage import digest as storage_digests
from storage.delivery import timers
from storage.engine import Tx

HOUR = time(8, 30)


def due(week: str, zone: str, region: str) -> datetime:
    """Return when the digest on `week` is posted: the Monday after it, 08:30 local.

    On a public holiday the next working day (docs/rules.md, digest).
    """
    day = calendar.working_day_from(calendar.monday(calendar.after(week)), region)
    return calendar.at(day, HOUR, zone)


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
        timers.set(tx, id=id, kind="digest", key=key(week), due=due(week, zone, region), week=week)

"""How often the same thing happened: what overlaps is one outage, however many reported it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber
from storage.engine.sql import as_moment, as_text
from storage.incidents import Incident

# What counts as having happened, once: not what was taken back, a false alarm or a duplicate.
COUNTS = "i.state <> 'withdrawn' and coalesce(i.closed_as, '') in ('', 'superseded')"

PAUSE = timedelta(minutes=30)  # after it worked again, from when on it is a repeat


@dataclass(frozen=True, slots=True)
class Outage:
    """The same thing once: the incidents that overlap, oldest first; `at` is its beginning."""

    numbers: tuple[IncidentNumber, ...]
    at: datetime
    serious: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The same thing several times: its incidents' numbers, oldest first, and the newest one."""

    root: IncidentNumber
    numbers: tuple[IncidentNumber, ...]
    newest_at: datetime
    times: int


def overlap(earlier: Incident, later: Incident) -> bool:
    """Say whether they are one outage: the earlier was not over for half an hour by then."""
    return overlapping(earlier.restored_at or earlier.ended_at, later.declared_at)


def overlapping(over: datetime | None, declared: datetime) -> bool:
    """Say whether what was `over` then, or is not yet, and what was declared then are one."""
    return over is None or declared < over + PAUSE


def outages(tx: Tx, root: IncidentNumber) -> list[Outage]:
    """Return how often a group happened, oldest first; incidents that overlap are one time."""
    rows = tx.recall(
        f"""
        select i.number, i.declared_at, i.severity, coalesce(i.restored_at, i.ended_at) as over
        from repeats r
        join incidents i on i.workspace = :workspace and i.number = r.incident
        where r.workspace = :workspace and r.root = :root and {COUNTS}
        order by i.declared_at, i.number
        """,
        root=root,
    )
    return _outages(rows)


def _outages(rows: Iterable[Row]) -> list[Outage]:
    found: list[Outage] = []
    until: datetime | None = None  # the end of the last one; None while it goes on
    for row in rows:
        at = as_moment(row["declared_at"])
        over = as_moment(row["over"]) if row["over"] else None
        serious = row["severity"] == "serious"
        if found and overlapping(until, at):
            last = found.pop()
            found.append(Outage((*last.numbers, row["number"]), last.at, last.serious or serious))
            until = None if until is None or over is None else max(until, over)
        else:
            found.append(Outage((row["number"],), at, serious))
            until = over
    return found


def times(tx: Tx, root: IncidentNumber, start: datetime, end: datetime) -> tuple[int, bool]:
    """Return how often a group happened from `start` to `end`, both included, and if serious once.

    Withdrawn ones do not count, and what overlaps counts once.
    """
    found = [each for each in outages(tx, root) if start <= each.at <= end]
    return len(found), any(each.serious for each in found)


def newest(tx: Tx, root: IncidentNumber) -> datetime | None:
    """Return when a group happened last; None when all of it was withdrawn."""
    found = outages(tx, root)
    return found[-1].at if found else None


def groups(tx: Tx, start: datetime, end: datetime) -> list[Group]:
    """Return what happened at least twice from `start` until before `end`, most often first."""
    rows = tx.rows(
        f"""
        select r.root, i.number, i.declared_at, i.severity,
            coalesce(i.restored_at, i.ended_at) as over
        from repeats r
        join incidents i on i.workspace = :workspace and i.number = r.incident
        where r.workspace = :workspace and {COUNTS}
        and i.declared_at >= :start and i.declared_at < :end
        order by i.declared_at, i.number
        """,
        start=as_text(start),
        end=as_text(end),
    )
    by_root: dict[IncidentNumber, list[Row]] = {}
    for row in rows:
        by_root.setdefault(row["root"], []).append(row)
    found = []
    for root, those in by_root.items():
        happened = _outages(those)
        if len(happened) > 1:
            numbers = tuple(sorted(row["number"] for row in those))
            found.append(Group(root, numbers, happened[-1].at, len(happened)))
    return sorted(found, key=lambda each: -each.times)

"""Closings of a time, as the digest counts them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.closing import COLUMNS, OF_CLOSINGS, Closing, from_row
from storage.engine import Tx
from storage.engine.ids import ServiceId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Ended:
    """What a span's closings say together: how many are done, how they ended, what they cost."""

    done: int
    said: int
    fixed: int
    customer: int
    money: int
    strain: int
    outside: int


def ended(tx: Tx, start: datetime, end: datetime) -> Ended:
    """Return the sums over the incidents that became done from `start` until before `end`."""
    row = tx.rows(
        """
        select count(*) as done, count(c.ending) as said,
        coalesce(sum(case when c.ending = 'fixed' then 1 else 0 end), 0) as fixed,
        coalesce(sum(c.customer), 0) as customer, coalesce(sum(c.money), 0) as money,
        coalesce(sum(c.strain), 0) as strain, coalesce(sum(c.outside), 0) as outside
        from closings c
        where c.workspace = :workspace and c.done_at >= :start and c.done_at < :end
        """,
        start=as_text(start),
        end=as_text(end),
    )[0]
    return Ended(**{name: int(value) for name, value in row.items()})


def overridden(tx: Tx, start: datetime, end: datetime) -> list[Closing]:
    """Return the closings with open points that became done in the span."""
    rows = tx.rows(
        f"""
        select {OF_CLOSINGS} from closings c
        join incidents i on i.workspace = c.workspace and i.number = c.incident
        where c.workspace = :workspace and c.override_by is not null
        and c.override_at >= :since and i.state = 'done'
        and i.ended_at >= :start and i.ended_at < :end
        order by c.incident
        """,
        since=as_text(start),
        start=as_text(start),
        end=as_text(end),
    )
    return [from_row(row) for row in rows]


def endings(tx: Tx, start: datetime, end: datetime) -> tuple[int, int]:
    """Return how many incidents became done by a fixed cause, and how many in all that say how."""
    rows = tx.rows(
        """
        select count(*) as said, sum(case when c.ending = 'fixed' then 1 else 0 end) as fixed
        from closings c
        where c.workspace = :workspace and c.done_at >= :start and c.done_at < :end
        and c.ending is not null
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return int(rows[0]["fixed"] or 0), int(rows[0]["said"])


def unfixed(tx: Tx, before: date) -> list[Closing]:
    """Return the workarounds whose fix should have happened before a day, and has not."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from closings c where workspace = :workspace
        and ending = 'workaround' and fix_on < :before and fix_done_at is null and exists (
            select 1 from incidents i where i.workspace = :workspace and i.number = c.incident
            and i.state = 'done')
        order by fix_on, incident
        """,
        before=before.isoformat(),
    )
    return [from_row(row) for row in rows]


def services_without_runbook(tx: Tx) -> list[ServiceId]:
    """Return the services of which the newest closing said that there is no runbook yet."""
    rows = tx.rows(
        """
        select s.id as service from services s where s.workspace = :workspace and (
            select case when c.runbook is null then 1 else 0 end
            from incidents i join closings c on c.workspace = i.workspace and c.incident = i.number
            where i.workspace = :workspace and i.service = s.id
            and i.ended_at is not null and c.runbook_since is not null
            order by i.ended_at desc, i.number desc limit 1
        ) = 1
        """
    )
    return [row["service"] for row in rows]

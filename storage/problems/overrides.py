"""Who lets what pass a ban, why and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody lets one change, or everything, pass a ban until the end of a day."""

    problem: int
    change: str | None
    reason: str
    person: PersonId
    at: datetime
    until_on: date


def add(
    tx: Tx,
    number: int,
    *,
    id: str,
    change: str | None,
    reason: str,
    person: PersonId,
    now: datetime,
    until_on: date,
) -> None:
    """Let one change, or (without one) everything, pass the ban until the end of a day."""
    tx.insert(
        "overrides",
        id=id,
        problem=number,
        change=change,
        reason=reason,
        person=person,
        at=as_text(now),
        until_on=until_on.isoformat(),
    )


def standing(tx: Tx, today: date) -> list[Override]:
    """Return the overrides that count on `today`, of problems that stand, the oldest first."""
    rows = tx.rows(
        """
        select o.problem, o.change, o.reason, o.person, o.at, o.until_on from overrides o
        join problems p on p.workspace = :workspace and p.number = o.problem
        where o.workspace = :workspace and o.until_on >= :today
        and p.state in ('open', 'fixed') order by o.at, o.id
        """,
        today=today.isoformat(),
    )
    return [_override(row) for row in rows]


def given(tx: Tx, start: datetime, end: datetime) -> list[Override]:
    """Return the overrides given from `start` until before `end`, also those that are over."""
    rows = tx.rows(
        """
        select problem, change, reason, person, at, until_on from overrides
        where workspace = :workspace and at >= :start and at < :end order by at, id
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [_override(row) for row in rows]


def _override(row: Row) -> Override:
    row["at"], row["until_on"] = as_moment(row["at"]), date.fromisoformat(row["until_on"])
    return Override(**row)

"""What is counted per service about outages at night and about knowledge. Never per person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import ServiceId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Declared:
    """How many incidents of a service were declared within one minute; nothing else of them.

    `at` is when the first of them was. Working time begins and ends with a minute.
    """

    service: ServiceId
    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Lone:
    """A service whose last `restored` incidents were all restored by one person, unnamed."""

    service: ServiceId
    restored: int


def declared(tx: Tx, start: datetime, end: datetime) -> list[Declared]:
    """Return when incidents were declared from `start` until before `end`, without withdrawn."""
    rows = tx.rows(
        """
        select service, min(declared_at) as at, count(*) as count from incidents
        where workspace = :workspace and declared_at >= :start and declared_at < :end
        and state <> 'withdrawn'
        group by service, substr(declared_at, 1, 16) order by min(declared_at), service
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [Declared(row["service"], as_moment(row["at"]), row["count"]) for row in rows]


def lone(tx: Tx, start: datetime, least: int) -> list[Lone]:
    """Return the services that only one person has restored since `start`.

    Counted from `least` restored incidents on. Who it was does not leave the database.
    """
    rows = tx.rows(
        """
        select service, count(*) as restored from incidents
        where workspace = :workspace and restored_at >= :start and state <> 'withdrawn'
        group by service having count(*) >= :least and count(distinct restored_by) = 1
        order by count(*) desc, service
        """,
        start=as_text(start),
        least=least,
    )
    return [Lone(row["service"], row["restored"]) for row in rows]

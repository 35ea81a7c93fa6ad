"""What is counted per service about knowledge of outages. Never per person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import ServiceId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Lone:
    """A service whose last `restored` incidents were all restored by one person, unnamed."""

    service: ServiceId
    restored: int


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

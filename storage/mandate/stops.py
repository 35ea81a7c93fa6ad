"""The stop list: what is deliberately not done, why, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Stop:
    """Something that is not done until a day; `asked_on` is when its renewal was asked for."""

    id: str
    item: str
    reason: str
    until_on: date
    asked_on: date | None
    set_by: PersonId


def add(tx: Tx, stop: Stop, now: datetime, *, suggested: bool = False) -> None:
    """Put something on the stop list, or only suggest it."""
    tx.insert(
        "mandate_stops",
        id=stop.id,
        item=stop.item,
        reason=stop.reason,
        until_on=stop.until_on.isoformat(),
        set_by=stop.set_by,
        set_at=as_text(now),
        suggested=int(suggested),
    )


def suggestions(tx: Tx) -> list[Stop]:
    """Return what is suggested and not decided yet, the oldest first."""
    rows = tx.rows(
        """
        select id, item, reason, until_on, asked_on, set_by from mandate_stops
        where workspace = :workspace and dropped_on is null and suggested = 1 order by set_at, id
        """
    )
    return [_stop(row) for row in rows]


def take(tx: Tx, id: str, by: PersonId) -> None:
    """Put a suggestion on the list; whoever decides it stands for it from now on."""
    tx.write(
        """
        update mandate_stops set suggested = 0, set_by = :by
        where workspace = :workspace and id = :id and dropped_on is null and suggested = 1
        """,
        id=id,
        by=by,
    )


def standing(tx: Tx) -> list[Stop]:
    """Return what is deliberately not done, what ends first at the top."""
    rows = tx.rows(
        """
        select id, item, reason, until_on, asked_on, set_by from mandate_stops
        where workspace = :workspace and dropped_on is null and suggested = 0
        order by until_on, id
        """
    )
    return [_stop(row) for row in rows]


def find(tx: Tx, id: str) -> Stop | None:
    """Return what stands on the list under this id."""
    rows = tx.rows(
        """
        select id, item, reason, until_on, asked_on, set_by from mandate_stops
        where workspace = :workspace and id = :id and dropped_on is null and suggested = 0
        """,
        id=id,
    )
    return _stop(rows[0]) if rows else None


def _stop(row: Row) -> Stop:
    asked = row["asked_on"]
    return Stop(
        row["id"],
        row["item"],
        row["reason"],
        date.fromisoformat(row["until_on"]),
        date.fromisoformat(asked) if asked else None,
        row["set_by"],
    )


def renew(tx: Tx, id: str, reason: str, until: date) -> None:
    """Let it stand until another day."""
    tx.write(
        """
        update mandate_stops set reason = :reason, until_on = :until, asked_on = null
        where workspace = :workspace and id = :id and dropped_on is null
        """,
        id=id,
        reason=reason,
        until=until.isoformat(),
    )


def ask(tx: Tx, id: str, on: date) -> None:
    """Write down that its renewal was asked for."""
    tx.write(
        "update mandate_stops set asked_on = :on where workspace = :workspace and id = :id",
        id=id,
        on=on.isoformat(),
    )


def drop(tx: Tx, id: str, on: date) -> bool:
    """Take it off the list; False when it was off."""
    return (
        tx.run(
            """
            update mandate_stops set dropped_on = :on
            where workspace = :workspace and id = :id and dropped_on is null
            """,
            id=id,
            on=on.isoformat(),
        )
        == 1
    )


def forget(tx: Tx, before: date) -> int:
    """Delete what was taken off the list before then; return how many."""
    return tx.run(
        """
        delete from mandate_stops where workspace = :workspace and dropped_on < :before
        """,
        before=before.isoformat(),
    )

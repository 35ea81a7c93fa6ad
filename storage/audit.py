"""The audit trail: who did what, in the same transaction as the doing. Kept for a year."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.sql import as_text


def add(
    tx: Tx, *, id: str, at: datetime, person_key: str, command: str, subject: str, outcome: str
) -> None:
    """Write one line: `outcome` is done, refused or failed; `subject` such as `INC-7` or ""."""
    tx.insert(
        "audit",
        id=id,
        at=as_text(at),
        person_key=person_key,
        command=command,
        subject=subject,
        outcome=outcome,
    )


def latest(tx: Tx, limit: int = 100) -> list[Row]:
    """Return the newest lines, newest first."""
    return tx.rows(
        """
        select id, at, person_key, command, subject, outcome from audit
        where workspace = :workspace
        order by at desc, id desc limit :limit
        """,
        limit=limit,
    )


def between(tx: Tx, begin: datetime, end: datetime) -> list[Row]:
    """Return the lines of a time, the oldest first."""
    return tx.rows(
        """
        select id, at, person_key, command, subject, outcome from audit
        where workspace = :workspace and at >= :begin and at < :end order by at, id
        """,
        begin=as_text(begin),
        end=as_text(end),
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete the lines written before a moment; the store lets go of none younger than a year."""
    return tx.run(
        "delete from audit where workspace = :workspace and at < :before", before=as_text(before)
    )


def any_before(tx: Tx, before: datetime) -> bool:
    """Say whether there is a line written before a moment."""
    return bool(
        tx.rows(
            "select 1 as one from audit where workspace = :workspace and at < :before limit 1",
            before=as_text(before),
        )
    )

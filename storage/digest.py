"""Digests: at most one per workspace and ISO week, by constraint."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.sql import as_text


def add(tx: Tx, week: str, state: str, now: datetime) -> bool:
    """Record the digest of `week` ("2026-W47"); False when there is one already."""
    return (
        tx.run(
            """
            insert into digests (workspace, week, state, at)
            values (:workspace, :week, :state, :now)
            on conflict (workspace, week) do nothing
            """,
            week=week,
            state=state,
            now=as_text(now),
        )
        == 1
    )


def weeks(tx: Tx) -> list[tuple[str, str]]:
    """Return every (week, state), the oldest first."""
    rows = tx.rows("select week, state from digests where workspace = :workspace order by week")
    return [(row["week"], row["state"]) for row in rows]

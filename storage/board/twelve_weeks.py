"""What the picture shows: a week's incidents that came back, and its useful runs."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.sql import as_text


def came_back(tx: Tx, start: datetime, end: datetime) -> int:
    """Return how many incidents of a span a person called the same as an earlier one."""
    rows = tx.rows(
        """
        select count(*) as n from incidents i
        join repeats r on r.workspace = i.workspace and r.incident = i.number
        where i.workspace = :workspace and i.declared_at >= :start and i.declared_at < :end
        and i.state <> 'withdrawn' and r.root <> i.number
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return int(rows[0]["n"])


def useful_runs(tx: Tx, first: str, after: str) -> int:
    """Return how many useful runs automations reported from a day until before another."""
    rows = tx.rows(
        """
        select coalesce(sum(count), 0) as n from automation_days
        where workspace = :workspace and day >= :first and day < :after and kind = 'ok'
        """,
        first=first,
        after=after,
    )
    return int(rows[0]["n"])

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


def useful_runs(tx: Tx, first: str, after: str) -> dict[str, int]:
    """Return how many useful runs automations reported, by day, until before another day.

    Automation by automation, as the sums lie in the store: no index by day has to be kept up to
    date with every run that is reported.
    """
    rows = tx.recall(
        """
        select d.day as day, sum(d.count) as n
        from automations a cross join automation_days d
        where a.workspace = :workspace and d.workspace = :workspace and d.automation = a.id
        and d.day >= :first and d.day < :after and d.kind = 'ok'
        group by d.day
        """,
        first=first,
        after=after,
    )
    return {row["day"]: int(row["n"]) for row in rows}

"""What retention let go of, night by night."""

from __future__ import annotations

from datetime import date

from storage.engine import Row, Tx


def note(tx: Tx, day: date, kind: str, changed: int) -> None:
    """Remember how many rows of a kind were let go of on a day."""
    tx.write(
        """
        insert into retention_runs (workspace, day, kind, changed)
        values (:workspace, :day, :kind, :changed)
        on conflict (workspace, day, kind) do update
            set changed = retention_runs.changed + excluded.changed
        """,
        day=day.isoformat(),
        kind=kind,
        changed=changed,
    )


def latest(tx: Tx, newest: int) -> list[Row]:
    """Return what was let go of in the newest runs that let go of something."""
    return tx.rows(
        """
        select day, kind, changed from retention_runs
        where workspace = :workspace and day in (
            select distinct day from retention_runs where workspace = :workspace
            order by day desc limit :newest
        )
        order by day desc, kind
        """,
        newest=newest,
    )


def forget(tx: Tx, before: date) -> int:
    """Delete the reports of before a day; return how many rows."""
    return tx.run(
        "delete from retention_runs where workspace = :workspace and day < :before",
        before=before.isoformat(),
    )

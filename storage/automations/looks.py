"""When the state of an automation may have changed, and it has to be looked at."""

from __future__ import annotations

from datetime import datetime

from storage.automations import COLUMNS, Automation, _automation
from storage.engine import Tx
from storage.engine.sql import as_moment, as_text


def to_look_at(tx: Tx, now: datetime) -> list[Automation]:
    """Return the automations whose state may have changed."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automations
        where workspace = :workspace and state = 'active' and phase <> 'draft'
        and (look_at is null or look_at <= :now)
        order by look_at, id
        """,
        now=as_text(now),
    )
    return [_automation(row) for row in rows]


def look_at_all(tx: Tx, now: datetime) -> None:
    """Let every automation be looked at now."""
    tx.run(
        """
        update automations set look_at = :now
        where workspace = :workspace and state = 'active' and phase <> 'draft' and look_at > :now
        """,
        now=as_text(now),
    )


def next_look(tx: Tx) -> datetime | None:
    """Return when the next automation has to be looked at."""
    rows = tx.rows(
        """
        select min(look_at) as at from automations
        where workspace = :workspace and state = 'active' and phase <> 'draft'
        """
    )
    return as_moment(rows[0]["at"]) if rows[0]["at"] else None

"""When the state of an automation may have changed, and since when its runs all end the same."""

from __future__ import annotations

from datetime import datetime

from storage.automations import COLUMNS, Automation, _automation
from storage.automations.states import RunKind
from storage.engine import Tx
from storage.engine.ids import AutomationId
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


BEFORE = {RunKind.FAIL: (RunKind.OK, RunKind.IDLE), RunKind.IDLE: (RunKind.OK, RunKind.FAIL)}


def began(tx: Tx, automation: AutomationId, kind: RunKind) -> datetime | None:
    """Return the first of the runs that have all been of one kind since; as far as they are kept.

    Calls that end no run are of no kind here.
    """
    first, second = BEFORE[kind]
    rows = tx.rows(
        """
        select min(at) as at from automation_runs
        where workspace = :workspace and automation = :automation and kind = :kind and at > (
            select coalesce(max(at), '') from automation_runs
            where workspace = :workspace and automation = :automation and kind in (:first, :second)
        )
        """,
        automation=automation,
        kind=kind,
        first=first,
        second=second,
    )
    return as_moment(rows[0]["at"]) if rows[0]["at"] else None

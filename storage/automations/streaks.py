"""Since when the runs of an automation have all ended the same way."""

from __future__ import annotations

from datetime import datetime

from storage.automations.states import RunKind
from storage.engine import Tx
from storage.engine.ids import AutomationId
from storage.engine.sql import as_moment

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

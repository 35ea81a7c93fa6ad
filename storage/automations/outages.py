"""Our own outages: when Lotse could not be called, or heard far less than usual."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage import workspaces
from storage.automations.intake import Outage
from storage.engine import Tx
from storage.engine.sql import as_moment, as_text


def note(tx: Tx, outage: Outage) -> None:
    """Remember an outage; one that goes on becomes longer."""
    tx.write(
        """
        insert into intake_gaps (workspace, began_at, ended_at, why)
        values (:workspace, :began, :ended, :why)
        on conflict (workspace, began_at, why) do update set
            ended_at = case when excluded.ended_at > intake_gaps.ended_at
                       then excluded.ended_at else intake_gaps.ended_at end
        """,
        began=as_text(outage.began_at),
        ended=as_text(outage.ended_at),
        why=outage.why,
    )


def since(tx: Tx, moment: datetime) -> list[Outage]:
    """Return the outages that ended after a moment, in their order."""
    rows = tx.rows(
        """
        select began_at, ended_at, why from intake_gaps
        where workspace = :workspace and ended_at >= :since order by began_at
        """,
        since=as_text(moment),
    )
    return [
        Outage(as_moment(row["began_at"]), as_moment(row["ended_at"]), row["why"]) for row in rows
    ]


def calls_between(tx: Tx, begin: datetime, end: datetime) -> int:
    """Count the calls of all automations between two moments."""
    return int(
        tx.rows(
            """
            select count(*) as n from automation_runs
            where workspace = :workspace and at >= :begin and at < :until
            """,
            begin=as_text(begin),
            until=as_text(end),
        )[0]["n"]
    )


# --- whether the intake lives --------------------------------------------------------------

LIVED = "intake.lived"  # the setting: when it was last seen to live


def lived_at(tx: Tx) -> datetime | None:
    """Return when the intake was last seen to live, None if nobody ever looked."""
    kept = workspaces.setting(tx, LIVED)
    return as_moment(kept) if kept else None


def note_alive(tx: Tx, now: datetime, longest: timedelta) -> Outage | None:
    """Write down that the intake lives; return the outage that has just ended, if there was one."""
    before = lived_at(tx)
    workspaces.set_setting(tx, LIVED, as_text(now))
    if before is None or now - before <= longest:
        return None
    outage = Outage(before, now)
    note(tx, outage)
    return outage


def everywhere(tx: Tx) -> list[str]:
    """Return the workspaces in which something reports runs. Looks across workspaces."""
    rows = tx.rows(
        """
        select workspace from automation_addresses
        union
        select workspace from intake_keys
        """
    )
    return sorted(row["workspace"] for row in rows)

"""Offers to declare what was typed: each can be used once, however often its button is pressed."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import IncidentNumber
from storage.engine.sql import as_text


def use(tx: Tx, id: str, number: IncidentNumber, now: datetime) -> bool:
    """Use an offer for the incident `number`; False when it was used before.

    A press in the same moment waits here for the first one's commit.
    """
    return (
        tx.run(
            """
            insert into used_offers (workspace, id, number, at)
            values (:workspace, :id, :number, :now)
            on conflict (workspace, id) do nothing
            """,
            id=id,
            number=number,
            now=as_text(now),
        )
        == 1
    )


def used_for(tx: Tx, id: str) -> IncidentNumber | None:
    """Return the number of the incident that an offer was used for, None when it is unused."""
    rows = tx.rows(
        "select number from used_offers where workspace = :workspace and id = :id", id=id
    )
    return rows[0]["number"] if rows else None


def forget(tx: Tx, before: datetime) -> int:
    """Delete old ones of all workspaces; their buttons are too old by then as well."""
    return tx.run("delete from used_offers where at < :before", before=as_text(before))

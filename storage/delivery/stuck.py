"""Parcels that somebody should look at, and how the outbox is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.delivery.outbox import ParcelState
from storage.engine import Row, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Stuck:
    """A row that somebody should look at."""

    workspace: str
    place: PlaceId
    key: str
    state: ParcelState
    reason: str
    created_at: str


def of_company(tx: Tx) -> list[Stuck]:
    """Return what of this workspace is uncertain, parked or given up, newest first."""
    rows = tx.rows(
        """
        select workspace, place, key, state, reason, created_at from outbox
        where workspace = :workspace and state in ('ambiguous', 'parked', 'dead')
        order by created_at desc, id desc limit 50
        """
    )
    return [Stuck(**row | {"state": ParcelState(row["state"])}) for row in rows]


def anywhere(tx: Tx, limit: int = 20) -> list[Stuck]:
    """As `stuck`, over all workspaces, for the operator."""
    rows = tx.rows(
        """
        select workspace, place, key, state, reason, created_at from outbox
        where state in ('ambiguous', 'parked', 'dead')
        order by created_at desc, id desc limit :limit
        """,
        limit=limit,
    )
    return [Stuck(**row | {"state": ParcelState(row["state"])}) for row in rows]


def health(tx: Tx, now: datetime) -> Row:
    """Count, over all workspaces: waiting, late (over ten minutes), parked and so on."""
    return tx.rows(
        """
        select
            count(case when state in ('pending', 'leased') then 1 end) as waiting,
            count(case when state in ('pending', 'leased') and not_before < :late then 1 end)
                as late,
            count(case when state = 'ambiguous' then 1 end) as uncertain,
            count(case when state = 'parked' then 1 end) as parked,
            count(case when state = 'dead' then 1 end) as dead,
            count(case when state = 'held' then 1 end) as held
        from outbox where state <> 'sent' and state <> 'cancelled'
        """,
        late=as_text(now - timedelta(minutes=10)),
    )[0]

"""What waits for a platform or a place that could not be reached, and goes out once it can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Late:
    """An alarm that has waited; `told_late` says that its words tell so already."""

    workspace: str
    id: str
    place: PlaceId
    key: str
    otherwise: str | None
    message: str
    created_at: datetime
    told_late: bool


def waiting_alarms(tx: Tx, platform: str) -> list[Late]:
    """Return the alarms of all workspaces that wait for a platform (`slack:`), oldest first.

    Each is about one thing: lists of several are not among them.
    """
    rows = tx.rows(
        """
        select workspace, id, place, key, otherwise, message, created_at, told_late from outbox
        where state = 'pending' and kind = 'alarm' and substr(place, 1, :length) = :platform
        and substr(key, 1, 5) <> 'late:' and substr(key, 1, 7) <> 'alarms:'
        and not exists (
            select 1 from messages m where m.workspace = outbox.workspace
            and m.place = outbox.place and m.key = outbox.key
        )
        order by created_at, id
        """,
        platform=platform,
        length=len(platform),
    )
    return [
        Late(
            workspace=row["workspace"],
            id=row["id"],
            place=row["place"],
            key=row["key"],
            otherwise=row["otherwise"],
            message=row["message"],
            created_at=as_moment(row["created_at"]),
            told_late=row["told_late"] is not None,
        )
        for row in rows
    ]


def fold(tx: Tx, id: str, reason: str) -> None:
    """Take back a waiting row: another one says the same. A copy of it may have arrived."""
    tx.write(
        """
        update outbox set reason = :reason, finished_at = created_at,
            state = case when copies > 0 then 'ambiguous' else 'cancelled' end
        where workspace = :workspace and id = :id and state = 'pending'
        """,
        id=id,
        reason=reason,
    )


def reword(tx: Tx, id: str, message: str, now: datetime) -> None:
    """Let a waiting row say that it is late."""
    tx.write(
        """
        update outbox set message = :message, told_late = :now
        where workspace = :workspace and id = :id and state = 'pending'
        """,
        id=id,
        message=message,
        now=as_text(now),
    )


def backlog(tx: Tx, platform: str) -> int:
    """Return how many messages, of all workspaces, wait for a platform (`slack:`)."""
    rows = tx.rows(
        """
        select count(*) as n from outbox where state in ('pending', 'leased')
        and substr(place, 1, :length) = :platform
        """,
        platform=platform,
        length=len(platform),
    )
    return int(rows[0]["n"])


def some_workspace(tx: Tx, platform: str) -> str | None:
    """Return a workspace, of all, for which something waits on a platform (`slack:`)."""
    rows = tx.rows(
        """
        select workspace from outbox where state = 'pending'
        and substr(place, 1, :length) = :platform order by priority, created_at, id limit 1
        """,
        platform=platform,
        length=len(platform),
    )
    return str(rows[0]["workspace"]) if rows else None


def release(tx: Tx, place: PlaceId, now: datetime) -> int:
    """Let go out what was parked at `place`: something was heard from there; return how much.

    Of each key only the newest, and only if nothing newer went out or waits; of all alarms
    about one thing the newest. A card says what it says elsewhere by now.
    """
    released = tx.run(
        """
        update outbox set state = 'pending', not_before = :now, attempts = 0,
            reason = null, finished_at = null,
            message = case when kind = 'card' then (
                select o.message from outbox o where o.workspace = outbox.workspace
                and o.key = outbox.key and o.message <> ''
                order by o.created_at desc, o.id desc limit 1
            ) else message end
        where workspace = :workspace and place = :place and state = 'parked' and message <> ''
        and not exists (
            select 1 from outbox newer where newer.workspace = outbox.workspace
            and newer.place = outbox.place and newer.id > outbox.id
            and (newer.key = outbox.key or (
                newer.state = 'parked' and newer.kind = 'alarm' and outbox.kind = 'alarm'
                and newer.otherwise = outbox.otherwise
            ))
        )
        """,
        place=place,
        now=as_text(now),
    )
    tx.write(
        """
        update outbox set state = 'cancelled', reason = 'something newer says the same'
        where workspace = :workspace and place = :place and state = 'parked'
        """,
        place=place,
    )
    return released

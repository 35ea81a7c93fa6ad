"""Timers: what is due when. Written in the transaction of what they belong to."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from storage.engine import Tx
from storage.engine.sql import as_moment, as_text, letters

LEASE = timedelta(seconds=30)
ATTEMPTS = 5
HASTE = timedelta(minutes=1)  # between two times that one timer is hastened


class TimerKind(StrEnum):
    """What a timer is for. Each room has an enum of its own kinds, so that none is added here."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A due timer, ours until the lease runs out. `fence` proves it is still ours.

    What it would send is not sent when it is `muted`: it was due before a restore. Its `kind`
    is text here: an older or a newer version may have set it.
    """

    workspace: str
    id: str
    kind: str
    key: str
    payload: dict[str, Any]
    due_at: datetime
    attempts: int
    fence: int
    muted: bool = False


def set(
    tx: Tx,
    *,
    id: str,
    kind: TimerKind,
    key: str,
    due: datetime,
    errand: bool = False,
    **payload: str | int | list[str] | None,
) -> None:
    """Set the timer `key`; one that runs already is replaced, a worker that holds it loses it.

    With `errand` nobody takes the new one before that worker is back: what it does at a
    platform must not be begun twice.
    """
    tx.write(
        """
        insert into timers (workspace, id, kind, key, payload, due_at, state)
        values (:workspace, :id, :kind, :key, :payload, :due, 'pending')
        on conflict (workspace, key) do update set
            kind = excluded.kind, payload = excluded.payload, due_at = excluded.due_at,
            state = 'pending', attempts = 0, reason = null, fence = timers.fence + 1, muted = 0,
            lease_until = case when :errand = 1 then timers.lease_until end
        """,
        id=id,
        errand=int(errand),
        kind=kind,
        key=key,
        payload=json.dumps(payload, ensure_ascii=False, sort_keys=True),
        due=as_text(due),
    )


def cancel(tx: Tx, key: str) -> bool:
    """Stop the timer `key`, also when a worker has just taken it; say whether one ran."""
    return (
        tx.run(
            """
            update timers set state = 'cancelled', lease_until = null, fence = fence + 1
            where workspace = :workspace and key = :key and state in ('pending', 'held')
            """,
            key=key,
        )
        == 1
    )


def lock(tx: Tx, key: str) -> None:
    """Wait for whoever is just changing the timer `key`; what else they did is seen after."""
    tx.write(
        "update timers set due_at = due_at where workspace = :workspace and key = :key", key=key
    )


def hasten(tx: Tx, key: str, now: datetime) -> bool:
    """Make the timer `key` due at once; say whether one was waiting.

    Once a minute at most: what cannot reach anybody must not run through its steps.
    """
    rows = tx.rows(
        "select hastened_at from timers where workspace = :workspace and key = :key", key=key
    )
    due = now
    if rows and rows[0]["hastened_at"]:
        due = max(now, as_moment(rows[0]["hastened_at"]) + HASTE)
    return (
        tx.run(
            """
            update timers set due_at = :due, hastened_at = :due
            where workspace = :workspace and key = :key and state = 'pending' and due_at > :due
            """,
            key=key,
            due=as_text(due),
        )
        == 1
    )


def sooner(tx: Tx, key: str, when: datetime) -> None:
    """Make the timer `key` due at `when` unless it is due before, if one is waiting."""
    tx.write(
        """
        update timers set due_at = :when
        where workspace = :workspace and key = :key and state = 'pending' and due_at > :when
        """,
        key=key,
        when=as_text(when),
    )


def at_the_latest(tx: Tx, *, id: str, kind: TimerKind, key: str, due: datetime) -> None:
    """Let the timer `key` run at `due` at the latest; one that waits and is due sooner stays."""
    tx.write(
        """
        insert into timers (workspace, id, kind, key, payload, due_at, state)
        values (:workspace, :id, :kind, :key, :payload, :due, 'pending')
        on conflict (workspace, key) do update set
            due_at = excluded.due_at, state = 'pending',
            attempts = case timers.state when 'pending' then timers.attempts else 0 end,
            reason = case timers.state when 'pending' then timers.reason end,
            fence = case timers.state when 'pending' then timers.fence else timers.fence + 1 end,
            muted = case timers.state when 'pending' then timers.muted else 0 end,
            lease_until = case timers.state when 'pending' then timers.lease_until end
        where timers.state <> 'pending' or timers.due_at > excluded.due_at
        """,
        id=id,
        kind=kind,
        key=key,
        payload="{}",
        due=as_text(due),
    )


def due_of(tx: Tx, key: str) -> datetime | None:
    """Return when the timer `key` is due, None when it does not run."""
    rows = tx.rows(
        """
        select due_at from timers
        where workspace = :workspace and key = :key and state = 'pending'
        """,
        key=key,
    )
    return as_moment(rows[0]["due_at"]) if rows else None


def find(tx: Tx, key: str) -> tuple[dict[str, Any], datetime] | None:
    """Return what the waiting timer `key` carries, and when it is due; None when none runs."""
    rows = tx.rows(
        """
        select payload, due_at from timers
        where workspace = :workspace and key = :key and state = 'pending'
        """,
        key=key,
    )
    return (json.loads(rows[0]["payload"]), as_moment(rows[0]["due_at"])) if rows else None


def many_due(tx: Tx, kind: TimerKind, now: datetime, many: int) -> bool:
    """Say whether at least `many` timers of a kind are due now; looks at no more than these."""
    rows = tx.rows(
        """
        select count(*) as n from (
            select 1 as one from timers
            where workspace = :workspace and kind = :kind and state = 'pending' and due_at <= :now
            limit :many
        ) as due
        """,
        kind=kind,
        now=as_text(now),
        many=many,
    )
    return int(rows[0]["n"]) >= many


def next_after(tx: Tx, now: datetime) -> datetime | None:
    """Return the earliest due time of all workspaces that is still to come."""
    rows = tx.rows(
        "select min(due_at) as due from timers where state = 'pending' and due_at > :now",
        now=as_text(now),
    )
    return as_moment(rows[0]["due"]) if rows[0]["due"] else None


def next_due(tx: Tx) -> datetime | None:
    """Return the earliest due time of all workspaces."""
    rows = tx.rows("select min(due_at) as due from timers where state = 'pending'")
    return as_moment(rows[0]["due"]) if rows[0]["due"] else None


def mute(tx: Tx, key: str) -> None:
    """Let what the timer `key` has set to go on with ("key:…") send nothing either."""
    tx.run(
        """
        update timers set muted = 1
        where workspace = :workspace and substr(key, 1, :length) = :start and state = 'pending'
        """,
        start=f"{key}:",
        length=len(key) + 1,
    )


def claim(
    tx: Tx,
    now: datetime,
    limit: int = 20,
    *,
    kinds: Collection[TimerKind] = (),
    others: Collection[TimerKind] = (),
) -> list[Timer]:
    """Take due timers of all workspaces for `LEASE` of real time, the earliest first.

    Only those of these `kinds`, or all but the `others`, where some are given.

    The conditions stand twice: on PostgreSQL two claims at once would otherwise
    take the same row, because the sub-select is not looked at again after waiting.
    It is materialized, because PostgreSQL may otherwise run it once for each row,
    and take far more than `limit`. A lease that ends much later than one that
    begins now is from before the clock was set back.
    """
    real = tx.real_now()
    named = {f"k{letters(n)}": str(kind) for n, kind in enumerate([*kinds, *others])}
    listed = ", ".join(f":{each}" for each in named)
    which = f" and kind {'in' if kinds else 'not in'} ({listed})" if named else ""
    rows = tx.rows(
        f"""
        with next as materialized (
            select workspace, id from timers
            where state = 'pending' and due_at <= :now{which}
            and (lease_until is null or lease_until <= :real or lease_until > :never)
            order by due_at limit :limit {tx.skip_locked}
        )
        update timers set lease_until = :until, attempts = attempts + 1, fence = fence + 1
        where (workspace, id) in (select workspace, id from next)
        and state = 'pending' and due_at <= :now
        and (lease_until is null or lease_until <= :real or lease_until > :never)
        returning workspace, id, kind, key, payload, due_at, attempts, fence, muted
        """,
        until=as_text(as_moment(real) + LEASE),
        never=as_text(as_moment(real) + 2 * LEASE),
        now=as_text(now),
        real=real,
        limit=limit,
        **named,
    )
    timers = [
        Timer(
            workspace=row["workspace"],
            id=row["id"],
            kind=row["kind"],
            key=row["key"],
            payload=json.loads(row["payload"]),
            due_at=as_moment(row["due_at"]),
            attempts=row["attempts"],
            fence=row["fence"],
            muted=bool(row["muted"]),
        )
        for row in rows
    ]
    return sorted(timers, key=lambda timer: (timer.due_at, timer.id))


def finish(tx: Tx, timer: Timer) -> bool:
    """Mark the timer done; False when it is no longer ours: then nothing may be written."""
    return (
        tx.run(
            """
            update timers set state = 'done', lease_until = null
            where workspace = :workspace and id = :id and fence = :fence and state = 'pending'
            """,
            id=timer.id,
            fence=timer.fence,
        )
        == 1
    )


def back(tx: Tx, timer: Timer) -> None:
    """Whoever went on an errand is back: what was set meanwhile may be taken."""
    tx.write(
        """
        update timers set lease_until = null
        where workspace = :workspace and id = :id and fence > :fence and attempts = 0
        and state = 'pending'
        """,
        id=timer.id,
        fence=timer.fence,
    )


def retry(tx: Tx, timer: Timer, later: datetime, reason: str, *, counts: bool = True) -> None:
    """Try again later; after `ATTEMPTS` it is dead and stays visible with its reason.

    `counts` is False when it was only told to wait. Also undoes a `finish` of the same
    transaction.
    """
    tx.write(
        """
        update timers set
            state = case when attempts - :spared >= :most then 'dead' else 'pending' end,
            attempts = attempts - :spared, lease_until = null, due_at = :later, reason = :reason
        where workspace = :workspace and id = :id and fence = :fence
        and state in ('pending', 'done')
        """,
        id=timer.id,
        fence=timer.fence,
        most=ATTEMPTS,
        spared=int(not counts),
        later=as_text(later),
        reason=reason,
    )


def health(tx: Tx, now: datetime) -> tuple[int, int]:
    """Return how many timers of all workspaces are overdue by a minute, and how many are dead."""
    row = tx.rows(
        """
        select
            count(case when state = 'pending' and due_at < :late then 1 end) as overdue,
            count(case when state = 'dead' then 1 end) as dead
        from timers where state in ('pending', 'dead')
        """,
        late=as_text(now - timedelta(seconds=60)),
    )[0]
    return row["overdue"], row["dead"]


def forget(tx: Tx, before: datetime) -> int:
    """Delete the timers that ran or were cancelled and were due before, of all workspaces."""
    return tx.run(
        "delete from timers where state in ('done', 'cancelled') and due_at < :before",
        before=as_text(before),
    )

"""The scheduler's heartbeat: a row a minute, so that a standstill is known afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.engine import Tx
from storage.engine.sql import as_moment, as_text

EVERY = timedelta(minutes=1)
GAP = timedelta(minutes=2)  # from here on it is a standstill
NAME = "scheduler"


@dataclass(frozen=True, slots=True)
class Standstill:
    """Nobody looked at the timers from `start` to `end`."""

    start: datetime
    end: datetime


def beat(tx: Tx, now: datetime) -> None:
    """Note that the timers are looked at now; what lies since the last time may be a standstill."""
    rows = tx.rows("select at from scheduler_beats where name = :name", name=NAME)
    last = as_moment(rows[0]["at"]) if rows else now
    if now - last > GAP:
        tx.run(
            """
            insert into standstills (from_at, to_at) values (:start, :end)
            on conflict (from_at) do update set to_at = excluded.to_at
            """,
            start=as_text(last),
            end=as_text(now),
        )
    keep(tx, now)


def keep(tx: Tx, now: datetime) -> None:
    """Take `now` for the last look; never an earlier moment than is known."""
    tx.run(
        """
        insert into scheduler_beats (name, at) values (:name, :now)
        on conflict (name) do update set at = excluded.at where scheduler_beats.at < excluded.at
        """,
        name=NAME,
        now=as_text(now),
    )


def standstill(tx: Tx, since: datetime) -> Standstill | None:
    """Return the newest standstill that lasted beyond `since`."""
    rows = tx.rows(
        """
        select from_at, to_at from standstills where to_at > :since
        order by to_at desc limit 1
        """,
        since=as_text(since),
    )
    if not rows:
        return None
    return Standstill(as_moment(rows[0]["from_at"]), as_moment(rows[0]["to_at"]))


def forget(tx: Tx, before: datetime) -> int:
    """Let go of standstills that are long over."""
    return tx.run("delete from standstills where to_at < :before", before=as_text(before))

"""Deliveries: one row per input, so that the same thing twice has one effect and one answer."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.sql import as_text


def begin(tx: Tx, identity: str, now: datetime) -> bool:
    """Write down that `identity` is being handled; False when it already was.

    A twin that arrives in the same moment on PostgreSQL waits here for the
    first one's commit.
    """
    return (
        tx.run(
            """
            insert into deliveries (workspace, identity, at, outcome)
            values (:workspace, :identity, :now, 'begun')
            on conflict (workspace, identity) do nothing
            """,
            identity=identity,
            now=as_text(now),
        )
        == 1
    )


def reopen(tx: Tx, identity: str) -> bool:
    """Begin again what was refused, and so changed nothing; False when it was not."""
    return (
        tx.run(
            """
            update deliveries set outcome = 'begun'
            where workspace = :workspace and identity = :identity and outcome = 'refused'
            """,
            identity=identity,
        )
        == 1
    )


def finish(tx: Tx, identity: str, outcome: str, answer: str) -> None:
    """Keep what was answered (JSON) beside the identity."""
    tx.write(
        """
        update deliveries set outcome = :outcome, answer = :answer
        where workspace = :workspace and identity = :identity
        """,
        identity=identity,
        outcome=outcome,
        answer=answer,
    )


def blur(tx: Tx, identity: str, day: datetime) -> None:
    """Keep only on which day an input came: its time is not to be laid beside anything."""
    tx.write(
        "update deliveries set at = :day where workspace = :workspace and identity = :identity",
        identity=identity,
        day=as_text(day),
    )


def answer(tx: Tx, identity: str) -> str | None:
    """Return the stored answer; None once it is older than it is kept."""
    rows = tx.rows(
        "select answer from deliveries where workspace = :workspace and identity = :identity",
        identity=identity,
    )
    return rows[0]["answer"] if rows else None


def forget(tx: Tx, answers_before: datetime, identities_before: datetime) -> int:
    """Drop answers, later whole rows, of all workspaces; return how many rows changed."""
    cleared = tx.run(
        "update deliveries set answer = null where at < :before and answer is not null",
        before=as_text(answers_before),
    )
    return cleared + tx.run(
        "delete from deliveries where at < :before", before=as_text(identities_before)
    )

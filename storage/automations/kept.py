"""What is kept no longer: each kind of record has its time."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.sql import as_text


def forget_runs(tx: Tx, before: datetime) -> int:
    """Delete single runs; their days are summed."""
    return tx.run(
        "delete from automation_runs where workspace = :workspace and at < :before",
        before=as_text(before),
    )


def forget_days(tx: Tx, before: str) -> int:
    """Delete the sums of days."""
    return tx.run(
        "delete from automation_days where workspace = :workspace and day < :before",
        before=before,
    )


def forget_odd(tx: Tx, before: datetime) -> int:
    """Delete calls that could not be used."""
    return tx.run(
        "delete from automation_odd_calls where workspace = :workspace and at < :before",
        before=as_text(before),
    )


def forget_strays(tx: Tx, before: datetime) -> int:
    """Delete names that fit nothing and were not called any more."""
    return tx.run(
        "delete from automation_strays where workspace = :workspace and last_at < :before",
        before=as_text(before),
    )


def forget_gaps(tx: Tx, before: datetime) -> int:
    """Delete outages of ours."""
    return tx.run(
        "delete from intake_gaps where workspace = :workspace and ended_at < :before",
        before=as_text(before),
    )


def forget_questions(tx: Tx, before: datetime) -> int:
    """Delete questions that have ended."""
    return tx.run(
        """
        delete from automation_questions
        where workspace = :workspace and ended_at is not null and ended_at < :before
        """,
        before=as_text(before),
    )


def forget_signals(tx: Tx, before: datetime) -> int:
    """Delete what was told and has an answer."""
    return tx.run(
        """
        delete from automation_signals
        where workspace = :workspace and state <> 'open' and at < :before
        """,
        before=as_text(before),
    )

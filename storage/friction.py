"""Friction: what gets in the way, with its words as typed. The author is for the answer only."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.sql import as_text


def add(
    tx: Tx, *, id: str, sentence: str, hint: str | None, author: str | None, now: datetime
) -> None:
    """Note a friction point; `author` None when it is given without a name."""
    tx.insert("friction", id=id, sentence=sentence, hint=hint, author=author, noted_at=as_text(now))


def hint(tx: Tx, id: str, author: str, hint: str) -> bool:
    """Add the kind of friction; only its author can."""
    return (
        tx.run(
            """
            update friction set hint = :hint
            where workspace = :workspace and id = :id and author = :author
            """,
            id=id,
            author=author,
            hint=hint,
        )
        == 1
    )


def forget_author(tx: Tx, id: str, author: str) -> bool:
    """Take the name away for good; False when there is none of this author any more."""
    return (
        tx.run(
            """
            update friction set author = null
            where workspace = :workspace and id = :id and author = :author
            """,
            id=id,
            author=author,
        )
        == 1
    )


def count(tx: Tx, start: datetime, end: datetime) -> int:
    """Return how many were noted from `start` until before `end`."""
    return int(
        tx.rows(
            """
            select count(*) as n from friction
            where workspace = :workspace and noted_at >= :start and noted_at < :end
            """,
            start=as_text(start),
            end=as_text(end),
        )[0]["n"]
    )

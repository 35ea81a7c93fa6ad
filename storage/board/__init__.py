"""Who is signed in to the board: one-time links and the browsers that used them, as hashes."""

from __future__ import annotations

import hashlib
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


def link(tx: Tx, secret: str, person: PersonId, now: datetime) -> None:
    """Keep a one-time link."""
    tx.insert("board_links", secret_hash=_hash(secret), person=person, made_at=as_text(now))


def waits(tx: Tx, secret: str, since: datetime) -> PersonId | None:
    """Return for whom a link made after `since` is still to be used."""
    rows = tx.rows(
        """
        select person from board_links
        where workspace = :workspace and secret_hash = :secret and made_at > :since
        """,
        secret=_hash(secret),
        since=as_text(since),
    )
    return PersonId(rows[0]["person"]) if rows else None


def use(tx: Tx, secret: str, token: str, since: datetime, now: datetime) -> bool:
    """Turn a link into a signed-in browser that has `token`; False when it is used or too old."""
    rows = tx.rows(
        """
        select person from board_links
        where workspace = :workspace and secret_hash = :secret and made_at > :since
        """,
        secret=_hash(secret),
        since=as_text(since),
    )
    gone = tx.run(
        "delete from board_links where workspace = :workspace and secret_hash = :secret",
        secret=_hash(secret),
    )
    if not rows or gone != 1:
        return False
    tx.insert(
        "board_sessions", token_hash=_hash(token), person=rows[0]["person"], begun_at=as_text(now)
    )
    return True


def who(tx: Tx, token: str, since: datetime) -> PersonId | None:
    """Return who is signed in with `token` since then at the earliest."""
    rows = tx.rows(
        """
        select person from board_sessions
        where workspace = :workspace and token_hash = :token and begun_at > :since
        """,
        token=_hash(token),
        since=as_text(since),
    )
    return rows[0]["person"] if rows else None


def leave(tx: Tx, token: str) -> None:
    """Sign a browser out."""
    tx.write(
        "delete from board_sessions where workspace = :workspace and token_hash = :token",
        token=_hash(token),
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete links and browsers from before then; return how many."""
    gone = tx.run(
        "delete from board_links where workspace = :workspace and made_at < :before",
        before=as_text(before),
    )
    return gone + tx.run(
        "delete from board_sessions where workspace = :workspace and begun_at < :before",
        before=as_text(before),
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'board_links.person' as what, '' as subject, made_at as at
            from board_links where workspace = :workspace and person = :person
            union all
            select 'board_sessions.person' as what, '' as subject, begun_at as at
            from board_sessions where workspace = :workspace and person = :person
        ) as found order by at, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = tx.run(
        "update board_links set person = :to where workspace = :workspace and person = :person",
        person=person,
        to=to,
    )
    return changed + tx.run(
        "update board_sessions set person = :to where workspace = :workspace and person = :person",
        person=person,
        to=to,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

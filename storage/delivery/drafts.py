"""Drafts: what was typed and not yet sent, kept privately for its author for a while."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


def add(tx: Tx, *, id: str, person: PersonId, call: str, now: datetime) -> None:
    """Keep a call (JSON) that is too long for a button, or that a form could not take."""
    tx.insert("drafts", id=id, person=person, call=call, created_at=as_text(now))


def find(tx: Tx, id: str, person: PersonId) -> str | None:
    """Return the draft's call if it is this person's own."""
    rows = tx.rows(
        """
        select call from drafts
        where workspace = :workspace and id = :id and person = :person
        """,
        id=id,
        person=person,
    )
    return rows[0]["call"] if rows else None


def drop(tx: Tx, person: PersonId, word: str) -> None:
    """Delete what somebody typed for a command and has sent, or has left lying."""
    tx.write(
        """
        delete from drafts
        where workspace = :workspace and person = :person and call like :said
        """,
        person=person,
        said=f'%"word":"{word}"%',
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete old drafts of all workspaces."""
    return tx.run("delete from drafts where created_at < :before", before=as_text(before))

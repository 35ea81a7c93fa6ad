"""Requests that wait until a platform has said who sends them, or whom they name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Held:
    """A request as it was written down (JSON), and since when it waits."""

    request: str
    at: datetime


def add(tx: Tx, identity: str, person: PersonId, request: str, now: datetime) -> None:
    """Keep what `person` sent; the same once more changes nothing."""
    tx.write(
        """
        insert into held_requests (workspace, identity, person, request, at)
        values (:workspace, :identity, :person, :request, :now)
        on conflict (workspace, identity) do nothing
        """,
        identity=identity,
        person=person,
        request=request,
        now=as_text(now),
    )


def find(tx: Tx, identity: str) -> Held | None:
    """Return what waits under `identity`; None when it was carried out."""
    rows = tx.rows(
        """
        select request, at from held_requests
        where workspace = :workspace and identity = :identity
        """,
        identity=identity,
    )
    return Held(rows[0]["request"], as_moment(rows[0]["at"])) if rows else None


def take(tx: Tx, identity: str) -> bool:
    """Let go of what is carried out now; say whether it still waited."""
    return (
        tx.run(
            "delete from held_requests where workspace = :workspace and identity = :identity",
            identity=identity,
        )
        == 1
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'held_requests.person' as what, '' as subject, at from held_requests
        where workspace = :workspace and person = :person order by at, identity
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else in the place of a person; return how often.

    Whoever is erased takes what they sent along: it would make them known anew.
    """
    tx.write(
        """
        delete from held_requests where workspace = :workspace and person = :person
        and not exists (
            select 1 from identities i
            where i.workspace = held_requests.workspace and i.person = :to
        )
        """,
        person=person,
        to=to,
    )
    return tx.run(
        """
        update held_requests set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )


def forget(tx: Tx, before: datetime) -> int:
    """Drop what nobody ever carried out, in all workspaces."""
    return tx.run("delete from held_requests where at < :before", before=as_text(before))

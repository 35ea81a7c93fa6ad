"""Answers that found no way to whoever asked. What they say stands with their delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Lost:
    """The delivery whose answer was lost, and when."""

    identity: str
    at: datetime


def add(tx: Tx, identity: str, person: PersonId, now: datetime) -> None:
    """Note that the answer to a delivery of `person` was lost."""
    tx.write(
        """
        insert into lost_answers (workspace, identity, person, at)
        values (:workspace, :identity, :person, :now)
        on conflict (workspace, identity) do nothing
        """,
        identity=identity,
        person=person,
        now=as_text(now),
    )


def of(tx: Tx, person: PersonId) -> list[Lost]:
    """Return what somebody has not got, oldest first."""
    rows = tx.rows(
        """
        select identity, at from lost_answers
        where workspace = :workspace and person = :person order by at, identity
        """,
        person=person,
    )
    return [Lost(row["identity"], as_moment(row["at"])) for row in rows]


def take(tx: Tx, identity: str, person: PersonId) -> bool:
    """Somebody is shown a lost answer; say whether it was theirs and still there."""
    return (
        tx.run(
            """
            delete from lost_answers
            where workspace = :workspace and identity = :identity and person = :person
            """,
            identity=identity,
            person=person,
        )
        == 1
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'lost_answers.person' as what, '' as subject, at from lost_answers
        where workspace = :workspace and person = :person order by at, identity
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    return tx.run(
        """
        update lost_answers set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )


def forget(tx: Tx, before: datetime) -> int:
    """Drop what nobody asked for, in all workspaces."""
    return tx.run("delete from lost_answers where at < :before", before=as_text(before))

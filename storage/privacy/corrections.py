"""What somebody says is wrong about them in what is stored, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody asked to be corrected; `answer` is None until a manager answered."""

    id: str
    person: PersonId
    wrong: str
    asked_at: str
    answer: str | None = None


COLUMNS = "id, person, wrong, asked_at, answer"


def ask(tx: Tx, id: str, person: PersonId, wrong: str, now: datetime) -> None:
    """Keep what somebody says is wrong."""
    tx.insert("corrections", id=id, person=person, wrong=wrong, asked_at=as_text(now))


def find(tx: Tx, id: str) -> Correction | None:
    """Return a correction by its id."""
    rows = tx.rows(
        f"select {COLUMNS} from corrections where workspace = :workspace and id = :id", id=id
    )
    return Correction(**rows[0]) if rows else None


def waiting(tx: Tx) -> list[Correction]:
    """Return those without an answer, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from corrections where workspace = :workspace and answer is null
        order by asked_at, id
        """
    )
    return [Correction(**each) for each in rows]


def answer(tx: Tx, id: str, words: str, by: PersonId, now: datetime) -> bool:
    """Keep what was answered; False when somebody has answered before."""
    return (
        tx.run(
            """
            update corrections set answer = :words, answered_by = :by, answered_at = :now
            where workspace = :workspace and id = :id and answer is null
            """,
            id=id,
            words=words,
            by=by,
            now=as_text(now),
        )
        == 1
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'corrections.person' as what, wrong as subject, asked_at as at
            from corrections where workspace = :workspace and person = :person
            union all
            select 'corrections.answered_by', answer, answered_at
            from corrections where workspace = :workspace and answered_by = :person
        ) as found order by at, what, subject
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put somebody else, or a pseudonym, in the place of a person."""
    tx.write(
        "update corrections set person = :to where workspace = :workspace and person = :person",
        person=person,
        to=to,
    )
    tx.write(
        """
        update corrections set answered_by = :to
        where workspace = :workspace and answered_by = :person
        """,
        person=person,
        to=to,
    )


def forget_of(tx: Tx, person: PersonId) -> list[str]:
    """Delete what somebody asked: the words are about them; return which those were."""
    rows = tx.rows(
        "select id from corrections where workspace = :workspace and person = :person order by id",
        person=person,
    )
    tx.write(
        "delete from corrections where workspace = :workspace and person = :person", person=person
    )
    return [row["id"] for row in rows]


def forget(tx: Tx, before: datetime) -> int:
    """Delete what was answered before a moment; return how many."""
    return tx.run(
        "delete from corrections where workspace = :workspace and answered_at < :before",
        before=as_text(before),
    )

"""Definitions: what the company means by its words, every version kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of what a word means here; the first is 1."""

    name: str
    version: int
    words: str
    set_by: PersonId
    set_at: datetime


COLUMNS = "name, version, words, set_by, set_at"


def versions(tx: Tx, name: str) -> list[Definition]:
    """Return every version of a definition, the newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from definitions where workspace = :workspace and name = :name
        order by version desc
        """,
        name=name,
    )
    return [_definition(row) for row in rows]


def newest(tx: Tx, name: str) -> Definition | None:
    """Return the definition that holds; None while the company has none of its own."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from definitions where workspace = :workspace and name = :name
        order by version desc limit 1
        """,
        name=name,
    )
    return _definition(rows[0]) if rows else None


def add(tx: Tx, definition: Definition) -> bool:
    """Store a new version; False when somebody else has just stored the same one."""
    return (
        tx.run(
            """
            insert into definitions (workspace, name, version, words, set_by, set_at)
            values (:workspace, :name, :version, :words, :set_by, :set_at)
            on conflict do nothing
            """,
            name=definition.name,
            version=definition.version,
            words=definition.words,
            set_by=definition.set_by,
            set_at=as_text(definition.set_at),
        )
        == 1
    )


def _definition(row: Row) -> Definition:
    row["set_at"] = as_moment(row["set_at"])
    return Definition(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'definitions.set_by' as what, name as subject, set_at as at
        from definitions
        where workspace = :workspace and set_by = :person order by at, subject
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    return tx.run(
        """
        update definitions set set_by = :to
        where workspace = :workspace and set_by = :person
        """,
        person=person,
        to=to,
    )


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of who wrote a definition before a moment."""
    return tx.run(
        """
        update definitions set set_by = :former
        where workspace = :workspace and set_by <> :former and set_at < :before
        """,
        before=as_text(before),
        former=former,
    )

"""Digests: at most one per workspace and ISO week, by constraint."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


def add(tx: Tx, week: str, state: str, now: datetime) -> bool:
    """Record the digest of `week` ("2026-W47"); False when there is one already."""
    return (
        tx.run(
            """
            insert into digests (workspace, week, state, at)
            values (:workspace, :week, :state, :now)
            on conflict (workspace, week) do nothing
            """,
            week=week,
            state=state,
            now=as_text(now),
        )
        == 1
    )


def weeks(tx: Tx) -> list[tuple[str, str]]:
    """Return every (week, state), the oldest first."""
    rows = tx.rows("select week, state from digests where workspace = :workspace order by week")
    return [(row["week"], row["state"]) for row in rows]


# --- how each manager wants it ---------------------------------------------------------------


def choose(tx: Tx, person: PersonId, way: str | None) -> None:
    """Keep how somebody wants the digest; None is as everybody."""
    tx.write(
        "delete from digest_choices where workspace = :workspace and person = :person",
        person=person,
    )
    if way is not None:
        tx.insert("digest_choices", person=person, way=way)


def choices(tx: Tx) -> dict[str, str]:
    """Return who wants it otherwise than everybody, and how."""
    rows = tx.rows("select person, way from digest_choices where workspace = :workspace")
    return {row["person"]: row["way"] for row in rows}


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'digest_choices.person' as what, way as subject, null as at
        from digest_choices where workspace = :workspace and person = :person
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    kept = tx.rows(
        "select 1 as one from digest_choices where workspace = :workspace and person = :to", to=to
    )
    if kept:
        return tx.run(
            "delete from digest_choices where workspace = :workspace and person = :person",
            person=person,
        )
    return tx.run(
        """
        update digest_choices set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )

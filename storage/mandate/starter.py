"""The two-week starter: when it was begun, and when each step was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from storage.engine import Row, Tx
from storage.engine.ids import PersonId


@dataclass(frozen=True, slots=True)
class Starter:
    """Ten working days of small steps."""

    begun_on: date
    begun_by: PersonId
    ended_on: date | None


def find(tx: Tx) -> Starter | None:
    """Return the company's starter, None before it was begun."""
    rows = tx.rows("select begun_on, begun_by, ended_on from starters where workspace = :workspace")
    if not rows:
        return None
    row = rows[0]
    ended = date.fromisoformat(row["ended_on"]) if row["ended_on"] else None
    return Starter(date.fromisoformat(row["begun_on"]), row["begun_by"], ended)


def begin(tx: Tx, on: date, by: PersonId) -> None:
    """Begin it, anew if there was one; what is done stays done."""
    again = tx.run(
        """
        update starters set begun_on = :on, begun_by = :by, ended_on = null
        where workspace = :workspace
        """,
        on=on.isoformat(),
        by=by,
    )
    if not again:
        tx.insert("starters", begun_on=on.isoformat(), begun_by=by)


def end(tx: Tx, on: date) -> None:
    """End it."""
    tx.write(
        """
        update starters set ended_on = :on where workspace = :workspace and ended_on is null
        """,
        on=on.isoformat(),
    )


def steps(tx: Tx) -> dict[str, date]:
    """Return which steps are done, and since when."""
    rows = tx.rows("select step, done_on from starter_steps where workspace = :workspace")
    return {row["step"]: date.fromisoformat(row["done_on"]) for row in rows}


def mark_done(tx: Tx, step: str, on: date) -> None:
    """Write down that a step is done; the first day stays."""
    tx.write(
        """
        insert into starter_steps (workspace, step, done_on) values (:workspace, :step, :on)
        on conflict (workspace, step) do nothing
        """,
        step=step,
        on=on.isoformat(),
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'starters.begun_by' as what, begun_on as subject, null as at
        from starters where workspace = :workspace and begun_by = :person
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put somebody else, or a pseudonym, in the place of a person."""
    tx.write(
        "update starters set begun_by = :to where workspace = :workspace and begun_by = :person",
        person=person,
        to=to,
    )

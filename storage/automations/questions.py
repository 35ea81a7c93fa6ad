"""The question whether an automation is still needed: one at a time, until it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Question:
    """An open question: since when, at which step, and whom it was put to last.

    `waits_for` says what it waits for; meanwhile its working days stand still.
    """

    id: str
    automation: AutomationId
    opened_at: datetime
    step: int
    asked: PersonId | None
    waits_for: str | None
    waits_since: datetime | None
    waited_days: int
    ended_at: datetime | None
    ended_how: str


COLUMNS = """id, automation, opened_at, step, asked, waits_for, waits_since, waited_days, ended_at,
ended_how"""


def open(tx: Tx, automation: AutomationId, *, id: str, at: datetime) -> bool:
    """Open the question; False when one is open already."""
    return (
        tx.run(
            """
            insert into automation_questions (workspace, id, automation, opened_at)
            values (:workspace, :id, :automation, :at)
            on conflict do nothing
            """,
            id=id,
            automation=automation,
            at=as_text(at),
        )
        == 1
    )


def put_to(tx: Tx, id: str, step: int, person: PersonId) -> None:
    """Remember whom a question was put to, and at which step."""
    tx.write(
        """
        update automation_questions set step = :step, asked = :person
        where workspace = :workspace and id = :id and ended_at is null
        """,
        id=id,
        step=step,
        person=person,
    )


def wait(tx: Tx, id: str, what: str | None, at: datetime, waited: int) -> None:
    """Let it wait for something (its days stand still), or go on after so many working days."""
    tx.write(
        """
        update automation_questions set waits_for = :what,
            waits_since = :since, waited_days = waited_days + :waited
        where workspace = :workspace and id = :id and ended_at is null
        """,
        id=id,
        what=what,
        since=as_text(at) if what else None,
        waited=waited,
    )


def end(tx: Tx, automation: AutomationId, how: str, at: datetime) -> bool:
    """End the open question of an automation; False when there is none."""
    return (
        tx.run(
            """
            update automation_questions set ended_at = :at, ended_how = :how
            where workspace = :workspace and automation = :automation and ended_at is null
            """,
            automation=automation,
            how=how,
            at=as_text(at),
        )
        == 1
    )


def open_of(tx: Tx, automation: AutomationId) -> Question | None:
    """Return the open question of an automation, if there is one."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automation_questions
        where workspace = :workspace and automation = :automation and ended_at is null
        """,
        automation=automation,
    )
    return _question(rows[0]) if rows else None


def open_ones(tx: Tx) -> dict[AutomationId, Question]:
    """Return every open question by its automation."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automation_questions
        where workspace = :workspace and ended_at is null order by opened_at, id
        """
    )
    return {row["automation"]: _question(row) for row in rows}


def _question(row: Row) -> Question:
    for name in ("opened_at", "waits_since", "ended_at"):
        row[name] = as_moment(row[name]) if row[name] else None
    return Question(**row)

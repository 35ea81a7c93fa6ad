"""What happened to a problem, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_moment, as_text
from storage.problems.states import ProblemEvent


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of a problem's history."""

    at: datetime
    kind: ProblemEvent
    person: PersonId | None
    detail: str


def add(
    tx: Tx,
    number: int,
    *,
    id: str,
    at: datetime,
    kind: ProblemEvent,
    person: PersonId | None = None,
    detail: str = "",
) -> None:
    """Add a line to a problem's history."""
    tx.insert(
        "problem_history",
        id=id,
        problem=number,
        at=as_text(at),
        kind=kind,
        person=person,
        detail=detail,
    )


def of(tx: Tx, number: int) -> list[Happened]:
    """Return what happened, in order."""
    rows = tx.rows(
        """
        select at, kind, person, detail from problem_history
        where workspace = :workspace and problem = :number order by at, id
        """,
        number=number,
    )
    return [
        Happened(as_moment(row["at"]), ProblemEvent(row["kind"]), row["person"], row["detail"])
        for row in rows
    ]

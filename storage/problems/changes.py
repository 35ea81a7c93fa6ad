"""Planned changes to a service; under a repeat ban each needs an override."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sql import as_text


class ChangeState(StrEnum):
    """Whether a change is still planned."""

    PLANNED = "planned"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Change:
    """One planned change. `told` says that its author knows of a ban that came later."""

    id: str
    service: ServiceId
    what: str
    planned_on: date
    entered_by: PersonId
    state: ChangeState
    told: bool


COLUMNS = "id, service, what, planned_on, entered_by, state, told"


def add(
    tx: Tx,
    *,
    id: str,
    service: ServiceId,
    what: str,
    planned_on: date,
    person: PersonId,
    now: datetime,
) -> None:
    """Store a planned change."""
    tx.insert(
        "changes",
        id=id,
        service=service,
        what=what,
        planned_on=planned_on.isoformat(),
        entered_by=person,
        entered_at=as_text(now),
    )


def find(tx: Tx, id: str) -> Change | None:
    """Return a change by id."""
    rows = tx.rows(
        f"select {COLUMNS} from changes where workspace = :workspace and id = :id", id=id
    )
    return _change(rows[0]) if rows else None


def coming(tx: Tx, today: date) -> list[Change]:
    """Return what is planned for `today` or later, the next first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from changes
        where workspace = :workspace and state = 'planned' and planned_on >= :today
        order by planned_on, id
        """,
        today=today.isoformat(),
    )
    return [_change(row) for row in rows]


def cancel(tx: Tx, id: str) -> bool:
    """Take a change off the list; False when it is off already."""
    return (
        tx.run(
            """
            update changes set state = 'cancelled'
            where workspace = :workspace and id = :id and state = 'planned'
            """,
            id=id,
        )
        == 1
    )


def tell(tx: Tx, id: str) -> bool:
    """Note that its author is told of a ban; False when they were told before."""
    return (
        tx.run(
            "update changes set told = 1 where workspace = :workspace and id = :id and told = 0",
            id=id,
        )
        == 1
    )


def _change(row: Row) -> Change:
    row["planned_on"], row["told"] = date.fromisoformat(row["planned_on"]), bool(row["told"])
    row["state"] = ChangeState(row["state"])
    return Change(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'changes.entered_by' as what, what as subject, entered_at as at
        from changes
        where workspace = :workspace and entered_by = :person order by at, subject
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    return tx.run(
        """
        update changes set entered_by = :to
        where workspace = :workspace and entered_by = :person
        """,
        person=person,
        to=to,
    )


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of who entered a change before a moment."""
    return tx.run(
        """
        update changes set entered_by = :former
        where workspace = :workspace and entered_by <> :former and entered_at < :before
        and planned_on < :day
        """,
        before=as_text(before),
        day=before.date().isoformat(),
        former=former,
    )

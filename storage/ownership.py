"""Hand-overs: all that one person is named for goes to another, once they accept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import HandoverId, PersonId
from storage.engine.sql import as_moment, as_text


class HandoverState(StrEnum):
    """What became of a hand-over; one that was replaced, or cannot be answered any more."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Handover:
    """`successor` is asked to take over what `person` is named for.

    `deputy` is named where both would otherwise be the same.
    """

    id: HandoverId
    person: PersonId
    successor: PersonId
    deputy: PersonId | None
    asked_by: PersonId
    asked_at: datetime
    state: HandoverState


COLUMNS = "id, person, successor, deputy, asked_by, asked_at, state"


def add(tx: Tx, handover: Handover) -> None:
    """Store a hand-over; an earlier one of the same person that is still open is replaced."""
    tx.write(
        """
        update handovers set state = 'replaced'
        where workspace = :workspace and person = :person and state = 'asked'
        """,
        person=handover.person,
    )
    tx.insert(
        "handovers",
        id=handover.id,
        person=handover.person,
        successor=handover.successor,
        deputy=handover.deputy,
        asked_by=handover.asked_by,
        asked_at=as_text(handover.asked_at),
    )


def find(tx: Tx, id: HandoverId) -> Handover | None:
    """Return a hand-over by id."""
    rows = tx.rows(
        f"select {COLUMNS} from handovers where workspace = :workspace and id = :id", id=id
    )
    return _handover(rows[0]) if rows else None


def waiting(tx: Tx, successor: PersonId) -> list[Handover]:
    """Return what somebody is asked to take over, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from handovers
        where workspace = :workspace and successor = :successor and state = 'asked'
        order by asked_at, id
        """,
        successor=successor,
    )
    return [_handover(row) for row in rows]


def open_of(tx: Tx, person: PersonId) -> Handover | None:
    """Return the hand-over of somebody that waits for an answer."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from handovers
        where workspace = :workspace and person = :person and state = 'asked'
        """,
        person=person,
    )
    return _handover(rows[0]) if rows else None


def accept(tx: Tx, id: HandoverId, successor: PersonId) -> bool:
    """Accept a hand-over, as whoever was asked; False when it is not open to them."""
    return _answer(tx, id, successor, HandoverState.ACCEPTED)


def decline(tx: Tx, id: HandoverId, successor: PersonId) -> bool:
    """Decline a hand-over, as whoever was asked; False when it is not open to them."""
    return _answer(tx, id, successor, HandoverState.REPLACED)


def _answer(tx: Tx, id: HandoverId, successor: PersonId, state: HandoverState) -> bool:
    return (
        tx.run(
            """
            update handovers set state = :state
            where workspace = :workspace and id = :id and successor = :successor
            and state = 'asked'
            """,
            id=id,
            successor=successor,
            state=state,
        )
        == 1
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete what is no open question and was asked before a moment; return how many."""
    return tx.run(
        """
        delete from handovers
        where workspace = :workspace and state <> 'asked' and asked_at < :before
        """,
        before=as_text(before),
    )


def end(tx: Tx, id: HandoverId) -> None:
    """Close a question that cannot be answered any more."""
    tx.write(
        """
        update handovers set state = 'replaced'
        where workspace = :workspace and id = :id and state = 'asked'
        """,
        id=id,
    )


def _handover(row: Row) -> Handover:
    row["asked_at"], row["state"] = as_moment(row["asked_at"]), HandoverState(row["state"])
    return Handover(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'handovers.person' as what, successor as subject, asked_at as at
            from handovers where workspace = :workspace and person = :person
            union all
            select 'handovers.successor' as what, person as subject, asked_at as at
            from handovers where workspace = :workspace and successor = :person
            union all
            select 'handovers.deputy' as what, person as subject, asked_at as at
            from handovers where workspace = :workspace and deputy = :person
            union all
            select 'handovers.asked_by' as what, person as subject, asked_at as at
            from handovers where workspace = :workspace and asked_by = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    tx.write(
        """
        delete from handovers where workspace = :workspace
        and ((person = :person and successor = :to) or (person = :to and successor = :person))
        """,
        person=person,
        to=to,
    )
    changed = 0
    changed += tx.run(
        """
        update handovers set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update handovers set successor = :to
        where workspace = :workspace and successor = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update handovers set deputy = :to
        where workspace = :workspace and deputy = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update handovers set asked_by = :to
        where workspace = :workspace and asked_by = :person
        """,
        person=person,
        to=to,
    )
    return changed

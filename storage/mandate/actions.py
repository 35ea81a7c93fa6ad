"""Who does what until when: one person and one day for each, and how often they were reminded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Action:
    """Something that one person does until a day. `reminded` is 0, 1 (before) or 2 (after)."""

    id: str
    item: str
    owner: PersonId
    accepted: bool
    due_on: date
    reminded: int
    done_on: date | None


def add(tx: Tx, action: Action, *, by: PersonId, now: datetime) -> None:
    """Write an action down."""
    tx.insert(
        "mandate_actions",
        id=action.id,
        item=action.item,
        owner=action.owner,
        accepted_at=as_text(now) if action.accepted else None,
        due_on=action.due_on.isoformat(),
        set_by=by,
        set_at=as_text(now),
    )


def find(tx: Tx, id: str) -> Action | None:
    """Return an action that was not dropped."""
    rows = tx.rows(
        """
        select id, item, owner, accepted_at, due_on, reminded, done_on from mandate_actions
        where workspace = :workspace and id = :id and dropped_on is null
        """,
        id=id,
    )
    return _action(rows[0]) if rows else None


def open_ones(tx: Tx) -> list[Action]:
    """Return what is still to be done, the nearest day first."""
    rows = tx.rows(
        """
        select id, item, owner, accepted_at, due_on, reminded, done_on from mandate_actions
        where workspace = :workspace and done_on is null and dropped_on is null
        order by due_on, id
        """
    )
    return [_action(row) for row in rows]


def everything(tx: Tx) -> list[Action]:
    """Return what is and was to be done, the nearest day first; what was dropped is left out."""
    rows = tx.rows(
        """
        select id, item, owner, accepted_at, due_on, reminded, done_on from mandate_actions
        where workspace = :workspace and dropped_on is null order by due_on, id
        """
    )
    return [_action(row) for row in rows]


def done_between(tx: Tx, first: date, last: date) -> list[Action]:
    """Return what was done on these days."""
    rows = tx.rows(
        """
        select id, item, owner, accepted_at, due_on, reminded, done_on from mandate_actions
        where workspace = :workspace and done_on >= :first and done_on <= :last
        and dropped_on is null order by done_on, id
        """,
        first=first.isoformat(),
        last=last.isoformat(),
    )
    return [_action(row) for row in rows]


def _action(row: Row) -> Action:
    return Action(
        id=row["id"],
        item=row["item"],
        owner=row["owner"],
        accepted=row["accepted_at"] is not None,
        due_on=date.fromisoformat(row["due_on"]),
        reminded=row["reminded"],
        done_on=date.fromisoformat(row["done_on"]) if row["done_on"] else None,
    )


def change(tx: Tx, id: str, item: str, due: date) -> None:
    """Change what is done or until when; another day is reminded of anew."""
    tx.write(
        """
        update mandate_actions set item = :item,
            reminded = case when due_on = :due then reminded else 0 end, due_on = :due
        where workspace = :workspace and id = :id and dropped_on is null
        """,
        id=id,
        item=item,
        due=due.isoformat(),
    )


def name(tx: Tx, id: str, owner: PersonId, accepted_at: datetime | None) -> None:
    """Name who does it; None until they have accepted."""
    tx.write(
        """
        update mandate_actions set owner = :owner, accepted_at = :at
        where workspace = :workspace and id = :id and dropped_on is null
        """,
        id=id,
        owner=owner,
        at=as_text(accepted_at) if accepted_at else None,
    )


def remind(tx: Tx, id: str, step: int) -> bool:
    """Count a reminder; False when this one was sent."""
    return (
        tx.run(
            """
            update mandate_actions set reminded = :step
            where workspace = :workspace and id = :id and reminded < :step
            """,
            id=id,
            step=step,
        )
        == 1
    )


def mark_done(tx: Tx, id: str, on: date) -> bool:
    """Write down that it is done; False when it was."""
    return (
        tx.run(
            """
            update mandate_actions set done_on = :on
            where workspace = :workspace and id = :id and done_on is null and dropped_on is null
            """,
            id=id,
            on=on.isoformat(),
        )
        == 1
    )


def drop(tx: Tx, id: str, on: date) -> None:
    """Let it be needed no longer."""
    tx.write(
        """
        update mandate_actions set dropped_on = :on
        where workspace = :workspace and id = :id and done_on is null and dropped_on is null
        """,
        id=id,
        on=on.isoformat(),
    )

"""How an incident stood before somebody took it, so that "not me" can put it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Taking:
    """`person` took it at `at`; before that it was `held_by`'s, and `timer` ran (JSON)."""

    person: PersonId
    at: datetime
    held_by: PersonId
    held_since: datetime
    acknowledged_by: PersonId | None
    acknowledged_at: datetime | None
    silent: bool
    timer: str
    due_at: datetime | None


def keep(tx: Tx, number: IncidentNumber, taking: Taking) -> None:
    """Remember the newest taking of an incident."""
    tx.write(
        """
        insert into takings (workspace, number, person, at, held_by, held_since,
            acknowledged_by, acknowledged_at, silent, timer, due_at)
        values (:workspace, :number, :person, :at, :held_by, :held_since,
            :acknowledged_by, :acknowledged_at, :silent, :timer, :due_at)
        on conflict (workspace, number) do update set
            person = excluded.person, at = excluded.at, held_by = excluded.held_by,
            held_since = excluded.held_since,
            acknowledged_by = excluded.acknowledged_by,
            acknowledged_at = excluded.acknowledged_at, silent = excluded.silent,
            timer = excluded.timer, due_at = excluded.due_at
        """,
        number=number,
        person=taking.person,
        at=as_text(taking.at),
        held_by=taking.held_by,
        held_since=as_text(taking.held_since),
        acknowledged_by=taking.acknowledged_by,
        acknowledged_at=as_text(taking.acknowledged_at) if taking.acknowledged_at else None,
        silent=int(taking.silent),
        timer=taking.timer,
        due_at=as_text(taking.due_at) if taking.due_at else None,
    )


def find(tx: Tx, number: IncidentNumber) -> Taking | None:
    """Return the newest taking of an incident."""
    rows = tx.rows(
        """
        select person, at, held_by, held_since, acknowledged_by, acknowledged_at,
            silent, timer, due_at
        from takings where workspace = :workspace and number = :number
        """,
        number=number,
    )
    if not rows:
        return None
    row = rows[0]
    for name in ("at", "held_since", "acknowledged_at", "due_at"):
        row[name] = as_moment(row[name]) if row[name] else None
    row["silent"] = bool(row["silent"])
    return Taking(**row)


def give_back(tx: Tx, number: IncidentNumber, taking: Taking) -> bool:
    """Let an open incident be as it was before; False when it went on meanwhile."""
    changed = tx.run(
        """
        update incidents set responsible = :responsible, responsible_since = :since,
            acknowledged_by = :acknowledged_by, acknowledged_at = :acknowledged_at,
            silent = :silent, next_news_at = null
        where workspace = :workspace and number = :number and state = 'open'
        and responsible = :person and acknowledged_by = :person
        """,
        number=number,
        person=taking.person,
        responsible=taking.held_by,
        since=as_text(taking.held_since),
        acknowledged_by=taking.acknowledged_by,
        acknowledged_at=as_text(taking.acknowledged_at) if taking.acknowledged_at else None,
        silent=int(taking.silent),
    )
    tx.run("delete from takings where workspace = :workspace and number = :number", number=number)
    return changed == 1

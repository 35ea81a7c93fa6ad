"""The timeline: what happened to an incident, in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId, ServiceId
from storage.engine.sql import as_moment, as_text
from storage.incidents.states import TimelineKind


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of an incident's timeline."""

    at: datetime
    kind: TimelineKind
    person: PersonId | None
    detail: str


def moved_to(tx: Tx, service: ServiceId, but: IncidentNumber) -> list[str]:
    """Return the titles of other incidents that somebody moved to a service, newest first."""
    rows = tx.rows(
        """
        select i.title from timeline t
        join incidents i on i.workspace = :workspace and i.number = t.incident
        where t.workspace = :workspace and t.kind = 'moved' and t.detail = :service
        and i.service = :service and i.number <> :but and i.state <> 'withdrawn'
        order by i.number desc limit 50
        """,
        service=service,
        but=but,
    )
    return [row["title"] for row in rows]


def add(
    tx: Tx,
    number: IncidentNumber,
    *,
    id: str,
    at: datetime,
    kind: TimelineKind,
    person: PersonId | None = None,
    detail: str = "",
) -> None:
    """Add a line to an incident's timeline."""
    tx.insert(
        "timeline",
        id=id,
        incident=number,
        at=as_text(at),
        kind=kind,
        person=person,
        detail=detail,
    )


def of(tx: Tx, number: IncidentNumber) -> list[Happening]:
    """Return what happened, in order."""
    return tx.recall_as(
        """
        select at, kind, person, detail from timeline
        where workspace = :workspace and incident = :number
        order by at, id
        """,
        _happening,
        number=number,
    )


def _happening(row: Row) -> Happening:
    return Happening(as_moment(row["at"]), TimelineKind(row["kind"]), row["person"], row["detail"])

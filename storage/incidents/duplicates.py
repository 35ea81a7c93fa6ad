"""What went into another incident, however many steps away: chains have one end."""

from __future__ import annotations

from storage.engine import Tx
from storage.engine.ids import IncidentNumber
from storage.incidents import COLUMNS, Incident, find, from_row


def following(tx: Tx, number: IncidentNumber) -> list[Incident]:
    """Return the duplicates of an incident and of its duplicates, oldest first."""
    rows = tx.rows(
        f"""
        with recursive folded (number) as (
            select d.number from incidents d
            where d.workspace = :workspace and d.closed_into = :number
            and d.closed_as = 'duplicate'
            union
            select d.number from incidents d join folded f on d.closed_into = f.number
            where d.workspace = :workspace and d.closed_as = 'duplicate'
        )
        select {COLUMNS} from incidents
        where workspace = :workspace and number in (select number from folded)
        order by number
        """,
        number=number,
    )
    return [from_row(row) for row in rows]


def way(tx: Tx, incident: Incident) -> list[IncidentNumber]:
    """Return what an incident goes on in, step by step; empty when it stands by itself."""
    steps: list[IncidentNumber] = []
    into = incident.closed_into
    while into is not None and into not in steps:
        steps.append(into)
        found = find(tx, into)
        into = found.closed_into if found is not None else None
    return steps


def end(tx: Tx, incident: Incident) -> IncidentNumber:
    """Return what an incident goes on in, itself when it stands by itself."""
    return [incident.number, *way(tx, incident)][-1]

"""What went into another incident, however many steps away: chains have one end."""

from __future__ import annotations

from storage.engine import Tx
from storage.engine.ids import IncidentNumber
from storage.incidents import COLUMNS, Incident, find, from_row


def following(tx: Tx, number: IncidentNumber) -> list[Incident]:
    """Return the duplicates of an incident and of its duplicates, oldest first."""
    found: dict[IncidentNumber, Incident] = {}
    waiting = [number]
    while waiting:
        for each in _direct(tx, waiting.pop()):
            if each.number not in found:
                found[each.number] = each
                waiting.append(each.number)
    return [found[each] for each in sorted(found)]


def _direct(tx: Tx, number: IncidentNumber) -> list[Incident]:
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents
        where workspace = :workspace and closed_into = :number and closed_as = 'duplicate'
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

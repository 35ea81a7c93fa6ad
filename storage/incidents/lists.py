"""Several incidents at once: the open ones, those of a service, those of a time."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sql import as_text
from storage.incidents import COLUMNS, Incident, from_row
from storage.incidents.states import Severity

MOST = 200  # restored ones that are looked at in one go


def open_ones(tx: Tx) -> list[Incident]:
    """Return the open incidents, the serious ones first, then the oldest."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents where workspace = :workspace and state = 'open'
        order by case severity when 'serious' then 0 else 1 end, number
        """
    )
    return [from_row(row) for row in rows]


def first_open(tx: Tx, limit: int) -> list[Incident]:
    """Return the first `limit` of the open incidents, in the same order; read no others."""
    found: list[Incident] = []
    for severity in (Severity.SERIOUS, Severity.NORMAL):
        rows = tx.rows(
            f"""
            select {COLUMNS} from incidents
            where workspace = :workspace and state = 'open' and severity = :severity
            order by number limit :limit
            """,
            severity=severity,
            limit=limit - len(found),
        )
        found += [from_row(row) for row in rows]
    return found


def count_open(tx: Tx) -> int:
    """Return how many incidents are open."""
    rows = tx.rows(
        "select count(*) as n from incidents where workspace = :workspace and state = 'open'"
    )
    return int(rows[0]["n"])


def open_with(tx: Tx, person: PersonId, limit: int) -> list[Incident]:
    """Return the newest open incidents that somebody has to do with, `limit` at most.

    They declared it, are responsible, are asked to take it, or were alarmed.
    """
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents where workspace = :workspace and state = 'open'
        and (
            responsible = :person or proposed_to = :person or declared_by = :person
            or exists (
                select 1 from alarms a where a.workspace = incidents.workspace
                and a.incident = incidents.number and a.person = :person
            )
        )
        order by number desc limit :limit
        """,
        person=person,
        limit=limit,
    )
    return [from_row(row) for row in rows]


def undone(tx: Tx, limit: int = MOST, person: PersonId | None = None) -> list[Incident]:
    """Return the incidents that are restored and not done, the oldest first, `limit` at most.

    With a `person` only those that they are responsible for.
    """
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents
        where workspace = :workspace and state = 'restored'
        and (:person = '' or responsible = :person)
        order by restored_at, number limit :limit
        """,
        person=person or "",
        limit=limit,
    )
    return [from_row(row) for row in rows]


def count_undone(tx: Tx) -> int:
    """Return how many incidents are restored and not done."""
    rows = tx.rows(
        """
        select count(*) as n from incidents
        where workspace = :workspace and state = 'restored'
        """
    )
    return int(rows[0]["n"])


def undone_with(tx: Tx) -> list[PersonId]:
    """Return who is responsible for what is restored and not done, each once."""
    rows = tx.rows(
        """
        select distinct responsible from incidents
        where workspace = :workspace and state = 'restored' order by responsible
        """
    )
    return [row["responsible"] for row in rows]


def of_service_since(tx: Tx, service: ServiceId, since: datetime) -> list[Incident]:
    """Return what was declared or reopened for a service from `since` on, and counts."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents
        where workspace = :workspace and service = :service
        and (declared_at >= :since or reopened_at >= :since) and state <> 'withdrawn'
        and (closed_as is null or closed_as <> 'false_alarm')
        order by number
        """,
        service=service,
        since=as_text(since),
    )
    return [from_row(row) for row in rows]


def latest(tx: Tx, limit: int) -> list[Incident]:
    """Return the newest incidents of any state, newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents where workspace = :workspace
        order by number desc limit :limit
        """,
        limit=limit,
    )
    return [from_row(row) for row in rows]


def between(tx: Tx, start: datetime, end: datetime) -> list[Incident]:
    """Return the incidents declared from `start` until before `end`, withdrawn ones left out."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from incidents
        where workspace = :workspace and declared_at >= :start and declared_at < :end
        and state <> 'withdrawn'
        order by number
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [from_row(row) for row in rows]


def said_since(tx: Tx, person: PersonId, since: datetime, limit: int = 50) -> list[tuple[int, str]]:
    """Return number and words of what somebody declared from `since` on and is open, newest first.

    The words are the whole text, where there is one below the title.
    """
    rows = tx.rows(
        """
        select number, case body when '' then title else body end as words from incidents
        where workspace = :workspace and declared_by = :person and declared_at >= :since
        and state = 'open' order by declared_at desc, number desc limit :limit
        """,
        person=person or "",
        since=as_text(since),
        limit=limit,
    )
    return [(row["number"], row["words"]) for row in rows]

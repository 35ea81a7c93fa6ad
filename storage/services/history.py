"""What was entered and corrected of a service: each change with what stood there before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sql import as_moment, as_text


class ServiceEvent(StrEnum):
    """What was done with a service: entered, one of its fields changed, or its use ended."""

    ENTERED = "entered"
    NAME = "name"
    WORDS = "words"
    SERIOUS = "serious"
    LIMIT = "limit"
    RUNBOOK = "runbook"
    HOURS = "hours"
    ACCOUNTABLE = "accountable"
    DEPUTY = "deputy"
    RETIRED = "retired"
    BROUGHT_BACK = "brought back"


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `kind` is entered, a field's name, accountable, deputy, retired or brought back.

    `before` and `after` are what stood there: for accountable and deputy the ids of people.
    """

    kind: ServiceEvent
    person: PersonId
    at: datetime
    before: str
    after: str


def add(tx: Tx, service: ServiceId, entry: Entry, *, id: str) -> None:
    """Write down what was done."""
    tx.insert(
        "service_history",
        id=id,
        service=service,
        at=as_text(entry.at),
        kind=entry.kind,
        person=entry.person,
        before=entry.before,
        after=entry.after,
    )


def of(tx: Tx, service: ServiceId, most: int) -> list[Entry]:
    """Return what was done with a service, the latest first."""
    rows = tx.rows(
        """
        select kind, person, at, before, after from service_history
        where workspace = :workspace and service = :service
        order by at desc, id desc limit :most
        """,
        service=service,
        most=most,
    )
    return [_entry(row) for row in rows]


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return where somebody stands here: `what`, `subject`, `at`."""
    return tx.rows(
        """
        select 'service_history.person' as what, s.name as subject, h.at as at
        from service_history h
        join services s on s.workspace = h.workspace and s.id = h.service
        where h.workspace = :workspace and h.person = :person order by h.at, h.id
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = tx.run(
        """
        update service_history set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    return changed + tx.run(
        """
        update service_history set
            before = case when before = :person then :to else before end,
            after = case when after = :person then :to else after end
        where workspace = :workspace and kind in ('accountable', 'deputy')
        and (before = :person or after = :person)
        """,
        person=person,
        to=to,
    )


def forget_people(tx: Tx, before: datetime, former: PersonId) -> int:
    """Put `former` in the place of everybody in what was done before a moment."""
    return tx.run(
        """
        update service_history set person = :former,
            before = case when kind in ('accountable', 'deputy') and before <> '' then :former
                else before end,
            after = case when kind in ('accountable', 'deputy') then :former else after end
        where workspace = :workspace and at < :before_then and person <> :former
        """,
        before_then=as_text(before),
        former=former,
    )


def _entry(row: Row) -> Entry:
    row["at"] = as_moment(row["at"])
    row["kind"] = ServiceEvent(row["kind"])
    return Entry(**row)

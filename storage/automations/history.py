"""The job profile of an automation, and everything that was entered, corrected and decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done: what, by whom (a person, later only a role), before and after."""

    id: str
    automation: AutomationId
    at: datetime
    kind: str
    person: PersonId | None
    role: str
    field: str
    before: str
    after: str


COLUMNS = "id, automation, at, kind, person, role, field, before, after"


def profile(tx: Tx, automation: AutomationId) -> dict[str, str]:
    """Return what is said of an automation, by field."""
    rows = tx.rows(
        """
        select field, value from automation_profile
        where workspace = :workspace and automation = :automation
        """,
        automation=automation,
    )
    return {row["field"]: row["value"] for row in rows}


def profiles(tx: Tx) -> dict[AutomationId, dict[str, str]]:
    """Return what is said of every automation."""
    found: dict[AutomationId, dict[str, str]] = {}
    rows = tx.rows(
        """
        select automation, field, value from automation_profile
        where workspace = :workspace order by automation, field
        """
    )
    for row in rows:
        found.setdefault(row["automation"], {})[row["field"]] = row["value"]
    return found


def say(tx: Tx, automation: AutomationId, field: str, value: str) -> None:
    """Say something of an automation; what was said before is replaced."""
    tx.write(
        """
        insert into automation_profile (workspace, automation, field, value)
        values (:workspace, :automation, :field, :value)
        on conflict (workspace, automation, field) do update set value = excluded.value
        """,
        automation=automation,
        field=field,
        value=value,
    )


def add(tx: Tx, entry: Entry) -> None:
    """Write down what was done."""
    tx.insert(
        "automation_history",
        id=entry.id,
        automation=entry.automation,
        at=as_text(entry.at),
        kind=entry.kind,
        person=entry.person,
        role=entry.role,
        field=entry.field,
        before=entry.before,
        after=entry.after,
    )


def of(tx: Tx, automation: AutomationId, most: int = 1000) -> list[Entry]:
    """Return what was done with an automation, the latest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automation_history
        where workspace = :workspace and automation = :automation
        order by at desc, id desc limit :most
        """,
        automation=automation,
        most=most,
    )
    return [_entry(row) for row in rows]


def estimates(tx: Tx, since: datetime) -> dict[AutomationId, list[Entry]]:
    """Return how the estimates of every automation changed since a moment, the latest first."""
    rows = tx.rows(
        """
        select h.id, h.automation, h.at, h.kind, h.person, h.role, h.field, h.before, h.after
        from automations a cross join automation_history h
        where a.workspace = :workspace and h.workspace = :workspace and h.automation = a.id
        and h.at >= :since and h.field in ('minutes', 'share')
        order by h.automation, h.at desc, h.id desc
        """,
        since=as_text(since),
    )
    found: dict[AutomationId, list[Entry]] = {}
    for row in rows:
        found.setdefault(row["automation"], []).append(_entry(row))
    return found


def page(
    tx: Tx, automation: AutomationId | None, since: datetime | None, *, first: int, most: int
) -> list[Entry]:
    """Return a page of what was done, with one automation or with all, the latest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automation_history
        where workspace = :workspace and at >= :since
        and (:every = 1 or automation = :automation)
        order by at desc, id desc limit :most offset :first
        """,
        automation=automation or "",
        every=int(automation is None),
        since=as_text(since) if since is not None else "",
        most=most,
        first=first,
    )
    return [_entry(row) for row in rows]


def count(tx: Tx, automation: AutomationId | None, since: datetime | None) -> int:
    """Return how much was done, with one automation or with all."""
    rows = tx.rows(
        """
        select count(*) as n from automation_history
        where workspace = :workspace and at >= :since
        and (:every = 1 or automation = :automation)
        """,
        automation=automation or "",
        every=int(automation is None),
        since=as_text(since) if since is not None else "",
    )
    return int(rows[0]["n"])


def last(tx: Tx, automation: AutomationId, kind: str) -> Entry | None:
    """Return the latest entry of a kind."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automation_history
        where workspace = :workspace and automation = :automation and kind = :kind
        order by at desc, id desc limit 1
        """,
        automation=automation,
        kind=kind,
    )
    return _entry(rows[0]) if rows else None


def forget_people(tx: Tx, before: datetime) -> int:
    """Leave only the role where something was done before a moment."""
    return tx.run(
        """
        update automation_history set person = null,
            before = case when kind in ('named', 'offered', 'taken over') then '' else before end,
            after = case when kind in ('named', 'offered', 'taken over') then '' else after end
        where workspace = :workspace and at < :before and person is not null
        """,
        before=as_text(before),
    )


def _entry(row: Row) -> Entry:
    row["at"] = as_moment(row["at"])
    return Entry(**row)

"""Automations: one accountable person, a deputy, and the runs that they report themselves."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Automation:
    """Something that runs by itself. `rhythm_days` is how seldom it may run and still be used.

    `last_run_at` is None until the first run; `kept_until` is set when somebody
    said that it is needed although it does not run.
    """

    id: str
    name: str
    purpose: str
    accountable: str
    deputy: str
    offered_to: str | None
    rhythm_days: int
    state: str
    registered_at: datetime
    last_run_at: datetime | None
    kept_until: datetime | None


COLUMNS = """id, name, purpose, accountable, deputy, offered_to, rhythm_days, state, registered_at,
last_run_at, kept_until"""


def add(tx: Tx, automation: Automation, *, name_key: str) -> bool:
    """Store an automation; False when the name is taken."""
    return (
        tx.run(
            """
            insert into automations
                (workspace, id, name, name_key, purpose, accountable, deputy, rhythm_days,
                 registered_at)
            values
                (:workspace, :id, :name, :name_key, :purpose, :accountable, :deputy, :rhythm_days,
                 :registered_at)
            on conflict do nothing
            """,
            id=automation.id,
            name=automation.name,
            name_key=name_key,
            purpose=automation.purpose,
            accountable=automation.accountable,
            deputy=automation.deputy,
            rhythm_days=automation.rhythm_days,
            registered_at=as_text(automation.registered_at),
        )
        == 1
    )


def all(tx: Tx) -> list[Automation]:
    """Return every automation that is not retired, by name."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automations where workspace = :workspace and state = 'active'
        order by name_key
        """
    )
    return [_automation(row) for row in rows]


def find(tx: Tx, id: str) -> Automation | None:
    """Return an automation by id, retired ones too."""
    rows = tx.rows(
        f"select {COLUMNS} from automations where workspace = :workspace and id = :id", id=id
    )
    return _automation(rows[0]) if rows else None


def keep(tx: Tx, id: str, until: datetime) -> bool:
    """Somebody said it is needed; it is not asked about again before `until`."""
    return (
        tx.run(
            """
            update automations set kept_until = :until
            where workspace = :workspace and id = :id and state = 'active'
            """,
            id=id,
            until=as_text(until),
        )
        == 1
    )


def retire(tx: Tx, id: str) -> bool:
    """Somebody said it is over. Its history stays; nothing is switched off."""
    return (
        tx.run(
            """
            update automations set state = 'retired', offered_to = null
            where workspace = :workspace and id = :id and state = 'active'
            """,
            id=id,
        )
        == 1
    )


def offer(tx: Tx, id: str, person: str | None) -> bool:
    """Ask somebody to become accountable; nothing changes until they accept."""
    return (
        tx.run(
            """
            update automations set offered_to = :person
            where workspace = :workspace and id = :id and state = 'active'
            and accountable <> :person
            """,
            id=id,
            person=person,
        )
        == 1
    )


def take_over(tx: Tx, id: str, person: str) -> bool:
    """Become accountable, if asked. A deputy who takes over swaps with the one before."""
    return (
        tx.run(
            """
            update automations set
                deputy = case when deputy = :person then accountable else deputy end,
                accountable = :person, offered_to = null
            where workspace = :workspace and id = :id and state = 'active'
            and offered_to = :person
            """,
            id=id,
            person=person,
        )
        == 1
    )


def concerning(tx: Tx, person: str) -> list[Automation]:
    """Return the automations that somebody is accountable or deputy for, by name."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automations
        where workspace = :workspace and state = 'active'
        and (accountable = :person or deputy = :person)
        order by name_key
        """,
        person=person,
    )
    return [_automation(row) for row in rows]


def set_people(tx: Tx, id: str, accountable: str, deputy: str) -> None:
    """Name who is accountable and deputy; an open question to somebody else is over."""
    tx.write(
        """
        update automations set accountable = :accountable, deputy = :deputy, offered_to = null
        where workspace = :workspace and id = :id and state = 'active'
        """,
        id=id,
        accountable=accountable,
        deputy=deputy,
    )


def give_address(tx: Tx, id: str, secret: str, old_until: datetime) -> None:
    """Give an automation a new secret address; older ones work until `old_until`."""
    tx.run(
        """
        update automation_addresses set valid_until = :until
        where workspace = :workspace and automation = :id and valid_until is null
        """,
        id=id,
        until=as_text(old_until),
    )
    tx.insert("automation_addresses", secret_hash=hashed(secret), automation=id)


def by_address(tx: Tx, secret: str, now: datetime) -> tuple[str, str] | None:
    """Return the workspace and the automation of a secret address that is valid at `now`.

    Looks across workspaces: the address is all that a machine shows.
    """
    rows = tx.rows(
        """
        select workspace, automation from automation_addresses
        where secret_hash = :hash and (valid_until is null or valid_until >= :now)
        """,
        hash=hashed(secret),
        now=as_text(now),
    )
    return (rows[0]["workspace"], rows[0]["automation"]) if rows else None


def ran(tx: Tx, id: str, *, run: str, at: datetime, kind: str) -> None:
    """Record a run: `kind` is ok, start, fail or log; the first two say nothing of the caller."""
    tx.insert("automation_runs", id=run, automation=id, at=as_text(at), kind=kind)
    if kind == "ok":
        tx.run(
            """
            update automations set last_run_at = :at
            where workspace = :workspace and id = :id
            and (last_run_at is null or last_run_at < :at)
            """,
            id=id,
            at=as_text(at),
        )


def hashed(secret: str) -> str:
    """Return what is stored of a secret address (it has 122 random bits, so no salt is needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _automation(row: Row) -> Automation:
    for name in ("registered_at", "last_run_at", "kept_until"):
        row[name] = as_moment(row[name]) if row[name] else None
    return Automation(**row)

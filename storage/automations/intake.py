"""What automations report: addresses, runs, their daily sums, and our own outages.

Nothing of whoever calls is stored: neither an address nor an agent nor a body.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storage.automations import COLUMNS, Automation, _automation
from storage.automations.states import AutomationState, RunKind
from storage.engine import Question, Tx
from storage.engine.ids import AutomationId
from storage.engine.sql import as_moment, as_text, listed


@dataclass(frozen=True, slots=True)
class Outage:
    """When Lotse could not be called ("stopped"), or heard far less than usual ("few")."""

    began_at: datetime
    ended_at: datetime
    why: str = "stopped"


# --- addresses -----------------------------------------------------------------------------


def hashed(secret: str) -> str:
    """Return what is stored of a secret address (it has 122 random bits, so no salt is needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def give_address(tx: Tx, id: AutomationId, secret: str, old_until: datetime) -> None:
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


def give_key(tx: Tx, secret: str, old_until: datetime) -> None:
    """Give the company a new key for names; older ones work until `old_until`."""
    tx.run(
        """
        update intake_keys set valid_until = :until
        where workspace = :workspace and valid_until is null
        """,
        until=as_text(old_until),
    )
    tx.insert("intake_keys", secret_hash=hashed(secret))


class Address(NamedTuple):
    """Whose secret address it is, and until when."""

    workspace: str
    automation: AutomationId
    valid_until: str | None

    def is_valid(self, now: datetime) -> bool:
        """Say whether it may still be called."""
        return self.valid_until is None or self.valid_until >= as_text(now)


def address(secret: str) -> Question[Address]:
    """Ask whose secret address it is, also when it is not valid any more."""
    return Question(_by_addresses, hashed(secret))


def by_address(tx: Tx, secret: str, now: datetime) -> tuple[str, AutomationId] | None:
    """Return the workspace and the automation of a secret address that is valid at `now`."""
    found = address(secret)(tx)
    return found[:2] if found is not None and found.is_valid(now) else None


def _by_addresses(tx: Tx, questions: Sequence[Question[Address]]) -> dict[Hashable, Address]:
    """Look across workspaces: the address is all that a machine shows."""
    wanted, values = listed([(each.key,) for each in questions])
    rows = tx.rows(
        f"""
        with wanted (wanted) as (values {wanted})
        select secret_hash, workspace, automation, valid_until
        from wanted join automation_addresses on secret_hash = wanted
        """,
        **values,
    )
    return {
        row["secret_hash"]: Address(row["workspace"], row["automation"], row["valid_until"])
        for row in rows
    }


def by_key(tx: Tx, key: str, now: datetime) -> str | None:
    """Return the workspace of a key for names. Looks across workspaces, as `by_address`."""
    rows = tx.rows(
        """
        select workspace from intake_keys
        where secret_hash = :hash and (valid_until is null or valid_until >= :now)
        """,
        hash=hashed(key),
        now=as_text(now),
    )
    return rows[0]["workspace"] if rows else None


def by_slug(tx: Tx, slug: str) -> list[AutomationId]:
    """Return the automations that are called so: those in the register, else retired ones."""
    rows = tx.rows(
        """
        select id, state from automations
        where workspace = :workspace and slug = :slug order by state, id
        """,
        slug=slug,
    )
    active = [row["id"] for row in rows if row["state"] == AutomationState.ACTIVE]
    return active or [row["id"] for row in rows][:1]


def slug_is_taken(tx: Tx, slug: str, called_since: datetime) -> bool:
    """Say whether a name for calls belongs to something in use, or was called lately."""
    return bool(
        tx.rows(
            """
            select 1 as one from automations
            where workspace = :workspace and slug = :slug
            and (state = 'active' or coalesce(retired_called_at, last_report_at, retired_at)
                > :since)
            """,
            slug=slug,
            since=as_text(called_since),
        )
    )


# --- runs ----------------------------------------------------------------------------------

EVENT = "e:"  # what the key of an event begins with: it tells events apart and names no run


def add_run(
    tx: Tx,
    automation: AutomationId,
    *,
    id: str,
    at: datetime,
    kind: RunKind,
    items: int | None,
    seconds: int | None,
    run_key: str | None,
) -> None:
    """Record a call; this very one only once.

    `run_key` is that of a run, or `EVENT` and that of an event, which names no run.
    """
    tx.write(
        """
        insert into automation_runs (workspace, id, automation, at, kind, items, seconds, run_key)
        values (:workspace, :id, :automation, :at, :kind, :items, :seconds, :run_key)
        on conflict do nothing
        """,
        id=id,
        automation=automation,
        at=as_text(at),
        kind=kind,
        items=items,
        seconds=seconds,
        run_key=run_key,
    )


def is_used(tx: Tx, automation: AutomationId, run_key: str, kind: RunKind) -> bool:
    """Say whether a run of this id has been told already, in this way."""
    return bool(
        tx.rows(
            """
            select 1 as one from automation_runs
            where workspace = :workspace and automation = :automation and run_key = :run_key
            and (kind = :kind or (:kind <> 'start' and kind in ('ok', 'idle', 'fail')))
            """,
            automation=automation,
            run_key=run_key,
            kind=kind,
        )
    )


def has_run(tx: Tx, id: str) -> bool:
    """Say whether this very call is stored already: its work was tried again."""
    return bool(
        tx.rows(
            """
            select 1 as one from automation_runs where workspace = :workspace and id = :id
            """,
            id=id,
        )
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A call that counted; without a kind a burst."""

    id: str
    kind: RunKind | None
    key: str | None = None


CALL = ("call_id", "call_kind", "call_key", "burst_id")


class Called(NamedTuple):
    """An automation, and its calls since a moment, the first one first.

    A burst that went on until then stands at the end, without a kind.
    """

    automation: Automation
    calls: list[Told]


def called(automation: AutomationId, since: datetime) -> Question[Called]:
    """Ask for an automation and its calls since a moment.

    One statement for both: every call of a machine asks this, and each question is a way to the
    server and back.
    """
    return Question(_called, automation, as_text(since))


def _called(tx: Tx, questions: Sequence[Question[Called]]) -> dict[Hashable, Called]:
    wanted, values = listed([(each.key, each.since) for each in questions])
    rows = tx.rows(
        f"""
        with wanted (wanted, since) as (values {wanted})
        select {COLUMNS}, call_id, call_kind, call_key, (
            select max(o.id) from automation_odd_calls o
            where o.workspace = :workspace and o.automation = wanted and o.why = 'burst'
            and o.at > since
        ) as burst_id
        from wanted join automations on id = wanted
        left join (
            select automation as call_of, id as call_id, kind as call_kind, at as call_at,
                run_key as call_key
            from automation_runs where workspace = :workspace
        ) calls on call_of = wanted and call_at > since
        where workspace = :workspace
        order by id, call_at, call_id
        """,
        **values,
    )
    found: dict[Hashable, Called] = {}
    bursts: dict[Hashable, str] = {}
    for row in rows:
        id, kind, key, burst = (row.pop(each) for each in CALL)
        if row["id"] not in found:
            found[row["id"]] = Called(_automation(row), [])
        if id is not None:
            found[row["id"]].calls.append(Told(id, RunKind(kind), key))
        if burst is not None:
            bursts[row["id"]] = burst
    for each, burst in bursts.items():
        found[each].calls.append(Told(burst, None))
    return found


def take_back(tx: Tx, automation: AutomationId, id: str, kind: str, day: str) -> None:
    """Count a call no longer: it belongs to a burst.

    What each call saved is kept in the sum of its day only; taken back is the day's mean.
    """
    tx.run("delete from automation_runs where workspace = :workspace and id = :id", id=id)
    tx.run(
        """
        update automation_days set count = count - 1, seconds = seconds - seconds / count,
            saved = saved - saved / count
        where workspace = :workspace and automation = :automation and day = :day and kind = :kind
        and count > 0
        """,
        automation=automation,
        day=day,
        kind=kind,
    )


def count_day(
    tx: Tx, automation: AutomationId, day: str, kind: str, *, seconds: int = 0, saved: int = 0
) -> None:
    """Add one to the sum of a day."""
    tx.write(
        """
        insert into automation_days (workspace, automation, day, kind, count, seconds, saved)
        values (:workspace, :automation, :day, :kind, 1, :seconds, :saved)
        on conflict (workspace, automation, day, kind) do update set
            count = automation_days.count + 1,
            seconds = automation_days.seconds + excluded.seconds,
            saved = automation_days.saved + excluded.saved
        """,
        automation=automation,
        day=day,
        kind=kind,
        seconds=seconds,
        saved=saved,
    )


def open_starts(
    tx: Tx, automation: AutomationId, since: datetime
) -> list[tuple[datetime, str | None]]:
    """Return when runs have begun that have not ended, with their keys, the oldest first.

    An end that names no run ends what began without naming one.
    """
    rows = tx.rows(
        """
        select s.at, s.run_key from automation_runs s
        where s.workspace = :workspace and s.automation = :automation and s.kind = 'start'
        and s.at > :since
        and not exists (
            select 1 from automation_runs e
            where e.workspace = s.workspace and e.automation = s.automation and e.at >= s.at
            and e.kind in ('ok', 'idle', 'fail')
            and case when e.run_key like 'e:%' then '' else coalesce(e.run_key, '') end
                = case when s.run_key like 'e:%' then '' else coalesce(s.run_key, '') end
        )
        order by s.at, s.id
        """,
        automation=automation,
        since=as_text(since),
    )
    return [(as_moment(row["at"]), run_of(row["run_key"])) for row in rows]


def run_of(key: str | None) -> str | None:
    """Return the run that a stored key names, if it is not an event's."""
    return None if key is None or key.startswith(EVENT) else key


def sums(tx: Tx, automation: AutomationId, since: str) -> list[tuple[str, str, int, int, int]]:
    """Return day, kind, count, seconds and saved minutes of an automation since a day."""
    rows = tx.rows(
        """
        select day, kind, count, seconds, saved from automation_days
        where workspace = :workspace and automation = :automation and day >= :since and count > 0
        order by day, kind
        """,
        automation=automation,
        since=since,
    )
    return [(row["day"], row["kind"], row["count"], row["seconds"], row["saved"]) for row in rows]


def sums_between(
    tx: Tx, first: str, after: str
) -> dict[AutomationId, list[tuple[str, str, int, int, int]]]:
    """Return the same of every automation, from a day until before another."""
    rows = tx.rows(
        """
        select d.automation, d.day, d.kind, d.count, d.seconds, d.saved
        from automations a cross join automation_days d
        where a.workspace = :workspace and d.workspace = :workspace and d.automation = a.id
        and d.day >= :first and d.day < :after and d.count > 0
        order by d.automation, d.day, d.kind
        """,
        first=first,
        after=after,
    )
    found: dict[AutomationId, list[tuple[str, str, int, int, int]]] = {}
    for row in rows:
        line = (row["day"], row["kind"], row["count"], row["seconds"], row["saved"])
        found.setdefault(row["automation"], []).append(line)
    return found


def durations(tx: Tx, automation: AutomationId, since: datetime) -> list[int]:
    """Return how many seconds the runs since a moment took, those that said so."""
    rows = tx.rows(
        """
        select seconds from automation_runs
        where workspace = :workspace and automation = :automation and at >= :since
        and seconds is not null and kind in ('ok', 'idle')
        order by seconds
        """,
        automation=automation,
        since=as_text(since),
    )
    return [row["seconds"] for row in rows]


def items(tx: Tx, automation: AutomationId, since: datetime) -> int:
    """Return how much the good runs since a moment did, as far as they said so."""
    rows = tx.rows(
        """
        select coalesce(sum(items), 0) as n from automation_runs
        where workspace = :workspace and automation = :automation and at >= :since and kind = 'ok'
        """,
        automation=automation,
        since=as_text(since),
    )
    return int(rows[0]["n"])


def ends_since(tx: Tx, automation: AutomationId, since: datetime) -> list[datetime]:
    """Return when runs ended since a moment, good or bad, in their order."""
    rows = tx.rows(
        """
        select at from automation_runs
        where workspace = :workspace and automation = :automation and at >= :since
        and kind in ('ok', 'idle', 'fail')
        order by at
        """,
        automation=automation,
        since=as_text(since),
    )
    return [as_moment(row["at"]) for row in rows]

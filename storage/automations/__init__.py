"""Automations: what runs by itself, who answers for it, and what is known of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Unpack

from storage.automations.columns import AutomationChanges
from storage.automations.states import AutomationKind, AutomationPhase, AutomationState
from storage.engine import Row, Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Automation:
    """Something that runs by itself. Nobody answers for a draft: its people are "".

    `last_run_at` is that of the last good run, `last_useful_at` of one that found something to
    do, `last_report_at` of any that ended. `gaps` are the last ones between useful runs, in
    working days. `begun_at` is the oldest start whose end is still to come. `look_at` is when its
    state may change next. `carried` is 1 for what was entered before there were profiles.
    """

    id: AutomationId
    name: str
    purpose: str
    accountable: PersonId
    deputy: PersonId
    offered_to: PersonId | None
    rhythm_days: int
    state: AutomationState
    registered_at: datetime
    last_run_at: datetime | None
    kept_until: datetime | None
    phase: AutomationPhase = AutomationPhase.IDEA
    carried: int = 0
    kind: AutomationKind = AutomationKind.SCHEDULED
    rhythm: str = ""
    always: bool = False
    seasons: str = ""
    zone: str | None = None
    grace_minutes: int | None = None
    longest_minutes: int | None = None
    window_days: int | None = None
    tell_from: int = 1
    at_once: bool = False
    post_only: bool = False
    slug: str = ""
    asked_at: datetime | None = None
    accountable_accepted_at: datetime | None = None
    deputy_accepted_at: datetime | None = None
    live_at: datetime | None = None
    retired_at: datetime | None = None
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    snoozed_until: datetime | None = None
    unused_since: datetime | None = None
    quiet_until: datetime | None = None
    first_report_at: datetime | None = None
    last_report_at: datetime | None = None
    last_useful_at: datetime | None = None
    last_result: str = ""
    fails: int = 0
    idle: int = 0
    begun_at: datetime | None = None
    gaps: str = ""
    look_at: datetime | None = None
    late_told: str = ""

    @property
    def is_draft(self) -> bool:
        """Whether it reports runs and nobody answers for it yet."""
        return self.state is AutomationState.ACTIVE and self.phase is AutomationPhase.DRAFT


COLUMNS = """id, name, purpose, coalesce(accountable, '') as accountable,
coalesce(deputy, '') as deputy, offered_to, rhythm_days, state, registered_at, last_run_at,
kept_until, phase, carried, kind, rhythm, always, seasons, zone, grace_minutes, longest_minutes,
window_days, tell_from, at_once, post_only, slug, asked_at, accountable_accepted_at,
deputy_accepted_at, live_at, retired_at, paused_from, paused_until, snoozed_until, unused_since,
quiet_until, first_report_at, last_report_at, last_useful_at, last_result, fails, idle, begun_at,
gaps, look_at, late_told"""
MOMENTS = (
    "registered_at", "last_run_at", "kept_until", "asked_at", "accountable_accepted_at",
    "deputy_accepted_at", "live_at", "retired_at", "paused_from", "paused_until", "snoozed_until",
    "unused_since", "quiet_until", "first_report_at", "last_report_at", "last_useful_at",
    "begun_at", "look_at",
)  # fmt: skip


def add(tx: Tx, automation: Automation, *, name_key: str) -> bool:
    """Store an automation; False when the name is taken."""
    values: dict[str, object] = {
        name: getattr(automation, name)
        for name in (
            "id",
            "name",
            "purpose",
            "rhythm_days",
            "phase",
            "kind",
            "rhythm",
            "seasons",
            "zone",
            "grace_minutes",
            "longest_minutes",
            "window_days",
            "tell_from",
            "slug",
        )
    }
    return (
        tx.run(
            """
            insert into automations
                (workspace, id, name, name_key, purpose, accountable, deputy, rhythm_days,
                 registered_at, phase, kind, rhythm, always, seasons, zone, grace_minutes,
                 longest_minutes, window_days, tell_from, at_once, slug, asked_at,
                 accountable_accepted_at, deputy_accepted_at, look_at)
            values
                (:workspace, :id, :name, :name_key, :purpose, :accountable, :deputy, :rhythm_days,
                 :registered_at, :phase, :kind, :rhythm, :always, :seasons, :zone, :grace_minutes,
                 :longest_minutes, :window_days, :tell_from, :at_once, :slug, :asked_at,
                 :accountable_accepted_at, :deputy_accepted_at, :look_at)
            on conflict do nothing
            """,
            name_key=name_key,
            accountable=automation.accountable or None,
            deputy=automation.deputy or None,
            always=int(automation.always),
            at_once=int(automation.at_once),
            registered_at=as_text(automation.registered_at),
            asked_at=_written(automation.asked_at),
            accountable_accepted_at=_written(automation.accountable_accepted_at),
            deputy_accepted_at=_written(automation.deputy_accepted_at),
            look_at=_written(automation.look_at),
            **values,
        )
        == 1
    )


def all(tx: Tx) -> list[Automation]:
    """Return every automation that somebody answers for and that is not retired, by name."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automations
        where workspace = :workspace and state = 'active' and phase <> 'draft'
        order by name_key
        """
    )
    return [_automation(row) for row in rows]


def drafts(tx: Tx) -> list[Automation]:
    """Return what reports runs and nobody answers for yet, by name."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from automations
        where workspace = :workspace and state = 'active' and phase = 'draft'
        order by name_key
        """
    )
    return [_automation(row) for row in rows]


def everything(tx: Tx) -> list[Automation]:
    """Return every automation, drafts and retired ones too, by name."""
    rows = tx.rows(
        f"select {COLUMNS} from automations where workspace = :workspace order by name_key, id"
    )
    return [_automation(row) for row in rows]


def find(tx: Tx, id: AutomationId) -> Automation | None:
    """Return an automation by id, retired ones too."""
    rows = tx.rows(
        f"select {COLUMNS} from automations where workspace = :workspace and id = :id", id=id
    )
    return _automation(rows[0]) if rows else None


def change(tx: Tx, id: AutomationId, **values: Unpack[AutomationChanges]) -> None:
    """Set columns of an automation; moments and truths are written as they are stored."""
    _set(tx, id, values)


def save(tx: Tx, before: Automation, now: Automation) -> None:
    """Write what differs between two states of an automation."""
    named = CHANGEABLE & Automation.__dataclass_fields__.keys()
    values = {each: getattr(now, each) for each in sorted(named)}
    changed = {each: value for each, value in values.items() if value != getattr(before, each)}
    if changed:
        _set(tx, before.id, changed)


def _set(tx: Tx, id: AutomationId, values: Mapping[str, object]) -> None:
    assert values.keys() <= CHANGEABLE, values.keys() - CHANGEABLE
    put = ", ".join(f"{name} = :{name}" for name in values)
    stored = {name: _stored(value) for name, value in values.items()}
    tx.write(
        f"update automations set {put} where workspace = :workspace and id = :id", id=id, **stored
    )


CHANGEABLE = AutomationChanges.__annotations__.keys()


def _stored(value: object) -> object:
    if isinstance(value, datetime):
        return as_text(value)
    return int(value) if isinstance(value, bool) else value


def _written(moment: datetime | None) -> str | None:
    return as_text(moment) if moment is not None else None


def keep(tx: Tx, id: AutomationId, until: datetime) -> None:
    """Somebody said it is needed; it is not asked about again before `until`."""
    change(tx, id, kept_until=until, unused_since=None)


def retire(tx: Tx, id: AutomationId, now: datetime) -> bool:
    """Somebody said it is over. Its history stays, its name is free; nothing is switched off."""
    return (
        tx.run(
            """
            update automations set state = 'retired', offered_to = null, retired_at = :now,
                name_key = name_key || ' ' || id, retired_called_at = null
            where workspace = :workspace and id = :id and state = 'active'
            """,
            id=id,
            now=as_text(now),
        )
        == 1
    )


def bring_back(tx: Tx, id: AutomationId, *, name_key: str, now: datetime) -> bool:
    """Bring a retired automation back; False when its name has been given to another one."""
    return (
        tx.run(
            """
            update automations set state = 'active', name_key = :name_key, retired_at = null,
                look_at = :now, unused_since = null
            where workspace = :workspace and id = :id and state = 'retired'
            and not exists (
                select 1 from automations a
                where a.workspace = :workspace and a.name_key = :name_key
            )
            """,
            id=id,
            name_key=name_key,
            now=as_text(now),
        )
        == 1
    )


def called_again(tx: Tx, id: AutomationId, now: datetime) -> bool:
    """A retired automation was called; say whether that is new since it was retired."""
    fresh = tx.run(
        """
        update automations set retired_called_at = :now
        where workspace = :workspace and id = :id and state = 'retired'
        and retired_called_at is null
        """,
        id=id,
        now=as_text(now),
    )
    if not fresh:
        change(tx, id, retired_called_at=now)
    return fresh == 1


def offer(tx: Tx, id: AutomationId, person: PersonId) -> bool:
    """Ask somebody to become accountable; nothing changes until they accept.

    False when they are accountable already.
    """
    return (
        tx.run(
            """
            update automations set offered_to = :person
            where workspace = :workspace and id = :id and state = 'active'
            and (accountable is null or accountable <> :person)
            """,
            id=id,
            person=person,
        )
        == 1
    )


def end_offer(tx: Tx, id: AutomationId) -> None:
    """Ask nobody any more to become accountable."""
    tx.write(
        "update automations set offered_to = null where workspace = :workspace and id = :id", id=id
    )


def take_over(tx: Tx, id: AutomationId, person: PersonId, now: datetime) -> bool:
    """Become accountable, if asked. A deputy who takes over swaps with the one before."""
    return (
        tx.run(
            """
            update automations set
                deputy_accepted_at = case when deputy = :person then accountable_accepted_at
                                     else deputy_accepted_at end,
                deputy = case when deputy = :person then accountable else deputy end,
                accountable = :person, offered_to = null, accountable_accepted_at = :now
            where workspace = :workspace and id = :id and state = 'active'
            and offered_to = :person
            """,
            id=id,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def accept(tx: Tx, id: AutomationId, person: PersonId, now: datetime) -> bool:
    """Somebody who is named takes it over; False when they are not named or did so before."""
    return (
        tx.run(
            """
            update automations set
                accountable_accepted_at = case when accountable = :person
                    then coalesce(accountable_accepted_at, :now) else accountable_accepted_at end,
                deputy_accepted_at = case when deputy = :person
                    then coalesce(deputy_accepted_at, :now) else deputy_accepted_at end
            where workspace = :workspace and id = :id and state = 'active'
            and ((accountable = :person and accountable_accepted_at is null)
                or (deputy = :person and deputy_accepted_at is null))
            """,
            id=id,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def concerning(tx: Tx, person: PersonId) -> list[Automation]:
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


def set_people(
    tx: Tx, id: AutomationId, accountable: PersonId, deputy: PersonId, accepted: datetime | None
) -> None:
    """Name who is accountable and deputy; an open question to somebody else is over.

    Who had either role keeps having accepted; the others have `accepted`, or are still asked.
    """
    tx.write(
        """
        update automations set
            accountable_accepted_at = case
                when accountable = :accountable then accountable_accepted_at
                when deputy = :accountable then coalesce(:accepted, deputy_accepted_at)
                else :accepted end,
            deputy_accepted_at = case
                when deputy = :deputy then deputy_accepted_at
                when accountable = :deputy then coalesce(:accepted, accountable_accepted_at)
                else :accepted end,
            accountable = :accountable, deputy = :deputy, offered_to = null
        where workspace = :workspace and id = :id and state = 'active'
        """,
        id=id,
        accountable=accountable or None,
        deputy=deputy or None,
        accepted=_written(accepted),
    )


def _automation(row: Row) -> Automation:
    for name in MOMENTS:
        row[name] = as_moment(row[name]) if row[name] else None
    for name in ("always", "at_once", "post_only"):
        row[name] = bool(row[name])
    row["state"] = AutomationState(row["state"])
    row["phase"] = AutomationPhase(row["phase"])
    row["kind"] = AutomationKind(row["kind"])
    return Automation(**row)

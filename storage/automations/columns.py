"""What may change of an automation: its columns with their types, minded by the type checker."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from storage.automations.states import AutomationKind, AutomationPhase, AutomationState
from storage.engine.ids import PersonId


class AutomationChanges(TypedDict, total=False):
    """The fields of `Automation` that may change, and what only the store reads."""

    name: str
    purpose: str
    accountable: PersonId | None
    deputy: PersonId | None
    offered_to: PersonId | None
    rhythm_days: int
    state: AutomationState
    last_run_at: datetime | None
    kept_until: datetime | None
    phase: AutomationPhase
    carried: int
    kind: AutomationKind
    rhythm: str
    always: bool
    seasons: str
    zone: str | None
    grace_minutes: int | None
    longest_minutes: int | None
    window_days: int | None
    tell_from: int
    at_once: bool
    post_only: bool
    slug: str
    asked_at: datetime | None
    accountable_accepted_at: datetime | None
    deputy_accepted_at: datetime | None
    live_at: datetime | None
    retired_at: datetime | None
    paused_from: datetime | None
    paused_until: datetime | None
    snoozed_until: datetime | None
    unused_since: datetime | None
    quiet_until: datetime | None
    first_report_at: datetime | None
    last_report_at: datetime | None
    last_useful_at: datetime | None
    last_result: str
    fails: int
    idle: int
    begun_at: datetime | None
    gaps: str
    look_at: datetime | None
    late_told: str
    name_key: str
    retired_called_at: datetime | None

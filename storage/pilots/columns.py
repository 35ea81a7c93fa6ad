"""What may change of a pilot: its columns with their types, so that the type checker minds both."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict

from storage.engine.ids import AutomationId, GoalId, PatternId, PersonId, PlaceId
from storage.pilots.states import PilotState


class PilotChanges(TypedDict, total=False):
    """The fields of `Pilot` but its id."""

    name: str
    problem: str
    champion: PersonId | None
    started_on: date | None
    state: PilotState
    pattern: PatternId | None
    area: str
    goal: GoalId | None
    workflow: str
    takes: str
    gives: str
    champion_accepted_at: datetime | None
    modeler: PersonId | None
    modeler_accepted_at: datetime | None
    integrator: PersonId | None
    integrator_accepted_at: datetime | None
    metric: str
    unit: str
    better: str
    baseline: str | None
    baseline_n: int | None
    baseline_period: str
    baseline_source: str
    target: str | None
    guard: str
    guard_limit: str | None
    touched: str
    too_big: str
    template: str | None
    users_kind: str
    users_place: PlaceId | None
    visible: bool
    sourcing: str | None
    it_checks: str
    it_note: str
    docs: str
    created_on: date | None
    waiting_since: datetime | None
    extended_on: date | None
    decision: str | None
    reason: str
    learnt: str
    decided_on: date | None
    operating_on: date | None
    stopped_on: date | None
    posted_on: date | None
    alive: str | None
    automation: AutomationId | None
    undecided: bool

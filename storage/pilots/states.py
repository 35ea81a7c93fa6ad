"""How a pilot stands."""

from __future__ import annotations

from enum import StrEnum


class PilotState(StrEnum):
    """What a pilot is; `INCOMPLETE` is one of before, until somebody fills what is missing."""

    INCOMPLETE = "incomplete"
    DRAFT = "draft"
    WAITING = "waiting"
    RUNNING = "running"
    OPERATING = "operating"
    STOPPED = "stopped"

    @property
    def goes_on(self) -> bool:
        """Whether people work with it: it is tried out, or in operation."""
        return self in (PilotState.RUNNING, PilotState.OPERATING)

    @property
    def is_prepared(self) -> bool:
        """Whether it has not been started, and does not wait for room either."""
        return self in (PilotState.INCOMPLETE, PilotState.DRAFT)


STARTED = (PilotState.RUNNING, PilotState.OPERATING, PilotState.STOPPED)


class LaterState(StrEnum):
    """What becomes of something that is not for now."""

    LATER = "later"
    SCHEDULED = "scheduled"


class PilotEvent(StrEnum):
    """What was done with a pilot; some lines carry a role or a kind behind it."""

    CREATED = "created"
    RENAMED = "renamed"
    DESCRIBED = "described"
    MEASURED = "measured"
    BASELINE = "baseline"
    USERS = "users"
    STARTED = "started"
    WAITING = "waiting"
    CANDIDATE = "candidate"
    CHOSEN = "chosen"
    VALUE = "value"
    IMPORTED = "imported"
    SATISFACTION = "satisfaction"
    OBSTACLE = "obstacle"
    SOLVED = "solved"
    LATER = "later"
    SCHEDULED = "scheduled"
    IMPROVED = "improved"
    SOURCING = "sourcing"
    IT = "it"
    OPERATE = "operate"
    AGAIN = "again"
    STOP = "stop"
    POSTED = "posted"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    CONNECTED = "connected"
    RUN_OUT = "run out"
    ALIVE = "alive"
    BACK = "back"

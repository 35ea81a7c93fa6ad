"""How an incident stands, and how bad it is."""

from __future__ import annotations

from enum import StrEnum


class IncidentState(StrEnum):
    """What an incident is; which follows which stands in `handlers/incidents/transitions.py`."""

    OPEN = "open"
    RESTORED = "restored"
    DONE = "done"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """How bad an incident is; serious ones escalate without rest and have shorter times."""

    NORMAL = "normal"
    SERIOUS = "serious"


class ClosedAs(StrEnum):
    """As what an incident is closed that needs no cause of its own."""

    DUPLICATE = "duplicate"
    FALSE_ALARM = "false_alarm"
    SUPERSEDED = "superseded"

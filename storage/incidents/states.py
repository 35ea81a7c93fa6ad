"""How an incident stands, how bad it is, and what can happen to it."""

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


class TimelineKind(StrEnum):
    """What a line of the timeline tells. `said …` is said of that point of the checklist."""

    DECLARED = "declared"
    ALARMED = "alarmed"
    AT_THE_TOP = "at the top"
    RESTS = "rests"
    WIDENED = "widened"
    UNREACHED = "unreached"
    PAUSED = "paused"
    ACKNOWLEDGED = "acknowledged"
    GIVEN_BACK = "given back"
    PROMISED = "promised"
    ASKED = "asked"
    DECLINED = "declined"
    NEWS = "news"
    SILENT = "silent"
    SERIOUS = "serious"
    NORMAL = "normal"
    MOVED = "moved"
    HANDED_ON = "handed on"
    FIX_HANDED_ON = "fix handed on"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"
    SAME = "same"
    OTHER = "other"
    CHECKING = "checking"
    CHECKED = "checked"
    QUIET = "quiet"
    OVERRIDDEN = "overridden"
    DONE = "done"
    CLOSED = "closed"
    REASON = "reason"
    REOPENED = "reopened"
    REMINDED = "reminded"
    RETITLED = "retitled"
    WORDS_REMOVED = "words removed"
    FIXED = "fixed"
    POSTPONED = "postponed"
    SAID_END = "said end"
    SAID_CAUSE = "said cause"
    SAID_EVIDENCE = "said evidence"
    SAID_ENDING = "said ending"
    SAID_FIX = "said fix"
    SAID_RUNBOOK = "said runbook"

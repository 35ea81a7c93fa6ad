"""How an automation stands in the register, and of what kinds its runs and signals are."""

from __future__ import annotations

from enum import StrEnum


class AutomationState(StrEnum):
    """Whether it is in the register. There is no “finished”: only a person retires it."""

    ACTIVE = "active"
    RETIRED = "retired"


class AutomationPhase(StrEnum):
    """How far it is. A draft reports runs and nobody answers for it yet."""

    DRAFT = "draft"
    IDEA = "idea"
    PILOT = "pilot"
    INCOMPLETE = "incomplete"
    OPERATION = "operation"


class AutomationKind(StrEnum):
    """What kind of rhythm it has."""

    SCHEDULED = "scheduled"
    DEMAND = "demand"
    EVENT = "event"
    SEASONAL = "seasonal"
    STANDBY = "standby"


class RunKind(StrEnum):
    """What a call says of a run; `IDLE` is a good one that found nothing to do."""

    OK = "ok"
    IDLE = "idle"
    FAIL = "fail"
    START = "start"
    LOG = "log"


class SignalKind(StrEnum):
    """What people tell of it."""

    BYPASSED = "bypassed"
    BY_HAND = "by hand"
    QUESTION = "question"
    WRONG = "wrong"
    BOUNDARY = "boundary"


class SignalState(StrEnum):
    """What became of what was told."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"


class AutomationEvent(StrEnum):
    """What was done with an automation; beside these there are questions, with their day."""

    ENTERED = "entered"
    SAID = "said"
    CHANGED = "changed"
    KEPT = "kept"
    UNUSED = "unused"
    RETIRED = "retired"
    BROUGHT_BACK = "brought back"
    PAUSED = "paused"
    SNOOZED = "snoozed"
    WENT_ON = "went on"
    GATE = "gate"
    PHASE = "phase"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_OVER = "taken over"
    OFFERED = "offered"
    NAMED = "named"
    CHECKED = "checked"
    REVIEW = "review"
    REVIEW_DONE = "review done"
    REVIEW_DECLINED = "review declined"
    SIGNAL_DONE = "signal done"
    SIGNAL_DECLINED = "signal declined"
    VALUE = "value"
    NEW_ADDRESS = "new address"
    DRAFT = "draft"
    FALLING = "falling"
    ASKED_WHETHER_A_TEST = "asked whether a test"


class ReviewOutcome(StrEnum):
    """What came of a look at an automation."""

    DONE = "done"
    DECLINED = "declined"

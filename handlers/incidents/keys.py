"""The names of an incident's messages and timers; what is stored keeps them."""

from __future__ import annotations

from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId


class IncidentTimer(TimerKind):
    """The timers of an incident."""

    ESCALATION = "climb"
    CHANNEL = "room"
    AFTER_RESTORED = "after"


def card_key(number: int) -> str:
    """Return the key of an incident's card."""
    return f"incident:{number}"


def escalation_key(number: int) -> str:
    """Return the key of an incident's one timer of its escalation."""
    return f"incident:{number}:climb"


def alarm_key(number: int, position: int) -> str:
    """Return the key of an incident's alarm: 0 is the first."""
    return f"incident:{number}:alarm:{position}"


def top_key(number: int) -> str:
    """Return the key of what the declarer hears when it has escalated to the top."""
    return f"incident:{number}:top"


def rests_key(number: int) -> str:
    """Return the key of what the declarer hears when it rests until work begins."""
    return f"incident:{number}:rests"


def asked_key(number: int, person: PersonId) -> str:
    """Return the key of the question whether somebody takes an incident."""
    return f"incident:{number}:asked:{person}"


def check_key(number: int, person: PersonId) -> str:
    """Return the key of the question whether somebody has checked an incident."""
    return f"incident:{number}:check:{person}"


def after_key(number: int) -> str:
    """Return the key of the one timer that an incident has after it works again."""
    return f"incident:{number}:after"

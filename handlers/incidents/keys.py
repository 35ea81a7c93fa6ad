"""The names of an incident's messages and timers; what is stored keeps them."""

from __future__ import annotations

from datetime import date

from storage.delivery.timers import TimerKind
from storage.engine.ids import IncidentNumber, PersonId


class IncidentTimer(TimerKind):
    """The timers of an incident."""

    ESCALATION = "climb"
    CHANNEL = "room"
    AFTER_RESTORED = "after"
    LIST = "list"


def list_timer_key(key: str) -> str:
    """Return the key of the timer that writes a list of alarms anew; it names nobody."""
    return f"list:{key.rpartition(':')[2]}"


def card_key(number: IncidentNumber) -> str:
    """Return the key of an incident's card."""
    return f"incident:{number}"


def escalation_key(number: IncidentNumber) -> str:
    """Return the key of an incident's one timer of its escalation."""
    return f"incident:{number}:climb"


def alarm_key(number: IncidentNumber, position: int) -> str:
    """Return the key of an incident's alarm: 0 is the first."""
    return f"incident:{number}:alarm:{position}"


def top_key(number: IncidentNumber) -> str:
    """Return the key of what the declarer hears when it has escalated to the top."""
    return f"incident:{number}:top"


def rests_key(number: IncidentNumber) -> str:
    """Return the key of what the declarer hears when it rests until work begins."""
    return f"incident:{number}:rests"


def asked_key(number: IncidentNumber, person: PersonId) -> str:
    """Return the key of the question whether somebody takes an incident."""
    return f"incident:{number}:asked:{person}"


def check_key(number: IncidentNumber, person: PersonId) -> str:
    """Return the key of the question whether somebody has checked an incident."""
    return f"incident:{number}:check:{person}"


def after_key(number: IncidentNumber) -> str:
    """Return the key of the one timer that an incident has after it works again."""
    return f"incident:{number}:after"


def undone_key(number: IncidentNumber) -> str:
    """Return the key of the reminder that an incident works again and is not done."""
    return f"incident:{number}:undone"


def fix_keys(number: IncidentNumber, day: date | None) -> tuple[str, str]:
    """Return the keys of what is told of a fix that is due on a day: before it, after it."""
    return f"incident:{number}:fix:{day}", f"incident:{number}:overdue:{day}"


def heir_key(number: IncidentNumber, heir: PersonId | None) -> str:
    """Return the key of what is told to somebody who takes over fixing a cause."""
    return f"incident:{number}:heir:{heir}"

"""We suspect ourselves first: minutes without the intake, and hours with far too few calls."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.automations import outages
from storage.automations.intake import Outage
from storage.engine import Tx

LONGEST = timedelta(seconds=150)  # without a sign of life until it counts as an outage
WEEKS = 4
USUAL = 8  # calls in an hour, from which on their absence says something
FEW = 4  # that many times fewer than usual
HOUR = timedelta(hours=1)


def note_alive(tx: Tx, now: datetime, *, started: bool = False) -> bool:
    """Write down that the intake lives, and wonder once an hour about the last one.

    After a start what lies between is an outage, however short. Say whether one was noted.
    """
    before = outages.lived_at(tx)
    noted = outages.note_alive(tx, now, timedelta(0) if started else LONGEST) is not None
    hour = now.replace(minute=0, second=0, microsecond=0)
    if before is not None and before < hour:
        noted = wonder(tx, hour - HOUR) or noted
    return noted


def wonder(tx: Tx, hour: datetime) -> bool:
    """Note an hour with far fewer calls than the same hour of the last four weeks."""
    heard = outages.calls_between(tx, hour, hour + HOUR)
    weeks = [hour - timedelta(weeks=each) for each in range(1, WEEKS + 1)]
    usual = sum(outages.calls_between(tx, each, each + HOUR) for each in weeks) / WEEKS
    if usual >= USUAL and heard * FEW < usual:
        outages.note(tx, Outage(hour, hour + HOUR, "few"))
        return True
    return False


def known(tx: Tx, since: datetime, now: datetime) -> list[Outage]:
    """Return our outages since a moment, with the one that is still going on."""
    found = outages.since(tx, since)
    last = outages.lived_at(tx)
    if last is not None and now - last > LONGEST:
        found.append(Outage(last, now))
    return found

"""Twelve weeks: which one it is, what is due in it, and when a decision is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.words import Sentence, Words, _
from storage.delivery.timers import TimerKind
from storage.pilots import Pilot
from storage.pilots.states import PilotState

WEEKS = 12
EXTRA = 4  # weeks of one more round
QUIET = 14  # days without anything, after which the champion is asked once
ALIVE = 180  # days after going into operation


class PilotTimer(TimerKind):
    """The days on which a pilot is looked at."""

    DAY = "pilot day"


@dataclass(frozen=True, slots=True)
class Milestone:
    """What is due until the end of a week of a pilot."""

    week: int
    words: Words


MILESTONES = (
    Milestone(1, _("The champion is named")),
    Milestone(3, _("Two or three workflows are described, one is chosen")),
    Milestone(4, _("Who connects it is decided, and IT has looked at it")),
    Milestone(8, _("A simple solution is in use")),
    Milestone(12, _("It is measured, and improved at least once")),
)


def current_day(ctx: Context) -> date:
    """Return the day that it is in the workspace."""
    return calendar.day_of(ctx.now, ctx.workspace.zone)


def week(pilot: Pilot, day: date) -> int:
    """Return which week of a pilot a day lies in, from 1. Days are counted, not hours."""
    assert pilot.started_on is not None, "it has started"
    return (day - pilot.started_on).days // 7 + 1


def weeks(pilot: Pilot) -> int:
    """Return after how many weeks a decision is due."""
    return WEEKS + (EXTRA if pilot.extended_on is not None else 0)


def end_of(pilot: Pilot, number: int) -> date:
    """Return the last day of a week of a pilot."""
    assert pilot.started_on is not None, "it has started"
    return pilot.started_on + timedelta(days=7 * number - 1)


def decision_due(pilot: Pilot, day: date) -> bool:
    """Say whether somebody has to decide now: in the last week, or past it."""
    return pilot.state is PilotState.RUNNING and week(pilot, day) >= weeks(pilot)


def is_late(pilot: Pilot, day: date) -> bool:
    """Say whether the decision should have been made."""
    return pilot.state is PilotState.RUNNING and day > end_of(pilot, weeks(pilot))


def is_over(pilot: Pilot, day: date) -> bool:
    """Say whether it has run as long as any pilot may, with or without a decision."""
    return pilot.state is PilotState.RUNNING and day > end_of(pilot, WEEKS + EXTRA)


def age(ctx: Context, pilot: Pilot) -> Sentence:
    """Return which of its twelve weeks a pilot is in, or in which state it is."""
    if pilot.state is PilotState.RUNNING and pilot.started_on is not None:
        number, whole = week(pilot, current_day(ctx)), weeks(pilot)
        if number > whole:
            return _("week {week}, past its {weeks}", week=number, weeks=whole)
        return _("week {week} of {weeks}", week=number, weeks=whole)
    if pilot.state is PilotState.OPERATING and pilot.operating_on is not None:
        return _("in operation since {day}", day=pilot.operating_on)
    if pilot.undecided:
        return _("ended without a decision")
    return STATES[pilot.state]


STATES: dict[PilotState, Sentence] = {
    PilotState.INCOMPLETE: _("incomplete"),
    PilotState.DRAFT: _("in preparation"),
    PilotState.WAITING: _("on the waiting list"),
    PilotState.RUNNING: _("running"),
    PilotState.OPERATING: _("in operation"),
    PilotState.STOPPED: _("stopped"),
}

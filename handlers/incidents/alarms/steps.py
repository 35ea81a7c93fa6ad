"""The steps of escalation as data: who is alarmed, and how long each step waits.

The table in docs/rules.md is written from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from handlers.kit.working_hours import WorkingTime

BEGIN, ASK, SECOND, TOP = -1, 0, 1, 2  # levels; a round is any beyond the top


class Role(StrEnum):
    """As whom somebody is alarmed."""

    RESPONSIBLE = "responsible"
    DEPUTY = "deputy"
    MANAGER = "manager"


ALL = (Role.RESPONSIBLE, Role.DEPUTY, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Step:
    """Who is alarmed at a step, and after how many limits the next one comes."""

    roles: tuple[Role, ...]
    limits: int


# A round is the last row; its gap doubles from one to the next.
LADDER: dict[int, Step] = {
    BEGIN: Step((Role.RESPONSIBLE,), 1),
    SECOND: Step((Role.RESPONSIBLE, Role.DEPUTY), 1),
    TOP: Step((Role.MANAGER,), 2),
}
ROUND = Step(ALL, 2)
GROWS = 2


@dataclass(frozen=True, slots=True)
class Rounds:
    """What holds for the rounds after the three first steps, by severity.

    `longest` is the longest gap; `most` alarms a person gets in 24 hours at most; `rests`
    outside working time; after `widens` every other manager hears of it once.
    """

    longest: timedelta
    most: int | None
    rests: bool
    widens: timedelta | None


ROUNDS = {
    "serious": Rounds(timedelta(minutes=60), None, rests=False, widens=timedelta(hours=4)),
    "normal": Rounds(timedelta(hours=4), 8, rests=True, widens=None),
}
START = datetime(2000, 1, 1, tzinfo=UTC)
DAY = timedelta(hours=24)
JUMP = timedelta(minutes=1)  # at most one step in a minute because somebody cannot be reached
LATE = timedelta(minutes=2)  # from here on a step is late, because nothing of ours ran
CATCH_UP = 1000  # steps that are looked at after a standstill


@dataclass(frozen=True, slots=True)
class Due:
    """A step with its moment; `rests` says that it waits for work to begin again."""

    level: int
    at: datetime
    rests: bool = False


def roles(level: int) -> tuple[Role, ...]:
    """Return who is alarmed at a level."""
    return LADDER.get(level, ROUND).roles


def gap(level: int, limit: timedelta, rounds: Rounds) -> timedelta:
    """Return how long a step waits for an answer before the next."""
    if level < TOP:
        return LADDER.get(level, LADDER[BEGIN]).limits * limit
    first = LADDER[TOP].limits * limit
    grown = first * int(GROWS ** min(level - TOP, 16))
    return min(grown, max(first, rounds.longest))


def following(step: Due, limit: timedelta, rounds: Rounds, ours: WorkingTime) -> Due:
    """Return the step after one that was made at its moment."""
    level = SECOND if step.level < SECOND else step.level + 1
    waits = gap(step.level, limit, rounds)
    at = step.at + waits
    if waits == rounds.longest:  # the rounds of several incidents come together, as one list
        at -= (at - START) % (waits / 2)
    if level > TOP and rounds.rests and not ours.is_working(at):
        return Due(BEGIN, ours.next_start(at), rests=True)
    return Due(level, at)


def due_until(
    first: Due, now: datetime, limit: timedelta, rounds: Rounds, ours: WorkingTime
) -> list[Due]:
    """Return every step that fell due until now, from the one that was planned."""
    found = [first]
    while len(found) < CATCH_UP and (later := following(found[-1], limit, rounds, ours)).at <= now:
        found.append(later)
    return found

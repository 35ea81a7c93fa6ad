"""The clock that everything people see goes by; only the edge has one."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger("lotse.clock")

JUMP = timedelta(minutes=5)  # from here on it is told that the machine's clock was set


def utc() -> datetime:
    """Return what the machine's clock on the wall says, in UTC."""
    return datetime.now(UTC)


class Clock:
    """Real time, plus what the demo was wound forward.

    A wall clock set back neither delays nor repeats anything: time then goes on
    from the last reading by the monotonic clock (docs/rules.md, sending). `wall` and
    `ticks` are the machine's two clocks.
    """

    def __init__(
        self,
        ahead: timedelta = timedelta(0),
        wall: Callable[[], datetime] = utc,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ahead = ahead
        self._wall, self._ticks = wall, ticks
        # Moment, wall and ticks of the last reading; one value, for several threads read it.
        self._last = (wall(), wall(), ticks())

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        moment, wall, ticks = self._last
        new_wall, new_ticks = self._wall(), self._ticks()
        passed = timedelta(seconds=new_ticks - ticks)
        set_by = new_wall - wall - passed
        if abs(set_by) > JUMP:
            log.warning("The machine's clock was set by %.0f s", set_by.total_seconds())
        moment = max(new_wall, moment + passed)
        self._last = (moment, new_wall, new_ticks)
        return moment + self.ahead

    def ticks(self) -> float:
        """Return seconds that only ever grow, for waits and limits; winding adds nothing."""
        return self._ticks()

    def wind(self, to: datetime) -> timedelta:
        """Wind forward to a moment; return how far ahead of real time the clock now is."""
        self.ahead += max(to - self.now(), timedelta(0))
        return self.ahead


class HandClock(Clock):
    """A clock that stands still until it is moved, for tests and for the example's history."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def ticks(self) -> float:
        return self.moment.timestamp()

    def wind(self, to: datetime) -> timedelta:
        self.moment = max(self.moment, to)
        return timedelta(0)

"""The clock that everything people see goes by; only the edge has one."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time, plus what the demo was wound forward.

    A wall clock set back neither delays nor repeats anything: time then goes on
    from the last reading by the monotonic clock (docs/rules.md, sending).
    """

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self.ahead = ahead
        self._wall = datetime.now(UTC)
        self._ticks = time.monotonic()

    def now(self) -> datetime:
        """Return the moment, in UTC."""
        ticks = time.monotonic()
        steady = self._wall + timedelta(seconds=ticks - self._ticks)
        self._wall, self._ticks = max(datetime.now(UTC), steady), ticks
        return self._wall + self.ahead

    def ticks(self) -> float:
        """Return seconds that only ever grow, for waits and limits; winding adds nothing."""
        return time.monotonic()

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

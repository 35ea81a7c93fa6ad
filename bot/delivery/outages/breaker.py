"""Whether a platform as a whole answers: what does not arrive then is nobody's fault.

After a sending that got no answer the platform is asked something harmless. If it does not
answer that either, or sendings to several places in a row got none, nothing more is sent
until it answers again; then one message goes first, and with its success all others.
"""

from __future__ import annotations

import asyncio
import random
from datetime import datetime

from bot.delivery.platform import Platform, Unanswered, Undelivered

KNOCK = 5.0  # seconds that an answer to the harmless question may take
FIRST, LONGEST = 1.0, 30.0  # seconds between two questions while it does not answer
PLACES = 3  # places in a row without an answer, although it answers the question


class Breaker:
    """What is known of one platform. `since` is when it stopped to answer."""

    def __init__(self, platform: Platform, chance: random.Random) -> None:
        self._platform, self._chance = platform, chance
        self.since: datetime | None = None
        self.reason = ""
        self.tries_one = False  # it answers questions again; one message shows whether all is well
        self._silent: set[str] = set()
        self._next, self._wait = 0.0, FIRST
        self._asking: asyncio.Task[str] | None = None

    @property
    def open(self) -> bool:
        """Say whether nothing is sent for now."""
        return self.since is not None

    def due(self, ticks: float) -> bool:
        """Say whether it should be asked now whether it answers again."""
        return self.open and not self.tries_one and ticks >= self._next

    async def judge(self, workspace: str, place: str, now: datetime, ticks: float) -> bool:
        """Say whether a sending to `place` failed because the platform is away."""
        if not self.open:
            reason = await self._ask(workspace)
            self._silent.add(place)
            if not reason and len(self._silent) < PLACES:
                return False
            self._open(reason or "several sendings in a row got no answer", now)
        elif self.tries_one:
            self.tries_one = False
        else:
            return True  # it was on its way already
        self._later(ticks)
        return True

    async def look(self, workspace: str, ticks: float) -> bool:
        """Ask again; say whether it answers."""
        reason = await self._ask(workspace)
        if reason:
            self.reason = reason
            self._later(ticks)
            return False
        self.tries_one = True
        return True

    def note_answer(self) -> bool:
        """It took something, or said why not; say whether it was away before."""
        was = self.open
        self.since, self.reason, self.tries_one, self._wait = None, "", False, FIRST
        self._silent.clear()
        return was

    def _open(self, reason: str, now: datetime) -> None:
        self.since, self.reason, self._wait = now, reason, FIRST

    def _later(self, ticks: float) -> None:
        self._next = ticks + self._wait * self._chance.uniform(0.8, 1.2)
        self._wait = min(self._wait * 2, LONGEST)

    async def _ask(self, workspace: str) -> str:
        """Return why it does not answer; "" when it does. Many who ask at once ask once."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._knock(workspace), name="knock")
        return await asyncio.shield(self._asking)

    async def _knock(self, workspace: str) -> str:
        try:
            async with asyncio.timeout(KNOCK):
                await self._platform.knock(workspace)
        except Unanswered as error:
            return str(error)
        except TimeoutError:
            return "no answer in time"
        except Undelivered:
            pass  # a refusal is an answer
        return ""

"""Answers beside the outbox: they survive a hiccup, at the same pace as everything else.

An answer is tried in its nearest way first, again while it is still one, then in the next
way. Where all fail, it is noted: whoever asked finds it under `status`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from bot.delivery.outages.pace import Pace
from bot.delivery.platform import (
    Impossible,
    MessageGone,
    NotAccepted,
    Platform,
    Unanswered,
    Undelivered,
    Wait,
)
from storage.engine.ids import PlaceId

log = logging.getLogger("lotse")

LIFE = 40.0  # seconds for which one way is tried again
FIRST, LONGEST = 0.5, 8.0  # seconds between two tries
REPEATS = 2  # tries after which something that may have arrived is not repeated

Way = Callable[[], Awaitable[object]]


class Answering:
    """Tries the ways of an answer, one after the other."""

    def __init__(
        self, platform: Platform, pace: Pace | None = None, life: float = LIFE, first: float = FIRST
    ) -> None:
        self._platform, self._pace = platform, pace or Pace(time.monotonic)
        self._life, self._first = life, first

    async def give(self, workspace: str, place: PlaceId, *ways: Way) -> bool:
        """Give an answer; say whether it arrived in one of its ways."""
        for way in ways:
            try:
                await self._tried(workspace, place, way)
            except Undelivered as error:
                log.info("An answer goes another way: %s", error)
            else:
                return True
        log.warning("An answer found no way; it is kept for whoever asked")
        return False

    async def _tried(self, workspace: str, place: PlaceId, way: Way) -> None:
        """Try one way until it works, cannot work, or has taken too long."""
        wait, ends, unsure = self._first, time.monotonic() + self._life, 0
        while True:
            await self._turn(workspace, place)
            try:
                await way()
                return
            except (Impossible, MessageGone):
                raise
            except Undelivered as error:
                unsure += isinstance(error, Unanswered) and not isinstance(error, NotAccepted)
                pause = wait
                if isinstance(error, Wait):
                    self._pace.pause(workspace, place, error)
                    pause = error.seconds
                if unsure >= REPEATS or time.monotonic() + pause > ends:
                    raise
            await asyncio.sleep(pause)
            wait = min(wait * 2, LONGEST)

    async def _turn(self, workspace: str, place: PlaceId) -> None:
        """Wait for its turn."""
        while True:
            wait = self._pace.wait(self._platform, workspace, place, "answer")
            if wait <= 0:
                return
            await asyncio.sleep(wait)

"""Each minute the intake notes that it lives; what is missing there is an outage of ours."""

from __future__ import annotations

import asyncio
import logging

from bot.delivery.clock import Clock
from handlers.automations import escalation
from handlers.automations.rules import suspicion
from storage.automations import looks, outages
from storage.delivery import timers
from storage.engine import Database, StorageError, Tx

log = logging.getLogger("lotse.alive")

EVERY = 60.0


class Alive:
    """Notes for every workspace with automations that calls are heard."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def beat(self, *, started: bool = False) -> None:
        """Note it now; also at the start, before anything is said to be missing.

        Where an outage was noted, every automation is looked at again: what seemed to be missing
        may be unknown.
        """
        now = self._clock.now()

        def work(tx: Tx) -> None:
            for each in outages.everywhere(tx):
                inside = tx.within(each)
                if suspicion.note_alive(inside, now, started=started):
                    looks.look_at_all(inside, now)
                    timers.sooner(inside, escalation.AutomationTimer.LOOK, now)

        await asyncio.wrap_future(self._database.submit(work))

    async def run(self) -> None:
        """Note it each minute until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.beat()
            except StorageError as error:  # then it could not have heard anything either
                log.warning("The intake could not note that it lives: %s", error)

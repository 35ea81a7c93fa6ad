"""Each minute the intake notes that it lives; what is missing there is an outage of ours."""

from __future__ import annotations

import asyncio
import logging

from bot.delivery.clock import Clock
from handlers.automations.rules import suspicion
from storage.automations import outages
from storage.engine import Database, StorageError, Tx

log = logging.getLogger("lotse.alive")

EVERY = 60.0


class Alive:
    """Notes for every workspace with automations that calls are heard."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def beat(self) -> None:
        """Note it now; also at the start, before anything is said to be missing."""
        now = self._clock.now()

        def work(tx: Tx) -> None:
            for each in outages.everywhere(tx):
                suspicion.lived(tx.within(each), now)

        await asyncio.wrap_future(self._database.submit(work))

    async def run(self) -> None:
        """Note it each minute until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.beat()
            except StorageError as error:  # then it could not have heard anything either
                log.warning("The intake could not note that it lives: %s", error)

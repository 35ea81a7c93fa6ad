"""The extra [meaning]: switched on at the start, its vectors stored in the background."""

from __future__ import annotations

import asyncio
import logging

from handlers.similarity import keeping
from handlers.similarity.meaning import Meanings
from storage import similarity
from storage.engine import Database, StorageError

log = logging.getLogger("lotse.meanings")

EVERY = 30.0


class Keeper:
    """Stores the vectors that are missing, of all workspaces, a part at a time."""

    def __init__(self, database: Database, meanings: Meanings) -> None:
        self._database = database
        self._meanings = meanings
        self._done: dict[str, int] = {}  # by workspace: the version up to which all have one

    async def round(self) -> int:
        """Store what is missing now, and return how many it was."""
        count = 0
        for each in await asyncio.wrap_future(self._database.submit_read(similarity.everywhere)):
            while stored := await self._part(each):
                count += stored
        return count

    async def _part(self, workspace: str) -> int:
        after = self._done.get(workspace, 0)
        look = self._database.submit_read(lambda tx: keeping.unread(tx.within(workspace), after))
        found = await asyncio.wrap_future(look)
        if not found:
            return 0
        vectors = await asyncio.to_thread(keeping.made, self._meanings, found)
        keep = self._database.submit(
            lambda tx: keeping.keep(tx.within(workspace), vectors), patient=True
        )
        await asyncio.wrap_future(keep)
        self._done[workspace] = found[-1][0]
        return len(found)

    async def run(self) -> None:
        """Store what is missing every half a minute, until cancelled."""
        await asyncio.to_thread(self._meanings.vectors, ["Lotse"])  # loads it before it is needed
        while True:
            try:
                await self.round()
            except StorageError as error:
                log.warning("Vectors of titles could not be stored: %s", error)
            await asyncio.sleep(EVERY)

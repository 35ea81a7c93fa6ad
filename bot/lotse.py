"""The parts of one process, and what they are called in the store."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.config import Settings
from bot.delivery.clock import Clock
from bot.delivery.courier import Courier
from bot.delivery.dispatch import Dispatcher
from bot.delivery.scheduler import Scheduler
from bot.local.chat import Local
from bot.operations.caretaker import Caretaker
from storage import workspaces
from storage.automations import outages
from storage.delivery import outbox, timers
from storage.engine import Database, Tx
from storage.workspaces import UNNAMED, Workspace

if TYPE_CHECKING:
    from bot.meanings import Keeper
    from bot.slack.edge import SlackEdge
    from bot.teams.edge import TeamsEdge

DEMO = "demo"
MAIN = "main"  # the one workspace that the environment configures
AHEAD = "clock.ahead"  # the demo's setting: seconds it was wound forward


@dataclass(slots=True)
class Lotse:
    """The parts of one process. `local` is the page's chat, in the demo only.

    `works` says whether this process carries and schedules, or only serves.
    """

    settings: Settings
    database: Database
    clock: Clock
    dispatcher: Dispatcher
    courier: Courier
    scheduler: Scheduler
    caretaker: Caretaker
    local: Local | None
    slack: SlackEdge | None = None
    teams: TeamsEdge | None = None
    meanings: Keeper | None = None
    works: bool = True

    async def settle(self) -> None:
        """Carry out what is due now and deliver what there is to deliver."""
        self.scheduler.wake()
        self.courier.wake()
        await self.scheduler.round()
        await self.courier.drain()

    async def wind(self, to: datetime) -> None:
        """Wind the demo's clock forward and remember it.

        It plays through: what is due on the way happens at its own time, in order.
        """
        while (due := await self._next_due()) is not None and due < to:
            await self.scheduler.wound(due)
            self.clock.wind(due)
            await self.settle()
        await self.scheduler.wound(to)
        ahead = self.clock.wind(to)
        seconds = str(ahead.total_seconds())

        def keep(tx: Tx) -> None:
            workspaces.set_setting(tx.within(DEMO), AHEAD, seconds)
            outages.note_alive(tx.within(DEMO), to, timedelta.max)  # what is skipped is no outage

        await asyncio.wrap_future(self.database.submit(keep))
        await self.settle()

    async def _next_due(self) -> datetime | None:
        """Return when something is due next; what is due already has had its turn."""
        now = self.clock.now()

        def look(tx: Tx) -> list[datetime | None]:
            return [timers.next_after(tx, now), outbox.next_after(tx, now)]

        found = await asyncio.wrap_future(self.database.submit_read(look))
        return min((each for each in found if each is not None), default=None)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Carry and schedule in the background while the block runs."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # a signal after the end: the loop is closed
                loop.call_soon_threadsafe(self.courier.wake)
                loop.call_soon_threadsafe(self.scheduler.wake)

        self.database.listen(wake)
        tasks = [
            asyncio.create_task(self.scheduler.run(), name="scheduler"),
            asyncio.create_task(self.courier.run(), name="courier"),
            asyncio.create_task(self.caretaker.run(), name="caretaker"),
        ]
        if self.meanings is not None:
            tasks.append(asyncio.create_task(self.meanings.run(), name="meanings"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def demo_url(settings: Settings) -> str:
    """Return where the demo remembers: a file of its own."""
    return f"sqlite:///{settings.data / 'demo.db'}"


def running_url(settings: Settings) -> str:
    """Return where a Lotse with these settings remembers; without a platform it is the demo's."""
    return demo_url(settings) if settings.demo else settings.database_url


def store_url(settings: Settings) -> str:
    """Return which store is put in order: a `DATABASE_URL` of one's own, else the running one's."""
    given = settings.database_url != Settings().database_url
    return settings.database_url if given else running_url(settings)


def company(id: str, settings: Settings) -> Workspace:
    """Return a company as the settings describe it."""
    return Workspace(
        id=id, name=UNNAMED, language=settings.language, zone=settings.zone, region=settings.region
    )

"""The caretaker: each minute the check, its message and its heartbeat, and the day's backup."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import aiohttp

from bot.config import Settings
from bot.delivery.clock import Clock, utc
from bot.operations import backup
from bot.operations.auditor import Auditor
from handlers.operations import invariants
from storage import operations, workspaces
from storage.delivery.timers import TimerKind
from storage.engine import Database, StorageError, Tx
from storage.operations import seals

log = logging.getLogger("lotse.operations")

EVERY = 60.0
PATIENCE = 5.0  # seconds that the monitor outside may take
AGAIN = timedelta(hours=1)  # after a backup that failed


class Caretaker:
    """Looks after one Lotse; with several machines each has its own, and they do it once."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        auditor: Auditor,
        clock: Clock,
        fire_timer: Callable[[str, TimerKind], Awaitable[None]],
    ) -> None:
        """`fire_timer(workspace, kind)` lets a timer be due now."""
        self._settings = settings
        self._database = database
        self._clock = clock
        self._fire_timer = fire_timer
        self.auditor = auditor
        self.backup_trouble = ""
        self._not_before = utc()
        self._sealed: date | None = None
        self._unswept = False  # somebody was erased, and their old bytes may still be there

    async def run(self) -> None:
        """Do it each minute until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.round()

    async def round(self) -> None:
        """Do once what there is to do; what fails is told, and done again."""
        for each in (self._check, self._keep_erasures, self._seal, self._back_up):
            try:
                await each()
            except StorageError as error:
                log.warning("The store cannot be looked after now: %s", error)
            except Exception:
                log.exception("Something of what is done each minute failed")

    async def _check(self) -> None:
        if await self.auditor.look() and await self.auditor.note():
            for each in self.auditor.confirmed:
                log.error("The check found: %s", each.said())
            for workspace in await self._told():
                await self._fire_timer(workspace, invariants.InvariantTimer.CHECK)
        if self._settings.heartbeat_url and not self.auditor.found:
            await self._beat()

    async def _told(self) -> list[str]:
        """Return the companies whose managers are told: of many, the operator reads the log."""
        found = await asyncio.wrap_future(self._database.submit_read(workspaces.all_ids))
        return found if len(found) == 1 else []

    async def _beat(self) -> None:
        limit = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.get(self._settings.heartbeat_url, allow_redirects=False) as answer,
            ):
                if answer.status >= 300:
                    log.warning("The monitor outside answers %d", answer.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("The monitor outside does not answer: %s", type(error).__name__)

    async def _keep_erasures(self) -> None:
        work = partial(backup.write_erasures, self._database, self._settings.backups, utc())
        if await asyncio.to_thread(work):
            self._unswept = True
        if self._unswept:  # whoever was erased is in no free page either
            await asyncio.to_thread(self._database.sweep)
            self._unswept = False

    async def _seal(self) -> None:
        """Seal the days of the audit trail that are over; the log keeps each head elsewhere."""
        now = self._clock.now()
        day = (now - seals.AFTER).date()
        if day == self._sealed:
            return

        def work(tx: Tx) -> list[str]:
            heads = []
            for each in workspaces.all_ids(tx):
                inside = tx.within(each)
                if seals.seal(inside, now):
                    heads.append(f"{each} {seals.head(inside)}")
            return heads

        for head in await asyncio.wrap_future(self._database.submit(work)):
            log.info("The audit trail is sealed: %s", head)
        self._sealed = day

    async def _back_up(self) -> None:
        """Take the day's backup, if it is time and nobody has taken it."""
        now = utc()
        here = now.astimezone(ZoneInfo(self._settings.zone))
        at = self._settings.backup_at
        if not at or here.strftime("%H:%M") < at or now < self._not_before:
            return
        day = here.date().isoformat()

        def begin(tx: Tx) -> bool:
            return operations.first_of(tx, operations.BACKUP, day)

        if not await asyncio.wrap_future(self._database.submit(begin)):
            return
        try:
            file = await asyncio.to_thread(backup.take, self._settings, now)
        except (StorageError, OSError) as error:
            self.backup_trouble, self._not_before = str(error), now + AGAIN
            log.error("No backup could be taken: %s", error)
            with contextlib.suppress(StorageError):
                await asyncio.wrap_future(
                    self._database.submit(lambda tx: operations.drop(tx, operations.BACKUP))
                )
            return
        self.backup_trouble = ""
        log.info("A backup was taken: %s", file.name)

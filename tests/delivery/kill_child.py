"""The bot as a process of its own, to be killed at any moment: commands in, answers out.

`python -m tests.delivery.kill_child <database url> <ledger file> <moment>` reads one JSON
object a line and answers each with one. The ledger is the pretend platform's
own: a file that only grows. `LOTSE_TEST_LEASE` makes leases so many seconds short.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.clock import HandClock
from bot.delivery.courier import LIMIT, Courier
from bot.delivery.dispatch import Dispatcher
from bot.delivery.ids import new_id
from bot.delivery.platform import Impossible, Rate
from bot.delivery.requests import Request
from bot.delivery.scheduler import Scheduler, long_timers
from handlers import FEATURES
from handlers.kit.messages import Message
from storage.delivery import claims, timers
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_text
from tests.pretend.stage import DEMO, answered, plain

LEASE = "LOTSE_TEST_LEASE"
AWAY = "away"  # the outcome of a command that could not be stored
TAKES = 0.003  # seconds before and after a message is accepted, at most


def open_store(url: str) -> Database:
    """Open a store without the web part, which would make each start slower."""
    if url.startswith("sqlite:///"):
        from storage.engine.sqlite import Sqlite

        return Sqlite(url.removeprefix("sqlite:///"))
    from storage.engine.postgres import Postgres

    return Postgres(url)


class LedgerFile:
    """A platform that writes down what it accepts, and takes its time before and after."""

    name = "local"
    idempotent = False
    finds = False
    rate: Rate | None = None

    def __init__(self, path: Path, takes: float) -> None:
        self._takes = takes
        self._file = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        self._chance = random.Random()

    async def create(self, workspace: str, place: str, parcel: str, message: Message) -> str:
        id = new_id()
        await self._accept(do="create", id=id, parcel=parcel, place=place, text=plain(message))
        return id

    async def edit(self, workspace: str, place: str, external_id: str, message: Message) -> None:
        await self._accept(do="edit", id=external_id, place=place, text=plain(message))

    async def find(
        self, workspace: str, place: str, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        raise Impossible("nobody can tell")

    async def knock(self, workspace: str) -> None:
        pass

    async def _accept(self, **line: str) -> None:
        await asyncio.sleep(self._chance.uniform(0, self._takes))
        os.write(self._file, f"{json.dumps(line)}\n".encode())
        await asyncio.sleep(self._chance.uniform(0, self._takes))


class SeenClock(HandClock):
    """What people see stands still until it is moved; leases go by the machine's own time."""

    def ticks(self) -> float:
        return time.monotonic()


class Child:
    """The real dispatcher, courier and scheduler, all at work."""

    def __init__(self, url: str, ledger: Path, moment: datetime) -> None:
        self.clock = HandClock(moment)
        self.database = open_store(url)
        lease = float(os.environ.get(LEASE) or 0)
        takes, limit = TAKES, LIMIT
        if lease:  # as short as that, and a platform that often has a message in its hands
            self.clock = SeenClock(moment)
            claims.LEASE = timers.LEASE = timedelta(seconds=lease)
            takes, limit = lease / 20, lease / 3
        self.courier = Courier(
            self.database, {"local": LedgerFile(ledger, takes)}, self.clock, limit=limit
        )
        self.dispatcher = Dispatcher(
            self.database, FEATURES, self.clock, new_id, committed=self.wake
        )
        self.scheduler = Scheduler(
            self.database,
            self.dispatcher.run_timer,
            self.clock,
            long=long_timers(FEATURES),
        )

    def wake(self) -> None:
        """There is something to do."""
        self.courier.wake()
        self.scheduler.wake()

    async def run(self) -> None:
        """Work until the input ends."""
        works = [asyncio.create_task(each.run()) for each in (self.courier, self.scheduler)]
        say(ready=True)
        doing: set[asyncio.Task[None]] = set()
        while line := await asyncio.to_thread(sys.stdin.readline):
            task = asyncio.create_task(self.do(json.loads(line)))
            doing.add(task)
            task.add_done_callback(doing.discard)
        await asyncio.gather(*doing)
        for each in works:
            each.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        self.database.close()

    async def do(self, given: dict[str, Any]) -> None:
        """Carry out one command, or settle everything that is due."""
        self.clock.wind(datetime.fromisoformat(given["at"]))
        if "text" not in given:
            await self.scheduler.round()
            await self.courier.drain()
            now = self.clock.now()
            say(id=given["id"], left=self.database.read(lambda tx: under_way(tx, now)))
            return
        try:
            answer = await self.dispatcher.handle(
                Request(
                    given["id"], DEMO, f"local:{given['who']}", given["who"].title(),
                    PlaceId(f"local:@{given['who']}"), given["text"],
                )
            )  # fmt: skip
        except StorageError:  # answered 503; what its transaction did is undone
            say(id=given["id"], outcome=AWAY, said="")
            return
        say(id=given["id"], outcome=answer.outcome, said=answered(answer))


def under_way(tx: Tx, now: datetime) -> int:
    """Count the messages that still have to go somewhere, and the timers that are due.

    The scheduler at work may hold one of those just now, and write a message next.
    """
    rows = tx.rows(
        """
        select
            (select count(*) from outbox where state in ('pending', 'leased'))
            + (select count(*) from timers where state = 'pending' and due_at <= :now) as n
        """,
        now=as_text(now),
    )
    return int(rows[0]["n"])


def say(**line: object) -> None:
    """Answer with one line, written in one go."""
    os.write(1, f"{json.dumps(line)}\n".encode())


if __name__ == "__main__":
    child = Child(sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
    asyncio.run(child.run())

"""Words to committed reply through the one road in, against the same rows bare.

The base is what nobody could do with less: the very rows that one declaration
leaves behind, written by the driver in one transaction of its own, from an
asyncio program over one writer thread (SQLite) or a pool (PostgreSQL).
Both alternate within one run; ratios above 1 mean that the road is faster.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.load import Load, measured, middle
from benchmarks.size import Size
from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.ids import new_id
from bot.delivery.requests import Request
from handlers import FEATURES
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.opening import open_database
from storage.engine.pool import Limits, Pool, Standing
from storage.engine.postgres import Postgres
from storage.engine.sql import insert_statement, pyformat
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, furnish

BARE = "bare"  # a workspace of its own: the road counts on in the other one
STORES = ("SQLite", "PostgreSQL")
TABLES = ("deliveries", "incidents", "likeness", "timeline", "outbox", "timers", "audit")
Once = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Result:
    """What is measured and what it is held against; medians over the rounds."""

    store: str
    at_once: int
    ours: Load
    base: Load

    @property
    def ratio(self) -> float:
        """Return the rate as a part of the other's."""
        return self.ours.rate / self.base.rate

    @property
    def slowest(self) -> float:
        """Return the p99 as a multiple of the other's."""
        return self.ours.p99 / self.base.p99


async def rows_of_one(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Furnish a new store, declare one incident, and return the rows that this left behind."""
    furnish_all(database, [DEMO, BARE])
    await declaring(database, [DEMO])()

    def look(tx: Tx) -> list[tuple[str, dict[str, Any]]]:
        inside = tx.within(DEMO)
        return [
            (table, row)
            for table in TABLES
            for row in inside.rows(f"select * from {table} where workspace = :workspace")
        ]

    return database.read(look)


def furnish_all(database: Database, names: list[str]) -> None:
    """Put the company into several workspaces, in one transaction."""

    def work(tx: Tx) -> None:
        for name in names:
            furnish(tx, name, Clock().now())

    database.transact(work)


def fresh(rows: list[tuple[str, dict[str, Any]]], count: Iterator[int]) -> list[Any]:
    """Return the rows with new keys, for the other workspace: they can be stored again."""
    n = next(count)
    made = []
    for position, (table, row) in enumerate(rows):
        row = {**row, "workspace": BARE}
        for name in ("id", "identity", "key"):
            if name in row:
                row[name] = f"bare-{n}-{position}"
        for name in ("number", "incident", "version"):
            if name in row:
                row[name] = 1_000_000 + n
        made.append((table, row))
    return made


@contextmanager
def bare(database: Database, rows: list[Any]) -> Iterator[Once]:
    """Give what writes the rows into a store by its bare driver."""
    if isinstance(database, Sqlite):
        with _bare_sqlite(Path(database.path), rows) as once:
            yield once
    else:
        assert isinstance(database, Postgres)
        with _bare_postgres(database, rows) as once:
            yield once


@contextmanager
def _bare_sqlite(path: Path, rows: list[Any]) -> Iterator[Once]:
    """Write the rows by the standard library's driver, with the same pragmas."""
    thread = ThreadPoolExecutor(1)
    count = itertools.count()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        for pragma in ("synchronous=full", "foreign_keys=on", "secure_delete=on"):
            connection.execute(f"pragma {pragma}")
        return connection

    connection = thread.submit(connect).result()

    def write() -> None:
        connection.execute("begin immediate")
        for table, row in fresh(rows, count):
            connection.execute(insert_statement(table, tuple(row)), row)
        connection.execute("commit")

    async def once() -> None:
        await asyncio.get_running_loop().run_in_executor(thread, write)

    yield once
    thread.submit(connection.close).result()
    thread.shutdown()


@contextmanager
def _bare_postgres(database: Postgres, rows: list[Any]) -> Iterator[Once]:
    """Write the rows over a pool of the same size."""
    pool = Pool(database.url, Limits(), Standing())
    threads = ThreadPoolExecutor(4)
    count = itertools.count()

    def write() -> None:
        with pool.transaction(time.monotonic() + 60) as connection:
            for table, row in fresh(rows, count):
                connection.execute(pyformat(insert_statement(table, tuple(row))).encode(), row)

    async def once() -> None:
        await asyncio.get_running_loop().run_in_executor(threads, write)

    yield once
    threads.shutdown()
    pool.close()


async def load(once: Once, at_once: int, count: int) -> Load:
    """Run `count` commands, `at_once` in flight."""
    times: list[float] = []

    async def one_after_the_other(share: int) -> None:
        for _each in range(share):
            started = time.perf_counter()
            await once()
            times.append(time.perf_counter() - started)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other(count // at_once) for _ in range(at_once)))
    return measured(times, time.perf_counter() - began)


async def compare(name: str, at_once: int, ours: Once, base: Once, size: Size) -> Result:
    """Alternate both and return the medians."""
    await load(ours, at_once, size.commands)
    await load(base, at_once, size.commands)
    found: list[tuple[Load, Load]] = []
    for _round in range(size.rounds):
        one = await load(ours, at_once, size.commands)
        found.append((one, await load(base, at_once, size.commands)))
    return Result(name, at_once, middle([a for a, _ in found]), middle([b for _, b in found]))


def declaring(database: Database, names: list[str]) -> Once:
    """Return one declaration through the road in, in each of the workspaces in turn."""
    dispatcher = Dispatcher(database, FEATURES, Clock(), new_id)
    turns = itertools.cycle(names)

    async def once() -> None:
        typed = f"incident Kasse druckt nicht, Bon {new_id()}"  # twice the same asks first
        answer = await dispatcher.handle(
            Request(new_id(), next(turns), "local:anna", "Anna", PlaceId("local:@anna"), typed)
        )
        assert answer.outcome == "done", answer

    return once


def measure(postgres: str, size: Size) -> tuple[list[Result], list[Result]]:
    """Measure the road against the rows, and many workspaces against one, on both stores."""
    rows, many = [], []
    with tempfile.TemporaryDirectory() as place:
        for kind in STORES:
            with (
                machine.store(kind, Path(place), postgres, "one") as url,
                closing(open_database(url)) as database,
            ):
                rows += asyncio.run(_against_rows(kind, database, size))
                many.append(asyncio.run(_many_against_one(kind, database, size)))
    return rows, many


async def _against_rows(kind: str, database: Database, size: Size) -> list[Result]:
    rows = await rows_of_one(database)
    road = declaring(database, [DEMO])
    with bare(database, rows) as base:
        return [await compare(kind, n, road, base, size) for n in (1, size.busy)]


async def _many_against_one(kind: str, database: Database, size: Size) -> Result:
    names = [f"company-{n:04}" for n in range(size.workspaces)]
    for start in range(0, size.workspaces, 50):
        furnish_all(database, names[start : start + 50])
    many, one = declaring(database, names), declaring(database, names[:1])
    return await compare(kind, size.busy, many, one, size)

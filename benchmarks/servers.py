"""What a slash command can meet, each a process of its own on the first core.

bolt    Bolt's AsyncApp as it comes; its listener acknowledges and does nothing
pbr     the same with process_before_response
rows    pbr, and before it acknowledges the very rows of one declaration are
        written in one bare transaction
road    ours: guard, Bolt, one transaction, the answer in Block Kit
whole   ours, with the courier and the scheduler
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from aiohttp import web

from benchmarks import machine, road
from bot import serving
from bot.lotse import MAIN
from storage import people as storage_people
from storage.delivery import places
from storage.engine import Tx, opening
from storage.engine.ids import PersonId, PlaceId, ServiceId
from tests.pretend.slack_peer import SECRET, TOKEN


@contextlib.asynccontextmanager
async def served(variant: str, api: str, url: str = "") -> AsyncIterator[int]:
    """Start a server with a Web API and a store, and give its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.servers",
        variant,
        api,
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


async def _serve(variant: str, api: str, url: str) -> None:
    app = web.Application()
    async with contextlib.AsyncExitStack() as running:
        if variant in ("road", "whole"):
            await running.enter_async_context(_ours(app, api, url, whole=variant == "whole"))
        else:
            running.enter_context(_bolt(app, variant, url))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _ours(app: web.Application, api: str, url: str, *, whole: bool) -> AsyncIterator[None]:
    from bot import app as lotse
    from bot.config import Settings

    settings = Settings(slack_bot_token=TOKEN, slack_signing_secret=SECRET, slack_api_url=api)
    database = opening.open_database(url)
    parts = lotse.build(settings, database, demo=False)
    assert parts.slack is not None
    async with serving.platforms(parts):
        database.transact(lambda tx: _furnish(tx.within(MAIN), parts.clock.now()))
        parts.slack.add_to(app)
        async with parts.working() if whole else contextlib.nullcontext():
            yield


def _furnish(tx: Tx, now: datetime) -> None:
    from storage import services
    from storage.services import Service

    for name in ("anna", "ben", "carla", "chris"):
        id = PersonId(f"U{name.upper()}")
        storage_people.find_or_create(tx, f"slack:T1:{id}", name.title(), id=id, key=name, now=now)
        places.ensure(tx, PlaceId(f"slack:@{id}"), places.PlaceKind.DIRECT, name.title(), person=id)
    ben, carla, chris = (PersonId(each) for each in ("UBEN", "UCARLA", "UCHRIS"))
    for each in (
        Service(ServiceId("kasse"), "Kasse", ("Kassen",), ben, carla, fallback=False),
        Service(ServiceId("rest"), "Alles andere", (), chris, carla, fallback=True),
    ):
        services.add(tx, each, name_key=each.id, now=now)


@contextlib.contextmanager
def _bolt(app: web.Application, variant: str, url: str) -> Iterator[None]:
    from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
    from slack_bolt.async_app import AsyncAck, AsyncApp
    from slack_bolt.authorization import AuthorizeResult

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T1", bot_token=TOKEN, bot_user_id="UBOT", bot_id="B1"
        )

    bolt = AsyncApp(
        signing_secret=SECRET, authorize=authorize, process_before_response=variant != "bolt"
    )
    with _rows(url) if variant == "rows" else contextlib.nullcontext() as write:

        @bolt.command("/incident")
        async def acknowledge(ack: AsyncAck) -> None:
            if write is not None:
                await write()
            await ack("Noted.")

        async def received(request: web.Request) -> web.Response:
            return await to_aiohttp_response(
                await bolt.async_dispatch(await to_bolt_request(request))
            )

        app.router.add_post("/slack/events", received)
        yield


@contextlib.contextmanager
def _rows(url: str) -> Iterator[road.Once]:
    """Give what writes the rows of one declaration, the way `benchmarks.road` does."""

    database = opening.open_database(url)
    with ThreadPoolExecutor(1) as aside:  # a loop is running in this thread already
        rows = aside.submit(lambda: asyncio.run(road.rows_of_one(database))).result()
    with road.bare(database, rows) as write:
        yield write
    database.close()


if __name__ == "__main__":
    machine.pin(machine.SERVER)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(*sys.argv[1:]))

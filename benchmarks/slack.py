"""A slash command through our whole road, against Bolt that only acknowledges, and the bare rows.

Each server is a process of its own; the load comes from this one, over loopback,
every request signed by itself. The variants take turns within one run:

bolt    Bolt's AsyncApp as it comes; its listener acknowledges and does nothing
pbr     the same with process_before_response
rows    pbr, and before it acknowledges the very rows of one declaration are
        written in one bare transaction (SQLite, synchronous FULL)
road    ours: guard, Bolt, one transaction, the answer in Block Kit
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web

from benchmarks import road
from storage.engine import Tx
from tests.slack_peer import SECRET, TOKEN, Client, Peer, sign

ROUNDS = 3
SECONDS = 0.8
AT_ONCE = (1, 8, 64)
VARIANTS = ("bolt", "pbr", "rows", "road")
DECLARES = "/incident Kasse druckt nicht"
ANSWERS = "/lotse help"  # changes nothing; who asked for what is stored all the same
LATENCY = 0.1
DECLARATIONS = 20


@dataclass(frozen=True, slots=True)
class Load:
    """Medians over the rounds: commands per second, p50 and p99 in milliseconds."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Burst:
    """What people wait for while the Web API takes its time, all in milliseconds."""

    slowest: float
    middle: float
    card: float


def measure() -> tuple[dict[tuple[str, int], Load], Burst]:
    """Measure all variants, and the burst."""
    return asyncio.run(_measure())


async def _measure() -> tuple[dict[tuple[str, int], Load], Burst]:
    loads: dict[tuple[str, int], Load] = {}
    async with _slack() as peer, contextlib.AsyncExitStack() as running:
        ports = {each: await running.enter_async_context(_served(each, peer)) for each in VARIANTS}
        for at_once in AT_ONCE:
            rounds: dict[str, list[Load]] = {each: [] for each in VARIANTS}
            for each in VARIANTS:
                await _load(ports[each], at_once, SECONDS / 4)
            for _round in range(ROUNDS):
                for each in VARIANTS:
                    rounds[each].append(await _load(ports[each], at_once, SECONDS))
            for each, found in rounds.items():
                loads[each, at_once] = _middle(found)
        alone = [await _load(ports["road"], 1, SECONDS, ANSWERS) for _round in range(ROUNDS)]
        loads["answer", 1] = _middle(alone)
    return loads, await _burst()


def _middle(found: list[Load]) -> Load:
    middle = statistics.median
    return Load(
        middle(each.rate for each in found),
        middle(each.p50 for each in found),
        middle(each.p99 for each in found),
    )


def table(loads: dict[tuple[str, int], Load], burst: Burst) -> Iterator[str]:
    """Give the lines of the report."""
    yield "Slash command to answer, over HTTP (rate per s; p50 and p99 in ms):\n"
    yield "| at once | Bolt | Bolt pbr | bare rows behind pbr | Lotse | / Bolt | / pbr | / rows |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for at_once in AT_ONCE:
        found = [loads[each, at_once] for each in VARIANTS]
        ours = found[-1]
        cells = [f"{each.rate:.0f}; {each.p50:.2f}, {each.p99:.2f}" for each in found]
        ratios = [
            f"{ours.rate / each.rate:.2f}; p50 {ours.p50 / each.p50:.2f}, "
            f"p99 {ours.p99 / each.p99:.2f}"
            for each in found[:-1]
        ]
        yield f"| {at_once} | " + " | ".join([*cells, *ratios]) + " |"
    alone, bolt = loads["answer", 1], loads["bolt", 1]
    yield (
        f"\nA command that only answers, one at a time: p50 {alone.p50:.2f} ms, "
        f"p99 {alone.p99:.2f} ms; of Bolt as it comes: "
        f"p50 {alone.p50 / bolt.p50:.2f}, p99 {alone.p99 / bolt.p99:.2f}."
    )
    yield "\nAims: p50 0.10 of Bolt at 1; at 64 the rate 0.6 of the bare rows, p99 within 2.\n"
    yield (
        f"{DECLARATIONS} declarations at once, Web API of {LATENCY * 1000:.0f} ms: slowest answer "
        f"{burst.slowest:.0f} ms, median {burst.middle:.0f} ms (aim: under 300)."
    )
    yield f"The card of a single declaration reaches Slack {burst.card:.0f} ms after the command."


# --- the load --------------------------------------------------------------------------------


async def _load(port: int, at_once: int, seconds: float, line: str = DECLARES) -> Load:
    """Keep `at_once` commands in flight for a while, each over a connection of its own."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def one_after_the_other(lane: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            request = _request(line)
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other(lane) for lane in range(at_once)))
    took = time.perf_counter() - began
    cuts = statistics.quantiles(times, n=100)
    return Load(len(times) / took, cuts[49] * 1000, cuts[98] * 1000)


_numbers = itertools.count(1)


def _request(line: str) -> bytes:
    command, _space, text = line.partition(" ")
    fields = {
        "command": command, "text": text, "team_id": "T1", "user_id": "UANNA",
        "user_name": "anna", "channel_id": "C1", "channel_name": "one", "api_app_id": "A1",
        "trigger_id": f"{next(_numbers)}.{time.time_ns()}", "response_url": "http://127.0.0.1:9/",
    }  # fmt: skip
    body = urllib.parse.urlencode(fields).encode()
    signed = "".join(
        f"{name}: {value}\r\n" for name, value in sign(body, str(int(time.time()))).items()
    )
    return (
        "POST /slack/events HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{signed}\r\n"
    ).encode() + body


# --- twenty at once, with a Web API that takes its time ------------------------------------------


async def _burst() -> Burst:
    slowest, middle, cards = [], [], []
    for _round in range(ROUNDS):
        async with _slack() as peer, _served("whole", peer) as port:
            peer.request_url = f"http://127.0.0.1:{port}/slack/events"
            peer.latency = LATENCY

            async def nothing() -> None:
                return None

            anna = Client(peer, "UANNA", nothing, nothing)
            await _deliver(peer, anna, "C0")  # the profile is known from here on
            for _each in range(3):
                await asyncio.sleep(2 * LATENCY + 0.1)
                sent = time.perf_counter()
                channel = f"C{100 + _each}"
                await _deliver(peer, anna, channel)
                cards.append((await _arrival(peer, channel) - sent) * 1000)
            answers = await asyncio.gather(
                *(_deliver(peer, anna, f"C{n}") for n in range(1, DECLARATIONS + 1))
            )
            slowest.append(max(answers))
            middle.append(statistics.median(answers))
    return Burst(*map(statistics.median, (slowest, middle, cards)))


async def _deliver(peer: Peer, anna: Client, channel: str) -> float:
    got = await peer.deliver("slash_commands", anna.command("/incident Kasse tot", channel))
    assert got.status == 200 and "ephemeral" in str(got.body), got
    return got.seconds * 1000


async def _arrival(peer: Peer, channel: str) -> float:
    """Return when the card came to a channel."""
    async with asyncio.timeout(5):
        while True:
            for each in reversed(peer.ledger):
                if (each.kind, each.where) == ("post", channel):
                    return each.at
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def _slack() -> AsyncIterator[Peer]:
    peer = Peer()
    for name in ("anna", "ben", "carla", "chris"):
        peer.user(f"U{name.upper()}", name.title())
    for n in range(DECLARATIONS + 1):
        peer.channel(f"C{n}", f"channel-{n}")
    for n in range(100, 103):
        peer.channel(f"C{n}", f"channel-{n}")
    await peer.start()
    yield peer
    await peer.stop()


# --- the servers ---------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _served(variant: str, peer: Peer) -> AsyncIterator[int]:
    """Start a server in a process of its own and give its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.slack", variant, peer.url,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def _serve(variant: str, api: str, folder: Path) -> None:
    app = web.Application()
    async with contextlib.AsyncExitStack() as running:
        if variant in ("road", "whole"):
            await running.enter_async_context(_ours(app, api, folder, whole=variant == "whole"))
        else:
            running.enter_context(_bolt(app, variant, folder))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def _ours(
    app: web.Application, api: str, folder: Path, *, whole: bool
) -> AsyncIterator[None]:
    """Serve Lotse; `whole` with its courier and scheduler."""
    from bot import app as lotse
    from bot.config import Settings

    settings = Settings(slack_bot_token=TOKEN, slack_signing_secret=SECRET, slack_api_url=api)
    database = lotse.open_database(f"sqlite:///{folder / 'road.db'}")
    parts = lotse.build(settings, database, demo=False)
    assert parts.slack is not None
    async with lotse.platforms(parts):
        database.transact(lambda tx: _furnish(tx.within(lotse.MAIN), parts.clock.now()))
        parts.slack.add_to(app)
        async with parts.working() if whole else contextlib.nullcontext():
            yield


def _furnish(tx: Tx, now: datetime) -> None:
    from storage import people, places, services
    from storage.services import Service

    for name in ("anna", "ben", "carla", "chris"):
        id = f"U{name.upper()}"
        people.meet(tx, f"slack:T1:{id}", name.title(), id=id, key=name, now=now)
        places.ensure(tx, f"slack:@{id}", "direct", name.title(), person=id)
    for each in (
        Service("kasse", "Kasse", ("Kassen",), "UBEN", "UCARLA", fallback=False),
        Service("rest", "Alles andere", (), "UCHRIS", "UCARLA", fallback=True),
    ):
        services.add(tx, each, name_key=each.id, now=now)


@contextlib.contextmanager
def _bolt(app: web.Application, variant: str, folder: Path) -> Iterator[None]:
    """Serve a Bolt app that acknowledges; with `rows`, after the bare rows were written."""
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
    with _rows(folder) if variant == "rows" else contextlib.nullcontext() as write:

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
def _rows(folder: Path) -> Iterator[road.Once]:
    """Give what writes the rows of one declaration, the way `benchmarks.road` does."""
    from bot.clock import Clock
    from storage.engine.sqlite import Sqlite
    from tests.stage import DEMO, furnish

    path = folder / "rows.db"
    database = Sqlite(path)
    database.transact(lambda tx: furnish(tx, DEMO, Clock().now()))
    with ThreadPoolExecutor(1) as aside:  # a loop is running in this thread already
        aside.submit(lambda: asyncio.run(_once(road.road_of(database)))).result()
    with road.bare_sqlite(path, road.rows_of_one(database)) as write:
        yield write
    database.close()


async def _once(work: road.Once) -> None:
    await work()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        asyncio.run(_serve(sys.argv[1], sys.argv[2], Path(place)))

"""A slash command through our whole road, against Bolt that only acknowledges, and the bare rows.

The servers of `benchmarks.servers` take turns within one run, on both stores.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.load import Load, load, middle
from benchmarks.servers import served
from benchmarks.size import Size
from bot.delivery.ids import new_id
from tests.pretend.slack_peer import Peer
from tests.pretend.slack_person import Client

STORES = ("SQLite", "PostgreSQL")
SERVERS = (
    ("bolt", ""),
    ("pbr", ""),
    *((each, kind) for kind in STORES for each in ("rows", "road")),
)
DECLARES = "/incident Kasse druckt nicht"
ANSWERS = "/lotse help"  # changes nothing; who asked for what is stored all the same
LATENCY = 0.1

Loads = dict[tuple[str, str, int], Load]


@dataclass(frozen=True, slots=True)
class Burst:
    """What people wait for while the Web API takes its time, all in milliseconds."""

    slowest: float
    middle: float
    card: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The loads by server, store and commands at once; `asked` counts calls of auth.test."""

    size: Size
    loads: Loads
    asked: int
    burst: Burst


def measure(postgres: str, size: Size) -> Measured:
    """Measure all servers, and the burst."""
    return asyncio.run(_measure(postgres, size))


async def _measure(postgres: str, size: Size) -> Measured:
    loads: Loads = {}
    with tempfile.TemporaryDirectory() as place:
        async with _slack(size.burst) as peer, contextlib.AsyncExitStack() as running:
            starting = []
            for server, kind in SERVERS:
                url = ""
                if kind:
                    url = running.enter_context(machine.store(kind, Path(place), postgres, server))
                starting.append(running.enter_async_context(served(server, peer.url, url)))
            ports = dict(zip(SERVERS, await asyncio.gather(*starting), strict=True))
            before = _asked(peer)
            for at_once in size.at_once:
                rounds: dict[tuple[str, str], list[Load]] = {each: [] for each in SERVERS}
                for each in SERVERS if size.warm else ():
                    await load(ports[each], at_once, size.seconds / 2, DECLARES)
                for _round in range(size.loads):
                    for each in SERVERS:
                        found = await load(ports[each], at_once, size.seconds, DECLARES)
                        rounds[each].append(found)
                for each, some in rounds.items():
                    loads[*each, at_once] = middle(some)
            road = ports["road", "SQLite"]
            alone = [await load(road, 1, size.seconds, ANSWERS) for _round in range(size.loads)]
            loads["answer", "SQLite", 1] = middle(alone)
            asked = _asked(peer) - before
        with machine.store("SQLite", Path(place), postgres, "whole") as url:
            burst = await _burst(url, size)
    return Measured(size, loads, asked, burst)


def _asked(peer: Peer) -> int:
    return sum(method == "auth.test" for method, _data in peer.calls)


def table(found: Measured) -> Iterator[str]:
    """Give the lines of the report."""
    loads = found.loads
    yield "Slash command to answer, over HTTP (rate per s; p50, p99 in ms):\n"
    yield "| at once | " + " | ".join(f"{server} {kind}".strip() for server, kind in SERVERS) + " |"
    yield "| --- |" + " --- |" * len(SERVERS)
    for at_once in found.size.at_once:
        cells = [_cell(loads[*each, at_once]) for each in SERVERS]
        yield f"| {at_once} | " + " | ".join(cells) + " |"
    yield "\nThe road, as parts of the others (rate; p99):\n"
    yield "| store | at once | / bolt | / pbr | / rows |"
    yield "| --- | --- | --- | --- | --- |"
    for kind in STORES:
        for at_once in found.size.at_once:
            road = loads["road", kind, at_once]
            others = (("bolt", ""), ("pbr", ""), ("rows", kind))
            cells = [_ratio(road, loads[*each, at_once]) for each in others]
            yield f"| {kind} | {at_once} | " + " | ".join(cells) + " |"
    alone, bolt = loads["answer", "SQLite", 1], loads["bolt", "", 1]
    yield (
        f"\nA command that only answers, one at a time: p50 {alone.p50:.2f} ms, "
        f"p99 {alone.p99:.2f} ms; of Bolt as it comes: "
        f"p50 {alone.p50 / bolt.p50:.2f}, p99 {alone.p99 / bolt.p99:.2f} (aim: p50 0.10)."
    )
    yield "Aims at 64 at once: rate 0.6 of the rows, p99 within 2."
    yield f"Calls of auth.test under load: {found.asked} (aim: none)."
    burst = found.burst
    yield (
        f"{found.size.burst} declarations at once, Web API of {LATENCY * 1000:.0f} ms: "
        f"slowest answer {burst.slowest:.0f} ms, median {burst.middle:.0f} ms (aim: under 300)."
    )
    yield (
        f"The card of a single declaration reaches Slack {burst.card:.0f} ms after the command "
        "(aim: 15), and is seen one round trip after the command set out."
    )


def _cell(found: Load) -> str:
    return f"{found.rate:.0f}; {found.p50:.2f}, {found.p99:.2f}"


def _ratio(ours: Load, theirs: Load) -> str:
    return f"{ours.rate / theirs.rate:.2f}; {ours.p99 / theirs.p99:.2f}"


# --- twenty at once, with a Web API that takes its time ------------------------------------------


async def _burst(url: str, size: Size) -> Burst:
    slowest, middles, cards = [], [], []
    async with _slack(size.burst) as peer, served("whole", peer.url, url) as port:
        peer.request_url = f"http://127.0.0.1:{port}/slack/events"
        peer.latency = LATENCY

        async def nothing() -> None:
            return None

        anna = Client(peer, "UANNA", nothing, nothing)
        await _deliver(peer, anna, "C0")  # the profile is known from here on
        for round in range(size.loads):
            if round:
                await asyncio.sleep(1)
            for channel in ("C100", "C101", "C102"):
                await asyncio.sleep(3 * LATENCY)
                before = len(peer.ledger)
                sent = time.perf_counter()
                await _deliver(peer, anna, channel)
                cards.append((await _arrival(peer, channel, before) - sent) * 1000)
            await asyncio.sleep(3 * LATENCY)
            answers = await asyncio.gather(
                *(_deliver(peer, anna, f"C{n}") for n in range(1, size.burst + 1))
            )
            slowest.append(max(answers))
            middles.append(statistics.median(answers))
    return Burst(*map(statistics.median, (slowest, middles, cards)))


async def _deliver(peer: Peer, anna: Client, channel: str) -> float:
    typed = f"/incident Kasse tot, Bon {new_id()}"  # twice the same asks first
    got = await peer.deliver("slash_commands", anna.command(typed, channel))
    assert got.status == 200 and "ephemeral" in str(got.body), got
    return got.seconds * 1000


async def _arrival(peer: Peer, channel: str, before: int) -> float:
    """Return when the card came to a channel, looking at what came after the first `before`."""
    async with asyncio.timeout(5):
        while True:
            for each in peer.ledger[before:]:
                if (each.kind, each.where) == ("post", channel):
                    return each.at
            await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def _slack(channels: int) -> AsyncIterator[Peer]:
    peer = Peer()
    for name in ("anna", "ben", "carla", "chris"):
        peer.user(f"U{name.upper()}", name.title())
    for n in (*range(channels + 1), 100, 101, 102):
        peer.channel(f"C{n}", f"channel-{n}")
    await peer.start()
    yield peer
    await peer.stop()

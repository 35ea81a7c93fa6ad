"""Many people at once, several processes on one PostgreSQL, and everything that can go wrong.

`python -m tests.delivery.fleet --seconds 60 --seed 7`

Two web parts over HTTP, one in Socket Mode, two workers, all started as an operator starts
them, reach the database through a small proxy. Meanwhile processes are killed, each is
restarted in turn (a rolling update), and the way to the database is cut: with a reset, or
without a word. Events come over both ways at once. At the end whatever was answered with
success stands in the store once, and no message was posted more often than it may.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot.delivery.clock import HandClock
from bot.lotse import MAIN
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.delivery import kill_edges
from tests.delivery.kill import seed_of_today
from tests.delivery.kill_child import open_store
from tests.delivery.kill_edges import INHERITED, ROOT, Judge, Sent, SlackEdge, ended
from tests.pretend import server
from tests.pretend.silent_proxy import SilentProxy, silent_proxy
from tests.pretend.slack_peer import APP_TOKEN, SECRET, TEAM, TOKEN
from tests.pretend.slack_stage import SlackStage, user

CROWD = 40  # people who send, beside the four of the company
TWICE = 0.3  # of all events, those that come over both ways at once
STARTS = 60.0  # seconds within which a process is up, on a busy machine
CUTS = ("reset", "silent")
UNFORESEEN = re.compile(
    r"(?m)^(?:.*\n)?Traceback[\s\S]*?^(?=\S)(?!Traceback).*$|^.*never retrieved.*$"
)


@dataclass(slots=True)
class Member:
    """One process of the fleet: what it does, and where it listens."""

    does: str  # "http", "socket" or "work"
    port: int
    log: Path
    process: asyncio.subprocess.Process | None = None


@dataclass
class Ways(SlackEdge):
    """The way into each process: by the port of one that listens, or by an open connection."""

    stage: SlackStage
    chance: random.Random
    ports: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    over: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        super().__init__(self.stage, self.chance)

    async def deliver(self, sent: Sent) -> tuple[int, str]:
        ways = ["http"] + (["socket"] if self.stage.peer.open_links() else [])
        chosen = self.chance.choice(ways)
        both = sent.kind == "events_api" and len(ways) == 2 and self.chance.random() < TWICE
        began = time.perf_counter()
        got = await asyncio.gather(
            *(self._by(each, sent) for each in (ways if both else [chosen])),
            return_exceptions=True,
        )
        self.over["both" if both else chosen] += 1
        self.took.append(time.perf_counter() - began)
        answers = [each for each in got if not isinstance(each, BaseException)]
        for raised in got:
            if isinstance(raised, BaseException) and not answers:
                raise raised
        return next((each for each in answers if each[0] == 200), answers[0])

    async def _by(self, way: str, sent: Sent) -> tuple[int, str]:
        if way == "socket":
            found = await self.stage.peer.envelope(sent.kind, sent.payload)
            return found.status or 0, repr(found.body)
        # Read before anything is waited for: each delivery has a port of its own.
        self.stage.peer.request_url = (
            f"http://127.0.0.1:{self.chance.choice(self.ports)}/slack/events"
        )
        return await super().deliver(sent)


class Fleet(Judge):
    """Starts the processes, lets everybody send, and lets everything go wrong."""

    def __init__(self, ways: Ways, url: str, proxy: SilentProxy, folder: Path) -> None:
        super().__init__(ways, url, ways.chance, strange=0.0)
        self.ways, self.proxy, self.folder = ways, proxy, folder
        self.members = [
            Member(does, free_port(), folder / f"{n}-{does}.log")
            for n, does in enumerate(("http", "http", "socket", "work", "work"))
        ]
        ways.ports = [each.port for each in self.members if each.does == "http"]
        self.done: Counter[str] = Counter()
        self.pause = 1.0  # seconds between two things that go wrong

    # --- processes -----------------------------------------------------------------------

    async def start(self, member: Member) -> None:
        """Start one, and wait until it answers."""
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        secret = {"SLACK_APP_TOKEN": APP_TOKEN} if member.does == "socket" else {}
        given = {
            "PORT": str(member.port), "DATABASE_URL": self.proxy.url, "LOTSE_LANGUAGE": "en",
            "SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": self.ways.stage.peer.url,
            "SLACK_SIGNING_SECRET": "" if secret else SECRET,
        }  # fmt: skip
        word = "work" if member.does == "work" else "serve"
        with member.log.open("ab") as log:
            member.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", word, cwd=ROOT, env={**kept, **given, **secret},
                stdout=asyncio.subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        if member.does != "work":
            await self._answers(member)

    async def _answers(self, member: Member) -> None:
        async with asyncio.timeout(STARTS), aiohttp.ClientSession() as session:
            while True:
                assert member.process is not None
                assert member.process.returncode is None, member.log.read_text("utf-8")[-2000:]
                with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                    async with session.get(f"http://127.0.0.1:{member.port}/health"):
                        return
                await asyncio.sleep(0.1)

    async def kill(self, member: Member) -> None:
        """End one as a power cut does, and start it anew."""
        assert member.process is not None
        member.process.kill()
        await member.process.wait()
        self.kills += 1
        await self.start(member)

    async def renew(self, member: Member) -> None:
        """Ask one to end, as an update does, and start it anew."""
        assert member.process is not None
        member.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(member.process.wait(), STARTS)
        assert code in (0, -signal.SIGTERM), f"{member.does} ended with {code}"
        await self.start(member)

    async def stop(self) -> None:
        """End whatever still runs."""
        for each in self.members:
            if each.process is not None and each.process.returncode is None:
                each.process.kill()
                await each.process.wait()

    # --- what goes wrong -----------------------------------------------------------------

    async def goes_wrong(self, what: str) -> None:
        """Let one thing go wrong, while everybody sends."""
        if what == "rolling restart":
            for each in self.members:
                await self.renew(each)
        elif what == "kill":
            await self.kill(self.chance.choice(self.members))
        else:
            self.proxy.cut(silently=what == "silent cut")
            await asyncio.sleep(self.chance.uniform(1, 3) * min(self.pause, 1.0))
            self.proxy.restore()
        self.done[what] += 1
        self.heard.clear()
        async with asyncio.timeout(60):  # it works again, and somebody is answered
            await self.heard.wait()
        await asyncio.sleep(self.pause)

    async def run(self, things: list[str], senders: int) -> None:
        """Start all of them, and let it all happen."""
        await asyncio.gather(*(self.start(each) for each in self.members))
        await self.ways.stage.peer.connected()
        at_work = [asyncio.create_task(self.send()) for _each in range(senders)]
        try:
            await asyncio.wait_for(self.heard.wait(), 60)
            await asyncio.sleep(self.pause)
            for each in things:
                await self.goes_wrong(each)
        finally:
            await ended(at_work)
        await self.finish(started=True)

    def faults_in_logs(self) -> list[str]:
        """Return what no log should hold, whatever went wrong around the process."""
        return [
            f"{each.log.name}: {found}"
            for each in self.members
            for found in UNFORESEEN.findall(each.log.read_text("utf-8", "replace"))
        ]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def crowd(tx: Tx) -> None:
    """Let everybody who sends be known, so that nobody waits for a profile."""
    tx = tx.within(MAIN)
    for name in names():
        people.find_or_create(
            tx, f"slack:{TEAM}:{user(name)}", name.title(), id=PersonId(name), key=f"key-{name}",
            now=datetime.now(UTC), language="en",
        )  # fmt: skip


def names() -> tuple[str, ...]:
    return tuple(f"person{n}" for n in range(CROWD))


async def play(
    url: str, things: list[str], seed: int, *, senders: int = 8, pause: float = 1.0
) -> dict[str, Any]:
    """Play and judge once; return the numbers."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lotse-fleet-") as folder, silent_proxy(url) as proxy:
        database = open_store(url)
        stage = SlackStage(database)
        stage.clock = HandClock(datetime.now(UTC))
        stage.furnish()
        database.transact(crowd)
        database.close()
        ways = Ways(stage, chance)
        await ways.start()
        for name in names():
            ways.arrives(name)
        fleet = Fleet(ways, url, proxy, Path(folder))
        fleet.pause = pause
        chance.shuffle(things)
        began = time.monotonic()
        try:
            await fleet.run(things, senders)
            seconds = time.monotonic() - began
        finally:
            await fleet.stop()
            await stage.peer.stop()
        proxy.close()
        server.left_alone(url)
        wrong = fleet.faults_in_logs()
        assert not wrong, wrong[:5]
        took = sorted(ways.took)
        return {
            **fleet.judge(),
            **fleet.done,
            **{f"came over {way}": n for way, n in sorted(ways.over.items())},
            "processes": len(fleet.members),
            "people": len(kill_edges.PEOPLE),
            "a second": round(len(ways.took) / seconds),
            "ms p50": round(statistics.median(took) * 1000),
            "ms p99": round(took[len(took) * 99 // 100] * 1000),
            "ms at most": round(took[-1] * 1000),
        }


def plan(kills: int, cuts: int, rolls: int) -> list[str]:
    """Return what goes wrong, so often each."""
    return [
        *["kill"] * kills,
        *(f"{CUTS[n % 2]} cut" for n in range(cuts)),
        *["rolling restart"] * rolls,
    ]


def main() -> None:
    """Read the command line, run, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.fleet", description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--rolls", type=int, default=20, help="rolling restarts of all processes")
    parser.add_argument("--senders", type=int, default=16)
    parser.add_argument("--smoke", action="store_true", help="one of each")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    things = plan(given.kills, given.cuts, given.rolls)
    pause, senders = 1.0, given.senders
    if given.smoke:
        things, pause, senders = plan(1, 1, 0), 0.3, 4
    kill_edges.PEOPLE = (*kill_edges.PEOPLE, *names())
    print(f"several processes on one PostgreSQL, seed {given.seed}", flush=True)
    began = time.monotonic()
    with server.postgres() as url, server.database(url, "lotse_test_fleet") as there:
        numbers = asyncio.run(play(there, things, given.seed, senders=senders, pause=pause))
    for each, number in numbers.items():
        print(f"{number:>8}  {each}")
    print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept", flush=True)


if __name__ == "__main__":
    main()

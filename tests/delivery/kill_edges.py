"""Kill the bot behind its addresses for Slack and Teams, starting included, and judge it.

`python -m tests.delivery.kill_edges --edge slack --store postgres --kills 100 --seed 7`

The bot is the real one, started as an operator starts it; the platform is a pretend one with
real sockets. Whatever was answered 200 must stand in the store once, whatever was not may.
`--slow 10` then starts it once more with a platform that takes ten seconds to say who it is.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import psycopg

from bot.delivery.clock import HandClock
from bot.lotse import MAIN
from storage.engine import Row
from tests.delivery.kill import SQLITE, seed_of_today
from tests.delivery.kill_child import open_store
from tests.pretend import server
from tests.pretend.slack_peer import SECRET, TOKEN, Entry, Fault, direct, slow
from tests.pretend.slack_stage import INCIDENTS, SlackStage, user
from tests.pretend.teams_peer import APP, PASSWORD, TENANT
from tests.pretend.teams_stage import TeamsStage

ROOT = Path(__file__).parent.parent.parent
INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT")
SENDERS = 4  # who send at once
PEOPLE: tuple[str, ...] = ("anna", "ben", "carla")
STRANGE = 0.05  # of all deliveries, those of somebody whom the bot does not know
DECLARED = re.compile(r"INC-(\d+) (?:is declared|ist gemeldet)")
Json = dict[str, Any]


@dataclass(slots=True)
class Sent:
    """One delivery: a mark that stands in the store once it is carried out, and the answers."""

    mark: str
    kind: str
    payload: Json
    again: bool  # the platform delivers it again until it is answered 200
    answers: list[tuple[int, str]] = field(default_factory=list)
    unanswered: int = 0

    @property
    def promised(self) -> bool:
        """Say whether success was answered."""
        return any(status == 200 and not refused(said) for status, said in self.answers)


def refused(said: str) -> bool:
    """Say whether somebody was told that nothing was stored."""
    return "was not stored" in said or "wurde nicht gespeichert" in said


class Edge(Protocol):
    """One platform and its people."""

    async def start(self) -> None:
        """Let the platform listen, and the company be known."""
        ...

    def environment(self, port: int) -> dict[str, str]:
        """Return what an operator sets; the platform sends to `port` from now on."""
        ...

    def starts(self, seconds: float) -> None:
        """Let the platform take so long to say who the bot is, at its next start."""
        ...

    def arrives(self, name: str) -> None:
        """Let there be somebody whom the bot does not know."""
        ...

    def next(self, mark: str, who: str, number: int) -> Sent:
        """Return a delivery that declares (without `number`), or tells news."""
        ...

    async def deliver(self, sent: Sent) -> tuple[int, str]:
        """Deliver it; return what came back."""
        ...

    def cards(self) -> Counter[str]:
        """Return how often each message of the outbox was posted, or each incident's card."""
        ...


class SlackEdge:
    """Slash commands, direct messages and buttons over HTTP."""

    def __init__(self, stage: SlackStage, chance: random.Random) -> None:
        self.stage, self._chance = stage, chance

    async def start(self) -> None:
        await self.stage.peer.start()

    def environment(self, port: int) -> dict[str, str]:
        self.stage.peer.request_url = f"http://127.0.0.1:{port}/slack/events"
        return {
            "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": self.stage.peer.url,
        }  # fmt: skip

    def starts(self, seconds: float) -> None:
        self.stage.peer._faults["auth.test"].clear()
        self.stage.peer.plan("auth.test", *[slow(seconds)] * 3)

    def arrives(self, name: str) -> None:
        self.stage.peer.user(user(name), name.title())
        self.stage.peer.channels[INCIDENTS].members.add(user(name))

    def next(self, mark: str, who: str, number: int) -> Sent:
        client, peer = self.stage.client(who), self.stage.peer
        text = f"update #{number} {mark}" if number else f"incident Till {mark}"
        kind = self._chance.choice(("slash_commands", "events_api", "interactive"))
        if kind == "slash_commands":
            word = f"/lotse {text}" if number else f"/{text}"
            payload = client.command(word, INCIDENTS)
            payload["response_url"] = peer.respond_url(client.id, INCIDENTS)
            return Sent(mark, kind, payload, again=False)
        if kind == "events_api":
            event = {"type": "message", "channel_type": "im", "user": client.id, "text": text,
                     "ts": peer._ts(), "team": "T1", "channel": direct(client.id)}  # fmt: skip
            return Sent(mark, kind, peer.event(event), again=True)
        word, args = ("update", {"number": str(number), "text": mark})
        if not number:
            word, args = ("incident", {"title": f"Till {mark}"})
        entry = Entry("post", direct(client.id), client.id, "1.1", {}, 0.0)
        button = {"type": "button", "action_id": "x", "text": {"type": "plain_text", "text": "x"},
                  "value": json.dumps({"word": word, "args": args})}  # fmt: skip
        return Sent(mark, kind, client.action(entry, {"block_id": "b"}, button), again=False)

    async def deliver(self, sent: Sent) -> tuple[int, str]:
        body = json.dumps(sent.payload).encode()
        if sent.kind == "events_api":  # signed anew each time, as Slack does
            moment = time.time() - len(sent.answers) - sent.unanswered
            got = await self.stage.peer.post(body, "application/json", at=moment)
        else:
            got = await self.stage.peer.deliver(sent.kind, sent.payload)
        return got.status or 0, json.dumps(got.body, ensure_ascii=False)

    def cards(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for each in self.stage.peer.ledger:
            metadata = each.data.get("metadata") if each.kind == "post" else None
            if metadata:
                mark = json.loads(metadata) if isinstance(metadata, str) else metadata
                found[mark["event_payload"]["id"]] += 1
        return found


class TeamsEdge:
    """Messages in the personal chat, and buttons."""

    def __init__(self, stage: TeamsStage, chance: random.Random) -> None:
        self.stage, self._chance = stage, chance

    async def start(self) -> None:
        await self.stage.peer.start()
        self.stage.database.transact(self.stage._reachable)

    def environment(self, port: int) -> dict[str, str]:
        self.stage.peer.bot_url = f"http://127.0.0.1:{port}/api/messages"
        return {
            "MICROSOFT_APP_ID": APP, "MICROSOFT_APP_PASSWORD": PASSWORD,
            "MICROSOFT_APP_TENANTID": TENANT, "TEAMS_LOGIN_URL": self.stage.peer.login,
            "TEAMS_SERVICE_HOSTS": "127.0.0.1",
        }  # fmt: skip

    def starts(self, seconds: float) -> None:
        for call in ("openid", "token"):
            self.stage.peer._faults[call].clear()
            late = Fault(f"slow {seconds}", accepts=True, seconds=seconds)
            self.stage.peer.plan(call, late)

    def arrives(self, name: str) -> None:
        self.stage.peer.person(name.title())

    def next(self, mark: str, who: str, number: int) -> Sent:
        client = self.stage.client(who.title())
        text = f"update #{number} {mark}" if number else f"incident Till {mark}"
        if self._chance.random() < 0.6:
            return Sent(mark, "message", client.message(text), again=True)
        word, args = ("update", {"number": str(number), "text": mark})
        if not number:
            word, args = ("incident", {"title": f"Till {mark}"})
        data = {"call": {"word": word, "args": args}}
        button = {"type": "Action.Execute", "verb": word, "data": data}
        return Sent(mark, "invoke", client.pressing(None, button), again=True)

    async def deliver(self, sent: Sent) -> tuple[int, str]:
        got = await self.stage.peer.deliver(sent.payload)
        return got.status, json.dumps(got.body, ensure_ascii=False)

    def cards(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for each in self.stage.peer.ledger:
            if each.kind == "post" and each.where.startswith("19:"):
                shown = json.dumps(each.data, ensure_ascii=False)
                found.update(set(re.findall(r"Till (m\d+x)", shown)))
        return found


class Judge:
    """Sends, kills, starts again, and compares."""

    def __init__(self, edge: Edge, url: str, chance: random.Random, strange: float) -> None:
        self.edge, self.url, self.chance, self.strange = edge, url, chance, strange
        with socket.create_server(("127.0.0.1", 0)) as door:
            self.port = int(door.getsockname()[1])
        self.sent: list[Sent] = []
        self.numbers: list[int] = []
        self.kills = self.in_start = self.never_reached = 0
        self.heard = asyncio.Event()
        self._count = itertools.count(1)

    @contextlib.asynccontextmanager
    async def bot(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start the bot; kill it at the end, unless it has ended by itself."""
        kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
        given = {"PORT": str(self.port), "DATABASE_URL": self.url, "LOTSE_LANGUAGE": "en"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", cwd=ROOT,
            env={**kept, **given, **self.edge.environment(self.port)},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def send(self, seconds_between: float = 0.0) -> None:
        """Send one after the other until cancelled; what a platform repeats, is repeated."""
        while True:
            number = self.chance.choice(self.numbers) if self.numbers else 0
            number = 0 if self.chance.random() < 0.1 else number
            n = next(self._count)
            who = self.chance.choice(PEOPLE)
            if self.chance.random() < self.strange:
                self.edge.arrives(who := f"new{n}")
            sent = self.edge.next(f"m{n}x", who, number)
            self.sent.append(sent)
            await self.deliver(sent)
            while sent.again and not any(status == 200 for status, _said in sent.answers):
                await asyncio.sleep(0.1)
                await self.deliver(sent)
            await asyncio.sleep(seconds_between)

    async def deliver(self, sent: Sent) -> None:
        try:
            status, said = await self.edge.deliver(sent)
        except (aiohttp.ClientError, ConnectionError):
            sent.unanswered += 1
            self.never_reached += 1
            await asyncio.sleep(0.05)
            return
        sent.answers.append((status, said))
        found = DECLARED.search(said)
        if found:
            self.numbers.append(int(found[1]))
        if status == 200:
            self.heard.set()

    async def play(self, kills: int) -> None:
        """Let everybody send while the bot is killed again and again."""
        senders = [asyncio.create_task(self.send()) for _each in range(SENDERS)]
        try:
            for _each in range(kills):
                self.edge.starts(self.chance.choice((0.0, 0.0, self.chance.uniform(0, 1))))
                self.heard.clear()
                async with self.bot() as process:
                    if self.chance.random() < 0.35:  # while it starts, or just before
                        await asyncio.sleep(self.chance.uniform(0.1, 3.0))
                    else:
                        await asyncio.wait_for(self.heard.wait(), 60)
                        await asyncio.sleep(self.chance.uniform(0, 0.8))
                    self.in_start += not self.heard.is_set()
                    assert process.returncode is None, "the bot ended by itself"
                    process.kill()
                self.kills += 1
        finally:
            await ended(senders)
        self.edge.starts(0)
        await self.finish()

    async def slow_start(self, seconds: float, load: float) -> dict[str, int]:
        """Start while the platform takes its time, with so many deliveries a second."""
        before = len(self.sent)
        self.edge.starts(seconds)
        async with self.bot():
            gap = SENDERS / load
            senders = [asyncio.create_task(self.send(gap)) for _each in range(SENDERS)]
            await asyncio.sleep(seconds + 4)
            await ended(senders)
            statuses = Counter(
                status for each in self.sent[before:] for status, _said in each.answers
            )
            await self.finish(started=True)
        return {f"answered {status}": number for status, number in sorted(statuses.items())}

    async def finish(self, *, started: bool = False) -> None:
        """Repeat what was under way, as the platform does, then let some of it be carried."""
        async with contextlib.nullcontext() if started else self.bot() as _running:
            for each in self.sent:
                async with asyncio.timeout(60):
                    while each.again and not any(status == 200 for status, _said in each.answers):
                        await self.deliver(each)
            async with asyncio.timeout(120):
                while waiting(self.url):  # noqa: ASYNC110, another process carries it out
                    await asyncio.sleep(0.5)

    def judge(self) -> dict[str, int]:
        """Check every promise; return the numbers."""
        database = open_store(self.url)
        try:
            rows: dict[str, list[Row]] = {
                name: database.read(
                    lambda tx, name=name: tx.within(MAIN).rows(  # type: ignore[misc]
                        f"select * from {name} where workspace = :workspace"
                    )
                )
                for name in ("incidents", "timeline", "outbox", "timers", "deliveries")
            }
            if self.url.startswith("sqlite"):
                check = database.read(lambda tx: tx.rows("pragma integrity_check"))
                assert check == [{"integrity_check": "ok"}]
        finally:
            database.close()
        effects = Counter(row["title"].removeprefix("Till ") for row in rows["incidents"])
        effects.update(row["detail"] for row in rows["timeline"] if row["kind"] == "news")
        lost = [each.mark for each in self.sent if each.promised and not effects[each.mark]]
        doubled = [mark for mark, number in effects.items() if number > 1]
        assert not lost, f"answered and lost: {[e for e in self.sent if e.mark in lost][:3]}"
        assert not doubled, f"doubled: {doubled}"
        assert set(effects) <= {each.mark for each in self.sent}
        copies = self.edge.cards()
        alarms = {row["id"] for row in rows["outbox"] if row["kind"] == "alarm"}
        for id, number in copies.items():
            assert number <= 1 + (id in alarms), f"{number} copies of {id}"
        states = Counter(row["state"] for row in rows["outbox"])
        assert not states["dead"], states
        escalating = {row["key"] for row in rows["timers"] if row["state"] == "pending"}
        for row in rows["incidents"]:
            assert row["state"] != "open" or f"incident:{row['number']}:climb" in escalating, row
        for each in self.sent:
            for _status, said in each.answers:
                assert "is not installed" not in said, "told that we are not installed"
        return {
            "kills": self.kills,
            "of them before anything was answered": self.in_start,
            "deliveries": len(self.sent),
            "answered with success": sum(each.promised for each in self.sent),
            "not accepted": sum(s != 200 for each in self.sent for s, _said in each.answers),
            "without any answer": self.never_reached,
            "answered and lost": len(lost),
            "doubled": len(doubled),
            "messages posted": sum(copies.values()),
            "shown as uncertain": states["ambiguous"],
        }


def waiting(url: str) -> int:
    """Return how many requests wait until it is known who sent them; for the bot is running."""
    sql = "select count(*) from held_requests"
    if url.startswith("sqlite:///"):
        file = f"file:{url.removeprefix('sqlite:///')}?mode=ro"
        with contextlib.closing(sqlite3.connect(file, uri=True, timeout=10)) as look:
            return int(look.execute(sql).fetchone()[0])
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(sql).fetchone()
        return int(row[0]) if row else 0


async def ended(senders: list[asyncio.Task[None]]) -> None:
    """Stop those who send."""
    for each in senders:
        each.cancel()
    for raised in await asyncio.gather(*senders, return_exceptions=True):
        if isinstance(raised, Exception):
            raise raised


async def run(
    name: str, url: str, kills: int, seed: int, slow: float = 0, strange: float = STRANGE
) -> dict[str, int]:
    """Play and judge once; return the numbers."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lotse-kill-") as folder:
        url = url.format(folder=folder)
        database = open_store(url)
        stage = SlackStage(database) if name == "slack" else TeamsStage(database)
        stage.clock = HandClock(datetime.now(UTC))
        stage.furnish()
        edge: Edge = (
            SlackEdge(stage, chance) if isinstance(stage, SlackStage) else TeamsEdge(stage, chance)
        )
        try:
            await edge.start()
            database.close()
            judge = Judge(edge, url, chance, strange)
            await judge.play(kills)
            numbers = await judge.slow_start(slow, 20) if slow else {}
            if url.startswith("postgres"):
                server.left_alone(url)
            return {**judge.judge(), **numbers}
        finally:
            await stage.peer.stop()


def main() -> None:
    """Read the command line, run, print the numbers."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.delivery.kill_edges", description=__doc__
    )
    parser.add_argument("--edge", choices=("slack", "teams"), action="append")
    parser.add_argument("--store", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--slow", type=float, default=10, help="seconds of the slow start")
    parser.add_argument("--smoke", action="store_true", help="2 kills, on SQLite, 1 s")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    stores = given.store or (["sqlite"] if given.smoke else ["sqlite", "postgres"])
    kills, slow = (2, 1.0) if given.smoke else (given.kills, given.slow)
    strange = 0.0 if given.smoke else STRANGE  # what they sent may wait for half a minute
    for name, store in itertools.product(given.edge or ("slack", "teams"), stores):
        print(f"{name}, {store}, seed {given.seed}", flush=True)
        began = time.monotonic()
        if store == "sqlite":
            numbers = asyncio.run(run(name, SQLITE, kills, given.seed, slow, strange))
        else:
            with server.postgres() as url, server.database(url, "lotse_test_kill_edges") as there:
                numbers = asyncio.run(run(name, there, kills, given.seed, slow, strange))
        for each, number in numbers.items():
            print(f"{number:>8}  {each}")
        print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept", flush=True)


if __name__ == "__main__":
    main()

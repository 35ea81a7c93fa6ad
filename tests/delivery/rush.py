"""A company's worst minute on both stores: commands and heartbeats at a rate, while things fail.

`python -m tests.delivery.rush --commands 200 --heartbeats 500 --seconds 60 --seed 7`

The bot is the real one in processes of its own. While people type and machines report, Slack
answers with every kind of fault, and the store is taken away again and again for a moment. Then
the same beside slow connections, and at last a backlog of 10,000 messages is drained. Whatever
was said to be done stands in the store once. A machine that cannot carry the rate says so: then
the rate is lowered until it is carried, and both stand in the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp
import psycopg

from benchmarks.heartbeat import give_addresses
from bot.delivery.clock import HandClock
from bot.lotse import MAIN
from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from tests.delivery import fleet, outage
from tests.delivery.callers import Came, Plan, called
from tests.delivery.kill import seed_of_today
from tests.delivery.kill_child import open_store
from tests.delivery.kill_edges import INHERITED, ROOT
from tests.http import slow_clients
from tests.pretend import server
from tests.pretend.slack_peer import SECRET, TOKEN, UNKNOWABLE, Peer, error, limited
from tests.pretend.slack_stage import INCIDENTS, SlackStage, user

P99, MOST = 0.5, 3.0  # seconds; docs/proofs.md
ADDRESSES = 2000
AWAY = (0.2, 1.0)  # seconds for which the store is taken away
EVERY = 6.0  # seconds between two of these
LOWER = 0.7  # of a rate that was not carried, the next one
TRIES = 6
WORKED_OFF = 900.0  # seconds in which a queue is worked off that a slow machine could not carry


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it."""

    commands: float = 200
    heartbeats: float = 500
    seconds: float = 60
    slow: int = 200
    backlog: int = 10_000
    measured: bool = True  # warmed up before, and lowered until it is carried


FULL = Size()
SMOKE = Size(commands=5, heartbeats=10, seconds=1.5, slow=30, backlog=60, measured=False)
CHANGE = replace(SMOKE, seconds=20, backlog=500)  # with each change


@dataclass(slots=True)
class Bot:
    """A running bot, the Slack that it talks to, and how often what went wrong."""

    port: int
    url: str
    peer: Peer
    done: Counter[str]


# --- what runs -----------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def running(url: str, chance: random.Random) -> AsyncIterator[Bot]:
    """Give a bot on a store: one process on SQLite, a web part and a worker on PostgreSQL."""
    database = open_store(url)
    stage = SlackStage(database)
    stage.clock = HandClock(datetime.now(UTC))
    stage.furnish()
    database.transact(fleet.crowd)
    database.transact(
        lambda tx: give_addresses(
            tx.within(MAIN), ADDRESSES, PersonId(user("ben")), PersonId(user("carla"))
        )
    )
    database.close()
    for name in fleet.names():
        stage.peer.user(user(name), name.title())
        stage.peer.channels[INCIDENTS].members.add(user(name))
    await stage.peer.start()
    port = fleet.free_port()
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    given = {
        "SLACK_BOT_TOKEN": TOKEN, "SLACK_SIGNING_SECRET": SECRET, "LOTSE_LANGUAGE": "en",
        "SLACK_API_URL": stage.peer.url, "DATABASE_URL": url, "PORT": str(port),
    }  # fmt: skip
    words = ([],) if url.startswith("sqlite") else (["serve"], ["work"])
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *each, cwd=ROOT, env={**kept, **given},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )
        for each in words
    ]  # fmt: skip
    try:
        await answers(port)
        yield Bot(port, url, stage.peer, Counter())
    finally:
        for each in processes:
            each.terminate()
            await each.wait()
        await stage.peer.stop()
        if url.startswith("postgres"):
            server.left_alone(url)


async def answers(port: int, seconds: float = fleet.STARTS) -> None:
    """Wait until a bot is well."""
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError, ConnectionError):
                async with session.get(f"http://127.0.0.1:{port}/health") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


async def fail(bot: Bot, chance: random.Random, seconds: float) -> None:
    """Let Slack go wrong all the time, and the store be taken away again and again."""
    ends = time.monotonic() + seconds
    faults = (*UNKNOWABLE, error("internal_error"), limited("1"), limited(None), limited("soon"))
    next_away = time.monotonic() + min(EVERY, seconds / 3)
    while time.monotonic() < ends:
        method = chance.choice(("chat.postMessage", "chat.update"))
        if not bot.peer._faults[method]:
            bot.peer.plan(method, chance.choice(faults))
            bot.done["faults of Slack planned"] += 1
        if time.monotonic() > next_away:
            next_away += EVERY
            await asyncio.to_thread(take_away, bot.url, chance.uniform(*AWAY))
            bot.done["times the store was taken away"] += 1
        await asyncio.sleep(0.2)
    for left in bot.peer._faults.values():
        bot.done["faults of Slack planned"] -= len(left)
        left.clear()


def take_away(url: str, seconds: float) -> None:
    """Hold SQLite's lock as another program does; of PostgreSQL end every connection."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)) as other:
            other.isolation_level = None
            other.execute("begin immediate")
            time.sleep(seconds)
            other.execute("rollback")
        return
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


# --- one round -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to."""

    plan: Plan
    people: Came
    machines: Came

    @property
    def kept(self) -> bool:
        """Say whether the rate was carried: all answered, and in time."""
        calls = [*self.people.calls, *self.machines.calls]
        times = sorted(seconds for seconds, _status in calls)
        within = times[at(times, 99)] <= P99 and times[-1] <= MOST
        return within and all(status == 200 for _seconds, status in calls)

    def report(self) -> None:
        """Print its figures."""
        for name, came, rate in (
            ("commands", self.people, self.plan.commands),
            ("heartbeats", self.machines, self.plan.heartbeats),
        ):
            statuses = Counter(status for _seconds, status in came.calls)
            times = sorted(seconds for seconds, _status in came.calls)
            took = self.plan.seconds + max(times[-1] - P99, 0)
            print(
                f"  {name}: {rate:.0f} a second asked for, {statuses[200] / took:.0f} answered; "
                f"p50 {ms(times, 50)} ms, p99 {ms(times, 99)} ms, at most {1000 * times[-1]:.0f} "
                f"ms; 503 {statuses[503]}, no answer {statuses[0]}, "
                f"told that nothing was stored {came.not_stored}",
                flush=True,
            )


def at(times: list[float], percent: int) -> int:
    return min(len(times) * percent // 100, len(times) - 1)


def ms(times: list[float], percent: int) -> int:
    return round(1000 * times[at(times, percent)])


async def one_round(bot: Bot, plan: Plan, chance: random.Random, slow: int = 0) -> Round:
    """Play one round, beside so many slow connections."""
    async with contextlib.AsyncExitStack() as beside:
        if slow:
            await beside.enter_async_context(slow_clients.held(bot.port, slow))
        failing = asyncio.create_task(fail(bot, chance, plan.seconds))
        people, machines = await called(plan)
        await failing
    await answers(bot.port, WORKED_OFF)
    return Round(plan, people, machines)


def judge(bot: Bot, rounds: list[Round]) -> dict[str, int]:
    """Compare what was promised with what stands in the store; return the numbers."""
    database = open_store(bot.url)

    def rows(tx: Tx, sql: str) -> list[Row]:
        return tx.within(MAIN).rows(f"{sql} where workspace = :workspace")

    try:
        titles, told, sums = (
            database.read(partial(rows, sql=sql))
            for sql in (
                "select title as said from incidents",
                "select detail as said from timeline",
                "select automation from automation_runs",
            )
        )
        posts = database.read(partial(rows, sql="select id, kind, state from outbox"))
    finally:
        database.close()
    sent = {mark for each in rounds for mark in each.people.sent}
    promised = {mark for each in rounds for mark in each.people.promised}
    words = [str(row["said"] or "").rpartition(" ")[2] for row in (*titles, *told)]
    # A title stands in the first line of its incident's history, too.
    effects = Counter(word for word in words[: len(titles)] if word in sent)
    effects.update(word for word in words[len(titles) :] if word in sent and word not in effects)
    lost = promised - set(effects)
    doubled = [mark for mark, number in effects.items() if number > 1]
    assert not lost, f"said to be done, and lost: {sorted(lost)[:5]}"
    assert not doubled, f"doubled: {doubled[:5]}"
    reported = Counter[str]()
    for each in rounds:
        reported.update({f"a{n}": number for n, number in each.machines.reported.items()})
    stored = Counter(row["automation"] for row in sums)
    missing = sum((reported - stored).values())
    assert not missing, f"{missing} heartbeats were answered OK and lost"
    copies = Counter[str]()
    for entry in bot.peer.ledger:
        if entry.kind == "post" and (id := id_of(entry.data)):
            copies[id] += 1
    alarms = {row["id"] for row in posts if row["kind"] == "alarm"}
    for id, number in copies.items():
        assert number <= 1 + (id in alarms), f"{number} copies of {id}"
    assert not [row for row in posts if row["state"] == "dead"]
    return {
        **bot.done,
        "commands answered": len(promised),
        "heartbeats answered": sum(reported.values()),
        "answered and lost": len(lost) + missing,
        "doubled": len(doubled),
    }


def id_of(data: dict[str, object]) -> str:
    """Return the outbox's id that a posted message carries."""
    metadata = data.get("metadata")
    if not metadata:
        return ""
    read: Any = json.loads(metadata) if isinstance(metadata, str) else metadata
    return str(read["event_payload"]["id"])


# --- all of it -----------------------------------------------------------------------------


async def play(url: str, size: Size, seed: int) -> dict[str, int]:
    """Play every round on one store, and judge; return the numbers."""
    chance = random.Random(seed)
    people = tuple(user(name) for name in fleet.names())
    rounds: list[Round] = []
    async with running(url, chance) as bot:
        plan = Plan(bot.port, size.commands, size.heartbeats, size.seconds, people, ADDRESSES,
                    seed, "a")  # fmt: skip
        if size.measured:  # everything is known and warm then; its times count for nothing
            warm = replace(plan, commands=5, heartbeats=10, seconds=3, round="w")
            rounds.append(await one_round(bot, warm, chance))
        for n in range(TRIES if size.measured else 1):
            share = LOWER**n
            plan = replace(
                plan, commands=size.commands * share, heartbeats=size.heartbeats * share,
                seconds=size.seconds / (2 if n else 1), round=f"b{n}",
            )  # fmt: skip
            rounds.append(await one_round(bot, plan, chance))
            rounds[-1].report()
            if rounds[-1].kept:
                break
        alone = rounds[-1]
        print(f"  beside {size.slow} slow connections:")
        rounds.append(await one_round(bot, replace(plan, round="s"), chance, size.slow))
        rounds[-1].report()
    numbers = judge(bot, rounds)
    if alone.kept:
        numbers |= {
            "commands a second carried": round(alone.plan.commands),
            "heartbeats a second carried": round(alone.plan.heartbeats),
        }
    times, beside = (
        sorted(seconds for seconds, _status in each.people.calls) for each in (alone, rounds[-1])
    )
    return numbers | {
        "ms p99": ms(times, 99),
        "ms at most": round(1000 * times[-1]),
        "ms p99 beside slow connections": ms(beside, 99),
    }


@contextlib.contextmanager
def stores(kind: str) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """Give what makes new, empty stores of a kind."""
    if kind == "sqlite":
        yield outage.in_a_file
        return
    with server.postgres() as url:
        yield partial(server.database, url, "lotse_test_rush")


def main() -> None:
    """Read the command line, play, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.rush", description=__doc__)
    parser.add_argument("--commands", type=float, default=FULL.commands, help="a second")
    parser.add_argument("--heartbeats", type=float, default=FULL.heartbeats, help="a second")
    parser.add_argument("--seconds", type=float, default=FULL.seconds)
    parser.add_argument("--slow", type=int, default=FULL.slow, help="slow connections")
    parser.add_argument("--backlog", type=int, default=FULL.backlog)
    parser.add_argument("--store", choices=("sqlite", "postgres"), action="append")
    parser.add_argument(
        "--smoke", action="store_true", help="20 seconds on each store, a small rate"
    )
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    size = CHANGE if given.smoke else Size(
        given.commands, given.heartbeats, given.seconds, given.slow, given.backlog
    )  # fmt: skip
    for kind in given.store or ("sqlite", "postgres"):
        print(f"{kind}, seed {given.seed}, {size}", flush=True)
        began = time.monotonic()
        with stores(kind) as new:
            with new() as url:
                numbers = asyncio.run(play(url, size, given.seed))
            for name, number in numbers.items():
                print(f"{number:>8}  {name}")
            if "commands a second carried" not in numbers:
                print("  this machine did not carry what was asked for; nothing was lost")
            asyncio.run(outage.drained(kind, new, size.backlog))
        print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept", flush=True)


if __name__ == "__main__":
    main()

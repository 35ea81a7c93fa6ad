"""Hours without a platform, over real sockets and with the clock wound, and what follows.

`python -m tests.delivery.outage` plays 60 incidents through 7 hours of refused connections, of
503 and of cut answers, and on both stores a backlog of 10,000 messages with a new alarm behind
it; it prints the numbers and fails where a promise is not kept. `--smoke` is the size that the
tests play.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

from bot.delivery.clock import HandClock
from bot.delivery.courier import Courier
from bot.delivery.plain import render
from bot.delivery.platform import Rate
from bot.slack.sender import Slack
from bot.teams.sender import Teams
from handlers.kit.messages import dump, line, load, spoken
from storage.delivery import outbox
from storage.delivery.outbox import ParcelKind
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.opening import open_database
from storage.engine.sqlite import Sqlite
from tests.pretend import server
from tests.pretend.slack_peer import PAGE, Fault
from tests.pretend.slack_stage import INCIDENTS, SlackStage
from tests.pretend.stage import MONDAY, Chat, Ids, furnish

KINDS: dict[str, Fault | None] = {
    "refused": None,
    "503": Fault("503", 503, PAGE, "text/html"),
    "cut": Fault("cut after accepting", accepts=True, act="cut"),
    "reset": Fault("reset", act="reset"),
}
NUMBER = re.compile(r"INC-(\d+)")


async def through(kind: str, database: Database, incidents: int, hours: float) -> dict[str, float]:
    """Play one kind of outage; return the numbers, after the promises were looked at."""
    stage = SlackStage(database)
    stage.furnish()
    stage.peer.reads = True
    await stage.start()
    stage.edge.platform.rate = Slack.rate
    peer, fault = stage.peer, KINDS[kind]
    try:
        anna = stage.client("anna")
        for n in range(incidents // 2):
            await declared(stage, n)
        if fault is None:
            await peer.vanish()
        peer.away = fault
        for n in range(incidents // 2, incidents):
            await declared(stage, n)
            await stage.wind(minutes=hours * 60 / incidents / 2)
        await stage.wind(minutes=hours * 30)
        before = len(peer.ledger)
        if fault is None:
            await peer.come_back()
        peer.away = None
        began, first = stage.clock.now(), None
        for _second in range(5 * 60):
            stage.clock.wind(stage.clock.now() + timedelta(seconds=1))
            await stage.courier.drain()  # the next steps of escalation are not looked at
            if first is None and len(peer.ledger) > before:
                first = (stage.clock.now() - began).total_seconds()
        anna.heard.clear()
        return judged(stage, kind, incidents, before, first)
    finally:
        peer.away = None
        await stage.stop()


async def declared(stage: SlackStage, n: int) -> None:
    """Let somebody declare an incident; the road in works whatever the road out does."""
    command = stage.client("anna").command(f"/incident Till {n} is dead", INCIDENTS)
    got = await stage.peer.deliver("slash_commands", command)
    assert got.status == 200 and "is declared" in str(got.body), got
    await stage.carry()


def judged(
    stage: SlackStage, kind: str, incidents: int, before: int, first: float | None
) -> dict[str, float]:
    """Look whether every promise was kept."""
    states = Counter(
        row["state"] for row in stage.rows("select state from outbox where workspace = :workspace")
    )
    peer = stage.peer
    cards = [peer.text(peer.now(each)["blocks"]) for each in peer.at(INCIDENTS)]
    shown = Counter(found[1] for each in cards if (found := NUMBER.search(each)))
    told: Counter[tuple[str, str]] = Counter()
    for each in peer.ledger[before:]:
        if each.kind == "post" and each.where.startswith("D"):
            said = peer.text(each.data["blocks"])
            told.update((each.where, number) for number in set(NUMBER.findall(said)))
    most = max(told.values(), default=0)
    assert states["dead"] == 0, states
    assert states["pending"] == states["leased"] == 0, states
    assert len(shown) == incidents, f"{len(shown)} of {incidents} have a card"
    assert max(shown.values()) == 1, "a card stands once"
    newest = {
        row["key"]: row["message"]
        for row in stage.rows(
            "select key, message from outbox where workspace = :workspace and place = :place "
            "and message <> '' order by created_at, id",
            place=f"slack:{INCIDENTS}",
        )
    }
    for card in cards:
        if found := NUMBER.search(card):
            assert card == render(load(newest[f"incident:{found[1]}"])), "not its newest state"
    standing = {
        row["number"]: row["responsible"]
        for row in stage.rows(
            "select number, responsible from incidents where workspace = :workspace"
        )
    }
    assert len(standing) == incidents
    assert first is not None and first <= 60, f"the first message came after {first} s"
    since = incidents // 2
    for number in range(since + 1, incidents + 1):
        heard = [where for (where, each) in told if each == str(number)]
        assert heard, f"nobody heard of INC-{number}"
    escalating = 2 if kind == "cut" else 1
    assert most <= escalating + 1, f"one person heard {most} times of one incident"
    return {
        "incidents": incidents,
        "dead": states["dead"],
        "uncertain": states["ambiguous"],
        "cards": len(shown),
        "seconds to the first message": first,
        "most messages to one person about one incident": most,
        "messages after the return": sum(each.kind == "post" for each in peer.ledger[before:]),
    }


async def backlog(database: Database, name: str, rate: Rate, rows: int, companies: int) -> float:
    """Drain a backlog at a platform's rates; return after how many seconds it was empty."""
    clock, ids, chat = HandClock(MONDAY.astimezone(UTC)), Ids(), Chat(rate=rate)
    courier = Courier(database, {"local": chat}, clock, random.Random(1))
    message = dump(spoken(line("one of many"), "en", "UTC"))
    urgent = dump(spoken(line("an alert"), "en", "UTC"))

    def add(id: str, company: int, place: str, kind: ParcelKind, said: str) -> Callable[[Tx], None]:
        return lambda tx: outbox.add(
            tx.within(f"company{company}"),
            id=id,
            place=PlaceId(place),
            key=id,
            kind=kind,
            message=said,
            now=clock.now(),
        )

    def fill(tx: Tx) -> None:
        for company in range(companies):
            furnish(tx, f"company{company}", clock.now())
        for n in range(rows):
            kind = (ParcelKind.CARD, ParcelKind.NOTE, ParcelKind.DIGEST)[n % 3]
            add(ids(), n % companies, f"local:room{n % 200}", kind, message)(tx)

    database.transact(fill)
    began, alarmed = clock.now(), None
    while database.read(outbox.next_due) is not None:
        await courier.drain()
        clock.wind(clock.now() + timedelta(seconds=0.5))
        if (clock.now() - began).total_seconds() == 60:
            database.transact(add(ids(), 0, "local:@ben", ParcelKind.ALARM, urgent))
            alarmed = clock.now()
            await courier.drain()
            assert chat.created("local:@ben") == ["an alert"], "it goes before all that waits"
        assert (clock.now() - began).total_seconds() < 3600
    if rows > 3000:
        assert alarmed is not None
    seconds = (clock.now() - began).total_seconds()
    assert seconds <= 900, f"{name}: {seconds:.0f} s"
    return seconds


async def play(incidents: int, hours: float, rows: int) -> None:
    """Play everything once, and print the numbers."""
    for kind in KINDS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="lotse-outage-") as folder:
            database = Sqlite(str(Path(folder) / "lotse.db"))
            try:
                numbers = await through(kind, database, incidents, hours)
            finally:
                database.close()
        print(f"{hours:g} h of “{kind}” ({time.monotonic() - began:.0f} s):")
        for name, number in numbers.items():
            print(f"{number:>8g}  {name}")
    await drained("SQLite", in_a_file, rows)
    try:
        with server.postgres() as url:
            await drained("PostgreSQL", partial(server.database, url, "lotse_test_outage"), rows)
    except server.NoServer as missing:
        print(f"PostgreSQL: not played. {missing}")


@contextmanager
def in_a_file() -> Iterator[str]:
    """Give the address of a new SQLite database."""
    with tempfile.TemporaryDirectory(prefix="lotse-outage-") as folder:
        yield f"sqlite:///{folder}/lotse.db"


async def drained(store: str, new: Callable[[], AbstractContextManager[str]], rows: int) -> None:
    """Drain a backlog in one kind of store at each platform's rates, and print how long."""
    for name, rate, companies in (("Slack", Slack.rate, 3), ("Teams", Teams.rate, 1)):
        assert rate is not None
        began, worked = time.monotonic(), time.process_time()
        with new() as url, closing(open_database(url)) as database:
            seconds = await backlog(database, name, rate, rows, companies)
        print(
            f"{store}: {rows} waiting messages in {companies} companies at {name}'s rates: "
            f"empty after {seconds:.0f} s; each took {_milliseconds(worked, rows):.1f} ms "
            f"of our processor ({time.monotonic() - began:.0f} s)",
            flush=True,
        )


def _milliseconds(since: float, many: int) -> float:
    return (time.process_time() - since) * 1000 / many


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.outage", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="the small size")
    parser.add_argument("--incidents", type=int, default=60)
    parser.add_argument("--hours", type=float, default=7)
    parser.add_argument("--rows", type=int, default=10_000)
    given = parser.parse_args()
    sizes = (6, 1.0, 300) if given.smoke else (given.incidents, given.hours, given.rows)
    asyncio.run(play(*sizes))


if __name__ == "__main__":
    main()

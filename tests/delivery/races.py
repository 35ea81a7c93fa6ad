"""Several processes take from one line of messages at the same moment, and are ended and stopped.

`python -m tests.delivery.races --rows 10000 --processes 4 --seed 7`

First without a fault: each message is accepted once. Then the same
while processes are killed and stand still past their leases: at most one more copy of an alarm
for each of these, none of a card, and nothing is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

from handlers.kit.messages import dump, line, spoken
from storage.delivery import outbox
from storage.delivery.outbox import ParcelKind
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.opening import open_database
from tests.delivery.kill import Process, Said, seed_of_today
from tests.delivery.kill_child import LEASE
from tests.pretend import server
from tests.pretend.stage import DEMO, MONDAY, furnish

NOW = MONDAY.astimezone(UTC)
PLACES = 50
SHORT = 1.5  # seconds of a lease
STANDS = 2.5  # seconds that somebody stands still
QUIET = 60.0  # seconds after which nothing comes any more


def fill(rows: int, tx: Tx) -> None:
    """Put so many messages into the line, a third of them alarms."""
    furnish(tx, DEMO, NOW)
    inside, message = tx.within(DEMO), dump(spoken(line("one of many"), "en", "UTC"))
    for n in range(rows):
        kind = (ParcelKind.CARD, ParcelKind.NOTE, ParcelKind.ALARM)[n % 3]
        outbox.add(
            inside, id=f"{n:06}", place=PlaceId(f"local:room{n % PLACES}"), key=f"k{n}",
            kind=kind, message=message, now=NOW,
        )  # fmt: skip


class Race:
    """Processes on one store, and what becomes of its line."""

    def __init__(self, url: str, folder: Path, processes: int, lease: float) -> None:
        self.url, self.ledger = url, folder / "ledger"
        self.said: Said = Said()
        self.environment = {LEASE: str(lease)} if lease else {}
        self.processes = [self._new() for _each in range(processes)]
        self.kills = self.pauses = 0
        self.moment = NOW

    def _new(self) -> Process:
        return Process(self.url, self.ledger, NOW, self.said, **self.environment)

    def go(self) -> None:
        """Let all of them take from the line at the same moment."""
        self.moment += timedelta(seconds=6)  # an alarm's second copy waits for five
        for n, each in enumerate(self.processes):
            each.send(id=f"go {n}", at=self.moment.isoformat())

    def disturb(self, chance: random.Random) -> None:
        """Kill one and start another in its place, or let one stand still past its lease."""
        at = chance.randrange(len(self.processes))
        if chance.random() < 0.5:
            self.processes[at].kill()
            self.kills += 1
            self.processes[at] = self._new()
        else:
            self.processes[at].signal(signal.SIGSTOP)
            time.sleep(STANDS)
            self.processes[at].signal(signal.SIGCONT)
            self.pauses += 1
        self.go()

    def end(self) -> None:
        """End whoever still runs."""
        for each in self.processes:
            each.end()


def left(database: Database) -> int:
    """Count what still has to go out."""
    rows = database.read(
        lambda tx: tx.within(DEMO).rows(
            "select count(*) as n from outbox "
            "where workspace = :workspace and state in ('pending', 'leased')"
        )
    )
    return int(rows[0]["n"])


def play(url: str, rows: int, processes: int, faults: int, seed: int) -> dict[str, int]:
    """Play one race with so many kills and pauses; return the numbers."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lotse-races-") as folder:
        with closing(open_database(url)) as database:
            database.transact(partial(fill, rows))
            race = Race(url, Path(folder), processes, SHORT if faults else 0)
            try:
                race.go()
                for _each in range(faults):
                    time.sleep(chance.uniform(0, 0.2))
                    if left(database):
                        race.disturb(chance)
                ends = time.monotonic() + QUIET
                before = left(database)
                while (there := left(database)) and time.monotonic() < ends:
                    if there < before:
                        before, ends = there, time.monotonic() + QUIET
                    time.sleep(0.2)
                    race.go()
                assert not left(database), "some are left behind"
            finally:
                race.end()
            states = database.read(
                lambda tx: tx.within(DEMO).rows(
                    "select id, kind, state from outbox where workspace = :workspace"
                )
            )
        lines = [json.loads(each) for each in race.ledger.read_text("utf-8").splitlines()]
    return judged(states, lines, race)


def judged(states: list[dict[str, str]], lines: list[dict[str, str]], race: Race) -> dict[str, int]:
    """Compare what was accepted with what stood in the line."""
    copies = Counter(each["parcel"] for each in lines if each["do"] == "create")
    doubled = sum(number - 1 for number in copies.values())
    faults = race.kills + race.pauses
    for row in states:
        number = copies[row["id"]]
        assert number <= 1 + (row["kind"] == "alarm" and faults > 0), (row, number)
        assert number == 1 or row["state"] == "ambiguous" or faults, (row, number)
        assert row["state"] == "sent" or (row["state"] == "ambiguous" and faults), row
        assert number or row["state"] == "ambiguous", f"lost: {row}"
    if not faults:
        assert doubled == 0
    return {
        "messages": len(states), "kills and pauses": faults, "accepted": len(lines),
        "accepted twice": doubled,
        "shown as uncertain": sum(row["state"] == "ambiguous" for row in states),
    }  # fmt: skip


def main() -> None:
    """Read the command line, play, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.races", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--faults", type=int, default=40)
    parser.add_argument("--smoke", action="store_true", help="1,000 rows, 2 processes")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    if given.smoke:
        given.rows, given.processes, given.faults = 1000, 2, 3
    began = time.monotonic()
    print(f"seed {given.seed}, {os.cpu_count()} cores", flush=True)
    with server.postgres() as url:
        for faults in (0, given.faults):
            with server.database(url, "lotse_test_races") as new:
                numbers = play(new, given.rows, given.processes, faults, given.seed)
            for name, number in numbers.items():
                print(f"{number:>8}  {name}", flush=True)
    print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept")


if __name__ == "__main__":
    main()

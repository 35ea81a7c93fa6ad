"""Processes that stand still for longer than their lease, and go on as if nothing had been.

`python -m tests.delivery.pauses --pauses 50 --store postgres --seed 7`

What a machine that sleeps, a container that is frozen or a long page fault does: SIGSTOP in the
thick of it, with messages on their way and transactions open, and SIGCONT once the leases have
run out. On PostgreSQL several processes share the store: those that run take over, and whoever
goes on finds that its work is no longer its own. On SQLite there is one process, and no second
one may open its file while it stands still. Leases are made short, so that many pauses fit in;
nothing else is different. The judge is that of `kill.py`.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from storage.engine import Row, StorageError
from storage.engine.sqlite import Sqlite
from tests.delivery import kill
from tests.delivery.kill import SQLITE, TOGETHER, Command, Process, seed_of_today
from tests.delivery.kill_child import LEASE
from tests.pretend import server

SHORT = 1.5  # seconds that a lease lasts here
PROCESSES = 3  # on one PostgreSQL
AGAIN = 0.5  # of what a process that stands still has not answered, what is delivered again


class Judge(kill.Judge):
    """Sends the commands, lets processes stand still and go on, and compares."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.said: kill.Said = SimpleQueue()
        self.lives: list[Process] = []
        self.still: list[Process] = []
        self.sent_to: dict[str, Process] = {}
        self.pauses = self.held = self.taken_over = self.kept_out = 0
        super().__init__(url, folder, seed)
        while self._several and len(self.lives) < PROCESSES:
            self._start()

    @property
    def _several(self) -> bool:
        return self.url.startswith("postgres")

    def _start(self) -> Process:
        life = Process(self.url, self.ledger, self.moment, self.said, **{LEASE: str(SHORT)})
        self.lives.append(life)
        return life

    def _send(self, command: Command) -> None:
        at_work = [each for each in self.lives if each not in self.still]
        self.process = self.chance.choice(at_work or self.lives)
        self.sent_to[command.id] = self.process
        super()._send(command)

    def _kill_and_go_on(self) -> None:
        """Let some of them stand still in the thick of it, until their leases have run out."""
        while len(self.open) < TOGETHER:
            self._send(self._next(len(self.commands) + 1))
        self._until(lambda: bool(self._leases()), 5.0)
        most = len(self.lives) - 1 if self._several else 1
        self.still = self.chance.sample(self.lives, self.chance.randint(1, most))
        for each in self.still:
            each.signal(signal.SIGSTOP)
        self.pauses += len(self.still)
        held = self._leases()
        self.held += len(held)
        if self._several:
            self._go_on_without(held)
        else:
            self._keep_others_out()
            time.sleep(SHORT * self.chance.uniform(1.2, 2))
        for each in self.still:
            each.signal(signal.SIGCONT)
        self.still = []

    def _go_on_without(self, held: set[tuple[str, int]]) -> None:
        """Let those that run take over, answer what is delivered again, and carry more."""
        for each in list(self.open.values()):
            if self.sent_to[each.id] in self.still and self.chance.random() < AGAIN:
                self._send(each)
        ends = time.monotonic() + SHORT * self.chance.uniform(1.5, 3)
        while time.monotonic() < ends:
            self._send(self._next(len(self.commands) + 1))
            time.sleep(0.1)
        self._until(lambda: not held & self._leases(), 60.0)
        self.taken_over += len(held - self._leases())

    def _keep_others_out(self) -> None:
        """Nobody else may have the file meanwhile, however long nothing is written."""
        with pytest.raises(StorageError), closing(Sqlite(self.url.removeprefix("sqlite:///"))):
            pass
        self.kept_out += 1

    def _leases(self) -> set[tuple[str, int]]:
        """Return which messages and timers somebody holds, each with its fence."""
        sql = (
            "select id, fence from outbox where state = 'leased' "
            "union all select id, fence from timers where lease_until is not null"
        )
        return {(row["id"], row["fence"]) for row in self._look(sql)}

    def _look(self, sql: str) -> list[Row]:
        """Ask the store beside the processes that have it open."""
        if self._several:
            import psycopg
            from psycopg.rows import dict_row

            with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
                return connection.execute(sql.encode()).fetchall()
        import sqlite3

        file = f"file:{self.url.removeprefix('sqlite:///')}?mode=ro"
        with closing(sqlite3.connect(file, uri=True, timeout=10)) as look:
            look.row_factory = sqlite3.Row
            return [dict(row) for row in look.execute(sql)]

    def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not holds() and time.monotonic() < ends:
            time.sleep(0.005)

    def _settle(self) -> None:
        """Let all of them carry what is left, in turn; then end them."""
        everybody = self.lives
        for each in everybody[1:]:
            self.process = each
            self._ask_to_settle()
        self.process = everybody[0]
        for each in everybody[1:]:
            each.stop()
        while self._ask_to_settle():
            time.sleep(0.05)
        self.process.stop()

    def _ask_to_settle(self) -> int:
        """Return how much is left."""
        self.moment += timedelta(seconds=6)  # an alarm's second copy waits for five
        self.process.send(id="settle", at=self.moment.isoformat())
        while True:
            said = self.said.get(timeout=120)
            if said is None:
                continue  # another one has ended
            if "left" in said:
                return int(said["left"])
            self._heard(said)

    def judge(self) -> dict[str, int]:
        numbers = super().judge()
        del numbers["kills"], numbers["under way when killed"], numbers["given up by the sender"]
        others = (
            {"of them taken over by others": self.taken_over}
            if self._several
            else {"others kept out of the file": self.kept_out}
        )
        return {"pauses": self.pauses, "leases held then": self.held, **others, **numbers}

    def end(self) -> None:
        """End whoever still runs."""
        for each in self.lives:
            each.end()


def run(url: str, commands: int, pauses: int, seed: int) -> dict[str, int]:
    """Play and judge once; return the numbers."""
    with tempfile.TemporaryDirectory(prefix="lotse-pauses-") as folder:
        judge = Judge(url.format(folder=folder), Path(folder), seed)
        try:
            judge.play(commands, pauses)
        finally:
            judge.end()
        return judge.judge()


def main() -> None:
    """Read the command line, run, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.pauses", description=__doc__)
    parser.add_argument("--commands", type=int, default=1000)
    parser.add_argument("--pauses", type=int, default=50)
    parser.add_argument("--smoke", action="store_true", help="40 commands, 2 pauses on each store")
    parser.add_argument("--store", choices=("sqlite", "postgres"), action="append")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    commands, pauses = (40, 2) if given.smoke else (given.commands, given.pauses)
    for store in given.store or ("sqlite", "postgres"):
        print(f"{store}, seed {given.seed}, leases of {SHORT} s", flush=True)
        began = time.monotonic()
        if store == "sqlite":
            numbers = run(SQLITE, commands, pauses, given.seed)
        else:
            with server.postgres() as url, server.database(url, "lotse_test_pauses") as there:
                numbers = run(there, commands, pauses, given.seed)
        for name, number in numbers.items():
            print(f"{number:>8}  {name}")
        print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept", flush=True)


if __name__ == "__main__":
    main()

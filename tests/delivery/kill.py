"""Kill the bot again and again while it works, and judge afterwards what it kept.

`python -m tests.delivery.kill --commands 2000 --kills 50 --store postgres --seed 7`
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from handlers.kit.messages import load
from storage.engine import Row, Tx
from tests.delivery.kill_child import AWAY, open_store
from tests.pretend import server
from tests.pretend.stage import DEMO, MONDAY, furnish, plain

ROOT = Path(__file__).parent.parent.parent
TOGETHER = 8  # commands under way at once
Said = queue.SimpleQueue[dict[str, Any] | None]  # what processes say; None when one has ended
LONG_AGO = "2000-01-01T00:00:00.000000Z"


@dataclass(slots=True)
class Command:
    """One input: what was sent, and what was answered, if it was."""

    id: str
    who: str
    text: str
    about: int | None = None
    answers: list[dict[str, str]] = field(default_factory=list)
    given_up: bool = False

    @property
    def done(self) -> bool:
        """Say whether success was answered."""
        return any(each["outcome"] == "done" for each in self.answers)

    @property
    def word(self) -> str:
        """Return the command's word."""
        return self.text.partition(" ")[0]


class Process:
    """One life of the bot. Several may answer into one queue."""

    def __init__(
        self,
        url: str,
        ledger: Path,
        moment: datetime,
        said: Said | None = None,
        **environment: str,
    ) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.delivery.kill_child",
                url,
                str(ledger),
                moment.isoformat(),
            ],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.said: Said = said or queue.SimpleQueue()
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        assert first == '{"ready": true}\n', f"the bot did not start: {first}"
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.endswith("\n"):
                self.said.put(json.loads(line))
        self.said.put(None)

    def send(self, **line: object) -> None:
        """Hand in one line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(line)}\n")
        self._process.stdin.flush()

    def signal(self, number: int) -> None:
        """Send it a signal, such as one that lets it stand still."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut does: no signal handler, no goodbye."""
        self._process.kill()
        self._process.wait(30)
        self._close()

    def stop(self) -> None:
        """Let it end by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0, "the bot did not end well"
        self._close()

    def end(self) -> None:
        """End it however it stands, after a failure; nothing if it has ended."""
        if self._process.poll() is None:
            self.kill()

    def _close(self) -> None:
        self._reader.join(30)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what could not be handed in was never accepted


class Judge:
    """Sends the commands, kills, starts again, and compares."""

    def __init__(self, url: str, folder: Path, seed: int) -> None:
        self.url = url
        self.ledger = folder / "ledger"
        self.chance = random.Random(seed)
        self.moment = MONDAY.astimezone(UTC)
        self.commands: dict[str, Command] = {}
        self.open: dict[str, Command] = {}
        self.numbers: list[int] = []
        self.asked: set[tuple[str, str, int]] = set()
        self.kills = 0
        self.in_flight = 0
        with self._store() as look:
            look(lambda tx: furnish(tx, DEMO, self.moment))
        self.process = self._start()

    # --- playing ---------------------------------------------------------------------

    def play(self, commands: int, kills: int) -> None:
        """Send so many commands, and kill so many times at random moments."""
        moments = sorted(self.chance.sample(range(1, commands), kills))
        # Half an hour passes altogether: alarms escalate, promised news is not yet due.
        self.step = timedelta(minutes=30) / commands
        while len(self.commands) < commands:
            self._send(self._next(len(self.commands) + 1))
            if self.chance.random() < 0.05:
                self._send(self.chance.choice(list(self.open.values() or self.commands.values())))
            while len(self.open) >= TOGETHER:
                self._hear()
            if moments and len(self.commands) >= moments[0]:
                moments.pop(0)
                self._kill_and_go_on()
        while self.open:
            self._hear()
        self._settle()

    def _next(self, n: int) -> Command:
        who = self.chance.choice(("anna", "ben", "carla", "chris"))
        word = self.chance.choice(("incident", "incident", "ack", "ack", "update", "restored"))
        number = self.chance.choice(self.numbers) if self.numbers else 0
        key = (word, who, number)
        if word == "incident" or not number or key in self.asked:
            return Command(f"c{n}", who, f"incident Kasse {n}x ist tot")
        self.asked.add(key)
        text = f"{word} #{number}" if word == "ack" else f"{word} #{number} Meldung {n}x"
        return Command(f"c{n}", who, text, number)

    def _send(self, command: Command) -> None:
        self.commands[command.id] = command
        self.open[command.id] = command
        self.moment += self.step
        self.process.send(
            id=command.id, who=command.who, text=command.text, at=self.moment.isoformat()
        )

    def _hear(self) -> None:
        said = self.process.said.get(timeout=60)
        assert said is not None, "the bot ended by itself"
        self._heard(said)

    def _heard(self, said: dict[str, Any]) -> None:
        command = self.commands[said["id"]]
        if said["outcome"] == AWAY:  # nothing was stored: the platform delivers it again
            self._send(command)
            return
        command.answers.append(said)
        self.open.pop(command.id, None)
        found = re.match(r"INC-(\d+)", said["said"])
        if command.word == "incident" and said["outcome"] == "done" and found:
            command.about = int(found[1])
            self.numbers.append(command.about)

    def _kill_and_go_on(self) -> None:
        while len(self.open) < TOGETHER:  # in the thick of it
            self._send(self._next(len(self.commands) + 1))
        time.sleep(self.chance.uniform(0, 0.02))
        self.process.kill()
        self.kills += 1
        while (said := self.process.said.get(timeout=60)) is not None:
            self._heard(said)
        unanswered = list(self.open.values())
        self.in_flight += len(unanswered)
        self.open.clear()
        self._between_lives()
        self.process = self._start()
        for each in unanswered:
            # A platform delivers again what was not answered; a person may give up.
            if self.chance.random() < 0.8:
                self._send(each)
            else:
                each.given_up = True

    def _between_lives(self) -> None:
        """Look whether the store is whole, and let the dead one's leases run out."""
        if self.url.startswith("postgres"):
            server.left_alone(self.url)  # the dead one's last commit may still be under way
        with self._store() as look:
            if self.url.startswith("sqlite"):
                assert look(lambda tx: tx.rows("pragma integrity_check")) == [
                    {"integrity_check": "ok"}
                ]
            for table in ("outbox", "timers"):
                sql = f"update {table} set lease_until = :past where lease_until is not null"
                look(lambda tx, sql=sql: tx.run(sql, past=LONG_AGO))

    def _settle(self) -> None:
        """Let everything be carried that can be, then end."""
        for n in range(100):
            self.moment += timedelta(seconds=6)  # an alarm's second copy waits for five
            self.process.send(id=f"settle {n}", at=self.moment.isoformat())
            said = self.process.said.get(timeout=120)
            while said is not None and "left" not in said:  # a command sent before is answered
                self._heard(said)
                said = self.process.said.get(timeout=120)
            assert said is not None, "the bot ended by itself"
            if not said["left"]:
                break
            time.sleep(0.05)
        self.process.stop()

    def _start(self) -> Process:
        return Process(self.url, self.ledger, self.moment)

    @contextmanager
    def _store(self) -> Iterator[Any]:
        database = open_store(self.url)
        try:
            yield database.transact
        finally:
            database.close()

    # --- judging ---------------------------------------------------------------------

    def judge(self) -> dict[str, int]:
        """Check every promise; return the numbers."""
        with self._store() as look:
            tables: dict[str, list[Row]] = {
                name: look(lambda tx, name=name: every_row(tx, name))
                for name in ("deliveries", "audit", "incidents", "timeline", "outbox", "messages",
                             "timers", "alarms")
            }  # fmt: skip
            if self.url.startswith("sqlite"):
                assert look(lambda tx: tx.rows("pragma integrity_check")) == [
                    {"integrity_check": "ok"}
                ]
                assert look(lambda tx: tx.rows("pragma foreign_key_check")) == []
        lines = [json.loads(line) for line in self.ledger.read_text("utf-8").splitlines()]
        self._judge_deliveries(tables)
        self._judge_incidents(tables)
        self._judge_effects(tables)
        numbers = judge_messages(tables, lines)
        answered = [each for each in self.commands.values() if each.answers]
        return {
            "commands": len(self.commands),
            "answered": len(answered),
            "answered twice": sum(len(each.answers) > 1 for each in answered),
            "given up by the sender": sum(not each.answers for each in self.commands.values()),
            "kills": self.kills,
            "under way when killed": self.in_flight,
            "incidents": len(tables["incidents"]),
            **numbers,
        }

    def _judge_deliveries(self, tables: dict[str, list[Row]]) -> None:
        stored = {row["identity"]: row["outcome"] for row in tables["deliveries"]}
        for command in self.commands.values():
            assert command.answers or command.given_up, f"{command} was never answered"
            for answer in command.answers:
                assert stored.get(command.id) == answer["outcome"], f"lost: {command}"
            assert len({each["said"] for each in command.answers}) <= 1, f"two answers: {command}"
        assert set(stored) <= set(self.commands)
        assert set(stored.values()) <= {"done", "refused"}
        audited = [row for row in tables["audit"] if row["command"] not in ("climb", "list")]
        assert len(audited) == len(stored), "one audit row for each command"

    def _judge_incidents(self, tables: dict[str, list[Row]]) -> None:
        titles = Counter(row["title"] for row in tables["incidents"])
        numbers = {row["title"]: row["number"] for row in tables["incidents"]}
        assert sorted(numbers.values()) == list(range(1, len(numbers) + 1)), "no number is missing"
        for command in self.commands.values():
            if command.word == "incident":
                title = command.text.removeprefix("incident ")
                assert titles[title] == 1 if command.answers else titles[title] <= 1, command
                assert command.about in (None, numbers.get(title)), command
        watched = {row["key"] for row in tables["timers"] if row["state"] == "pending"}
        cards = {row["key"] for row in tables["outbox"] if row["place"] == "local:stoerungen"}
        posted = {row["key"] for row in tables["outbox"]}
        alarms = {(row["incident"], row["position"]): row["list"] for row in tables["alarms"]}
        for row in tables["incidents"]:
            number = row["number"]
            assert (f"incident:{number}:climb" in watched) == (row["state"] == "open"), row
            assert f"incident:{number}" in cards, row
            for position in range(row["alarms"]):
                listed = alarms[(number, position)]  # one message of many, or one of its own
                assert (listed or f"incident:{number}:alarm:{position}") in posted, row

    def _judge_effects(self, tables: dict[str, list[Row]]) -> None:
        kinds = Counter((row["incident"], row["kind"]) for row in tables["timeline"])
        news = Counter(row["detail"] for row in tables["timeline"] if row["kind"] == "news")
        incidents = {row["number"]: row for row in tables["incidents"]}
        said_yes: dict[int, set[str]] = defaultdict(set)
        for command in self.commands.values():
            number = command.about
            if number is None or command.word == "incident":
                continue
            if command.word == "ack":
                if command.done:
                    said_yes[number].add(command.who)
                continue
            text = command.text.split(maxsplit=2)[2]
            assert news[text] == 1 if command.done else news[text] <= 1, command
            if command.word == "restored" and command.done:
                assert incidents[number]["state"] == "restored", command
        for number, row in incidents.items():
            assert kinds[(number, "declared")] == 1
            assert kinds[(number, "acknowledged")] <= 1
            assert kinds[(number, "restored")] == (row["state"] == "restored")
            assert len(said_yes[number]) <= 1, f"two were told “you”: {said_yes[number]}"
            for who in said_yes[number]:
                assert row["acknowledged_by"] == who


def judge_messages(tables: dict[str, list[Row]], lines: list[dict[str, str]]) -> dict[str, int]:
    """Compare the messages of a store with what its platform accepted."""
    created = Counter(line["parcel"] for line in lines if line["do"] == "create")
    shown = {line["id"]: line["text"] for line in lines}
    newest: dict[tuple[str, str], Row] = {}
    for row in sorted(tables["outbox"], key=lambda row: row["id"]):
        alarm = ":alarm:" in row["key"] or row["key"].startswith("alarms:")
        assert created[row["id"]] <= 1 + alarm, f"too many copies: {row}"
        assert row["state"] in ("sent", "ambiguous", "cancelled"), f"stuck: {row}"
        if row["state"] == "sent":
            assert row["external_id"] in shown, f"said to be sent, but was not: {row}"
            newest[(row["place"], row["key"])] = row
    for message in tables["messages"]:
        row = newest[(message["place"], message["key"])]
        assert shown[message["external_id"]] == plain(load(row["message"])), row
    assert set(created) <= {row["id"] for row in tables["outbox"]}
    return {
        "messages accepted": len(lines),
        "alarms sent twice": sum(each > 1 for each in created.values()),
        "shown as uncertain": sum(row["state"] == "ambiguous" for row in tables["outbox"]),
    }


def every_row(tx: Tx, table: str) -> list[Row]:
    """Return a whole table."""
    return tx.rows(f"select * from {table}")


def run(url: str, commands: int, kills: int, seed: int) -> dict[str, int]:
    """Play and judge once; return the numbers."""
    with tempfile.TemporaryDirectory(prefix="lotse-kill-") as folder:
        judge = Judge(url.format(folder=folder), Path(folder), seed)
        judge.play(commands, kills)
        return judge.judge()


def seed_of_today() -> int:
    """Return `LOTSE_SEED`, else a new seed."""
    return int(os.environ.get("LOTSE_SEED") or random.SystemRandom().randrange(1_000_000))


SQLITE = "sqlite:///{folder}/lotse.db"


def main() -> None:
    """Read the command line, run, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.kill", description=__doc__)
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--smoke", action="store_true", help="100 commands, 3 kills")
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    if given.smoke:
        given.commands, given.kills = 100, 3
    print(f"seed {given.seed}, {given.store}", flush=True)
    began = time.monotonic()
    if given.store == "sqlite":
        numbers = run(SQLITE, given.commands, given.kills, given.seed)
    else:
        with server.postgres() as url, server.database(url, "lotse_test_kill") as there:
            numbers = run(there, given.commands, given.kills, given.seed)
    for name, number in numbers.items():
        print(f"{number:>8}  {name}")
    print(f"{time.monotonic() - began:8.0f}  seconds; every promise was kept")


if __name__ == "__main__":
    main()

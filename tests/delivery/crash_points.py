"""Kill the bot at every named point of its work, one after the other, and compare its end.

`python -m tests.delivery.crash_points --rounds 20 --seed 7`

A point stands before each statement that changes the store, named by the function that wants the
change, before and after each commit, and before and after a platform takes a message. A story is
played to its end without harm first: that says which points there are, how often each is passed,
and how the store has to look. Then a process plays the same and ends itself with SIGKILL at one
point; the next one opens what is left, gets every input again that the platform cannot know to
be done, and two that it can, and goes on. Its store has to look the same, and each message was
accepted once, an alarm twice at most.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.clock import HandClock
from bot.delivery.courier import Courier
from handlers.kit.messages import Call, Message
from storage.engine import Tx, sqlite
from storage.engine.jobs import Job
from storage.engine.sqlite import Sqlite
from storage.engine.sqlite_tx import SqliteTx
from tests.delivery.kill import LONG_AGO, ROOT, judge_messages, seed_of_today
from tests.delivery.kill_child import LedgerFile
from tests.pretend import stage as pretend
from tests.pretend.machines import FORM
from tests.pretend.stage import Ids, Stage, furnish

BEGAN = pretend.MONDAY.astimezone(UTC)

# --- the story -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody types, sends a form, or time passes."""

    who: str = ""
    text: str = ""
    form: Call | None = None
    minutes: float = 0


def says(who: str, text: str) -> Step:
    return Step(who, text)


def fills(who: str, word: str, **values: str) -> Step:
    return Step(who, form=Call(word, values))


def passes(minutes: float) -> Step:
    return Step(minutes=minutes)


CHANGE = {"service": "drucker", "what": "Neue Firmware", "day": "2026-12-01"}
STORY = (
    says("anna", "incident Kasse ist tot"),
    passes(12),  # somebody is alarmed
    passes(12),
    says("ben", "ack 1"),
    says("ben", "update 1 Das Kabel wird getauscht"),
    fills("ben", "assign", number="1", person="carla"),
    says("carla", "ack 1"),
    fills("ben", "serious", number="1"),
    says("dora", "friction Formular doppelt ausfüllen"),
    says("carla", "restored 1 Kabel getauscht"),
    fills("ben", "reopen", number="1", reason="Es ist wieder ausgefallen"),
    says("carla", "restored 1 Netzteil getauscht"),
    passes(45),
    says("anna", "incident Etikettendrucker offline"),
    says("anna", "incident Waage klemmt"),
    fills("chris", "close as", number="3", kind="false_alarm", reason="Nur ein Test der Waage"),
    says("ben", "ack 2"),
    says("ben", "restored 2 Papier"),
    fills("ben", "change", **CHANGE),
    fills("ben", "rule new", service="kasse", words="Bonrolle"),
    fills("ben", "auto new", **FORM),
    fills("chris", "mandate edit", goals="Schnellere Angebote", focus="Einkauf\nService"),
    fills("ben", "cover", person="carla", start="2026-12-07", until="2026-12-08"),
    fills("ben", "hand over", to="carla", deputy="chris"),
    fills("anna", "data correct", name="Anna", wrong="Die Notiz vom Montag ist nicht von mir"),
    says("anna", "verbinden"),
    says("chris", "sprache en"),
    says("dora", "data"),
    fills("dora", "data erased"),
    passes(60 * 24),  # a night: what is kept too long goes
    passes(60 * 24 * 7),  # the digest
)


def shuffled(seed: int) -> tuple[Step, ...]:
    """Return the story in another order, in which some of it will be refused."""
    chance = random.Random(seed)
    steps = list(STORY[:-2])
    if seed:
        for _each in range(6):
            one, other = chance.randrange(len(steps)), chance.randrange(len(steps))
            steps[one], steps[other] = steps[other], steps[one]
    return (*steps, *STORY[-2:])


# --- the points ------------------------------------------------------------------------------


class Points:
    """Counts how often each point is passed; at one passing of one, the process ends."""

    def __init__(self, at: str = "", passing: int = 0) -> None:
        self.at, self.passing = at, passing
        self.passed: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        self.passed[name] += 1
        if name == self.at and self.passed[name] == self.passing:
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()  # the signal is on its way

    def put_in(self) -> None:
        """Let the store tell of every point; this process is used for nothing else."""
        for name in ("run", "write", "insert"):
            setattr(SqliteTx, name, self._told(getattr(SqliteTx, name)))
        settle, connect = Job.settle, sqlite.connect

        def settled(job: Job, error: BaseException | None = None) -> None:
            if not job.reads:
                self(f"{called(job.work)}: committed")
            settle(job, error)

        def connected(path: str, *, writes: bool = True) -> Any:
            db = connect(path, writes=writes)
            if writes:
                db.conn.set_trace_callback(
                    lambda sql: self("before a commit") if sql.lower() == "commit" else None
                )
            return db

        setattr(Job, "settle", settled)  # noqa: B010, only in a process of its own
        sqlite.connect = connected

    def _told(self, real: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(real)
        def told(tx: SqliteTx, *args: Any, **values: Any) -> Any:
            self(f"before {wanting()}")
            return real(tx, *args, **values)

        return told


def called(work: Callable[..., Any]) -> str:
    """Return how a transaction is called."""
    while isinstance(work, functools.partial):
        work = work.func
    name: str = getattr(work, "__qualname__", "a transaction")
    return name.replace(".<locals>.<lambda>", "").replace(".<locals>", "")


def wanting() -> str:
    """Return the function of storage/ that wants a change."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename.removeprefix(f"{ROOT}/")
        if path.startswith("storage/") and not path.startswith("storage/engine/"):
            room = path.removeprefix("storage/").removesuffix(".py").removesuffix("/__init__")
            return f"{room.replace('/', '.')}.{frame.f_code.co_name}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "a change"


class Watched(LedgerFile):
    """A platform before and after whose taking of a message the process may end."""

    def __init__(self, path: Path, point: Points) -> None:
        super().__init__(path, 0)
        self.point = point
        self.reacts_with: Message | None = None

    async def _accept(self, **line: str) -> None:
        self.point(f"before the platform takes a message to {line['do']}")
        await super()._accept(**line)
        self.point(f"after the platform took a message to {line['do']}")


# --- one life --------------------------------------------------------------------------------


class Life:
    """One process's work on the story, from a step on; what it did is written down beside it."""

    def __init__(self, folder: Path, steps: Sequence[Step], point: Points) -> None:
        self.folder, self.steps = folder, steps
        self.diary = folder / "diary"
        self.database = Sqlite(folder / "lotse.db")
        lives = self._lives()
        ids = Ids()
        ids._count = iter(range(lives * 100_000, (lives + 1) * 100_000))  # type: ignore[assignment]
        self.stage = Stage(self.database, HandClock(BEGAN), new_id=ids)
        platform = Watched(folder / "ledger", point)
        self.stage.courier = Courier(
            self.database, {"local": platform}, self.stage.clock, random.Random(1),
            follows=self.stage.courier._follows,
        )  # fmt: skip

    def _lives(self) -> int:
        """Count the lives before this one, and let the leases of the dead run out."""
        file = self.folder / "lives"
        lives = int(file.read_text("ascii")) if file.exists() else 0
        file.write_text(str(lives + 1), "ascii")
        if not lives:
            self.database.transact(lambda tx: furnish(tx, "demo", BEGAN))
        for table in ("outbox", "timers"):
            sql = f"update {table} set lease_until = :past where lease_until is not null"
            self.database.transact(lambda tx, sql=sql: tx.run(sql, past=LONG_AGO))  # type: ignore[misc]
        return lives

    def play(self) -> None:
        """Go on behind what the diary says is done; the two before come again."""
        done = len(self.diary.read_bytes()) if self.diary.exists() else 0
        now = BEGAN
        with self.diary.open("ab", buffering=0) as diary:
            for at, step in enumerate(self.steps):
                now += timedelta(minutes=step.minutes)
                if at < done - 2:
                    continue
                if at < done and step.minutes:
                    continue  # time does not pass again
                if step.minutes:
                    if self.stage.clock.now() < now - timedelta(minutes=step.minutes):
                        self.stage.clock.wind(now - timedelta(minutes=step.minutes))
                    self.stage.carry()
                    self.stage.wind(to=now)
                else:
                    moment = max(now, self.stage.clock.now())
                    self.stage.clock.wind(moment)
                    self._send(at, step)
                if at >= done:
                    diary.write(b".")
        self.stage.wind(minutes=1)  # an alarm's second copy waits for some seconds
        self.stage.close()
        self.database.close()

    def _send(self, at: int, step: Step) -> None:
        request = self.stage.request(
            step.who, step.text, call=step.form, submitted=step.form is not None,
            identity=f"step {at}",
        )  # fmt: skip
        answer = self.stage.handle(request)
        assert answer.outcome in ("done", "refused", "seen"), (step, answer)
        self.stage.carry()


# --- what is left ----------------------------------------------------------------------------

# What says when and how often something was tried, and whose numbers are random.
UNLIKE = {
    "timers": {"lease_until", "fence", "attempts"},
    "audit": {"person_key"},
}  # fmt: skip
# Of messages the newest of each place and key counts: what is on its way may be left out, and
# of what a platform may have taken nobody knows where it stands.
OWN = {"outbox", "messages", "scheduler_beats", "instance", "audit_seals", "migrations", "erasures"}
RANDOM = re.compile(r"former-\w+|id-\d+|key-\w+|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|[\w-]{16,}")


def standing(database: Sqlite) -> dict[str, list[str]]:
    """Return every row as it can be compared: without ids, secrets and tries."""

    def look(tx: Tx) -> dict[str, list[str]]:
        names = [
            row["name"] for row in tx.rows("select name from sqlite_schema where type = 'table'")
        ]
        newest: dict[str, str] = {}
        for row in tx.rows("select * from outbox order by created_at, id"):
            newest[f"{row['place']} {row['key']}"] = f"{row['kind']} {row['message']}"
        said = sorted(RANDOM.sub("#", f"{name}: {newest[name]}") for name in newest)
        return {"newest messages": said} | {
            name: sorted(
                RANDOM.sub("#", str({k: row[k] for k in row if k not in UNLIKE.get(name, ())}))
                for row in tx.rows(f"select * from {name}")
            )
            for name in names
            if name not in OWN and not name.startswith("sqlite_")
        }

    return database.read(look)


def judged(folder: Path, should: dict[str, list[str]] | None) -> dict[str, list[str]]:
    """Compare what is left with how it has to look, and with the platform's own list."""
    with closing(Sqlite(folder / "lotse.db")) as database:
        found = standing(database)
        whole = database.read(lambda tx: tx.rows("pragma integrity_check"))
        assert whole == [{"integrity_check": "ok"}], whole
        tables = {
            name: database.read(lambda tx, name=name: tx.rows(f"select * from {name}"))  # type: ignore[misc]
            for name in ("outbox", "messages")
        }
    lines = [json.loads(each) for each in (folder / "ledger").read_text("utf-8").splitlines()]
    judge_messages(tables, lines)
    for name, rows in (should or {}).items():
        less, more = (Counter(rows) - Counter(found[name])), (Counter(found[name]) - Counter(rows))
        assert not less and not more, f"{name}: missing {[*less]}, too much {[*more]}"
    return found


# --- all points ------------------------------------------------------------------------------


def begun(work: Callable[[], object]) -> int:
    """Do something in a process of its own; return its id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def ended(child: int) -> int:
    """Wait for a process; return how it ended."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def apart(work: Callable[[], object]) -> int:
    """Do something in a process of its own; return how it ended."""
    return ended(begun(work))


def lived(folder: Path, steps: Sequence[Step], at: str = "", passing: int = 0) -> int:
    """Let one process play the story in a folder; return how it ended."""

    def live() -> None:
        point = Points(at, passing)
        if not (folder / "lives").exists():
            Sqlite(folder / "lotse.db").close()  # migrations are killed elsewhere
        life = Life(folder, steps, point)
        point.put_in()
        life.play()
        (folder / "points").write_text(json.dumps(point.passed), "utf-8")

    return apart(live)


def round_of(seed: int, folder: Path, most: int | None = None) -> tuple[int, int]:
    """Kill at every point once, at a passing by chance; return how many there are, and kills.

    `most` takes so many of the points by chance.
    """
    chance, steps = random.Random(seed), shuffled(seed)
    whole = folder / "whole"
    whole.mkdir()
    assert lived(whole, steps) == 0, "the story does not end well even unharmed"
    passed: dict[str, int] = json.loads((whole / "points").read_text("utf-8"))
    should = whole / "should"

    def keep() -> None:
        should.write_text(json.dumps(judged(whole, None)), "utf-8")

    assert apart(keep) == 0

    names = sorted(passed)
    chosen = names if most is None else chance.sample(names, most)
    plan = [(name, chance.randint(1, passed[name])) for name in chosen]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    killing = [
        begun(functools.partial(kill_at, folder / f"killed{n}", should, steps, plan[n::cores]))
        for n in range(cores)
    ]
    assert [ended(each) for each in killing] == [0] * cores, f"seed {seed}"
    shutil.rmtree(whole)
    return len(names), len(chosen)


def kill_at(
    folder: Path, should: Path, steps: Sequence[Step], plan: Sequence[tuple[str, int]]
) -> None:
    """Play the story for each of these points, end it there, go on, and compare."""

    def compare() -> None:
        judged(folder, json.loads(should.read_text("utf-8")))

    for name, passing in plan:
        folder.mkdir()
        where = f"{name}, passing {passing}"
        assert lived(folder, steps, name, passing) == -signal.SIGKILL, f"{where}: was not killed"
        assert lived(folder, steps) == 0, f"{where}: the next life does not go on"
        assert apart(compare) == 0, where
        shutil.rmtree(folder)


def main() -> None:
    """Read the command line, kill, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.delivery.crash_points")
    parser.add_argument("--rounds", type=int, default=1, help="each point once in each")
    parser.add_argument("--most", type=int, help="only so many points")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    began = time.monotonic()
    hits, points = 0, 0
    for n in range(given.rounds):
        with tempfile.TemporaryDirectory(prefix="lotse-points-") as folder:
            points, killed = round_of(given.seed + n if n else 0, Path(folder), given.most)
        hits += killed
        print(f"  round {n + 1}: {killed} of {points} points", flush=True)
    print(f"{points:>8}  named points\n{hits:>8}  kills at one of them\n{0:>8}  answered and lost")
    print(f"{0:>8}  doubled\n{time.monotonic() - began:8.0f}  seconds; every promise was kept")


if __name__ == "__main__":
    main()

"""Twenty commands a second for twenty minutes: does an answer take longer once there are many?

`python -m benchmarks.endurance --minutes 20 --rate 20 --runs 3` declares from 0 to 24,000
incidents on SQLite, with lists and digests among them, through the whole bot in a process of its
own. Each command has its moment, whether the one before was answered or not, and counts from
then. The figure is the p95 of the last quarter of a run over that of the first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import math
import os
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.servers import served
from tests.pretend.slack_peer import Peer
from tests.pretend.slack_person import Client
from tests.pretend.slack_stage import user

AIM = 1.5
ANY = math.inf
DEVICES = (
    "Kasse",
    "Drucker",
    "Waage",
    "Stapler",
    "Aufzug",
    "Säge",
    "Scanner",
    "Server",
    "Telefon",
    "Schranke",
    "Kühlung",
    "Presse",
    "Webshop",
    "Zeiterfassung",
    "Rolltor",
    "Beamer",
)
SYMPTOMS = (
    "druckt nicht",
    "ist stehen geblieben",
    "zeigt nur Striche",
    "nimmt keine Karte",
    "piept",
    "ist sehr langsam",
    "verliert die Verbindung",
    "geht nicht an",
    "meldet Störung",
    "klemmt",
    "rechnet falsch",
    "bleibt schwarz",
    "startet immer wieder neu",
    "lädt ewig",
)
SYLLABLES = ("bar", "del", "fin", "gor", "hal", "kem", "lun", "mos", "nir", "pol", "rak", "sim")
READS = {20: "/lotse incidents", 30: "/lotse status", 60: "/lotse digest"}  # every so many seconds


@dataclass(slots=True)
class Run:
    """When each command was sent, and the seconds until its answer; what it was."""

    took: list[tuple[float, float, str]] = field(default_factory=list)
    failed: int = 0
    worked: list[float] = field(default_factory=list)  # its CPU seconds at each tenth of a run

    def p95(self, quarter: int) -> float:
        """Return within how many seconds 95 of 100 commands of a quarter were answered."""
        sent = sorted(self.took)
        part = sent[len(sent) * quarter // 4 : len(sent) * (quarter + 1) // 4]
        times = sorted(took for _at, took, _what in part)
        return times[min(len(times) * 95 // 100, len(times) - 1)]


def title(chance: random.Random) -> str:
    """Return a line as somebody would type it, not twice the same."""
    place = "".join(chance.choice(SYLLABLES) for _each in range(4)).title()
    return f"{chance.choice(DEVICES)} {place} {chance.choice(SYMPTOMS)}"


def cpu_of_children() -> float:
    """Return the CPU seconds of the processes that this one has started; 0 where nobody tells."""
    own, found = str(os.getpid()), 0.0
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = each.read_text().rpartition(")")[2].split()
            if fields[1] == own:
                found += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return found


async def play(seconds: float, rate: float, seed: int, at_once: float = ANY) -> tuple[Run, int]:
    """Play one run; return it with the number of incidents.

    With `at_once` no command has a moment of its own: so many are under way at a time.
    """
    chance, run = random.Random(seed), Run()
    peer = Peer("http")
    for name in ("anna", "ben", "carla", "chris"):
        peer.user(user(name), name.title())
    for name in ("C0", "C1", "C2", "C3"):
        peer.channel(name, name.lower())
    await peer.start()

    async def nothing() -> None:
        """Nobody looks meanwhile."""

    people = [Client(peer, user(name), nothing, nothing) for name in ("anna", "ben", "carla")]
    with tempfile.TemporaryDirectory(prefix="lotse-endurance-") as folder:
        async with served("whole", peer.url, f"sqlite:///{folder}/lotse.db") as port:
            peer.request_url = f"http://127.0.0.1:{port}/slack/events"
            for each in people:  # they are known from here on
                await peer.deliver("slash_commands", each.command("/lotse help", "C0"))
            await asyncio.sleep(1)
            began = time.perf_counter()
            run.worked.append(cpu_of_children())

            async def one(at: float, line: str) -> None:
                who = chance.choice(people)
                payload = who.command(line, chance.choice(("C0", "C1", "C2", "C3")))
                got = await peer.deliver("slash_commands", payload)
                run.failed += got.status != 200
                run.took.append((at, time.perf_counter() - began - at, line.split()[0]))

            under_way: set[asyncio.Task[None]] = set()
            async with asyncio.TaskGroup() as sending:

                def send(at: float, line: str) -> None:
                    task = sending.create_task(one(at, line))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)

                many = int(seconds * rate)
                for n in range(many):
                    if n and n % max(many // 10, 1) == 0:
                        run.worked.append(cpu_of_children())
                    while len(under_way) >= at_once:  # noqa: ASYNC110, one of them ends
                        await asyncio.sleep(0.005)
                    at = time.perf_counter() - began if at_once < ANY else n / rate
                    if at_once == ANY:
                        await asyncio.sleep(max(0.0, began + at - time.perf_counter()))
                    send(at, f"/incident {title(chance)}")
                    for every, line in READS.items():
                        if n and n % int(every * rate) == 0:
                            send(at, line)
    await peer.stop()
    declared = sum(what == "/incident" for _at, _took, what in run.took)
    return run, declared


def report(run: Run, declared: int) -> float:
    """Print what one run gave; return its figure."""
    first, last = run.p95(0), run.p95(3)
    minutes = max(at for at, _took, _what in run.took) / 60
    print(f"{declared} incidents in {minutes:.1f} min, {run.failed} not answered with 200")
    for quarter in range(4):
        print(f"  quarter {quarter + 1}: p95 {1000 * run.p95(quarter):.0f} ms")
    reads = sorted(took for _at, took, what in run.took if what != "/incident")
    if reads:
        print(
            f"  lists and digests: median {1000 * statistics.median(reads):.0f} ms, "
            f"longest {1000 * reads[-1]:.0f} ms"
        )
    if run.worked[-1]:
        tenth = [later - before for before, later in itertools.pairwise(run.worked)]
        spent = ", ".join(f"{1000 * each * 10 / declared:.1f}" for each in tenth)
        print(f"  CPU for a command by tenths of the run, ms: {spent}")
    print(f"  last quarter / first (aim {AIM}): {last / first:.2f}", flush=True)
    return last / first


def main() -> None:
    """Read the command line, play, and fail where the aim is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.endurance", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=20, help="commands a second")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--at-once",
        type=float,
        default=ANY,
        help="as many commands, but as fast as so many at a time are answered (a busy machine)",
    )
    parser.add_argument("--smoke", action="store_true", help="one run of a few seconds, no figure")
    given = parser.parse_args()
    minutes, runs = (0.1, 1) if given.smoke else (given.minutes, given.runs)
    found = []
    for seed in range(runs):
        run, declared = asyncio.run(play(60 * minutes, given.rate, seed, given.at_once))
        assert not run.failed and declared == int(60 * minutes * given.rate)
        found.append(report(run, declared))
    if not given.smoke:
        print(
            f"{runs} runs: median {statistics.median(found):.2f}, "
            f"from {min(found):.2f} to {max(found):.2f}"
        )
        assert statistics.median(found) <= AIM, "answers take longer once there are many"


if __name__ == "__main__":
    main()

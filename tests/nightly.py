"""Every proof that runs long, one after the other, and what it came to.

`python -m tests.nightly --size soak --seed 7 --write` plays them, prints the totals as a table
and puts it into docs/proofs.md, and its sum into the README, with day, commit, machine and seed:
the same seed plays the same. With `--only` the other proofs keep what they came to before.
`--size smoke` shows that each of them runs, with the numbers of every change (`.ci/run`); a part
is named by `--only`.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE, FRONT = ROOT / "docs" / "proofs.md", ROOT / "README.md"
BEGIN, END = "<!-- totals: written by tests/nightly.py -->", "<!-- end of totals -->"
SIZES = ("smoke", "soak", "nightly")
SEED = "{seed}"
NUMBER = re.compile(r"^\s*(\d+)  (\D.*)$")


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof: what it shows, its module, and its options in each size.

    Of the numbers that it prints, `totals` stand in the table; without any, its last line does.
    """

    name: str
    module: str
    smoke: tuple[str, ...]
    soak: tuple[str, ...]
    nightly: tuple[str, ...]
    totals: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def options(self, size: str) -> tuple[str, ...]:
        """Return what the module is called with."""
        found: tuple[str, ...] = {"smoke": self.smoke, "soak": self.soak, "nightly": self.nightly}[
            size
        ]
        return found


@dataclass(frozen=True, slots=True)
class Total:
    """What a proof came to, and when, where and from which seed it was played."""

    name: str
    said: str
    kept: bool
    minutes: float
    played: str

    @property
    def row(self) -> str:
        """Return its row of the table."""
        kept = "kept" if self.kept else "**not kept**"
        return f"| {self.name} | {self.said} | {kept} | {self.minutes:.1f} | {self.played} |"


WORTH = {  # what a proof prints: what it is in the sum
    "kills": "processes killed", "kills at one of them": "processes killed",
    "pauses": "processes stopped past their lease",
    "rolling restart": "rolling updates",
    "reset cut": "cuts of the network", "silent cut": "cuts of the network",
    "commands answered": "commands answered", "answered": "commands answered",
    "heartbeats answered": "heartbeats answered", "answered with success": "commands answered",
    "answered and lost": "lost", "doubled": "doubled",
    "faults injected": "faults injected", "faults of Slack planned": "faults injected",
    "deliveries": "deliveries", "messages lost": "lost", "requests forged": "requests forged",
    "bodies fuzzed": "bodies fuzzed",
    "lives erased": "lives erased",
}  # fmt: skip
KILLED = ("kills", "answered", "messages accepted", "alarms sent twice")
EDGES = ("kills", "deliveries", "answered with success", "answered and lost", "doubled")
POINTS = ("named points", "kills at one of them", "answered and lost", "doubled")
PAUSED = ("pauses", "leases held then", "of them taken over by others", "alarms sent twice")
RUSH = (
    "faults of Slack planned", "times the store was taken away", "commands answered",
    "heartbeats answered", "answered and lost", "doubled", "commands a second carried",
    "heartbeats a second carried", "ms p99", "ms at most", "ms p99 beside slow connections",
)  # fmt: skip
FLEET = (
    "deliveries", "kills", "rolling restart", "reset cut", "silent cut", "came over both",
    "answered and lost", "doubled", "ms p99", "ms at most",
)  # fmt: skip
PROOFS = (
    Proof("processes killed, SQLite", "tests.delivery.kill", ("--smoke", "--seed", SEED),
          ("--commands", "2000", "--kills", "50", "--seed", SEED),
          ("--commands", "50000", "--kills", "1000", "--seed", SEED), KILLED),
    Proof("processes killed, PostgreSQL", "tests.delivery.kill",
          ("--smoke", "--store", "postgres", "--seed", SEED),
          ("--commands", "2000", "--kills", "50", "--store", "postgres", "--seed", SEED),
          ("--commands", "50000", "--kills", "1000", "--store", "postgres", "--seed", SEED),
          KILLED),
    Proof("delivered again and again, on both stores", "tests.delivery.doubles",
          ("--smoke", "--seed", SEED), ("--deliveries", "3000", "--seed", SEED),
          ("--deliveries", "10000", "--seed", SEED),
          ("deliveries", "inputs", "times the store was away", "doubled")),
    Proof("races for one line of messages, PostgreSQL", "tests.delivery.races",
          ("--smoke", "--seed", SEED),
          ("--rows", "3000", "--faults", "20", "--seed", SEED),
          ("--rows", "10000", "--faults", "40", "--seed", SEED),
          ("messages", "kills and pauses", "accepted", "accepted twice", "shown as uncertain")),
    Proof("faults of every kind", "tests.delivery.faults", ("--smoke", "--seed", SEED),
          ("--faults", "2000", "--seed", SEED), ("--faults", "10000", "--seed", SEED),
          ("faults injected", "kinds of them", "messages lost", "doubled")),
    Proof("killed at every named point", "tests.delivery.crash_points", ("--seed", SEED),
          ("--rounds", "3", "--seed", SEED), ("--rounds", "20", "--seed", SEED), POINTS),
    Proof("killed behind Slack's and Teams' addresses", "tests.delivery.kill_edges",
          ("--smoke", "--seed", SEED), ("--kills", "100", "--seed", SEED),
          ("--kills", "500", "--seed", SEED), EDGES),
    Proof("several processes on one PostgreSQL, HTTP and Socket Mode mixed", "tests.delivery.fleet",
          ("--smoke", "--seed", SEED),
          ("--kills", "20", "--cuts", "10", "--rolls", "5", "--seed", SEED),
          ("--kills", "200", "--cuts", "50", "--rolls", "20", "--seed", SEED), FLEET),
    Proof("processes that stand still past their lease", "tests.delivery.pauses",
          ("--smoke", "--seed", SEED),
          ("--commands", "1000", "--pauses", "40", "--seed", SEED),
          ("--commands", "6000", "--pauses", "200", "--seed", SEED), PAUSED),
    *(
        Proof(f"a rush, {name}", "tests.delivery.rush",
              ("--smoke", "--store", store, "--seed", SEED),
              ("--store", store, "--seed", SEED), ("--store", store, "--seed", SEED), RUSH)
        for name, store in (("SQLite", "sqlite"), ("PostgreSQL", "postgres"))
    ),
    Proof("hours without a platform", "tests.delivery.outage", ("--smoke",), (), ()),
    Proof("a weekend without an answer", "tests.incidents.weekend", ("--smoke",), (), ()),
    Proof("slow clients", "tests.http.slow_clients", ("--smoke",), (), ("--seconds", "600"),
          ("requests beside them", "answered 200", "p99 beside them, ms")),
    Proof("twenty commands a second", "benchmarks.endurance", ("--smoke",), (), ()),
    Proof("stories of the state machine, SQLite", "tests.operations.machine",
          ("--examples", "200", "--steps", "50", "--seed", SEED),
          ("--examples", "500", "--steps", "100", "--seed", SEED),
          ("--examples", "5000", "--steps", "100", "--seed", SEED)),
    Proof("stories of the state machine, PostgreSQL", "tests.operations.machine",
          ("--examples", "2", "--steps", "15", "--store", "postgres", "--seed", SEED),
          ("--examples", "50", "--steps", "100", "--store", "postgres", "--seed", SEED),
          ("--examples", "500", "--steps", "100", "--store", "postgres", "--seed", SEED)),
    Proof("digests of years, where clocks change", "tests.digest.weeks",
          ("--smoke", "--seed", SEED), ("--weeks", "1000", "--seed", SEED),
          ("--weeks", "3000", "--seed", SEED),
          ("weeks with one digest each", "of them on a day on which clocks change",
           "outages of ours at that hour")),
    Proof("bytes of strangers, fuzzed", "tests.fuzz", ("--smoke", "--seed", SEED),
          ("--runs", "10000", "--seed", SEED), ("--runs", "100000", "--seed", SEED),
          ("bodies fuzzed", "parsers that failed")),
    *(
        Proof(name, "pytest", ("-q", "-rP", "-m", "soak", path),
              ("-q", "-rP", "-m", "soak", path), ("-q", "-rP", "-m", "soak", path), totals,
              (("LOTSE_SOAK", "1"),))
        for name, path, totals in (
            ("forged requests", "tests/slack/test_signature.py", ("requests forged", "written")),
            ("addresses of machines guessed", "tests/http/test_guessing.py",
             ("addresses guessed", "hit")),
            ("races of tokens, PostgreSQL", "tests/slack/test_tokens.py",
             ("tokens renewed by two at once", "renewed twice")),
            ("lives of who is erased", "tests/privacy/test_canary.py",
             ("lives erased", "deeds in them", "traces left")),
            ("a year of automations", "tests/automations/test_year.py",
             ("looks at automations", "asked about without need")),
            ("ten minutes of three people who type", "tests/conversation/test_three_people.py",
             ("sentences typed", "answered wrong")),
        )
    ),
)  # fmt: skip


def play(proof: Proof, size: str, seed: int) -> Total:
    """Play one proof, and show what it says meanwhile."""
    options = [str(seed) if each == SEED else each for each in proof.options(size)]
    environment = {**os.environ, "LOTSE_SEED": str(seed), "PYTHONUNBUFFERED": "1"}
    if size != "smoke":
        environment |= dict(proof.environment)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", proof.module, *options], cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line.rstrip())
    kept = process.wait() == 0
    minutes = (time.monotonic() - began) / 60
    return Total(proof.name, summed(proof, lines), kept, minutes, played(size, seed))


def summed(proof: Proof, lines: Sequence[str]) -> str:
    """Return the numbers of a proof in a line; those of several rounds are added up.

    Of times, which end in `ms` or begin with it, the longest counts.
    """
    found: dict[str, int] = {}
    for line in lines:
        got = NUMBER.match(line)
        if got and got[2] in proof.totals:
            name, number = got[2], int(got[1])
            longest = "ms" in name.replace(",", "").split()
            before = found.get(name, 0)
            found[name] = max(before, number) if longest else before + number
    if not found:
        said = [line for line in lines if line.strip()]
        return said[-1].strip("= ") if said else ""
    return ", ".join(f"{found[each]} {each}" for each in proof.totals if each in found)


def table(totals: Sequence[Total]) -> str:
    """Return the totals as Markdown."""
    titles = (
        "| proof | came to | every promise | minutes | played |",
        "| --- | --- | --- | --- | --- |",
    )
    return "\n".join((*titles, *(each.row for each in totals)))


def on(page: str) -> list[Total]:
    """Return the totals that stand on a page."""
    within = page.partition(BEGIN)[2].partition(END)[0]
    found = []
    for line in within.splitlines():
        cells = line.strip("| ").split(" | ")
        if len(cells) == 5 and cells[2].strip("*") in ("kept", "not kept"):
            name, said, kept, minutes, when = cells
            found.append(Total(name, said, kept == "kept", float(minutes), when))
    return found


def together(before: Sequence[Total], now: Sequence[Total]) -> list[Total]:
    """Return all proofs that were ever played, each as it was played last."""
    found = {each.name: each for each in (*before, *now)}
    return [found[each.name] for each in PROOFS if each.name in found]


def played(size: str, seed: int) -> str:
    """Return what was played: when, what, and on which machine."""
    return f"*{size}*, seed {seed}, {today()}, commit {commit()}, {machine()}"


def summary(totals: Sequence[Total]) -> str:
    """Return the sum of all of them, in a few lines."""
    found: Counter[str] = Counter()
    for each in totals:
        for number, name in re.findall(r"(\d+) ([a-z][a-z ]*[a-z])", each.said):
            found[WORTH.get(name, "")] += int(number)
    always = ("lost", "doubled")  # of the others only what was played
    names = [each for each in dict.fromkeys(WORTH.values()) if found[each] or each in always]
    worth = [f"{found[each]:,} {each}" for each in names]
    kept = sum(each.kept for each in totals)
    newest = max((each.played for each in totals), key=lambda said: said.split(", ")[2])
    return (
        f"{', '.join(worth)}; {kept} of {len(totals)} proofs that were played kept every promise.\n"
        f"[Each of them](docs/proofs.md), with its size, seed, day, commit and machine.\n"
        f"The last one: {newest}."
    )


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def commit() -> str:
    """Return the commit that was played, marked where more than totals is not committed."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()

    pages = (f":!{each.relative_to(ROOT)}" for each in (PAGE, FRONT))
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", *pages)
    return git("rev-parse", "--short", "HEAD") + (" and changes" if changed else "")


def machine() -> str:
    """Return what it was played on: what a reader needs to compare."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, "
        f"load {load:.0f} at the end"
    )


def put(page: str, text: str) -> str:
    """Return a page with the totals in their place."""
    before, _begin, rest = page.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main() -> None:
    """Read the command line, play, print; fail where a promise was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.nightly", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="soak")
    parser.add_argument("--smoke", action="store_true", help="the same as --size smoke")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], help="part of a proof's name")
    parser.add_argument("--write", action="store_true", help="put the totals into docs/proofs.md")
    given = parser.parse_args()
    size = "smoke" if given.smoke else given.size
    totals = []
    for proof in PROOFS:
        if given.only and not any(each in proof.name for each in given.only):
            continue
        print(f"--- {proof.name}", flush=True)
        totals.append(play(proof, size, given.seed))
    print(table(totals))
    if given.write:
        whole = together(on(PAGE.read_text("utf-8")), totals)
        for page, said in ((PAGE, table(whole)), (FRONT, summary(whole))):
            page.write_text(put(page.read_text("utf-8"), said), "utf-8")
    if not all(each.kept for each in totals):
        sys.exit(1)


if __name__ == "__main__":
    main()

"""`make bench`: every figure within one run, as ratios; machines are noisy, ratios less so.

`make bench ARGS="teams start"` measures only these; with `--smoke` each shows that it runs.
Modules beside these are no benchmarks: `load` types commands for `slack`, `servers` answers them,
`endurance` takes twenty minutes (`make soak`), and `question` and `old_rule` belong to `repeats`.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from benchmarks import (
    digest,
    fields,
    friction,
    heartbeat,
    machine,
    question,
    repeats,
    road,
    search,
    sentences,
    slack,
    start,
    states,
    teams,
)
from benchmarks.size import FULL, SMOKE, Size

RUNNING = ExitStack()
LOCK = Path(__file__).parent.parent / "requirements.lock"


def main() -> None:
    """Measure and print a page of Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--smoke", action="store_true", help="run, and give no figures")
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(f"There is no benchmark {', '.join(sorted(unknown))}.")
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    day = datetime.now(UTC).date().isoformat()
    print(f"# Measured on {day}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    if given.smoke:
        print("Much too little for figures: this only shows that every benchmark runs.\n")
    with RUNNING:
        for name in given.names or BENCHMARKS:
            for line in BENCHMARKS[name](SMOKE if given.smoke else FULL):
                print(line)
            print()


@cache
def _server() -> str:
    """Start the one PostgreSQL of this run; it ends with it."""
    return RUNNING.enter_context(machine.postgres())


def _road(size: Size) -> Iterator[str]:
    rows, many = road.measure(_server(), size)
    yield from compared("Words to committed reply / the same rows bare (aim 0.6)", rows)
    yield ""
    yield from compared(f"{size.workspaces} workspaces / one of them (aim 0.9)", many)


def _sentences(size: Size) -> Iterator[str]:
    yield (
        f"Declarations, {size.busy} at once, their search counted in / the same rows bare "
        "(aim 0.5 on SQLite, 0.4 on PostgreSQL, p99 at most 2.5):\n"
    )
    yield from sentences.table(_server(), size)


def _digest(size: Size) -> Iterator[str]:
    yield from digest.measure(_server(), size)


def _heartbeat(size: Size) -> Iterator[str]:
    yield from heartbeat.measure(_server(), size)


def _slack(size: Size) -> Iterator[str]:
    yield from slack.table(slack.measure(_server(), size))


def _teams(size: Size) -> Iterator[str]:
    yield from teams.table(teams.measure(size), size)


def _start(size: Size) -> Iterator[str]:
    begun = start.measure(size)
    yield f"Start to first answer / importing {start.PACKAGES} (aim 1.5):"
    yield f"{begun.start:.2f} s / {begun.base:.2f} s = {begun.start / begun.base:.2f}"
    yield "\nResident memory, MiB, of the same two:"
    ratio = begun.memory / begun.base_memory
    yield f"{begun.memory:.0f} / {begun.base_memory:.0f} = {ratio:.2f}"
    names = set(re.findall(r"^([a-z0-9]\S*)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    yield f"\nInstalled distributions (at most 46): {len(names)}"


def _repeats(size: Size) -> Iterator[str]:
    yield "Finding the same thing again (docs/similarity.md):\n"
    yield from repeats.table(size)
    sets = question.SETS if size is FULL else question.SETS[:1]
    yield "\nThe product's own question, the title alone and no service:\n"
    yield from question.table(sets)
    if size is FULL:
        yield "\nShare asked about rightly / precision, by the threshold of *sure*:\n"
        yield from question.curve()


BENCHMARKS: dict[str, Callable[[Size], Iterator[str]]] = {
    "road": _road,
    "sentences": _sentences,
    "slack": _slack,
    "teams": _teams,
    "start": _start,
    "repeats": _repeats,
    "friction": friction.table,
    "search": search.measure,
    "digest": _digest,
    "fields": fields.measure,
    "heartbeat": _heartbeat,
    "states": states.measure,
}


def compared(what: str, results: list[road.Result]) -> Iterator[str]:
    """Give the lines of a table."""
    yield f"{what}:\n"
    yield "| store | at once | per s | base, per s | ratio | p99 ratio |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in results:
        yield (
            f"| {each.store} | {each.at_once} | {each.ours.rate:.0f} | {each.base.rate:.0f} "
            f"| {each.ratio:.2f} | {each.slowest:.1f} |"
        )


if __name__ == "__main__":
    main()

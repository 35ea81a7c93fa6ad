"""`make bench`: every figure within one run, as ratios; machines are noisy, ratios less so."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine, repeats, road, search, slack, start, teams

LOCK = Path(__file__).parent.parent / "requirements.lock"


def main() -> None:
    """Measure and print a page of Markdown."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    day = datetime.now(UTC).date().isoformat()
    print(f"# Measured on {day}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with machine.postgres() as server:
        rows, many = road.measure(server)
        for line in compared("Words to committed reply / the same rows bare (aim 0.6)", rows):
            print(line)
        for line in compared(f"{road.WORKSPACES} workspaces / one of them (aim 0.9)", many):
            print(line)
        for line in slack.table(slack.measure(server)):
            print(line)
    for line in teams.table(teams.measure()):
        print(line)
    begun = start.measure()
    print(f"\nStart to first answer / importing {start.PACKAGES} (aim 1.5):")
    print(f"{begun.start:.2f} s / {begun.base:.2f} s = {begun.start / begun.base:.2f}")
    print("\nResident memory, MiB, of the same two:")
    ratio = begun.memory / begun.base_memory
    print(f"{begun.memory:.0f} / {begun.base_memory:.0f} = {ratio:.2f}")
    names = set(re.findall(r"^([a-z0-9]\S*)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    print(f"\nInstalled distributions (at most 46): {len(names)}")
    print("\nFinding the same thing again (docs/likeness.md):\n")
    for line in repeats.table():
        print(line)
    print()
    for line in search.measure(search.QUICK):
        print(line)


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
    yield ""


if __name__ == "__main__":
    main()

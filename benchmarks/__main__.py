"""`make bench`: every figure within one run, as ratios; machines are noisy, ratios less so."""

from __future__ import annotations

import asyncio
import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import road, slack, start, teams

LOCK = Path(__file__).parent.parent / "requirements.lock"


def main() -> None:
    """Measure and print a page of Markdown."""
    day = datetime.now(UTC).date().isoformat()
    print(f"# Measured on {day}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("Words to committed reply, against the same rows in one bare transaction (aim 0.6):\n")
    print("| store | at once | road, per s | bare, per s | ratio | p99 road / bare |")
    print("| --- | --- | --- | --- | --- | --- |")
    for each in asyncio.run(road.measure()):
        print(
            f"| {each.store} | {each.at_once} | {each.road:.0f} | {each.bare:.0f} "
            f"| {each.ratio:.2f} | {each.road_p99 / each.bare_p99:.1f} |"
        )
    print()
    for line in slack.table(*slack.measure()):
        print(line)
    for line in teams.table(teams.measure()):
        print(line)
    begun = start.measure()
    print(f"\nStart to first answer / importing {start.PACKAGES} (aim 1.5):")
    print(f"{begun.start:.2f} s / {begun.base:.2f} s = {begun.start / begun.base:.2f}")
    print("\nResident memory, MiB, of the same two:")
    ratio = begun.memory / begun.base_memory
    print(f"{begun.memory:.0f} / {begun.base_memory:.0f} = {ratio:.2f}")
    names = re.findall(r"^[a-z0-9]\S*==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    print(f"\nInstalled distributions (at most 45): {len(names)}")


if __name__ == "__main__":
    main()

"""A weekend without an answer, counted: `python -m tests.incidents.weekend` prints the table.

From Friday 17:30 to Monday 08:00 nobody answers one or five incidents, normal or serious,
acknowledged on Friday or not. Printed are messages with a sound for each person (new ones, not
edits), and the most that anybody got within an hour. It fails where somebody gets more or less
than docs/rules.md says; `--smoke` plays the first case only.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from handlers.kit.messages import Call
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import Say, Stage, staged

FRIDAY, MONDAY = "2026-11-27 17:30", "2026-11-30 08:00"
CASES = [
    (count, serious, acknowledged)
    for count in (1, 5)
    for serious in (False, True)
    for acknowledged in (False, True)
]


@dataclass(frozen=True, slots=True)
class Weekend:
    """What each person got, all in all, and the most of it within an hour."""

    incidents: int
    serious: bool
    acknowledged: bool
    got: dict[str, int]
    most_in_an_hour: int


def spend(stage: Stage, incidents: int, *, serious: bool, acknowledged: bool) -> Weekend:
    """Play one weekend."""
    stage.wind(to=FRIDAY)
    before = len(stage.chat.ledger)
    for number in range(1, incidents + 1):
        Say(stage, "anna")(f"incident Kasse {number} tot")
        if serious:
            stage.handle(stage.request("anna", call=Call("serious", {"number": str(number)})))
        if acknowledged:
            Say(stage, "ben")(f"ack {number}")
        stage.wind(minutes=2)
    sent: list[tuple[str, datetime]] = []
    for place, at in _while_winding(stage, before, MONDAY):
        sent.append((place.removeprefix("local:@"), at))
    got = Counter(who for who, _at in sent)
    most = max(
        (
            sum(1 for other, later in sent if other == who and at <= later < at + HOUR)
            for who, at in sent
        ),
        default=0,
    )
    return Weekend(incidents, serious, acknowledged, dict(sorted(got.items())), most)


HOUR = timedelta(hours=1)


def _while_winding(stage: Stage, before: int, to: str) -> Iterator[tuple[str, datetime]]:
    """Yield every new direct message with its moment."""
    goal = datetime.fromisoformat(to).replace(tzinfo=stage.now().tzinfo)
    while stage.now() < goal:
        for each in stage.chat.ledger[before:]:
            if each.kind == "create" and each.place.startswith("local:@"):
                yield each.place, stage.now()
        before = len(stage.chat.ledger)
        stage.wind(minutes=5)


HOURS = 63  # from Friday 17:30 to Monday 08:00, and a little
FIRST = 6  # steps of one serious incident until the gap is the longest
CLIMB = ("ben", "carla", "chris")  # responsible, deputy, manager
# For each normal incident: the first three steps, and again when work begins.
NORMAL = {"ben": (3, 6), "carla": (0, 3), "chris": (1, 3), "anna": (0, 2)}


def beyond(found: Weekend) -> list[str]:
    """Return who got more or less than settled; empty when all is well."""
    count = found.incidents
    if found.serious:  # hourly, however many there are; the declarer hears of each
        settled = {who: (HOURS - 10, HOURS + FIRST * count) for who in CLIMB}
        settled["anna"] = (0, (2 if found.acknowledged else 1) * count)
    else:
        settled = {who: (least, most * count) for who, (least, most) in NORMAL.items()}
    return [
        f"{who} got {found.got.get(who, 0)} messages, settled are {least} to {most}"
        for who, (least, most) in settled.items()
        if not least <= found.got.get(who, 0) <= most
    ]


def played(cases: Sequence[tuple[int, bool, bool]]) -> Iterator[Weekend]:
    """Play some cases, each in a company of its own."""
    for count, serious, acknowledged in cases:
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(Sqlite(Path(folder) / "lotse.db")) as database,
            staged(database) as stage,
        ):
            yield spend(stage, count, serious=serious, acknowledged=acknowledged)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.incidents.weekend", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="the first case only")
    cases = CASES[:1] if parser.parse_args().smoke else CASES
    wrong: list[str] = []
    print(f"{'incidents':>9}  {'severity':8}  {'answered':8}  {'most/h':>6}  messages")
    for each in played(cases):
        people = ", ".join(f"{who} {count}" for who, count in each.got.items())
        print(
            f"{each.incidents:>9}  {'serious' if each.serious else 'normal':8}  "
            f"{'ack' if each.acknowledged else 'nobody':8}  {each.most_in_an_hour:>6}  {people}",
            flush=True,
        )
        wrong += beyond(each)
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""A weekend without an answer, counted: `python -m tests.incidents.weekend` prints the table.

From Friday 17:30 to Monday 08:00 nobody answers one or five incidents, normal or serious,
acknowledged on Friday or not. Printed are messages with a sound for each person (new ones, not
edits), and the most that anybody got within an hour.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
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


def all_of_them() -> Iterator[Weekend]:
    """Play every case, each in a company of its own."""
    for count, serious, acknowledged in CASES:
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(Sqlite(Path(folder) / "lotse.db")) as database,
            staged(database) as stage,
        ):
            yield spend(stage, count, serious=serious, acknowledged=acknowledged)


def main() -> int:
    """Print the table."""
    print(f"{'incidents':>9}  {'severity':8}  {'answered':8}  {'most/h':>6}  messages")
    for each in all_of_them():
        people = ", ".join(f"{who} {count}" for who, count in each.got.items())
        print(
            f"{each.incidents:>9}  {'serious' if each.serious else 'normal':8}  "
            f"{'ack' if each.acknowledged else 'nobody':8}  {each.most_in_an_hour:>6}  {people}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

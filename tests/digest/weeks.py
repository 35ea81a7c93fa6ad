"""Years of weeks in zones of all kinds, with the digest in the hours that clocks skip or repeat.

`python -m tests.digest.weeks --weeks 3000 --seed 7`

Each company works on Sundays, on which most zones change their clocks, and has its digest in the
night. Sometimes Lotse does not run, sometimes it is asked twice. Each week has exactly one row,
posted at the local time that a slow second computation finds, minute by minute.
"""

from __future__ import annotations

import argparse
import random
import time as machine
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from bot.delivery.clock import HandClock
from handlers.digest import schedule
from handlers.kit import working_hours
from storage import workspaces
from storage.engine import Tx
from storage.engine.sql import as_moment
from storage.engine.sqlite import Sqlite
from tests.delivery.kill import seed_of_today
from tests.pretend.stage import DEMO, Stage, furnish

ZONES = (
    "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago",
    "Africa/Cairo", "Pacific/Chatham",
)  # fmt: skip
TIMES = tuple(time(half // 2, half % 2 * 30) for half in range(8))  # 00:00 to 03:30
FREE = holidays.country_holidays("DE", years=range(2025, 2040))
BEGINS = datetime(2026, 1, 5, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
LATE = timedelta(minutes=15)


@dataclass(slots=True)
class Found:
    """What came out."""

    weeks: int = 0
    around: int = 0  # of them with a change of clocks on the day
    outages: int = 0


def expected(sunday: date, clock: time, zone: str) -> datetime:
    """Return when the digest is due, by looking at every quarter of an hour of the day.

    The first one at which the clock on the wall shows as much; a time that is skipped comes
    after as long a wait as if it were not.
    """
    day = sunday
    while day in FREE:
        day += timedelta(days=1)
    wall = datetime.combine(day, clock)
    moment = datetime.combine(day, time(0), UTC) - timedelta(hours=15)
    before = moment
    while True:
        shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if shown == wall:
            return moment
        if shown > wall:  # it was skipped: as if the old clock had gone on
            last = before.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            return before + (wall - last)
        before, moment = moment, moment + QUARTER


def changes(day: date, zone: str) -> bool:
    """Say whether the clocks change on a day."""
    offsets = {
        datetime.combine(each, time(12), ZoneInfo(zone)).utcoffset()
        for each in (day - timedelta(days=1), day + timedelta(days=1))
    }
    return len(offsets) > 1


def years(zone: str, clock: time, weeks: int, chance: random.Random, found: Found) -> None:
    """Let one company live so many weeks; raises where a week has not exactly one digest."""
    with closing(Sqlite()) as database:
        begins = BEGINS + timedelta(weeks=chance.choice((5, 6, 35, 36)))  # clocks change soon
        stage = Stage(database, HandClock(begins))
        day = chance.choice((6, 6, 0))

        def prepare(tx: Tx) -> None:
            furnish(tx, DEMO, begins)
            inside = tx.within(DEMO)
            workspaces.set_where(inside, zone, "DE")
            workspaces.set_setting(inside, working_hours.HOURS, "Mo-So 8-16")
            workspaces.set_setting(
                inside, working_hours.DIGEST, str(working_hours.Weekly(day, clock))
            )
            schedule.plan(inside, id="plan", now=begins, zone=zone, region="DE")

        database.transact(prepare)
        try:
            _lived(stage, zone, clock, day, weeks, chance, found)
        finally:
            stage.close()


def _lived(
    stage: Stage, zone: str, clock: time, day: int, weeks: int, chance: random.Random, found: Found
) -> None:
    first = stage.clock.now().astimezone(ZoneInfo(zone)).date()
    monday = first - timedelta(days=first.weekday())
    for n in range(weeks):
        about = monday + timedelta(weeks=n)
        named = "{}-W{:02}".format(*about.isocalendar()[:2])
        after = about + timedelta(days=7 + day)
        due, away = expected(after, clock, zone), chance.random() < 0.1
        found.weeks += 1
        found.around += changes(after, zone)
        stage.wind(to=due - QUARTER * 2)
        assert named not in _rows(stage), f"{zone} {clock} {named}: too early"
        if away:  # Lotse does not run, for less than two days
            found.outages += 1
            stage.sleep_through(minutes=30 + chance.randrange(1, 46 * 60))
        else:
            stage.wind(to=due)
        stage.carry()
        rows = _rows(stage)
        where = f"{zone} {clock} {named}, due {due:%Y-%m-%d %H:%M}"
        assert named in rows, f"{where}: none"
        state, at = rows[named]
        assert state == "posted", where
        assert at - stage.clock.now() <= LATE and (away or at - due <= LATE), f"{where}: {at}"
        assert len(rows) == n + 1, where


def _rows(stage: Stage) -> dict[str, tuple[str, datetime]]:
    rows = stage.rows("select week, state, at from digests where workspace = :workspace")
    assert len({each["week"] for each in rows}) == len(rows)
    return {each["week"]: (each["state"], as_moment(each["at"])) for each in rows}


def play(weeks: int, seed: int) -> Found:
    """Share the weeks out among zones and times."""
    chance, found = random.Random(seed), Found()
    pairs = [(zone, clock) for zone in ZONES for clock in TIMES]
    chance.shuffle(pairs)
    each = max(weeks // len(pairs), 10)
    while found.weeks < weeks:
        zone, clock = pairs[(found.weeks // each) % len(pairs)]
        years(zone, clock, min(each, weeks - found.weeks), chance, found)
    return found


def main() -> None:
    """Read the command line, play, print the numbers."""
    parser = argparse.ArgumentParser(prog="python -m tests.digest.weeks", description=__doc__)
    parser.add_argument("--weeks", type=int, default=3000)
    parser.add_argument("--smoke", action="store_true", help="60 weeks")
    parser.add_argument("--seed", type=int, default=seed_of_today())
    given = parser.parse_args()
    began = machine.monotonic()
    print(f"seed {given.seed}", flush=True)
    found = play(60 if given.smoke else given.weeks, given.seed)
    print(f"{found.weeks:>8}  weeks with one digest each")
    print(f"{found.around:>8}  of them on a day on which clocks change")
    print(f"{found.outages:>8}  outages of ours at that hour")
    print(f"{machine.monotonic() - began:8.0f}  seconds; every promise was kept")


if __name__ == "__main__":
    main()

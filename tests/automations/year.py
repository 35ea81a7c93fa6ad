"""A year of automations of all kinds, against a plain and slow second computation of the rules.

`python -m tests.automations.year --automations 100 --days 365 --seed 1` plays all of it; the test
plays a few weeks. Holidays, closing days, both changes of clocks, outages of ours and of theirs.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from bot.delivery.clock import HandClock
from handlers.automations.rules import company as companies
from handlers.automations.rules.standing import State
from handlers.kit import working_hours
from handlers.kit.working_hours import Closed
from storage import automations, workspaces
from storage.automations import outages
from storage.automations.intake import Outage
from storage.engine import Database, Tx
from storage.engine.sql import as_moment
from storage.engine.sqlite import Sqlite
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage, furnish

BERLIN = ZoneInfo("Europe/Berlin")
START = date(2026, 2, 2)
KINDS = (
    "daily", "nightly", "weekly", "monday", "saturday", "monthly", "season", "demand", "hours",
    "workday", "event", "yearly", "standby",
)  # fmt: skip
TYPED = {
    "daily": "täglich", "nightly": "0 2 * * *", "weekly": "wöchentlich", "monday": "jeden Montag",
    "saturday": "erster Samstag", "monthly": "0 6 15 * *", "season": "wöchentlich vom 1.10.-31.3.",
    "demand": "bei Bedarf", "hours": "alle 6 Stunden", "workday": "letzter Arbeitstag",
    "event": "bei einem Ereignis", "yearly": "jährlich", "standby": "Notfall",
}  # fmt: skip
TIMED, UNTIMED = ("nightly", "monthly", "hours"), ("demand", "event")
CLOSED = {date(2026, 12, day) for day in (24, 28, 29, 30, 31)}
FREE = holidays.country_holidays("DE", years=range(2025, 2029))


@dataclass
class Plain:
    """An automation as the second computation sees it: a kind, runs, and whether it has died."""

    name: str
    kind: str
    secret: str
    born: datetime
    dies: date | None
    away: tuple[date, date] | None = None  # an outage of theirs: days on which it does not run
    runs: list[tuple[datetime, bool]] = field(default_factory=list)  # when, and whether it was good


def works(day: date) -> bool:
    return day.weekday() < 5 and day not in FREE and day not in CLOSED


def rests(day: date) -> bool:
    return day in CLOSED or (day.weekday() < 5 and day in FREE)


def season(day: date) -> bool:
    return day >= date(day.year, 10, 1) or day <= date(day.year, 3, 31)


def at(day: date, clock: time = time(0)) -> datetime:
    return datetime.combine(day, clock, BERLIN)


def runs_on(one: Plain, day: date, dice: random.Random) -> list[time]:
    """Say when it runs on a day, before noon."""
    if one.away is not None and one.away[0] <= day < one.away[1]:
        return []
    if one.kind == "hours":
        return [time(hour) for hour in (0, 6, 11)] if works(day) else []
    clock = _clock_on(one, day, dice)
    return [] if clock is None else [min(clock, time(11, 59))]


def _clock_on(one: Plain, day: date, dice: random.Random) -> time | None:
    match one.kind:
        case "daily":
            return time(dice.randint(7, 17), dice.randint(0, 59)) if works(day) else None
        case "nightly":
            return time(2, dice.randint(0, 40)) if works(day) else None
        case "weekly":
            return time(9) if works(day) and day.weekday() == 2 else None
        case "monday":
            return time(9) if day.weekday() == 0 and not rests(day) else None
        case "saturday":
            return time(10) if day.weekday() == 5 and day.day <= 7 and not rests(day) else None
        case "monthly":
            return time(6, dice.randint(0, 50)) if day.day == 15 and works(day) else None
        case "season":
            return time(9) if works(day) and day.weekday() == 3 and season(day) else None
        case "workday":
            later = [day + timedelta(days=n) for n in range(1, 31)]
            last = not any(works(each) for each in later if each.month == day.month)
            return time(10) if works(day) and last else None
        case "yearly" | "standby":
            return None
        case _:
            return time(11) if works(day) and dice.random() < 0.3 else None


def deadlines(one: Plain, last: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give when a run was expected after the last one, and from when on it is late."""
    first = last.astimezone(BERLIN).date()
    days = [
        first + timedelta(days=n) for n in range((now.astimezone(BERLIN).date() - first).days + 2)
    ]
    match one.kind:
        case "daily":
            found = [(at(d + timedelta(1)), 0) for d in days if d > first and works(d)]
        case "nightly":
            found = [(at(d, time(2)), 60) for d in days if works(d)]
        case "monthly":
            found = [(at(d, time(6)), 60) for d in days if d.day == 15 and works(d)]
        case "monday":
            found = [(at(d + timedelta(1)), 0) for d in days if d.weekday() == 0 and not rests(d)]
        case "saturday":
            found = [
                (at(d + timedelta(1)), 0)
                for d in days
                if d.weekday() == 5 and d.day <= 7 and not rests(d)
            ]
        case "workday":
            found = [
                (at(d + timedelta(1)), 0)
                for d in days
                if works(d)
                and not any(
                    works(d + timedelta(n)) for n in range(1, 31)
                    if (d + timedelta(n)).month == d.month
                )
            ]  # fmt: skip
        case "hours":
            moments = [last + timedelta(hours=6 * n) for n in range(1, 4 * len(days) + 1)]
            found = [(each, 60) for each in moments if works(each.astimezone(BERLIN).date())]
        case "weekly" | "season":
            found, n = [], 7
            while n <= len(days):
                day = first + timedelta(days=n)
                while not works(day):
                    day += timedelta(days=1)
                if one.kind == "weekly" or season(day):
                    found.append((at(day + timedelta(1)), 0))
                n += 7
        case _:
            found = []
    for due, grace in found:
        due = due.astimezone(ZoneInfo("UTC"))
        early = {"nightly": 12 * 60, "monthly": 15 * 24 * 60, "saturday": 14 * 24 * 60,
                 "monday": 84 * 60, "workday": 14 * 24 * 60}.get(one.kind, 0)  # fmt: skip
        if due > last and due - timedelta(minutes=early) > last:
            yield due, due + timedelta(minutes=grace)


def unused(one: Plain, ours: list[Outage], now: datetime) -> bool:
    """Say by the rules alone, counted day by day, whether it is possibly unused."""
    if not one.runs:
        return False
    today = now.astimezone(BERLIN).date()
    if now - one.born < timedelta(days=30):
        return False
    if one.kind not in UNTIMED and now - one.born < timedelta(days=90):
        passed = [due for due, _late in deadlines(one, one.born, now) if due <= now]
        if len(passed) < 3:
            return False
    if rests(today) or (one.kind == "season" and not season(today)):
        return False
    last = one.runs[-1][0]
    missed = 0
    for due, late in deadlines(one, last, now):
        begins = due if one.kind in TIMED else due - timedelta(days=1)
        if late > now or any(o.began_at <= late and o.ended_at >= begins for o in ours):
            continue
        missed += 1
    good = [moment.astimezone(BERLIN).date() for moment, fine in one.runs if fine]
    gaps = []
    for before, after in zip(good, good[1:], strict=False):
        gap = sum(works(before + timedelta(days=n)) for n in range(1, (after - before).days + 1))
        gaps += [gap] if gap else []
    gaps = sorted(gaps[-20:])
    usual = gaps[-(-len(gaps) * 9 // 10) - 1] if len(gaps) >= 3 else None
    if one.kind in UNTIMED and usual is None:
        return False
    if one.kind not in UNTIMED and missed < 3:
        return False
    off, worked = 0, 0
    day = last.astimezone(BERLIN).date() + timedelta(days=1)
    while day <= today:
        noon = datetime.combine(day, time(12), ZoneInfo("UTC"))
        lost = any(o.began_at <= noon <= o.ended_at for o in ours)
        if rests(day) or lost or (one.kind == "season" and not season(day)):
            off += 1
        elif works(day):
            worked += 1
        day += timedelta(days=1)
    silent = now - last - timedelta(days=off)
    return silent >= timedelta(days=28) and (usual is None or worked >= 3 * usual)


@dataclass
class Outcome:
    """What came out: how often both agreed, where not, and who was asked about."""

    looks: int = 0
    wrong: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    dead: set[str] = field(default_factory=set)
    due: dict[str, datetime] = field(default_factory=dict)  # the first noon at which the rules ask
    late: list[str] = field(default_factory=list)  # asked about not when the rules do


def play(database: Database, count: int, days: int, seed: int) -> Outcome:
    """Play some days of so many automations; compare at noon of each."""
    dice = random.Random(seed)
    clock = HandClock(at(START, time(8)).astimezone(ZoneInfo("UTC")))
    stage = Stage(database, clock)
    database.transact(lambda tx: furnish(tx, stage.workspace, clock.now()))
    kept = working_hours.closed_written(tuple(Closed(each, each) for each in sorted(CLOSED)))
    stage.store(lambda tx: workspaces.set_setting(tx, working_hours.CLOSED, kept))
    ben = Say(stage, "ben")
    ones = []
    for n in range(count):
        kind = KINDS[n % len(KINDS)]
        secret = enter(ben, name=f"{kind} {n}", rhythm=TYPED[kind])
        dies = START + timedelta(days=dice.randint(20, days)) if dice.random() < 0.4 else None
        gone = START + timedelta(days=dice.randint(20, days))
        away = (gone, gone + timedelta(days=dice.randint(3, 20))) if dice.random() < 0.3 else None
        ones.append(Plain(f"{kind} {n}", kind, secret, clock.now(), dies, away))
        reports(stage, secret)
        ones[-1].runs.append((clock.now(), True))
    ours: list[Outage] = []
    found = Outcome(dead={each.name for each in ones if each.dies is not None})
    for n in range(1, days):
        day = START + timedelta(days=n)
        _one_day(stage, ones, ours, day, dice)
        stage.wind(to=at(day, time(12)))
        _compare(stage, ones, ours, found)
    rows = stage.rows(
        """
        select a.name, min(q.opened_at) as at from automation_questions q
        join automations a on a.workspace = q.workspace and a.id = q.automation
        where q.workspace = :workspace group by a.name
        """
    )
    found.asked = {row["name"] for row in rows}
    for row in rows:
        # At noon all are compared: on the first day on which the rules ask, it is asked.
        first, asked = found.due.get(row["name"], clock.now()), as_moment(row["at"])
        if not first - timedelta(days=1) < asked < at(first.astimezone(BERLIN).date(), time(23)):
            found.late.append(f"{row['name']}: {asked}, by the rules {first}")
    stage.close()
    return found


def _one_day(
    stage: Stage, ones: list[Plain], ours: list[Outage], day: date, dice: random.Random
) -> None:
    """Let everything run that runs on a day until noon and after the last noon."""
    lost = dice.random() < 0.02
    begins = at(day, time(1)).astimezone(ZoneInfo("UTC"))
    calls = []
    for one in ones:
        if one.dies is not None and day >= one.dies:
            continue
        calls += [(at(day, clock), one) for clock in runs_on(one, day, dice)]
    if lost:
        outage = Outage(begins, begins + timedelta(hours=10, minutes=50))
        ours.append(outage)
        stage.store(lambda tx: outages.note(tx, outage))
    for moment, one in sorted(calls, key=lambda each: (each[0], each[1].name)):
        moment = moment.astimezone(ZoneInfo("UTC"))
        if lost and moment <= ours[-1].ended_at:
            continue  # nobody heard it
        stage.wind(to=moment)
        fine = dice.random() > 0.05
        reports(stage, one.secret, kind="" if fine else "fail")
        one.runs.append((stage.clock.now(), fine))


def _compare(stage: Stage, ones: list[Plain], ours: list[Outage], found: Outcome) -> None:
    now = stage.clock.now()

    def states(tx: Tx) -> dict[str, State]:
        inside = tx.within(stage.workspace)
        ours_now = workspaces.get(inside)
        company = companies.of(inside, ours_now.zone, ours_now.region)
        known = companies.Known(company, outages.since(inside, now - timedelta(days=400)), now)
        return {each.name: known.standing(each).state for each in automations.all(inside)}

    real = stage.database.read(states)
    for one in ones:
        plain = unused(one, ours, now)
        found.looks += 1
        if plain != (real[one.name] is State.UNUSED):
            found.wrong.append(f"{now:%Y-%m-%d} {one.name}: {real[one.name]}, plainly {plain}")
        if plain:
            found.due.setdefault(one.name, now)


def main() -> int:
    """Play all of it and say what came out; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--automations", type=int, default=100)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = play(Sqlite(), given.automations, given.days, given.seed)
    healthy = found.asked - found.dead
    print(f"{found.looks} looks, {len(found.wrong)} differ; {len(found.dead)} died, "
          f"{len(found.asked)} asked about, {len(healthy)} of them healthy, "
          f"{len(found.due.keys() - found.asked)} due and not asked about, "
          f"{len(found.late)} not asked about on the day of the rule")  # fmt: skip
    for each in [*found.wrong[:20], *found.late[:20]]:
        print(each)
    return int(bool(found.wrong or healthy or found.due.keys() - found.asked or found.late))


if __name__ == "__main__":
    raise SystemExit(main())

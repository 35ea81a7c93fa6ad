"""Working time: is it working time, when does work begin again, which days are working days.

The one module that answers this. A company has hours for each weekday, a zone, a region
whose public holidays count, and closing days of its own; a service may have other hours,
or be answered around the clock. Rule: docs/rules.md, working time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handlers.kit import calendar
from handlers.kit.readers import folded
from handlers.kit.readers.clocks import CLOCK, MIDNIGHT, clock, span
from handlers.kit.readers.dates import read_day, split_range, weekdays
from storage import workspaces
from storage.engine import Tx

if TYPE_CHECKING:
    from handlers.kit.context import Context
    from storage.services import Service

REST = timedelta(hours=11)  # § 5 (1) ArbZG: between the end of work and the next beginning
HOURS, CLOSED, DIGEST = "hours", "closed days", "digest at"  # the settings' names
ALWAYS = "always"  # a service's hours when it is answered around the clock
LONGEST_CLOSED = 62  # days in one row
MOST_CLOSED = 40
YEAR = re.compile(r"\d{4}|\d\.\s?\d{1,2}\.\s?\d{2}$")  # a day's own: 1.1.2027, 1.1.27
HORIZON = 800  # days that are looked at for the next working day


@dataclass(frozen=True, slots=True)
class Hours:
    """The working hours of one day: local times, `start` before `end`."""

    start: time
    end: time

    def __str__(self) -> str:
        end = "24:00" if self.end == MIDNIGHT else f"{self.end:%H:%M}"
        return f"{self.start:%H:%M}–{end}"


Week = tuple[Hours | None, ...]  # from Monday to Sunday

USUAL: Week = (Hours(time(7), time(18)),) * 5 + (None, None)


@dataclass(frozen=True, slots=True)
class Closed:
    """Days on which the company is closed. What comes every year has the year 2000 or 2001."""

    first: date
    last: date
    yearly: bool = False

    def holds(self, day: date) -> bool:
        """Say whether a day is one of them."""
        if not self.yearly:
            return self.first <= day <= self.last
        first, last, this = ((each.month, each.day) for each in (self.first, self.last, day))
        return first <= this <= last if first <= last else this >= first or this <= last


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When people work; `always` is a service that is answered around the clock."""

    zone: str
    region: str
    week: Week = USUAL
    closed: tuple[Closed, ...] = ()
    always: bool = False

    def hours_on(self, day: date) -> Hours | None:
        """Return the hours of a day, None when nobody works."""
        if self.always:
            return Hours(time(0), MIDNIGHT)
        hours = self.week[day.weekday()]
        if hours is None or calendar.is_holiday(day, self.region):
            return None
        return None if any(each.holds(day) for each in self.closed) else hours

    def is_working_day(self, day: date) -> bool:
        """Say whether people work on a day at all."""
        return self.hours_on(day) is not None

    def is_working(self, moment: datetime) -> bool:
        """Say whether a moment is working time."""
        local = moment.astimezone(ZoneInfo(self.zone))
        hours = self.hours_on(local.date())
        if hours is None:
            return False
        return hours.start <= local.time() and (hours.end == MIDNIGHT or local.time() < hours.end)

    def next_start(self, moment: datetime) -> datetime:
        """Return when work goes on: `moment` itself in working time, else the next beginning."""
        if self.is_working(moment):
            return moment
        today = calendar.day_of(moment, self.zone)
        for day in self._days(today):
            hours = self.hours_on(day)
            if hours is not None and (begins := calendar.at(day, hours.start, self.zone)) > moment:
                return begins
        return moment  # closed for years: nobody would ever hear of anything

    def next_end(self, moment: datetime) -> datetime | None:
        """Return when today's work ends, None outside working time and around the clock."""
        if self.always or not self.is_working(moment):
            return None
        day = calendar.day_of(moment, self.zone)
        hours = self.hours_on(day)
        if hours is None or hours.end == MIDNIGHT:
            return calendar.midnight(day + timedelta(days=1), self.zone)
        return calendar.at(day, hours.end, self.zone)

    def outside(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans from `start` until before `end` in which nobody works."""
        begins, day = start, calendar.day_of(start, self.zone)
        while begins < end:
            hours = self.hours_on(day)
            if hours is not None:
                opens = calendar.at(day, hours.start, self.zone)
                if begins < opens:
                    yield begins, min(opens, end)
                closes = calendar.midnight(day + timedelta(days=1), self.zone)
                if hours.end != MIDNIGHT:
                    closes = calendar.at(day, hours.end, self.zone)
                begins = max(begins, closes)
            elif day > calendar.day_of(end, self.zone):
                yield begins, end
                return
            day += timedelta(days=1)

    def working_day_from(self, day: date) -> date:
        """Return `day`, or the first working day after it."""
        return next((each for each in self._days(day) if self.is_working_day(each)), day)

    def working_days_after(self, day: date, number: int) -> date:
        """Return the day that is so many working days after `day` (before it when negative)."""
        step = 1 if number > 0 else -1
        for _each in range(abs(number)):
            start = day + timedelta(days=step)
            days = (each for each in self._days(start, step) if self.is_working_day(each))
            day = next(days, start)
        return day

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first`, up to and with `last`."""
        days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return sum(self.is_working_day(each) for each in days)

    def on(self, day: date, clock: time) -> datetime:
        """Return a local time on a working day as a moment; the day's start if it lies outside."""
        hours = self.hours_on(day)
        if hours is not None and not hours.start <= clock < hours.end:
            clock = hours.start
        return calendar.at(day, clock, self.zone)

    def rested_at(self, moment: datetime) -> datetime | None:
        """Return when eleven hours of rest after `moment` are over, if work would begin before.

        None in working time, and when the next work begins late enough.
        """
        if self.is_working(moment):
            return None
        return moment + REST if self.next_start(moment) < moment + REST else None

    def _days(self, day: date, step: int = 1) -> Iterator[date]:
        return (day + timedelta(days=n * step) for n in range(HORIZON))


# --- what is stored ----------------------------------------------------------------------


def company(ctx: Context) -> WorkingTime:
    """Return the company's working time."""
    return of(ctx.tx, ctx.workspace.zone, ctx.workspace.region)


def of(tx: Tx, zone: str, region: str) -> WorkingTime:
    """Return the working time of a company in this zone and region."""
    kept, closed = workspaces.setting(tx, HOURS), workspaces.setting(tx, CLOSED)
    return WorkingTime(
        zone, region, (read(kept) if kept else None) or USUAL, kept_closed(closed or "")
    )


def of_service(ctx: Context, service: Service | None) -> WorkingTime:
    """Return when a service is looked after: its own hours, or the company's."""
    ours = company(ctx)
    if service is None or not service.hours:
        return ours
    if service.hours == ALWAYS:
        return replace(ours, always=True)
    return replace(ours, week=read(service.hours) or ours.week)


# --- as people write it ------------------------------------------------------------------

DASH = r"(?:[-‐‑–—−]|\b(?:to|bis|till?|until)\b)"  # noqa: RUF001 - as phones write dashes
TIMES = re.compile(
    rf"(?:\b(?:von|from|ab)\s+)?(?<!\d){CLOCK}\s*{DASH}\s*(?:(?:um|at)\s+)?{CLOCK}(?!\d)"
)
DAYS = re.compile(rf"([a-z]+)\.?(?:\s*{DASH}\s*([a-z]+)\.?)?$")
EVERY = {"weekdays": 5, "daily": 7, "every day": 7, "taeglich": 7, "jeden tag": 7}
BETWEEN = re.compile(r"[,;\n&+]+|\s(?:und|and)\s")
BESIDE = re.compile(r"^(?:von|from)\s|\s(?:jeweils|each|immer)$")
NO_DAYS = ("none", "no", "keine", "keiner", "-", "–")  # noqa: RUF001 - as phones write dashes
OFF = re.compile(r"(?:frei|geschlossen|zu|closed|off)$")


@lru_cache(maxsize=64)
def read(text: str) -> Week | None:
    """Read `07:00–18:00` (Monday to Friday), `9am–5pm` or `Mo–Do 7-17, Fr 7-15`; None for none.

    A week without any hours is none, nor is a day in two parts.
    """
    week: list[Hours | None] = [None] * 7
    waiting: list[int] = []
    parts = [each.strip(" .") for each in BETWEEN.split(folded(text)) if each.strip(" .")]
    for number, part in enumerate(parts):
        found = TIMES.search(part) or OFF.search(part)
        days = _days_named(part.replace(found[0], " ", 1) if found else part)
        if days is None or (found is None and not days):
            return None
        if found is None:
            waiting += days
            continue
        if number and not waiting + days:
            return None  # whose hours would these be?
        hours = _hours(found)
        if hours is None and found.re is TIMES:
            return None
        for day in [*waiting, *days] or range(5):
            before = week[day]
            if hours and before and (hours.start >= before.end or hours.end <= before.start):
                return None  # a day in two parts: one of them would be lost
            week[day] = hours
        waiting = []
    return tuple(week) if any(week) and not waiting else None


def _days_named(text: str) -> list[int] | None:
    """Return the weekdays that a text names, empty for an empty one; None if it names others."""
    text = BESIDE.sub("", text.strip(" :()")).strip(" :()")
    if not text:
        return []
    if text in EVERY:
        return list(range(EVERY[text]))
    found = DAYS.match(text)
    ends = [_weekday(each) for each in found.groups() if each] if found else []
    if not ends or None in ends:
        return None
    first, last = ends[0], ends[-1]
    assert first is not None
    assert last is not None
    return [(first + n) % 7 for n in range((last - first) % 7 + 1)]


def _weekday(name: str) -> int | None:
    """Return a weekday by its name; `montags` and `Mondays` are Monday."""
    return weekdays().get(name, weekdays().get(name.removesuffix("s")))


def _hours(found: re.Match[str]) -> Hours | None:
    """Return the hours that `TIMES` found; None where a day is free, or where they are none."""
    if found.re is not TIMES:
        return None
    ends = span(found.groups()[:3], found.groups()[3:])  # type: ignore[arg-type]
    return Hours(*ends) if ends else None


def runs(week: Week) -> list[tuple[int, int, Hours]]:
    """Return a week as rows of days with the same hours: first day, last day, hours."""
    found: list[tuple[int, int, Hours]] = []
    for day, hours in enumerate(week):
        if hours is None:
            continue
        if found and found[-1][1] == day - 1 and found[-1][2] == hours:
            found[-1] = (found[-1][0], day, hours)
        else:
            found.append((day, day, hours))
    return found


def written(week: Week) -> str:
    """Return a week as it is stored; from Monday to Friday the hours alone, as ever."""
    names = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    rows = runs(week)
    if len(rows) == 1 and rows[0][:2] == (0, 4):
        return str(rows[0][2])
    return ", ".join(f"{names[first]}–{names[last]} {hours}" for first, last, hours in rows)


def read_closed(text: str, today: date) -> tuple[Closed, ...] | None:
    """Read `24.12.–1.1., 26.5.2027`: without a year it comes every year. None if it is not that."""
    found: list[Closed] = []
    if folded(text).rstrip(".") in NO_DAYS:
        return ()
    for part in re.split(r"[,;\n]+", text):
        if not part.strip():
            continue
        one = _closed(part.strip(), today)
        if one is None or (one.last - one.first).days >= LONGEST_CLOSED:
            return None
        found.append(one)
    return tuple(found) if len(found) <= MOST_CLOSED else None


def _closed(part: str, today: date) -> Closed | None:
    first, last = split_range(part, today) or (part, part)
    end = read_day(last, today)
    if not re.search(r"\d", part):  # "tomorrow", "Monday": one day that comes, not every year
        start = read_day(first, today)
        fits = start is not None and end is not None and start <= end
        return Closed(start, end) if fits and start and end else None
    if not YEAR.search(last):
        any_year = date(2000, 1, 1)
        start, end = read_day(first, any_year), read_day(last, any_year)
        if start is None or end is None or YEAR.search(first):
            return None
        return Closed(start, end if end >= start else end.replace(year=2001), yearly=True)
    start = read_day(first, today)
    if start is None or end is None:
        return None
    if not YEAR.search(first):  # the last such day before the end
        start = start.replace(year=end.year)
        start = start if start <= end else start.replace(year=end.year - 1)
    return Closed(start, end) if start <= end else None


def closed_written(closed: tuple[Closed, ...]) -> str:
    """Return closing days as they are stored."""
    return "\n".join(
        f"{'yearly ' if each.yearly else ''}{each.first.isoformat()} {each.last.isoformat()}"
        for each in closed
    )


@lru_cache(maxsize=64)
def kept_closed(text: str) -> tuple[Closed, ...]:
    """Read closing days as they are stored."""
    found = []
    for row in text.splitlines():
        *yearly, first, last = row.split()
        found.append(Closed(date.fromisoformat(first), date.fromisoformat(last), bool(yearly)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A moment of every week: the weekday (Monday is 0) and a local time."""

    day: int
    clock: time

    def __str__(self) -> str:
        return f"{self.day} {self.clock:%H:%M}"


MONDAY_MORNING = Weekly(0, time(8, 30))


def digest_at(tx: Tx) -> Weekly:
    """Return when the company's digest comes."""
    kept = workspaces.setting(tx, DIGEST)
    if kept is None:
        return MONDAY_MORNING
    day, clock = kept.split()
    return Weekly(int(day), time.fromisoformat(clock))


def read_weekly(text: str) -> Weekly | None:
    """Read `Montag 08:30`, also `Mo 8.30 Uhr`; None when it is not that."""
    pattern = rf"([a-z]+)\.?,?\s+(?:um\s+|at\s+)?{CLOCK}\.?"
    found = re.fullmatch(pattern, folded(text))
    day = _weekday(found[1]) if found else None
    if found is None or day is None:
        return None
    at = clock(found[2], found[3], found[4])
    return Weekly(day, at) if at is not None else None

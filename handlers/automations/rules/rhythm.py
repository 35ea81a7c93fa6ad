"""Rhythms: when something that runs by itself is expected, as moments and as words.

Pure: no store and no clock. A cron line means what Debian's cron makes of it (cronsim), also in
the nights in which the clocks change.
"""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from handlers.kit import calendar
from handlers.kit.words import Sentence, _, _n


class Unit(StrEnum):
    """In what a period is counted."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields of cron."""

    line: str

    def __str__(self) -> str:
        return f"cron {self.line}"


@dataclass(frozen=True, slots=True)
class Every:
    """Once in so many units, counted from the last run. Days and more mean whole days."""

    n: int
    unit: Unit

    def __str__(self) -> str:
        return f"every {self.n} {self.unit}"


@dataclass(frozen=True, slots=True)
class DayRule:
    """A day of the month by its place: `which` is 1 to 5 or -1 (the last).

    `what` is a weekday (0 is Monday) or "workday". Without a time the whole day counts.
    """

    which: int
    what: int | str
    at: time | None = None

    def __str__(self) -> str:
        what = self.what if isinstance(self.what, str) else DAYS[self.what]
        return f"rule {self.which} {what}" + (f" {self.at:%H:%M}" if self.at else "")


Schedule = Cron | Every | DayRule
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Company:
    """Where and when people work: zone, federal state, own closing days, weekdays with hours."""

    zone: str
    region: str
    closed: Container[date] = frozenset()
    days: frozenset[int] = frozenset(range(5))

    def works(self, day: date) -> bool:
        """Say whether people work on a day."""
        if day.weekday() not in self.days or day in self.closed:
            return False
        return not _is_holiday(day, self.region)

    def rests(self, day: date) -> bool:
        """Say whether a day is a public holiday or one on which the company is closed."""
        if day in self.closed:
            return True
        return day.weekday() in self.days and _is_holiday(day, self.region)

    def day_of(self, moment: datetime) -> date:
        """Return the day that a moment falls on here."""
        return moment.astimezone(zone_of(self.zone)).date()


@lru_cache(maxsize=4096)
def _is_holiday(day: date, region: str) -> bool:
    return calendar.is_holiday(day, region)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    return ZoneInfo(name)


# --- reading -------------------------------------------------------------------------------

WHICH = {
    "first": 1, "1st": 1, "1": 1, "erster": 1, "erste": 1, "ersten": 1, "erstes": 1,
    "second": 2, "2nd": 2, "2": 2, "zweiter": 2, "zweite": 2, "zweiten": 2,
    "third": 3, "3rd": 3, "3": 3, "dritter": 3, "dritte": 3, "dritten": 3,
    "fourth": 4, "4th": 4, "4": 4, "vierter": 4, "vierte": 4, "vierten": 4,
    "last": -1, "-1": -1, "letzter": -1, "letzte": -1, "letzten": -1,
}  # fmt: skip
NAMED_DAYS = {
    "mon": 0, "monday": 0, "montag": 0, "tue": 1, "tuesday": 1, "dienstag": 1,
    "wed": 2, "wednesday": 2, "mittwoch": 2, "thu": 3, "thursday": 3, "donnerstag": 3,
    "fri": 4, "friday": 4, "freitag": 4, "sat": 5, "saturday": 5, "samstag": 5,
    "sonnabend": 5, "sun": 6, "sunday": 6, "sonntag": 6,
    "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
}  # fmt: skip
WEEKDAYS = NAMED_DAYS | {f"{name}s": day for name, day in NAMED_DAYS.items() if len(name) > 3}
WORKDAY = {"workday", "arbeitstag", "werktag", "weekday"}
# What counts on working days: a period of days does, and so does a cron line for all days.
DAILY = {"daily", "täglich", "day", "tag", "morgen", "abend", "werktags", "werktäglich",
         "arbeitstags", "arbeitstäglich", "workdays", "weekdays", *WORKDAY}  # fmt: skip
WORKING_WEEK = re.compile(
    r"\b(?:mo|mon|montags?|mondays?)\s*(?:-|–|bis|to)\s*(?:fr|fri|freitags?|fridays?)\b"
)
PERIODS = {
    "hourly": (1, Unit.HOUR), "stündlich": (1, Unit.HOUR),
    "daily": (1, Unit.DAY), "täglich": (1, Unit.DAY),
    "weekly": (1, Unit.WEEK), "wöchentlich": (1, Unit.WEEK),
    "monthly": (1, Unit.MONTH), "monatlich": (1, Unit.MONTH),
    "quarterly": (3, Unit.MONTH), "vierteljährlich": (3, Unit.MONTH),
    "yearly": (1, Unit.YEAR), "jährlich": (1, Unit.YEAR),
}  # fmt: skip
UNITS = {
    "minute": Unit.MINUTE, "minuten": Unit.MINUTE, "minutes": Unit.MINUTE, "min": Unit.MINUTE,
    "hour": Unit.HOUR, "hours": Unit.HOUR, "stunde": Unit.HOUR, "stunden": Unit.HOUR,
    "day": Unit.DAY, "days": Unit.DAY, "tag": Unit.DAY, "tage": Unit.DAY,
    "week": Unit.WEEK, "weeks": Unit.WEEK, "woche": Unit.WEEK, "wochen": Unit.WEEK,
    "month": Unit.MONTH, "months": Unit.MONTH, "monat": Unit.MONTH, "monate": Unit.MONTH,
    "year": Unit.YEAR, "years": Unit.YEAR, "jahr": Unit.YEAR, "jahre": Unit.YEAR,
}  # fmt: skip
FILLERS = {"am", "the", "on", "of", "im", "des", "every", "each", "jeden", "jede", "jedes", "der",
           "den", "month", "monats", "monat", "um", "at", "uhr", "in", "weekly", "wöchentlich",
           "monthly", "monatlich"}  # fmt: skip
CLOCK = re.compile(
    r"(?<![\d.])(\d{1,2}):(\d\d)(?:\s*(am|pm|uhr)\b)?|"
    r"(?<![\d.])(\d{1,2})(?:\.(\d\d))?\s*(am|pm|uhr)\b|\b(?:um|at)\s+"
    r"(\d{1,2})(?![\d.:]|\s*(?:am|pm|uhr)\b)"
)


@lru_cache(maxsize=4096)
def read(text: str) -> Schedule | None:
    """Read a rhythm as it is stored or typed in either language; None when it is none."""
    said = " ".join(text.lower().split()).rstrip(".")
    line = said.removeprefix("cron ").strip()
    if len(line.split()) == 5 and re.fullmatch(r"[0-9a-z*/,#? -]+", line):
        cron = _cron(line)
        if cron is not None:
            return cron
    if said in PERIODS:
        return Every(*PERIODS[said])
    found = re.fullmatch(r"(?:every|each|alle|jede[nrs]?)?\s*(?:(\d{1,4})\s+)?([a-zäöü]+)", said)
    if found and found[2] in UNITS and (found[1] or said != found[2]):
        n = int(found[1] or 1)
        return Every(n, UNITS[found[2]]) if 0 < n <= 1500 else None
    return _rule(said.removeprefix("rule "))


def _cron(line: str) -> Cron | None:
    try:
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        return None
    return Cron(line)


def _rule(said: str) -> Schedule | None:
    """Read `first Saturday 08:00`, `every Monday`, `the 15th`, `letzter Arbeitstag`."""
    clock, at = CLOCK.search(said), None
    if clock:
        at = _time(clock)
        if at is None:
            return None
        said = said[: clock.start()] + " " + said[clock.end() :]
    said = WORKING_WEEK.sub("workdays", said)
    words = [each.strip(".,") for each in re.split(r"[\s,+]+", said)]
    words = [each for each in words if each and each not in FILLERS]
    days = {WEEKDAYS[each] for each in words if each in WEEKDAYS}
    if len(days) > 1 and all(each in (*WEEKDAYS, "and", "und") for each in words):
        named = ",".join(str((day + 1) % 7) for day in sorted(days))
        return Cron(_daily_line(at or LAST_MINUTE, named))
    match words:
        case [day] if day in DAILY:
            return Cron(_daily_line(at)) if at is not None else Every(1, Unit.DAY)
        case [day] if day in WEEKDAYS and at is not None:
            return Cron(_daily_line(at, f"{(WEEKDAYS[day] + 1) % 7}"))
        case [day] if day in WEEKDAYS:
            return DayRule(0, WEEKDAYS[day])
        case [which, day] if which in (*WHICH, "0") and day in (*WEEKDAYS, *WORKDAY):
            what = "workday" if day in WORKDAY else WEEKDAYS[day]
            place = WHICH.get(which, 0)
            return DayRule(place, what, at) if place or what != "workday" else None
        case [number] if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", number):
            of_month = int(re.sub(r"\D", "", number))
            clock_at = at or LAST_MINUTE
            line = f"{clock_at.minute} {clock_at.hour} {of_month} * *"
            return _cron(line) if 1 <= of_month <= 31 else None
    return None


LAST_MINUTE = time(23, 59)


def _daily_line(at: time, days: str = "*") -> str:
    return f"{at.minute} {at.hour} * * {days}"


def _time(clock: re.Match[str]) -> time | None:
    """Return a time of day as it is typed: `08:00`, `8 Uhr`, `8.30 Uhr`, `8 pm`, `um 8`."""
    hour = int(clock[1] or clock[4] or clock[7])
    minute = int(clock[2] or clock[5] or 0)
    half = clock[3] or clock[6]
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


# --- as words ------------------------------------------------------------------------------

EVERY = {
    Unit.MINUTE: lambda n: _n("every minute", "every {n} minutes", n),
    Unit.HOUR: lambda n: _n("every hour", "every {n} hours", n),
    Unit.DAY: lambda n: _n("every day", "every {n} days", n),
    Unit.WEEK: lambda n: _n("every week", "every {n} weeks", n),
    Unit.MONTH: lambda n: _n("every month", "every {n} months", n),
    Unit.YEAR: lambda n: _n("every year", "every {n} years", n),
}
DAY_NAMES = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
             _("Sunday"))  # fmt: skip


def rhythm_words(schedule: Schedule) -> Sentence:
    """Return a schedule in words."""
    match schedule:
        case Cron(line):
            return _cron_words(line)
        case Every(n, unit):
            return EVERY[unit](n)
        case DayRule(which, what, at):
            day = _("working day") if isinstance(what, str) else DAY_NAMES[what]
            days = (
                _("every {day}", day=day)
                if which == 0
                else _("last {day} of the month", day=day)
                if which == -1
                else _("{day} no. {which} of the month", day=day, which=which)
            )
            return _("{days} at {at}", days=days, at=f"{at:%H:%M}") if at else days


def _cron_words(line: str) -> Sentence:
    """Return a cron line as its numbers, or in words if it names one time of days of the week."""
    daily = re.fullmatch(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[0-6](?:,[0-6])?)", line)
    if daily is None:
        return _("by the schedule {line}", line=line)
    at = f"{int(daily[2]):02}:{int(daily[1]):02}"
    if daily[3] == "*":
        days: Sentence = EVERY[Unit.DAY](1)
    else:
        names = [DAY_NAMES[(int(each) - 1) % 7] for each in daily[3].split(",")]
        days = _("every {day}", day=names[0])
        if len(names) > 1:
            days = _("every {day} and {other}", day=names[0], other=names[1])
    return _("{days} at {at}", days=days, at=at)


def usual_gap(schedule: Schedule) -> timedelta:
    """Return about how long it is from one occasion to the next."""
    match schedule:
        case Cron(line):
            return cron_gap(line)
        case Every(n, unit):
            return n * LENGTH[unit]
        case DayRule(which, _what, _at):
            return timedelta(days=7 if which == 0 else 30)


LENGTH = {
    Unit.MINUTE: timedelta(minutes=1),
    Unit.HOUR: timedelta(hours=1),
    Unit.DAY: timedelta(days=1),
    Unit.WEEK: timedelta(days=7),
    Unit.MONTH: timedelta(days=30),
    Unit.YEAR: timedelta(days=365),
}


@lru_cache(maxsize=4096)
def cron_gap(line: str) -> timedelta:
    """Return the longest of twelve gaps in a row; enough to tell daily from monthly."""
    steps = CronSim(line, datetime(2026, 1, 1, tzinfo=UTC))
    found = [each for each, _n in zip(steps, range(13), strict=False)]
    pairs = zip(found, found[1:], strict=False)
    return max((later - earlier for earlier, later in pairs), default=timedelta(days=365))


# --- seasons -------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def read_seasons(text: str) -> tuple[tuple[int, int], ...] | None:
    """Read `15.11.-31.1., 1.4.-30.4.` as pairs of month * 100 + day; None when it is not that."""
    found = []
    for piece in filter(None, (each.strip() for each in re.split(r"[,;]", text))):
        match = re.fullmatch(
            r"(\d{1,2})\.(\d{1,2})\.?\s*(?:-|–|bis|to)\s*(\d{1,2})\.(\d{1,2})\.?", piece
        )
        if match is None:
            return None
        first_day, first_month, last_day, last_month = (int(each) for each in match.groups())
        for day, month in ((first_day, first_month), (last_day, last_month)):
            if not (1 <= month <= 12 and 1 <= day <= months.monthrange(2024, month)[1]):
                return None
        found.append((first_month * 100 + first_day, last_month * 100 + last_day))
    return tuple(found)


def in_season(day: date, seasons: tuple[tuple[int, int], ...]) -> bool:
    """Say whether a day lies in one of the seasons; without seasons always."""
    at = day.month * 100 + day.day
    return not seasons or any(
        first <= at <= last if first <= last else at >= first or at <= last
        for first, last in seasons
    )

"""Occasions: the moments at which a run is expected, and from when on it counts for one."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import count
from zoneinfo import ZoneInfo

from cronsim import CronSim

from handlers.automations.rules.rhythm import (
    LENGTH,
    Company,
    Cron,
    DayRule,
    Every,
    Schedule,
    Unit,
    cron_gap,
    usual_gap,
    zone_of,
)
from handlers.kit import calendar

EARLIEST = timedelta(days=15)  # a run counts for the next occasion at most so long before it
SEARCHED = 400  # occasions that are looked through until one counts


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time at which a run is expected: until `due`, on `day`. A run from `opens` on counts."""

    due: datetime
    day: date
    opens: datetime
    timed: bool


def occasions(
    schedule: Schedule, company: Company, after: datetime, anchor: datetime, *, always: bool
) -> Iterator[Occasion]:
    """Yield the occasions that are due after `after` and count, in their order, without end.

    A period is counted from `anchor`. An occasion counts on days on which people work, and on
    weekends that the schedule names; with `always` on every day.
    """
    match schedule:
        case Cron(line):
            yield from _of_cron(line, company, after, always=always)
        case Every(n, unit) if unit in (Unit.MINUTE, Unit.HOUR):
            yield from _of_hours(n * LENGTH[unit], company, after, anchor, always=always)
        case Every(n, unit):
            yield from _of_days(n, unit, company, after, anchor, always=always)
        case DayRule():
            yield from _of_rule(schedule, company, after, always=always)


def counts(day: date, company: Company, *, weekends: bool, always: bool) -> bool:
    """Say whether an occasion on `day` counts; `weekends` says that the schedule names them."""
    if always:
        return True
    return not company.rests(day) if weekends else company.works(day)


def _opens(previous: datetime, due: datetime) -> datetime:
    return due - min((due - previous) / 2, EARLIEST)


def _of_cron(line: str, company: Company, after: datetime, *, always: bool) -> Iterator[Occasion]:
    zone = zone_of(company.zone)
    weekends = line.split()[4] not in ("*", "?")
    local = after.astimezone(zone)
    steps = CronSim(line, local)
    before = _cron_before(line, after, zone)
    skipped = 0
    for each in steps:
        due = each.astimezone(UTC)
        if due <= after:  # an hour that comes twice
            continue
        opens, before = _opens(before, due), due
        if counts(each.date(), company, weekends=weekends, always=always):
            skipped = 0
            yield Occasion(due, each.date(), opens, timed=True)
        elif (skipped := skipped + 1) > SEARCHED * 4:
            return


@lru_cache(maxsize=1024)
def _cron_before(line: str, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the last occasion that is not later than `after`."""
    back = CronSim(line, (after + timedelta(minutes=1)).astimezone(zone), reverse=True)
    for each in back:
        if each.astimezone(UTC) <= after:
            return each.astimezone(UTC)
    return after - cron_gap(line)


def _of_hours(
    gap: timedelta, company: Company, after: datetime, anchor: datetime, *, always: bool
) -> Iterator[Occasion]:
    first = max(1, (after - anchor) // gap + 1) if after > anchor else 1
    for number in count(first):
        due = anchor + number * gap
        day = company.day_of(due)
        if counts(day, company, weekends=False, always=always):
            yield Occasion(due, day, due - gap / 2, timed=True)
        elif number > first + SEARCHED * 200:
            return


def _of_days(
    n: int, unit: Unit, company: Company, after: datetime, anchor: datetime, *, always: bool
) -> Iterator[Occasion]:
    start, last = company.day_of(anchor), company.day_of(anchor)
    passed = max(0, (company.day_of(after) - start).days) // max(1, (n * LENGTH[unit]).days)
    for number in count(max(1, passed - 1)):
        day = _later(start, number * n, unit)
        for _each in range(40):  # to the next day on which people work
            if counts(day, company, weekends=False, always=always):
                break
            day += timedelta(days=1)
        if day <= last:
            continue
        before, last = last, day
        due = calendar.midnight(day + timedelta(days=1), company.zone)
        if due > after:  # the whole period is meant, not only its second half
            opens = calendar.midnight(before + timedelta(days=1), company.zone)
            yield Occasion(due, day, opens, timed=False)


def _later(day: date, number: int, unit: Unit) -> date:
    if unit is Unit.DAY:
        return day + timedelta(days=number)
    if unit is Unit.WEEK:
        return day + timedelta(weeks=number)
    added = day.month - 1 + number * (12 if unit is Unit.YEAR else 1)
    year, month = day.year + added // 12, added % 12 + 1
    return date(year, month, min(day.day, months.monthrange(year, month)[1]))


def _of_rule(
    rule: DayRule, company: Company, after: datetime, *, always: bool
) -> Iterator[Occasion]:
    today = company.day_of(after)
    before: datetime | None = None
    back = 7 if rule.which == 0 else 40  # enough for the occasion before
    for day in _days_of(rule, company, today - timedelta(days=back)):
        if rule.at is None:
            due = calendar.midnight(day + timedelta(days=1), company.zone)
        else:
            due = calendar.at(day, rule.at, company.zone)
        previous, before = before or due - usual_gap(rule), due
        if due > after and counts(day, company, weekends=True, always=always):
            yield Occasion(due, day, _opens(previous, due), timed=rule.at is not None)


def _days_of(rule: DayRule, company: Company, start: date) -> Iterator[date]:
    if rule.which == 0:
        assert isinstance(rule.what, int), "every working day is a period"
        day = start + timedelta(days=(rule.what - start.weekday()) % 7)
        while True:
            yield day
            day += timedelta(days=7)
    month = start.replace(day=1)
    while True:
        length = months.monthrange(month.year, month.month)[1]
        days = [month + timedelta(days=each) for each in range(length)]
        if isinstance(rule.what, str):
            days = [each for each in days if company.works(each)]
        else:
            days = [each for each in days if each.weekday() == rule.what]
        place = rule.which if rule.which < 0 else rule.which - 1
        if -len(days) <= place < len(days) and days[place] >= start:
            yield days[place]
        month = (month + timedelta(days=32)).replace(day=1)

"""Working hours: when people are at work, and when rest has to come before work again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.kit import calendar

REST = timedelta(hours=11)  # § 5 (1) ArbZG: between the end of work and the next beginning


@dataclass(frozen=True, slots=True)
class Hours:
    """The company's working hours on working days: local times, `start` before `end`."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


USUAL = Hours(time(7), time(18))


def read(text: str) -> Hours | None:
    """Read `07:00–18:00`, also `7-18` or `7 bis 18.30`; None when it is not that."""
    found = re.fullmatch(
        r"\s*(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|to|bis)\s*(\d{1,2})(?:[:.](\d\d))?\s*(?:Uhr)?\s*",
        text,
        re.IGNORECASE,
    )
    if found is None:
        return None
    first, first_minute, last, last_minute = (int(each or 0) for each in found.groups())
    if max(first, last) > 23 or max(first_minute, last_minute) > 59:
        return None
    hours = Hours(time(first, first_minute), time(last, last_minute))
    return hours if hours.start < hours.end else None


def outside(moment: datetime, hours: Hours, zone: str, region: str) -> bool:
    """Say whether a moment lies outside the working hours of working days."""
    local = moment.astimezone(ZoneInfo(zone))
    return not (
        calendar.is_working_day(local.date(), region) and hours.start <= local.time() < hours.end
    )


def rested_at(moment: datetime, hours: Hours, zone: str, region: str) -> datetime | None:
    """Return when eleven hours of rest after `moment` are over, if work would begin before that.

    None when `moment` lies in working hours, or the next working day begins late enough.
    """
    if not outside(moment, hours, zone, region):
        return None
    today = moment.astimezone(ZoneInfo(zone)).date()
    day = calendar.working_day_from(today, region)
    begins = calendar.at(day, hours.start, zone)
    if begins <= moment:
        day = calendar.working_day_from(today + timedelta(days=1), region)
        begins = calendar.at(day, hours.start, zone)
    return moment + REST if begins < moment + REST else None

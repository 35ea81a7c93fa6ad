"""Weeks and days, computed from the zone each time, never by adding 168 hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.core import get_global

if TYPE_CHECKING:
    from holidays import HolidayBase


def week_of(moment: datetime, zone: str) -> str:
    """Return the ISO week of a moment in `zone`, such as `2026-W47`."""
    year, week, _day = moment.astimezone(ZoneInfo(zone)).isocalendar()
    return f"{year}-W{week:02d}"


def monday(week: str) -> date:
    """Return the Monday of an ISO week."""
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def after(week: str, weeks: int = 1) -> str:
    """Return the ISO week that comes `weeks` later (earlier when negative)."""
    year, number, _day = (monday(week) + timedelta(weeks=weeks)).isocalendar()
    return f"{year}-W{number:02d}"


def bounds(week: str, zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a week in `zone` and that of the next, in UTC."""
    return midnight(monday(week), zone), midnight(monday(after(week)), zone)


def midnight(day: date, zone: str) -> datetime:
    """Return the first moment of a day in `zone`, in UTC."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def at(day: date, clock: time, zone: str) -> datetime:
    """Return a local time as a moment in UTC.

    A time that the change to summer time skips moves forward; one that comes twice is the first.
    """
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def is_working_day(day: date, region: str) -> bool:
    """Say whether it is Monday to Friday and no public holiday: for dates of a company's past.

    What a company works now: `handlers/kit/working_hours.py`.
    """
    return day.weekday() < 5 and not is_holiday(day, region)


def is_holiday(day: date, region: str) -> bool:
    """Say whether a day is a public holiday of `region` ("DE-NW")."""
    return day in _calendar(region)


def day_of(moment: datetime, zone: str) -> date:
    """Return the day that a moment falls on in `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def days_before(moment: datetime, days: int, zone: str) -> datetime:
    """Return the same time of day in `zone` so many days before; a change of clocks is no hour."""
    local = moment.astimezone(ZoneInfo(zone))
    return datetime.combine(
        local.date() - timedelta(days=days), local.time(), ZoneInfo(zone)
    ).astimezone(UTC)


def region_of(zone: str, like: str) -> str:
    """Return whose public holidays count for people of a time zone.

    `like` where it lies in the same country or nothing is known; else the whole country's.
    """
    import holidays  # a fifth of a second, once for a new company

    country = get_global("zone_territories").get(zone)
    known = country in holidays.list_supported_countries()
    return str(country) if known and country != like.partition("-")[0] else like


@lru_cache(maxsize=16)
def _calendar(region: str) -> HolidayBase:
    import holidays  # a fifth of a second, and only digests need it

    country, _dash, part = region.partition("-")
    return holidays.country_holidays(country, subdiv=part or None)

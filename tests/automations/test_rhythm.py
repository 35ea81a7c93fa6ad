"""Rhythms: what is typed in either language, and which moments it means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from handlers.automations.rules import occasions, rhythm
from handlers.automations.rules.rhythm import Company, Cron, DayRule, Every, Unit
from handlers.kit.words import text

BERLIN = ZoneInfo("Europe/Berlin")
SAXONY = Company("Europe/Berlin", "DE-SN")
NRW = Company("Europe/Berlin", "DE-NW")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def due(text: str, after: str, company: Company = NRW, n: int = 3, **given: bool) -> list[str]:
    """Return the next `n` moments in Berlin."""
    schedule = rhythm.read(text)
    assert schedule is not None, text
    always = given.get("always", False)
    found = occasions.occasions(schedule, company, at(after), at(after), always=always)
    return [f"{each.due.astimezone(BERLIN):%a %d.%m. %H:%M}" for each in islice(found, n)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("daily", Every(1, Unit.DAY)), ("täglich", Every(1, Unit.DAY)),
        ("alle 3 Wochen", Every(3, Unit.WEEK)), ("every 2 hours", Every(2, Unit.HOUR)),
        ("jährlich", Every(1, Unit.YEAR)), ("jeden Tag", Every(1, Unit.DAY)),
        ("every Monday", DayRule(0, 0)), ("jeden Montag 08:00", Cron("0 8 * * 1")),
        ("first Saturday", DayRule(1, 5)), ("Erster Samstag im Monat", DayRule(1, 5)),
        ("letzter Arbeitstag", DayRule(-1, "workday")), ("am 31.", Cron("59 23 31 * *")),
        ("täglich 08:00", Cron("0 8 * * *")), ("daily at 8:30 pm", Cron("30 20 * * *")),
        ("täglich um 8 Uhr", Cron("0 8 * * *")), ("every day at 12 am", Cron("0 0 * * *")),
        ("jeden Tag um 8", Cron("0 8 * * *")), ("werktags 8.30 Uhr", Cron("30 8 * * *")),
        ("jeden Werktag", Every(1, Unit.DAY)), ("Mo-Fr 18:00", Cron("0 18 * * *")),
        ("Monday to Friday 6pm", Cron("0 18 * * *")), ("weekdays", Every(1, Unit.DAY)),
        ("montags", DayRule(0, 0)), ("freitags um 16 Uhr", Cron("0 16 * * 5")),
        ("montags und donnerstags 8 Uhr", Cron("0 8 * * 1,4")),
        ("every Monday, Wednesday and Friday", Cron("59 23 * * 1,3,5")),
        ("wöchentlich am Montag", DayRule(0, 0)), ("monatlich am 15.", Cron("59 23 15 * *")),
        ("erster Werktag", DayRule(1, "workday")), ("am 15. um 8 Uhr", Cron("0 8 15 * *")),
        ("0 2 * * 1-5", Cron("0 2 * * 1-5")), ("cron 0 2 * * 1-5", Cron("0 2 * * 1-5")),
    ],
)  # fmt: skip
def test_a_rhythm_is_read_in_both_languages_and_keeps_its_meaning(
    typed: str, meant: rhythm.Schedule
) -> None:
    assert rhythm.read(typed) == meant
    assert rhythm.read(str(meant)) == meant


@pytest.mark.parametrize("typed", ["", "sometimes", "61 * * * *", "0 2 * *", "every 0 days", "32.",
                                   "every day of the moon", "first 25:00 monday", "täglich 24:00",
                                   "daily at 13 pm", "täglich oder so"])  # fmt: skip
def test_what_is_no_rhythm_is_none(typed: str) -> None:
    assert rhythm.read(typed) is None


def test_a_period_of_days_means_whole_working_days() -> None:
    # Friday, then Monday: it may run until that day is over.
    assert due("daily", "2026-11-27 09:00") == ["Tue 01.12. 00:00", "Wed 02.12. 00:00",
                                                "Thu 03.12. 00:00"]  # fmt: skip
    assert due("daily", "2026-11-27 09:00", n=1, always=True) == ["Sun 29.11. 00:00"]


def test_a_month_has_no_31st_when_it_has_none() -> None:
    assert due("0 8 31 * *", "2026-11-01 00:00") == ["Thu 31.12. 08:00", "Wed 31.03. 08:00",
                                                     "Mon 31.05. 08:00"]  # fmt: skip
    # February has no 29th and ends on a Sunday; the 29th of March is Easter Monday.
    assert due("monthly", "2027-01-29 10:00", n=2) == ["Tue 02.03. 00:00", "Wed 31.03. 00:00"]


def test_a_weekend_that_is_named_counts() -> None:
    assert due("first Saturday", "2026-11-27 09:00", n=2) == ["Sun 06.12. 00:00",
                                                               "Sun 03.01. 00:00"]  # fmt: skip
    assert due("0 3 * * 6", "2026-11-27 09:00", n=1) == ["Sat 28.11. 03:00"]
    assert due("0 3 * * *", "2026-11-27 09:00", n=1) == ["Mon 30.11. 03:00"]


def test_a_holiday_of_one_state_counts_only_there() -> None:
    # Repentance Day is a holiday in Saxony only.
    assert due("0 3 * * *", "2026-11-17 09:00", SAXONY, 1) == ["Thu 19.11. 03:00"]
    assert due("0 3 * * *", "2026-11-17 09:00", NRW, 1) == ["Wed 18.11. 03:00"]


def test_own_closing_days_do_not_count() -> None:
    closed = frozenset(date(2026, 12, day) for day in range(24, 32))
    company = Company("Europe/Berlin", "DE-NW", closed)
    assert due("daily", "2026-12-23 09:00", company, 1) == ["Tue 05.01. 00:00"]


def test_the_clock_changes_and_nothing_is_lost_or_doubled() -> None:
    spring = due("30 2 * * *", "2026-03-28 12:00", n=2, always=True)
    assert spring == ["Sun 29.03. 03:00", "Mon 30.03. 02:30"]
    autumn = due("30 2 * * *", "2026-10-24 12:00", n=2, always=True)
    assert autumn == ["Sun 25.10. 02:30", "Mon 26.10. 02:30"]


def test_the_last_working_day_knows_holidays() -> None:
    assert due("last workday", "2026-12-01 00:00", n=1) == ["Fri 01.01. 00:00"]
    company = Company("Europe/Berlin", "DE-NW", frozenset({date(2026, 12, 31)}))
    assert due("last workday", "2026-12-01 00:00", company, 1) == ["Thu 31.12. 00:00"]


def test_a_run_counts_for_the_nearer_occasion() -> None:
    schedule = rhythm.read("0 2 * * *")
    assert schedule is not None
    first = next(occasions.occasions(schedule, NRW, at("2026-11-24 09:00"), at("2026-11-24 09:00"),
                                  always=False))  # fmt: skip
    assert first.due - first.opens == timedelta(hours=12)


def test_seasons_are_read_and_may_pass_the_new_year() -> None:
    seasons = rhythm.read_seasons("15.11.-31.1., 1.4. bis 30.4.")
    assert seasons == ((1115, 131), (401, 430))
    for day, inside in (("2026-11-15", True), ("2026-12-31", True), ("2027-01-31", True),
                        ("2027-02-01", False), ("2027-04-30", True),
                        ("2026-11-14", False)):  # fmt: skip
        assert rhythm.in_season(date.fromisoformat(day), seasons) is inside, day
    assert rhythm.read_seasons("Winter") is None
    assert rhythm.read_seasons("31.2.-1.3.") is None


@pytest.mark.parametrize(
    ("typed", "english", "german"),
    [
        ("täglich 8 Uhr", "every day at 08:00", "jeden Tag um 08:00"),
        ("freitags 16:05", "every Friday at 16:05", "jeden Freitag um 16:05"),
        (
            "Mo, Do 7:00",
            "every Monday and Thursday at 07:00",
            "jeden Montag und Donnerstag um 07:00",
        ),
        ("0 2 * * 1-5", "by the schedule 0 2 * * 1-5", "nach dem Zeitplan 0 2 * * 1-5"),
    ],
)
def test_a_time_on_days_is_shown_in_words(typed: str, english: str, german: str) -> None:
    schedule = rhythm.read(typed)
    assert schedule is not None
    words = rhythm.rhythm_words(schedule)
    assert [text(words, each) for each in ("en", "de")] == [english, german]

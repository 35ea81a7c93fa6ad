"""Figures of an automation: from runs and signals, each with its formula, none of a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from handlers.automations.figures import gross_minutes
from handlers.kit.calendar import midnight
from handlers.kit.context import Context
from storage.automations import history
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]


def test_a_daily_job_that_runs_each_morning_is_always_on_time(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="täglich")
    reports(bot, secret)
    for day in range(24, 28):
        wind(to=f"2026-11-{day} 08:00")
        reports(bot, secret)
    wind(to="2026-11-28 12:00")
    assert "On time: 100 % of 4 occasions" in anna("auto mail-sortierung")
    wind(to="2026-12-01 12:00")
    assert "On time: 80 % of 5 occasions" in anna("auto mail-sortierung")


def test_a_weekly_one_is_on_time_whatever_day_of_the_period_it_runs(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="wöchentlich")
    reports(bot, secret)
    for day in ("2026-11-25", "2026-12-02", "2026-12-09"):
        wind(to=f"{day} 10:00")
        reports(bot, secret)
    wind(to="2026-12-15 12:00")
    assert "On time: 100 % of 3 occasions" in anna("auto mail-sortierung")


def test_an_estimate_that_is_changed_after_midnight_counts_from_that_day(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben)
    automation = bot.rows("select id from automations where workspace = :workspace")[0]["id"]
    estimated(ben, "10")
    wind(to="2026-11-25 00:30")  # in UTC it is still the 24th
    estimated(ben, "60")
    runs = [("2026-11-24", "ok", 1, 0, 0), ("2026-11-25", "ok", 1, 0, 0)]

    saved: list[int] = []

    def look(ctx: Context) -> None:
        kept = history.profile(ctx.tx, automation)
        for changed in (
            history.of(ctx.tx, automation),
            history.estimates(ctx.tx, midnight(date(2026, 11, 24), "Europe/Berlin"))[automation],
        ):
            saved.append(gross_minutes(ctx, kept, changed, runs))

    bot.inside(look)
    assert saved == [10 + 60] * 2


def estimated(ben: Say, minutes: str) -> None:
    ben("auto mail-sortierung")
    ben.press(calls="auto complete")
    ben.fill(minutes=minutes)


def test_what_has_never_reported_has_no_share(ben: Say, anna: Say) -> None:
    enter(ben, rhythm="täglich")
    assert "On time" not in anna("auto mail-sortierung")


def test_use_stands_beside_what_was_expected_and_on_demand_beside_a_week(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    daily = enter(ben, rhythm="täglich")
    helper = enter(ben, name="Helfer", rhythm="bei Bedarf")
    reports(bot, daily)
    for day in range(24, 28):
        wind(to=f"2026-11-{day} 08:00")
        reports(bot, daily, items="0" if day == 26 else "7")
        reports(bot, helper)
        wind(minutes=2)
        reports(bot, helper)
    wind(to="2026-11-28 12:00")
    card = anna("auto mail-sortierung")
    assert "Used: 4 useful runs in 28 days, 4 expected" in card
    assert "Volume: 21 items" in card
    assert "Used: 8 useful runs in 28 days, about 2 a week" in anna("auto helfer")


def test_one_occasion_is_one(ben: Say, anna: Say, bot: Stage, wind: Callable[..., None]) -> None:
    secret = enter(ben, rhythm="0 9 * * *")
    reports(bot, secret)
    wind(to="2026-11-24 09:00")
    reports(bot, secret)
    wind(to="2026-11-24 18:00")
    assert "On time: 100 % of 1 occasion" in anna("auto mail-sortierung").splitlines()

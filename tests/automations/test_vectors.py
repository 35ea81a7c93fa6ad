"""The nineteen vectors of the page about observing use, through both stores on a wound clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Unpack

import pytest

from handlers.kit import working_hours
from handlers.kit.working_hours import Closed
from storage import automations, workspaces
from storage.automations import outages
from storage.automations.columns import AutomationChanges
from storage.automations.intake import Outage
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text
from tests.ownership.test_ownership import leaves
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
ASKED = "noch gebraucht"
LATE = "erwartet und hat sich nicht gemeldet"


def use(who: Say) -> str:
    """Return how it stands, as its card says."""
    card = who("auto mail-sortierung").splitlines()
    (line,) = [each for each in card if each.startswith("Use: ")]
    return line.removeprefix("Use: ")


def told(who: Say, words: str) -> int:
    return len([each for each in who.sees() if words in each])


def grown(bot: Stage, **values: Unpack[AutomationChanges]) -> None:
    """Let it have been in the register for two years."""
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    old = as_text(bot.clock.now() - timedelta(days=700))

    def age(tx: Tx) -> None:
        tx.run("update automations set registered_at = :old where workspace = :workspace", old=old)
        if values:
            automations.change(tx, row["id"], **values)

    bot.store(age)


def column(bot: Stage, name: str) -> object:
    (row,) = bot.rows(f"select {name} from automations where workspace = :workspace")
    return row[name]


def test_1_a_yearly_payroll_job_in_month_eleven(ben: Say, anna: Say, bot: Stage) -> None:
    secret = enter(ben, rhythm="jährlich")
    reports(bot, secret)
    grown(bot, last_report_at=bot.clock.now() - timedelta(days=330),
          last_useful_at=bot.clock.now() - timedelta(days=330), gaps="1 1 1 1 2")  # fmt: skip
    assert use(anna) == "in use"


def test_2_a_daily_job_over_the_christmas_closure(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    days = tuple(Closed(date(2026, 12, day), date(2026, 12, day)) for day in (24, 28, 29, 30, 31))
    kept = working_hours.closed_written(days)
    bot.store(lambda tx: workspaces.set_setting(tx, working_hours.CLOSED, kept))
    secret = enter(ben, rhythm="täglich")
    grown(bot)
    wind(to="2026-12-23 08:00")
    reports(bot, secret)
    wind(to="2026-12-29 12:00")
    assert use(anna) == "resting"
    wind(to="2027-01-04 12:00")
    assert told(ben, LATE) == 0


@pytest.mark.parametrize(("region", "stands"), [("DE-SN", "resting"), ("DE-NW", "late")])
def test_3_a_holiday_of_one_state(
    ben: Say, anna: Say, bot: Stage, wind: Wind, region: str, stands: str
) -> None:
    bot.store(
        lambda tx: tx.run("update workspaces set region = :r where id = :workspace", r=region)
    )
    secret = enter(ben, rhythm="0 9 * * *")
    grown(bot)
    wind(to="2027-11-16 09:00")
    reports(bot, secret)
    wind(to="2027-11-17 12:00")  # Repentance Day
    assert use(anna) == stands


@pytest.mark.parametrize(
    ("ran", "before", "after"),
    [
        ("2027-03-27 02:30", "2027-03-28 03:59", "2027-03-28 04:05"),
        ("2027-10-30 02:30", "2027-10-31 02:59", "2027-10-31 04:05"),
    ],
)
def test_4_the_nights_in_which_the_clocks_change(
    ben: Say, anna: Say, bot: Stage, wind: Wind, ran: str, before: str, after: str
) -> None:
    secret = enter(ben, rhythm="30 2 * * *")
    grown(bot, always=True)
    wind(to=ran)
    reports(bot, secret)
    wind(to=before)
    assert use(anna) == "in use"
    wind(to=after)
    assert use(anna) == "late"


def test_5_monthly_on_the_31st(ben: Say, anna: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="0 8 31 * *")
    grown(bot, always=True)
    wind(to="2026-12-31 08:00")
    reports(bot, secret)
    wind(to="2027-01-31 08:00")
    reports(bot, secret)
    wind(to="2027-03-30 12:00")
    assert use(anna) == "in use", "February has no 31st"
    wind(to="2027-03-31 12:00")
    assert use(anna) == "late"


def test_6_the_intake_down_for_two_days(ben: Say, anna: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="0 10 * * *")
    grown(bot)
    wind(to="2026-11-24 10:00")
    reports(bot, secret)
    begin = bot.clock.now() + timedelta(hours=1)
    bot.sleep_through(to="2026-11-26 11:30")
    bot.store(lambda tx: outages.note(tx, Outage(begin, bot.clock.now())))
    wind(to="2026-11-26 20:00")
    assert use(anna) == "unknown, Lotse did not run"
    wind(to="2026-11-27 09:30")
    assert told(ben, LATE) == 0


def test_7_two_hundred_calls_in_a_minute(ben: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben)
    for _each in range(200):
        reports(bot, secret)
    assert [each["count"] for each in bot.rows(
        "select count from automation_days where workspace = :workspace")] == [1]  # fmt: skip
    wind(to="2026-11-24 09:05")
    assert told(ben, "das zählt einmal") == 1


def test_8_and_12_a_preview_and_a_test_are_not_counted(ben: Say, bot: Stage) -> None:
    secret = enter(ben)
    for odd in ("preview", "test"):
        assert reports(bot, secret, odd=odd, counts="") == "odd"
    assert column(bot, "last_report_at") is None


def test_9_the_same_run_id_twice(ben: Say, bot: Stage) -> None:
    secret = enter(ben)
    assert [reports(bot, secret, rid="r") for _each in range(2)] == ["done", "seen"]


def test_10_a_start_without_an_end(ben: Say, anna: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="0 9 * * *")
    reports(bot, secret)
    grown(bot, grace_minutes=30)
    wind(to="2026-11-24 09:00")
    reports(bot, secret, rid="r", kind="start")
    wind(to="2026-11-24 09:29")
    assert use(anna) == "in use"
    wind(to="2026-11-24 09:31")
    assert use(anna) == "late"


def test_11_a_failure_then_a_good_run(ben: Say, anna: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="täglich")
    grown(bot)
    reports(bot, secret, kind="fail")
    assert use(anna) == "fails"
    wind(minutes=2)
    reports(bot, secret)
    assert use(anna) == "in use"


def test_13_nothing_to_do_five_times(ben: Say, anna: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="täglich")
    grown(bot)
    for day in range(24, 29):
        assert use(anna) != "idle"
        wind(to=f"2026-11-{day} 08:00")
        reports(bot, secret, items="0")
    assert use(anna) == "idle"


def test_14_and_15_who_answers_leaves_and_in_use_holds(
    ben: Say, carla: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="täglich")
    reports(bot, secret)
    grown(bot)
    wind(to="2027-01-05 12:00")
    assert told(ben, ASKED)
    leaves(bot, PersonId("ben"))
    wind(to="2027-01-06 12:00")
    assert told(carla, ASKED)
    carla("status")
    carla.press("In Gebrauch")
    wind(to="2027-01-14 12:00")
    assert not [each for each in carla.sees() if ASKED in each and "[In Gebrauch]" in each]


def test_16_paused_then_a_call(ben: Say, anna: Say, bot: Stage) -> None:
    secret = enter(ben, rhythm="täglich")
    grown(bot, paused_from=bot.clock.now(), paused_until=bot.clock.now() + timedelta(days=9))
    assert reports(bot, secret) == "done"
    assert use(anna).startswith("paused until")
    assert column(bot, "last_report_at") is not None


def test_19_never_connected_for_sixty_days(ben: Say, anna: Say, bot: Stage, wind: Wind) -> None:
    enter(ben, rhythm="täglich")
    wind(to="2027-01-22 12:00")
    assert use(anna) == "never reported"
    assert told(ben, ASKED) == told(ben, LATE) == 0


def test_five_runs_of_one_day_are_one_occasion_of_a_daily_job(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="täglich")
    grown(bot)
    for _each in range(7):
        wind(minutes=30)
        reports(bot, secret, items="0")
    assert (use(anna), column(bot, "idle")) == ("in use", 1)

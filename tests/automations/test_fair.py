"""What went wrong when it was tried from outside: each line of it, through both stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from handlers.kit import working_hours
from handlers.kit.working_hours import Closed
from storage import workspaces
from storage.automations import outages
from storage.automations.intake import Outage
from storage.engine.ids import PersonId
from tests.automations.test_vectors import ASKED, LATE, grown, told, use
from tests.ownership.test_ownership import leaves
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
FAILED = "fehlgeschlagen"


def daily(ben: Say, bot: Stage, wind: Wind, rhythm: str = "täglich") -> str:
    """Let a healthy daily job have run for some days, at nine."""
    secret = enter(ben, rhythm=rhythm)
    grown(bot)
    for day in ("23", "24", "25", "26"):
        wind(to=f"2026-11-{day} 09:00:01")
        reports(bot, secret)
    return secret


@pytest.mark.parametrize("rhythm", ["täglich", "0 9 * * *"])
def test_a_run_five_seconds_later_than_yesterday_is_no_question(
    ben: Say, anna: Say, bot: Stage, wind: Wind, rhythm: str
) -> None:
    secret = daily(ben, bot, wind, rhythm)
    wind(to="2026-11-27 09:00:06")
    assert use(anna) == "in use"
    reports(bot, secret)
    wind(to="2026-11-30 08:59")
    assert told(ben, ASKED) == told(ben, LATE) == 0, "nor at two in the night, nor at the weekend"


def test_no_question_over_christmas_and_none_in_the_clock_change(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    days = tuple(Closed(date(2026, 12, day), date(2026, 12, day)) for day in (24, 28, 29, 30, 31))
    kept = working_hours.closed_written(days)
    bot.store(lambda tx: workspaces.set_setting(tx, working_hours.CLOSED, kept))
    secret = daily(ben, bot, wind)
    day = date(2026, 11, 27)
    while day < date(2027, 4, 2):
        free = day.weekday() > 4 or date(2026, 12, 24) <= day <= date(2027, 1, 1)
        if not free and day not in (date(2027, 3, 26), date(2027, 3, 29)):  # Easter
            wind(to=f"{day} 09:00:03")
            reports(bot, secret)
        day += timedelta(days=1)
    assert told(ben, ASKED) == told(ben, LATE) == 0


def test_after_an_outage_of_ours_of_two_days_nothing_is_asked_and_the_card_and_digest_say_why(
    ben: Say, anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """Twenty daily jobs, Lotse off for 48 hours."""
    secrets = [enter(ben, name=f"Job {n}", rhythm="täglich") for n in range(20)]
    for secret in secrets:
        reports(bot, secret)
    bot.store(
        lambda tx: tx.run(
            "update automations set registered_at = '2025-01-01T00:00:00.000000Z'"
            " where workspace = :workspace"
        )
    )
    begun = bot.clock.now() + timedelta(hours=1)
    bot.sleep_through(to="2026-11-25 10:00")
    bot.store(lambda tx: outages.note(tx, Outage(begun, bot.clock.now())))
    wind(to="2026-11-25 16:00")
    assert told(ben, ASKED) == told(ben, LATE) == 0
    assert "Lotse did not run from Mon 23 Nov, 10:00 to Wed 25 Nov, 10:00" in anna("auto job 7")
    assert "Lotse did not run from Mon 23 Nov, 10:00 to Wed 25 Nov, 10:00" in chris("digest")


def test_six_failed_nights_read_failed_and_a_failure_alone_is_a_report(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="0 2 * * *")
    grown(bot)
    for day in range(24, 30):
        wind(to=f"2026-11-{day} 02:10")
        reports(bot, secret, kind="fail")
        assert use(anna) == "fails"
        assert "never reported" not in anna("auto mail-sortierung")
    wind(to="2026-11-30 12:00")
    assert told(ben, FAILED) == 1 and told(ben, ASKED) == told(ben, LATE) == 0


def test_retiring_is_undone_and_an_open_question_goes_with_who_leaves(
    ben: Say, carla: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = daily(ben, bot, wind)
    wind(to="2027-01-05 12:00")
    assert told(ben, ASKED) == 1
    leaves(bot, PersonId("ben"))
    wind(to="2027-01-06 12:00")
    assert told(carla, ASKED) == 1
    carla("auto mail-sortierung")
    carla.press(calls="auto retire")
    enter(carla, accountable="carla", deputy="anna", rhythm="täglich")  # its name is free
    carla("auto")
    carla.press(calls="auto retired")
    carla.press("Mail-Sortierung")
    carla.press(calls="auto rename")
    carla.fill(name="Mail alt")
    carla.press("Mail alt")
    assert "ist wieder da" in carla.press(calls="auto back")
    assert reports(bot, secret) == "done"
    assert "Mail alt" in anna("auto")

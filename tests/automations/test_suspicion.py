"""We suspect ourselves first: missing minutes, a start, and hours with far too few calls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.http.alive import Alive
from handlers.automations.rules import suspicion
from storage.automations import outages
from storage.automations.intake import Outage
from storage.engine import Tx
from storage.engine.sql import as_text
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
MINUTE = timedelta(minutes=1)


def known(bot: Stage) -> list[Outage]:
    found: list[Outage] = bot.store(
        lambda tx: outages.since(tx, bot.clock.now() - timedelta(days=60))
    )
    return found


def beats(bot: Stage, *, started: bool = False) -> None:
    bot.run(Alive(bot.database, bot.clock).beat(started=started))


def test_missing_minutes_are_an_outage_and_one_that_comes_late_is_none(
    ben: Say, bot: Stage
) -> None:
    enter(ben)
    start = bot.clock.now()
    for later in (0, 1, 3, 10):
        bot.clock.wind(start + later * MINUTE)
        beats(bot)
    assert known(bot) == [Outage(start + 3 * MINUTE, start + 10 * MINUTE)]


def test_a_start_says_that_nobody_heard_however_short_it_was(ben: Say, bot: Stage) -> None:
    enter(ben)
    start = bot.clock.now()
    beats(bot, started=True)
    assert known(bot) == [], "nobody has lived before"
    bot.clock.wind(start + MINUTE)
    beats(bot, started=True)
    assert known(bot) == [Outage(start, start + MINUTE)]


@pytest.mark.parametrize(("heard", "suspects"), [(3, True), (2, True), (5, False)])
def test_an_hour_with_far_fewer_calls_than_in_four_weeks_is_unknown(
    ben: Say, bot: Stage, heard: int, suspects: bool
) -> None:
    enter(ben)
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    hour = bot.clock.now().replace(minute=0) + timedelta(hours=1)

    def prepare(tx: Tx) -> None:
        for week in range(5):
            for n in range(16 if week else heard):
                tx.insert(
                    "automation_runs",
                    id=f"{week} {n}",
                    automation=row["id"],
                    at=as_text(hour - timedelta(weeks=week) + n * MINUTE),
                    kind="ok",
                )

    bot.store(prepare)
    bot.store(lambda tx: suspicion.note_alive(tx, hour + 59 * MINUTE))
    noted = bot.store(lambda tx: suspicion.note_alive(tx, hour + 61 * MINUTE))
    few = [each for each in known(bot) if each.why == "few"]
    assert (noted, few) == (
        suspects, [Outage(hour, hour + timedelta(hours=1), "few")] if suspects else []
    )  # fmt: skip


def test_what_was_told_as_late_is_taken_back_when_we_find_that_we_heard_too_little(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="0 10 * * *")
    wind(to="2026-11-23 10:00")
    reports(bot, secret)
    wind(to="2026-11-24 11:30")
    bot.store(lambda tx: outages.note_alive(tx, bot.clock.now(), timedelta.max))
    assert "a run is missing" in anna("auto mail-sortierung")
    begun = bot.clock.now() - timedelta(hours=2)
    outage = Outage(begun, bot.clock.now() - timedelta(hours=1), "few")
    bot.store(lambda tx: outages.note(tx, outage))
    bot.clock.wind(bot.clock.now() + 5 * MINUTE)
    beats(bot)  # five minutes are missing, so everything is looked at again
    bot.run(bot.scheduler.round())
    bot.carry()
    wind(to="2026-11-25 09:05")
    assert not [each for each in ben.sees() if "erwartet und hat" in each]
    card = anna("auto mail-sortierung")
    assert "Lotse heard far fewer calls than usual from Tue 24 Nov, 09:30" in card
    assert "Use: unknown, Lotse heard too little" in card


def test_the_moment_of_a_look_is_told_to_the_timer(ben: Say, bot: Stage) -> None:
    enter(ben, rhythm="täglich")
    bot.carry()
    start: datetime = bot.clock.now()
    beats(bot)
    bot.clock.wind(start + 10 * MINUTE)
    beats(bot)
    rows = bot.rows("select look_at from automations where workspace = :workspace")
    assert rows == [{"look_at": as_text(start + 10 * MINUTE)}]
    due = bot.rows(
        "select due_at from timers where workspace = :workspace and kind = 'automations'"
        " and state = 'pending'"
    )
    assert due == [{"due_at": as_text(start + 10 * MINUTE)}]

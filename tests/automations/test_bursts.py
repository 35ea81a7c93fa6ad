"""Many calls in a minute: what they say is heard, and what has begun can end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]


def column(bot: Stage, name: str) -> object:
    (row,) = bot.rows(f"select {name} as found from automations where workspace = :workspace")
    return row["found"]


def kinds(bot: Stage) -> list[str]:
    rows = bot.rows("select kind from automation_runs where workspace = :workspace order by at, id")
    return [row["kind"] for row in rows]


def test_a_failure_in_a_burst_is_told(ben: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="1")
    for _each in range(5):
        reports(bot, secret)
    reports(bot, secret, kind="fail")
    assert reports(bot, secret, kind="fail") == "burst", "the next one is counted once with it"
    assert (column(bot, "last_result"), column(bot, "fails")) == ("fail", 1)
    assert sorted(kinds(bot)) == ["fail", "ok"]
    odd = bot.rows("select why, calls from automation_odd_calls where workspace = :workspace")
    assert odd == [{"why": "burst", "calls": 2}]
    wind(to="2026-11-24 09:05")
    assert any("„Mail-Sortierung“ ist am" in each for each in ben.sees()), ben.sees()


def test_runs_that_overlap_in_a_burst_end(ben: Say, bot: Stage, wind: Wind) -> None:
    secret = enter(ben, rhythm="0 9 * * *")
    for run in ("r1", "r2", "r3", "r4"):
        reports(bot, secret, rid=None, kind="start", run=run)
    for run in ("r2", "r1", "r4", "r3"):
        reports(bot, secret, run=run)
    assert column(bot, "begun_at") is None
    days = bot.rows("select kind, count from automation_days where workspace = :workspace")
    assert sorted((each["kind"], each["count"]) for each in days) == sorted(
        (kind, kinds(bot).count(kind)) for kind in set(kinds(bot))
    )
    wind(to="2026-11-24 08:55")
    assert not [each for each in ben.sees() if "begann am" in each]


def test_a_burst_that_goes_on_is_a_run_each_minute(ben: Say, bot: Stage) -> None:
    secret = enter(ben, rhythm="1")
    for _each in range(40):
        reports(bot, secret)
        bot.clock.wind(bot.clock.now() + timedelta(seconds=10))
    assert column(bot, "last_useful_at") is not None
    assert str(column(bot, "last_useful_at")) > "2026-11-23T08:05"
    assert 5 <= kinds(bot).count("ok") <= 8, "each minute once"
    odd = bot.rows("select why from automation_odd_calls where workspace = :workspace")
    assert odd == [{"why": "burst"}]


def test_an_event_that_something_ended_ends_what_an_event_began(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="0 9 * * *")
    reports(bot, secret, kind="start", once="erp\n1")
    wind(minutes=2)
    reports(bot, secret, once="erp\n2")
    assert reports(bot, secret, once="erp\n2") == "seen", "the same event counts once"
    assert column(bot, "begun_at") is None
    wind(to="2026-11-24 08:55")
    assert not [each for each in ben.sees() if "begann am" in each]


def test_what_a_burst_saved_counts_once(ben: Say, bot: Stage) -> None:
    secret = enter(ben, rhythm="1")
    for _each in range(9):
        reports(bot, secret, saved="30", seconds="12")
    days = bot.rows(
        "select count, saved, seconds from automation_days where workspace = :workspace"
    )
    assert days == [{"count": 1, "saved": 30, "seconds": 12}]

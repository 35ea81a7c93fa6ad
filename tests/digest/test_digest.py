"""The weekly digest: once a week, at the local time, with what has to be decided first."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from handlers.digest import commands as digest_commands
from handlers.digest import schedule as digest_schedule
from handlers.digest import writing as digest_writing
from handlers.kit import calendar
from handlers.kit.context import LOTSE
from handlers.kit.messages import Message
from handlers.kit.working_hours import Weekly, WorkingTime
from handlers.similarity import is_near_same
from storage import digest as digests
from storage import workspaces
from storage.delivery.timers import Timer
from storage.engine import Tx
from tests.mandate.test_mandate import do
from tests.pretend import machines
from tests.pretend.stage import Say, Stage


@pytest.fixture
def planned(bot: Stage) -> Stage:
    def plan(tx: Tx) -> None:
        digest_schedule.plan(tx, id="plan", now=bot.clock.now(), zone="Europe/Berlin", region="DE")

    bot.store(plan)
    return bot


def without_channel(bot: Stage) -> None:
    """Let the managers have no channel, so that each reads the digest directly."""
    bot.store(
        lambda tx: tx.run(
            "update places set role = null where workspace = :workspace and role = 'managers'"
        )
    )


def test_the_digest_comes_on_monday_to_the_managers_channel_and_to_nobody_twice(
    planned: Stage, chris: Say, ben: Say, wind: Callable[..., None]
) -> None:
    wind(to="2026-11-30 08:29")
    assert planned.sees("leitung") == []
    wind(to="2026-11-30 08:30")
    assert (
        planned.sees("leitung")[0].splitlines()[0] == "KW 48 · Mo. 23. Nov. bis So. 29. Nov. · Demo"
    )
    assert chris.sees() == ben.sees() == []
    wind(to="2026-12-07 08:30")
    assert len(planned.sees("leitung")) == 2


def test_without_a_managers_channel_each_manager_gets_it(
    planned: Stage, chris: Say, ben: Say, wind: Callable[..., None]
) -> None:
    without_channel(planned)
    wind(to="2026-11-30 08:30")
    assert planned.sees("leitung") == ben.sees() == []
    assert [each.splitlines()[0] for each in chris.sees()] == [
        "Week 48 · Mon 23 Nov to Sun 29 Nov · Demo"
    ]


def test_each_manager_chooses_how_it_comes_and_gets_it_once(
    planned: Stage, anna: Say, chris: Say, wind: Callable[..., None]
) -> None:
    chris("settings")
    chris.press("Change how I get the digest")
    assert chris.fill(way="short") == (
        "You get the weekly digest directly, only what is to be decided."
    )
    anna("incident Kasse tot")
    wind(to="2026-11-30 08:30")
    assert planned.sees("leitung")[-1].startswith("KW 48")
    mine = [each for each in chris.sees() if each.startswith("Week 48")]
    assert len(mine) == 1 and "Still to decide" in mine[0]
    assert "What we are learning" not in mine[0]
    assert chris.press("All of it").startswith("Week 49")
    chris.press("How I get it")
    chris.fill(way="everybody")
    wind(to="2026-12-07 08:30")
    assert len(planned.sees("leitung")) == 2
    assert len([each for each in chris.sees() if each.startswith("Week")]) == 1


def test_it_shows_repeats_decisions_unused_and_not_measured(
    planned: Stage, anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    for number in range(1, 4):
        anna("incident Etikettendrucker offline")
        ben("behoben")
        wind(minutes=31)
        if number > 1:
            ben(f"wiederholung {number} von 1")
    anna("incident Kasse tot")
    ben("auto neu")
    ben.fill(
        name="Abgleich",
        purpose="Gleicht Zahlungen ab",
        not_for="Mahnungen",
        accountable="ben",
        deputy="carla",
        rhythm="2",
    )
    anna("friction Formulare")
    ben("ack")
    text = anna("digest")
    assert text.splitlines()[1] == (
        "0 decisions open · 4 incidents (4 more than the week before) · "
        "0 of 1 automation in use (1 never reported)"
    )
    assert "- “Etikettendrucker offline” (Etikettendrucker): 3 times in 30 days, confirmed" in text
    assert "Never reported: 1 (“Abgleich”)" in text
    assert "Friction: 1 noted (1 more than the week before)" in text


def test_an_unanswered_incident_and_an_unused_automation_have_to_be_decided(
    planned: Stage, anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    secret = machines.enter(ben, name="Abgleich", rhythm="2")
    machines.reports(planned, secret)
    without_channel(planned)
    wind(to="2027-01-04 08:30")
    text = next(each for each in reversed(chris.sees()) if "Still to decide" in each)
    assert "Still to decide" in text
    assert "“Abgleich” may no longer be used: last useful run Mon 23 Nov 2026, 09:00" in text
    assert "To decide: Ben.\n[Ask Ben again]" in text
    assert "[Retire]" not in text
    assert chris.press("Ask Ben again").startswith("Ben has the question about “Abgleich” now.")
    assert ben.press("Stilllegen").startswith("„Abgleich“ ist hier stillgelegt.")
    assert "Abgleich" not in anna("digest")


def test_nothing_of_an_automation_stands_in_it_before_two_working_days(
    planned: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    """Neither as a decision nor to know: an automation flagged on Friday is not Monday's news."""
    secret = machines.enter(ben, name="Abgleich", rhythm="2")
    machines.reports(planned, secret)
    asked = None
    for _day in range(60):
        wind(minutes=24 * 60)
        rows = planned.rows(
            "select opened_at from automation_questions where workspace = :workspace"
        )
        if rows:
            asked = rows[0]["opened_at"]
            break
    assert asked is not None
    assert "Late:" not in anna("digest") and "Possibly unused:" not in anna("digest")
    assert "may no longer be used" not in anna("digest")
    wind(minutes=5 * 24 * 60)
    assert "Possibly unused: 1 (“Abgleich”, asked on " in anna("digest")
    assert "“Abgleich” may no longer be used" in anna("digest")
    said = r"used: last useful run .*; asked on \w+ \d+ \w+.* To decide: Ben"
    assert re.search(said, anna("digest"))
    assert "Vielleicht ungenutzt: 1 („Abgleich“, gefragt am " in ben("wochenbericht")


def test_what_is_late_since_yesterday_is_not_yet_told_to_all(
    planned: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    secret = machines.enter(ben, name="Abgleich", rhythm="2")
    machines.reports(planned, secret)
    long_known = "update automations set registered_at = :at, first_report_at = :at"
    planned.store(
        lambda tx: tx.run(
            f"{long_known} where workspace = :workspace", at="2026-03-02T09:00:00+00:00"
        )
    )
    told = []
    for _day in range(12):
        wind(minutes=24 * 60)
        late = "zu spät" in ben("auto Abgleich")
        told.append((late, "Late: 1 (“Abgleich”, since " in anna("digest")))
    assert (True, False) in told and (True, True) in told
    first = told.index((True, False))
    assert told.index((True, True)) >= first + 2


def test_a_preview_shows_only_buttons_that_obey(
    planned: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    assert "[I'll look after it]" not in anna("digest")
    assert "[Ich kümmere mich]" in ben("wochenbericht")


def test_what_was_never_measured_is_asked_about_after_a_week(
    planned: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    ben("auto neu")
    ben.fill(
        name="Abgleich",
        purpose="Gleicht Zahlungen ab",
        not_for="Mahnungen",
        accountable="ben",
        deputy="carla",
        rhythm="2",
    )
    assert "0 decisions open" in anna("digest")
    wind(to="2026-12-02 10:00")
    assert (
        "“Abgleich”: never reported (has never reported a run, expected every "
        "2 days). To decide: Ben." in anna("digest")
    )
    assert "[In Gebrauch]" in ben("wochenbericht")
    ben.press("In Gebrauch")
    assert "0 decisions open" in anna("digest")


def test_what_came_back_is_told_only_in_the_week_it_came_back(
    planned: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    for _each in range(2):
        anna("incident Etikettendrucker offline")
        ben("behoben")
        wind(minutes=31)
    assert "Came back" in anna("digest")
    wind(to="2026-12-01 10:00")
    told, _line, quiet = anna("digest").partition("Nothing to report: ")
    assert "Came back" not in told and quiet.startswith("Came back, Blocks, Gaps, Incidents, ")


def test_a_quiet_week_is_short(planned: Stage, anna: Say) -> None:
    assert anna("digest") == (
        "Week 48 · Mon 23 Nov to Sun 29 Nov · Demo\n"
        "0 decisions open · 0 incidents (as the week before)\n"
        "[How is this computed?]\n"
        "[Lists and CSV]"
    )
    anna.press("How is this computed?")
    computed = anna.press("All figures") + anna.press("More")
    assert "Possibly unused: no run for at least 28 days" in computed


def test_the_last_week_is_posted_late_and_older_ones_are_skipped_and_named(
    planned: Stage,
) -> None:
    late = "Dieser Bericht kommt verspätet"
    planned.sleep_through(to="2026-12-01 20:00")
    assert [late in each for each in planned.sees("leitung")] == [False]
    planned.sleep_through(to="2026-12-18 20:00")
    told = planned.sees("leitung")
    assert [late in each for each in told] == [False, True]
    assert "Nicht gesendet, weil Lotse nicht lief: KW 49." in told[-1]
    planned.wind(to="2026-12-21 08:30")
    told = planned.sees("leitung")
    assert len(told) == 3 and "Nicht gesendet" not in told[-1]
    found = planned.rows(
        "select week, state from digests where workspace = :workspace order by week"
    )
    assert [(each["week"], each["state"]) for each in found] == [
        ("2026-W48", "posted"),
        ("2026-W49", "skipped"),
        ("2026-W50", "posted"),
        ("2026-W51", "posted"),
    ]


def test_a_week_without_a_working_day_is_merged_into_the_next(
    planned: Stage, anna: Say, chris: Say
) -> None:
    chris("settings")
    chris.press("Change working time")
    chris.fill(closed="21.12.–3.1.")  # two weeks that the company is closed
    planned.wind(to="2026-12-16 10:00")
    anna("incident Kasse tot")
    planned.wind(to="2027-01-04 08:30")
    told = planned.sees("leitung")
    assert [each.splitlines()[0][:8] for each in told][-2:] == ["KW 50 · ", "KW 51, K"]
    head = told[-1].splitlines()[0]
    assert head == "KW 51, KW 52 und KW 53 · Mo. 14. Dez. 2026 bis So. 3. Jan. · Demo"
    assert "1 Störung (1 mehr als in der Vorwoche)" in told[-1]
    found = dict(planned.store(digests.weeks))
    assert [found[f"2026-W{each}"] for each in (50, 51, 52, 53)] == [
        "posted", "merged", "merged", "posted",
    ]  # fmt: skip
    planned.wind(to="2027-01-11 08:30")
    assert planned.sees("leitung")[-1].startswith("KW 1 · ")


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        ("2026-W42", "2026-10-19 06:30"),  # summer time
        ("2026-W43", "2026-10-26 07:30"),  # the day after it ended
        ("2027-W12", "2027-03-30 06:30"),  # Easter Monday, just after it began: Tuesday
        ("2026-W53", "2027-01-04 07:30"),
        ("2026-W20", "2026-05-18 06:30"),
        ("2026-W21", "2026-05-26 06:30"),  # Whit Monday: Tuesday
    ],
)
def test_the_time_is_local_and_moves_off_holidays(week: str, expected: str) -> None:
    due = digest_schedule.due(week, WorkingTime("Europe/Berlin", "DE"))
    assert due.astimezone(UTC).strftime("%Y-%m-%d %H:%M") == expected


ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "UTC", "Asia/Kolkata",
    "Australia/Lord_Howe",
)  # fmt: skip
TIMES = tuple(
    Weekly(day, time(hour, minute))
    for day, hour, minute in (
        (0, 8, 30), (0, 0, 0), (0, 2, 30), (0, 23, 59),
        (1, 7, 0), (2, 12, 0), (3, 2, 0), (4, 17, 30),
    )
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("chosen", TIMES, ids=str)
def test_ten_years_of_weeks_have_one_due_time_each(zone: str, chosen: Weekly) -> None:
    week, dues = "2026-W01", []
    ours = WorkingTime(zone, "DE")
    for _each in range(520):
        dues.append(digest_schedule.due(week, ours, chosen))
        week = calendar.after(week)
    assert len(set(dues)) == 520 and dues == sorted(dues)
    for earlier, later in zip(dues, dues[1:], strict=False):
        assert timedelta(days=2) < later - earlier < timedelta(days=12)


def test_weeks_are_iso_weeks_of_the_zone() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # half past midnight on Monday in Berlin
    assert calendar.week_of(late, "Europe/Berlin") == "2026-W48"
    assert calendar.week_of(late, "UTC") == "2026-W47"
    assert calendar.after("2026-W53") == "2027-W01"
    start, end = calendar.bounds("2026-W43", "Europe/Berlin")
    assert end - start == timedelta(days=7, hours=1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Etikettendrucker offline", "Etikettendrucker ist wieder offline", True),
        ("Etikettendrucker offline", "Etikettendrucker offline, Versand steht", True),
        ("Kasse 2 nimmt keine Karten", "Kasse 2 nimmt keine EC-Karten", True),
        ("Kasse 2 nimmt keine Karten", "Kasse druckt keinen Bon", False),
        ("Webshop langsam", "Webshop: Bezahlung hängt", False),
        ("VPN", "VPN", True),
        ("???", "???", True),
        ("???", "!!!", False),
    ],
)
def test_near_same_titles(one: str, other: str, same: bool) -> None:
    assert is_near_same(one, other) is same
    assert is_near_same(other, one) is same


def test_what_is_opened_again_is_not_counted_as_done(
    planned: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    for number in (1, 2):
        anna(f"incident Kasse {number} tot")
        ben(f"behoben {number}")
        do(chris, "close anyway", number=str(number), reason="Die Kasse wird ohnehin ersetzt")
    assert "Done: 2 incidents" in chris("digest")
    do(chris, "reopen", number="1", reason="Es ist wieder so weit")
    assert "Done: 1 incident" in chris("digest")


def test_two_processes_that_race_post_one_digest(planned: Stage, wind: Callable[..., None]) -> None:
    """Both run the week's timer in the same moment; one has it written, the other does nothing."""
    planned.clock.wind(datetime(2026, 11, 30, 7, 30, tzinfo=UTC))

    def run(tx: Tx) -> None:
        ctx = planned.dispatcher.context(tx.within(planned.workspace), LOTSE, planned.clock.now())
        digest_commands.post(ctx, "2026-W48")

    both = [planned.database.submit(run) for _each in range(2)]
    for each in both:
        each.result()
    written = "select kind from timers where workspace = :workspace and kind = 'digest written'"
    assert len(planned.rows(written)) == 1
    planned.run(planned.scheduler.round())
    posts = "select place from outbox where workspace = :workspace and key = 'digest:2026-W48'"
    assert len(planned.rows(posts)) == 1
    kept = planned.rows("select week from digests where workspace = :workspace")
    assert kept == [{"week": "2026-W48"}]


def test_it_is_written_while_nothing_is_locked(
    planned: Stage, anna: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's command waits for a digest over many incidents."""
    anna("incident Kasse tot")
    compose, carry_out = digest_writing.compose, planned.dispatcher._run_timer
    locked: list[str] = []
    written: list[list[str]] = []

    def carrying_out(tx: Tx, timer: Timer, *more: Any) -> None:
        locked.append(timer.kind)
        carry_out(tx, timer, *more)
        locked.clear()

    def composing(*values: Any, **options: Any) -> Message:
        written.append(list(locked))
        return compose(*values, **options)

    monkeypatch.setattr(digest_writing, "compose", composing)
    monkeypatch.setattr(planned.dispatcher, "_run_timer", carrying_out)
    planned.wind(to="2026-11-30 09:00")
    assert written and not any(written)
    posts = "select key from outbox where workspace = :workspace and key = 'digest:2026-W48'"
    assert planned.rows(posts)


def test_a_company_without_a_name_of_its_own_is_not_called_lotse(planned: Stage, anna: Say) -> None:
    name = "update workspaces set name = :name where id = :workspace"
    planned.store(lambda tx: tx.run(name, name=workspaces.UNNAMED))
    assert anna("digest").splitlines()[0] == "Week 48 · Mon 23 Nov to Sun 29 Nov"

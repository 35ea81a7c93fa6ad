"""How an automation stands: the rules and vectors, each on a clock of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from handlers.automations.rules import standing
from handlers.automations.rules.rhythm import Company
from handlers.automations.rules.standing import Standing, State
from storage.automations import Automation
from storage.automations.intake import Outage
from storage.automations.states import AutomationKind, AutomationState
from storage.engine.ids import AutomationId, PersonId

BERLIN = ZoneInfo("Europe/Berlin")
CHRISTMAS = frozenset(date(2026, 12, day) for day in range(24, 32))
NRW = Company("Europe/Berlin", "DE-NW")
OLD = datetime(2024, 1, 2, 9, tzinfo=BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def automation(rhythm: str, last: str | None, **given: Any) -> Automation:
    """Return an old automation whose last useful run was at `last`."""
    ran = at(last) if last else None
    made = Automation(
        AutomationId("a"),
        "A",
        "x",
        PersonId("ben"),
        PersonId("carla"),
        None,
        1,
        AutomationState.ACTIVE,
        OLD,
        ran,
        None,
        rhythm=rhythm,
        first_report_at=OLD if last else None,
        last_report_at=ran,
        last_useful_at=ran,
        last_result="ok" if last else "",
    )
    return replace(made, **given)


def stands(
    it: Automation, now: str, company: Company = NRW, outages: tuple[Outage, ...] = ()
) -> Standing:
    return standing.standing(it, company, outages, at(now))


def state(it: Automation, now: str, company: Company = NRW, *outages: Outage) -> State:
    return stands(it, now, company, outages).state


# --- the vectors of automations.md 4.4 that are the state's own ---------------------------


def test_a_yearly_payroll_job_in_month_eleven_is_in_use() -> None:
    payroll = automation("every 1 year", "2025-12-15 10:00")
    assert state(payroll, "2026-11-24 09:00") is State.IN_USE
    short = replace(payroll, gaps="1 1 1 1 2")  # history from a test week says nothing of a year
    assert state(short, "2026-11-24 09:00") is State.IN_USE


def test_a_daily_job_rests_over_the_christmas_closure_and_is_not_late() -> None:
    company = Company("Europe/Berlin", "DE-NW", CHRISTMAS)
    daily = automation("every 1 day", "2026-12-23 08:00")
    for day in ("2026-12-24 12:00", "2026-12-28 12:00", "2026-12-31 23:00", "2027-01-01 10:00"):
        found = stands(daily, day, company)
        assert (found.state, found.late) == (State.RESTING, False), day
    assert state(daily, "2027-01-04 12:00", company) is State.IN_USE
    assert state(daily, "2027-01-05 00:01", company) is State.LATE


def test_a_holiday_of_one_state_is_one_there_only() -> None:
    # Repentance Day, 18 November 2026.
    daily = automation("0 6 * * *", "2026-11-17 06:00")
    assert state(daily, "2026-11-18 12:00", Company("Europe/Berlin", "DE-SN")) is State.RESTING
    assert state(daily, "2026-11-18 12:00", NRW) is State.LATE


@pytest.mark.parametrize(
    ("last", "before", "after"),
    [
        # 02:30 does not exist on 29 March: cron runs it at 03:00. It comes twice on 25 October.
        ("2026-03-28 02:30", "2026-03-29 03:59", "2026-03-29 04:01"),
        ("2026-10-24 02:30", "2026-10-25 02:31", "2026-10-25 03:31"),
    ],
)
def test_the_nights_in_which_the_clocks_change(last: str, before: str, after: str) -> None:
    nightly = automation("30 2 * * *", last, always=True)
    assert state(nightly, before) is State.IN_USE
    assert state(nightly, after) is State.LATE


def test_monthly_on_the_31st() -> None:
    monthly = automation("0 8 31 * *", "2026-08-31 08:05", always=True)
    assert state(monthly, "2026-10-30 12:00") is State.IN_USE  # September has none
    assert state(monthly, "2026-10-31 09:01") is State.LATE


def test_two_days_without_our_intake_raise_no_flag() -> None:
    hourly = automation("0 * * * *", "2026-11-24 08:00", always=True)
    ours = Outage(at("2026-11-24 08:30"), at("2026-11-26 08:30"))
    assert state(hourly, "2026-11-26 08:45") is State.LATE
    found = stands(hourly, "2026-11-26 08:45", NRW, (ours,))
    assert (found.state, found.missed, found.outage) == (State.UNKNOWN, 0, ours)
    # The next occasion is ours no more.
    assert state(hourly, "2026-11-26 10:01", NRW, ours) is State.LATE


def test_a_start_without_an_end_is_late_after_the_grace_and_not_before() -> None:
    begun = automation("0 2 * * *", "2026-11-23 02:00", begun_at=at("2026-11-24 02:00"),
                       grace_minutes=30, longest_minutes=120)  # fmt: skip
    assert state(begun, "2026-11-24 02:40") is State.IN_USE  # it has begun
    found = stands(begun, "2026-11-24 04:00")
    assert (found.state, found.hangs) == (State.LATE, True)
    not_begun = replace(begun, begun_at=None)
    assert state(not_begun, "2026-11-24 02:29") is State.IN_USE
    assert state(not_begun, "2026-11-24 02:30") is State.LATE


def test_a_failure_then_a_good_run() -> None:
    failed = automation("0 2 * * *", "2026-11-20 02:00", last_report_at=at("2026-11-24 02:00"),
                        last_result="fail", fails=2)  # fmt: skip
    assert state(failed, "2026-11-24 09:00") is State.FAILING
    mended = replace(failed, last_result="ok", fails=0, last_useful_at=at("2026-11-24 02:10"))
    assert state(mended, "2026-11-24 09:00") is State.IN_USE


def test_five_runs_that_found_nothing_to_do_are_idle() -> None:
    daily = automation("every 1 day", "2026-11-10 08:00", last_report_at=at("2026-11-24 08:00"))
    assert state(replace(daily, idle=4), "2026-11-24 09:00") is State.IN_USE
    assert state(replace(daily, idle=5), "2026-11-24 09:00") is State.IDLE


def test_paused_stays_paused_though_a_run_comes() -> None:
    paused = automation("every 1 day", "2026-11-24 08:00", paused_from=at("2026-11-20 08:00"),
                        paused_until=at("2026-12-20 08:00"))  # fmt: skip
    assert state(paused, "2026-11-24 09:00") is State.PAUSED
    assert state(paused, "2026-12-20 08:01") is State.IN_USE  # what the pause took is not missed


def test_never_connected_is_not_measured_and_never_unused() -> None:
    silent = automation("every 1 day", None)
    for days in (1, 60, 500):
        moment = OLD + timedelta(days=days)
        found = standing.standing(silent, NRW, (), moment)
        assert (found.state, found.late) == (State.UNMEASURED, False)


# --- the rules of 4.3 ----------------------------------------------------------------------


def test_unused_needs_28_days_three_occasions_and_three_usual_gaps() -> None:
    daily = automation("every 1 day", "2026-09-01 08:00", gaps="1 1 1 1 1")
    assert state(daily, "2026-09-02 23:00") is State.IN_USE
    assert state(daily, "2026-09-03 00:01") is State.LATE
    assert state(daily, "2026-09-29 07:59") is State.LATE
    assert state(daily, "2026-09-29 08:01") is State.UNUSED
    slow = replace(daily, gaps="15 15 15 1 1")  # nine in ten gaps: up to fifteen working days
    assert state(slow, "2026-10-30 09:00") is State.LATE
    assert state(slow, "2026-11-05 09:00") is State.UNUSED
    monthly = automation("every 1 month", "2026-03-02 08:00")
    assert state(monthly, "2026-05-20 09:00") is State.LATE
    assert state(monthly, "2026-06-03 09:00") is State.UNUSED
    declared = replace(daily, window_days=60)
    assert state(declared, "2026-10-30 09:00") is State.LATE
    assert state(declared, "2026-11-02 09:00") is State.UNUSED


def test_five_seconds_later_than_yesterday_is_nothing() -> None:
    for rhythm in ("every 1 day", "0 2 * * *"):
        daily = automation(rhythm, "2026-11-23 02:00")
        found = stands(daily, "2026-11-24 02:00:05")
        assert (found.state, found.late) == (State.IN_USE, False), rhythm


def test_an_early_run_counts_for_its_occasion() -> None:
    nightly = automation("0 2 * * *", "2026-11-24 01:40")
    assert state(nightly, "2026-11-24 12:00") is State.IN_USE
    assert state(nightly, "2026-11-25 03:01") is State.LATE


def test_a_weekend_is_nobody_s_lateness() -> None:
    daily = automation("every 1 day", "2026-11-27 08:00")
    for day in ("2026-11-28 12:00", "2026-11-29 12:00", "2026-11-30 23:59"):
        assert stands(daily, day).late is False
    saturdays = automation("first saturday", "2026-10-03 08:00")  # a public holiday at that
    assert state(saturdays, "2026-11-07 12:00") is State.IN_USE
    assert state(saturdays, "2026-11-08 00:01") is State.LATE


def test_six_failed_nights_are_failed_neither_late_nor_unused() -> None:
    failing = automation("0 2 * * *", "2026-09-01 02:00", last_report_at=at("2026-11-24 02:00"),
                         last_result="fail", fails=60)  # fmt: skip
    found = stands(failing, "2026-11-24 09:00")
    assert (found.state, found.late) == (State.FAILING, False)
    assert stands(failing, "2026-11-25 09:00").late is False


def test_what_failed_and_then_fell_silent_is_asked_about() -> None:
    gone = automation("0 2 * * *", "2026-09-01 02:00", last_report_at=at("2026-09-02 02:00"),
                      last_result="fail", fails=1)  # fmt: skip
    assert state(gone, "2026-09-20 09:00") is State.FAILING
    assert state(gone, "2026-10-05 09:00") is State.UNUSED


def test_new_things_are_never_unused_but_late_is_told() -> None:
    now = at("2026-11-24 09:00")
    young = automation("every 1 day", "2026-11-02 08:00", registered_at=now - timedelta(days=29))
    found = standing.standing(young, NRW, (), now)
    assert (found.state, found.late) == (State.NEW, True)
    monthly = automation("every 1 month", "2026-06-02 08:00",
                         registered_at=at("2026-06-01 08:00"))  # fmt: skip
    assert state(monthly, "2026-08-03 09:00") is State.NEW  # two occasions have passed
    assert state(monthly, "2026-08-29 09:00") is State.NEW
    assert state(monthly, "2026-08-31 09:00") is not State.NEW  # ninety days at most
    yearly = automation("every 1 year", "2026-06-02 08:00", registered_at=at("2026-06-01 08:00"))
    assert state(yearly, "2026-08-20 09:00") is State.NEW
    assert state(yearly, "2026-09-20 09:00") is State.IN_USE


def test_on_demand_is_measured_by_its_own_habit() -> None:
    tool = automation("", "2026-06-01 08:00", kind=AutomationKind.DEMAND)
    assert state(tool, "2026-11-24 09:00") is State.IN_USE  # nobody knows what is usual
    tool = replace(tool, gaps="5 5 6 5 5")
    assert state(tool, "2026-06-26 09:00") is State.IN_USE
    assert state(tool, "2026-07-01 09:00") is State.UNUSED
    declared = automation("", "2026-06-01 08:00", kind=AutomationKind.EVENT, window_days=90)
    assert state(declared, "2026-08-20 09:00") is State.IN_USE
    assert state(declared, "2026-09-15 09:00") is State.UNUSED


def test_seasonal_work_rests_outside_its_season() -> None:
    closing = automation("every 1 week", "2026-01-26 08:00", kind=AutomationKind.SEASONAL,
                         seasons="15.11.-31.1.")  # fmt: skip
    assert state(closing, "2026-06-10 09:00") is State.RESTING
    assert state(closing, "2026-11-16 09:00") is State.IN_USE
    assert state(closing, "2026-11-24 09:00") is State.LATE
    assert state(closing, "2026-12-10 09:00") is State.UNUSED


def test_standby_expects_a_test_a_year() -> None:
    generator = automation("", "2025-11-24 09:00", kind=AutomationKind.STANDBY)
    assert state(generator, "2026-11-24 12:00") is State.IN_USE
    assert state(generator, "2026-11-25 00:01") is State.LATE
    assert state(generator, "2027-05-01 09:00") is State.LATE


def test_what_a_person_said_comes_first() -> None:
    it = automation("every 1 day", "2026-01-02 08:00")
    now = "2026-11-24 09:00"
    assert state(replace(it, state=AutomationState.RETIRED), now) is State.RETIRED
    said = replace(it, unused_since=at("2026-11-20 09:00"))
    assert state(said, now) is State.SAID_UNUSED
    ran = replace(
        said, last_report_at=at("2026-11-24 08:00"), last_useful_at=at("2026-11-24 08:00")
    )
    assert state(ran, now) is State.IN_USE
    assert state(replace(it, snoozed_until=at("2026-11-25 09:00")), now) is State.SNOOZED
    assert state(replace(it, kept_until=at("2026-11-25 09:00")), now) is State.IN_USE
    assert state(replace(it, kept_until=at("2026-11-23 09:00")), now) is State.UNUSED


def test_days_of_ours_do_not_count_as_silence() -> None:
    daily = automation("every 1 day", "2026-09-01 08:00")
    ours = Outage(at("2026-09-10 08:00"), at("2026-09-20 20:00"))
    assert state(daily, "2026-09-30 09:00") is State.UNUSED
    assert state(daily, "2026-09-30 09:00", NRW, ours) is State.LATE
    assert state(daily, "2026-10-12 09:00", NRW, ours) is State.UNUSED


def test_a_minute_of_ours_spoils_no_whole_day() -> None:
    daily = automation("every 1 day", "2026-11-23 08:00")
    minute = Outage(at("2026-11-24 12:00"), at("2026-11-24 12:02"))
    assert state(daily, "2026-11-25 00:01", NRW, minute) is State.LATE
    nightly = automation("0 12 * * *", "2026-11-23 12:00")
    assert state(nightly, "2026-11-24 13:01", NRW, minute) is State.UNKNOWN


def test_the_next_look_is_when_the_state_may_change() -> None:
    nightly = automation("0 2 * * *", "2026-11-24 01:40")
    look = standing.look_again(nightly, NRW, at("2026-11-24 07:00"))
    assert look == at("2026-11-25 03:00")
    daily = automation("every 1 day", "2026-11-24 01:40")
    assert standing.look_again(daily, NRW, at("2026-11-24 07:00")) == at("2026-11-25 06:00")


def test_it_is_looked_at_when_its_window_has_passed_and_the_usual_hour_with_it() -> None:
    daily = automation("every 1 day", "2026-09-01 10:40")
    assert standing.look_again(daily, NRW, at("2026-09-28 07:00")) == at("2026-09-29 06:00")
    assert standing.look_again(daily, NRW, at("2026-09-29 07:00")) == at("2026-09-29 11:40")
    assert state(daily, "2026-09-29 11:40") is State.UNUSED
    ours = (Outage(at("2026-09-08 08:00"), at("2026-09-10 20:00")),)  # three days do not count
    for day, look in (("29", "2026-09-30 06:00"), ("30", "2026-10-01 06:00")):
        assert standing.look_again(daily, NRW, at(f"2026-09-{day} 07:00"), ours) == at(look)
    assert standing.look_again(daily, NRW, at("2026-10-02 07:00"), ours) == at("2026-10-02 11:40")


def test_the_third_missed_occasion_is_looked_at_when_it_is_missed() -> None:
    monthly = automation("0 14 15 * *", "2026-08-15 14:05", always=True)
    assert standing.look_again(monthly, NRW, at("2026-11-14 07:00")) == at("2026-11-15 06:00")
    assert standing.look_again(monthly, NRW, at("2026-11-15 07:00")) == at("2026-11-15 15:00")
    assert standing.look_again(monthly, NRW, at("2026-12-15 07:00")) == at("2026-12-16 06:00")


# --- by when the next run is expected ------------------------------------------------------


def expected_by(it: Automation, now: str, company: Company = NRW, *outages: Outage) -> str | None:
    found = standing.expected_by(it, company, outages, at(now))
    return found.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M") if found is not None else None


def test_by_when_a_run_is_expected_stays_until_it_has_come() -> None:
    nightly = automation("0 2 * * *", "2026-11-24 02:05", grace_minutes=60)
    for now in ("2026-11-24 09:00", "2026-11-25 02:30", "2026-11-25 04:00", "2026-12-09 09:00"):
        assert expected_by(nightly, now) == "2026-11-25 03:00"
        assert stands(nightly, now).late == (now > "2026-11-25 03:00")
    weekly = automation("every 1 week", "2026-11-02 10:00")
    assert expected_by(weekly, "2026-11-27 10:00") == expected_by(weekly, "2026-11-03 10:00")


def test_nothing_is_expected_for_a_pause_an_outage_of_ours_or_before_the_first_report() -> None:
    nightly = automation("0 2 * * *", "2026-11-20 02:05", grace_minutes=60)
    paused = replace(
        nightly, paused_from=at("2026-11-20 12:00"), paused_until=at("2026-11-25 12:00")
    )
    for now in ("2026-11-21 09:00", "2026-11-25 12:30", "2026-11-27 09:00"):
        assert expected_by(paused, now) == "2026-11-26 03:00"
    ours = Outage(at("2026-11-20 20:00"), at("2026-11-24 20:00"))
    assert expected_by(nightly, "2026-11-24 21:00", NRW, ours) == "2026-11-25 03:00"
    never = automation("0 2 * * *", None, grace_minutes=60)
    assert expected_by(never, "2026-11-24 09:00") == "2026-11-25 03:00"
    on_demand = automation("every 1 day", "2026-11-20 02:05", kind=AutomationKind.DEMAND)
    assert expected_by(on_demand, "2026-11-24 09:00") is None

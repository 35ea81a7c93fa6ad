"""Outside working hours: for services, never for people; a rest hint for oneself alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.kit import working_hours
from handlers.kit.readers.clocks import MIDNIGHT
from handlers.kit.working_hours import Hours, WorkingTime
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
BERLIN = "Europe/Berlin"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN)).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "read"),
    [("07:00–18:00", "07:00–18:00"), ("7-16", "07:00–16:00"), ("8.30 bis 17.15 Uhr", "08:30–17:15"),
     ("6:00 to 22:00", "06:00–22:00"), ("7 Uhr - 18 Uhr", "07:00–18:00"),
     ("Mo.–Do. 7–17, Fr 7–15", "Mon–Thu 07:00–17:00, Fri–Fri 07:00–15:00"),
     ("Mon, Wed 8-12; Sat to Sun 0-24", "Mon–Mon 08:00–12:00, Wed–Wed 08:00–12:00, "
      "Sat–Sun 00:00–24:00"), ("Montag bis Freitag 7-18", "07:00–18:00"),
     ("Mo", None), ("Mo-Xx 7-18", None), ("Mo frei", None), ("18-7", None), ("25-26", None),
     ("immer", None), ("Mo 7-12, Mo 13-17", None),
     ("Mo-Fr 7-17, Fr 7-15", "Mon–Thu 07:00–17:00, Fri–Fri 07:00–15:00"),
     ("7:75-18", None), ("", None)],
)  # fmt: skip
def test_working_hours_are_read_as_people_write_them(text: str, read: str | None) -> None:
    found = working_hours.read(text)
    assert (working_hours.written(found) if found else None) == read


@pytest.mark.parametrize(
    ("at", "late"),
    [("2026-11-20 06:59", True), ("2026-11-20 07:00", False), ("2026-11-20 17:59", False),
     ("2026-11-20 18:00", True), ("2026-11-21 12:00", True), ("2026-12-25 12:00", True)],
)  # fmt: skip
def test_weekends_holidays_and_nights_lie_outside(at: str, late: bool) -> None:
    assert WorkingTime(BERLIN, "DE-NW").is_working(moment(at)) is not late


@pytest.mark.parametrize(
    ("at", "until"),
    [("2026-11-19 22:10", "2026-11-20 09:10"),  # Thursday night: work would begin at seven
     ("2026-11-20 02:10", "2026-11-20 13:10"),
     ("2026-11-19 19:59", None),  # eleven hours fit in before seven
     ("2026-11-20 23:00", None),  # Friday night: Monday is far
     ("2026-11-19 12:00", None),
     ("2026-11-22 23:30", "2026-11-23 10:30")],
)  # fmt: skip
def test_eleven_hours_of_rest_come_before_the_next_beginning(at: str, until: str | None) -> None:
    found = WorkingTime(BERLIN, "DE-NW").rested_at(moment(at))
    assert found == (moment(until) if until else None)


@given(st.integers(0, 2 * 365 * 24 * 60), st.integers(0, 22))
def test_nobody_is_sent_to_rest_within_working_hours(minutes: int, start: int) -> None:
    week = (Hours(time(start), time(start + 1)),) * 5 + (None, None)
    ours = WorkingTime(BERLIN, "DE-BY", week)
    when = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    until = ours.rested_at(when)
    assert until in (None, when + timedelta(hours=11))
    assert until is None or not ours.is_working(when)


def test_who_restores_at_night_reads_of_rest_and_nobody_else_does(
    bot: Stage, anna: Say, ben: Say, wind: Wind
) -> None:
    wind(to="2026-11-23 22:10")
    anna("incident Etikettendrucker offline")
    said = ben("behoben")
    assert said.splitlines()[-1] == (
        "Es ist spät. Deine Ruhezeit von elf Stunden geht bis Di. 24. Nov., "
        "09:10 (§ 5 ArbZG). Das siehst nur du."
    )
    assert not any("ArbZG" in each for each in bot.sees("stoerungen") + anna.sees() + ben.sees())


def test_by_day_nobody_speaks_of_rest(anna: Say, ben: Say, wind: Wind) -> None:
    wind(to="2026-11-23 10:00")
    anna("incident Etikettendrucker offline")
    assert "ArbZG" not in ben("behoben")


def test_the_share_is_told_for_services_with_enough_incidents(
    anna: Say, ben: Say, wind: Wind
) -> None:
    for day, clock in ((23, "10:00"), (23, "20:00"), (24, "23:00"), (25, "06:00"), (26, "12:00")):
        assert "No service had 5 incidents in the last 90 days" in anna("night")
        wind(to=f"2026-11-{day} {clock}")
        anna("incident Etikettendrucker offline")
        ben("behoben")
    assert anna("night").splitlines()[:2] == [
        "Outside working hours",
        "- Etikettendrucker: 60 % (3 of 5 in 90 days)",
    ]
    assert "Outside working hours: 3 of 5 incidents (Etikettendrucker 3)" in anna("digest")
    assert ben("nacht").splitlines()[1] == "- Etikettendrucker: 60 % (3 von 5 in 90 Tagen)"


def test_managers_set_the_working_hours(anna: Say, chris: Say, wind: Wind) -> None:
    chris("night")
    assert "Working hours: Mon–Fri 07:00–18:00" in chris.press("Change working hours")
    assert chris.fill(times="früh bis spät").startswith("Please write it like 07:00–18:00")
    assert "Working hours: Mon–Fri 06:00–22:00" in chris.fill(times="6-22")
    assert "Working hours are Mon–Fri 06:00–22:00." in anna("night")
    assert "Change working hours" not in [str(each.button.label) for each in anna.buttons()]


def test_knowledge_in_one_head_is_off_until_the_works_council_agreed(
    anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    wind(to="2026-11-23 10:00")
    for _each in range(8):
        anna("incident Etikettendrucker offline")
        ben("behoben")
    assert "one head" not in anna("night")
    chris("night")
    chris.press("Show knowledge in one head")
    assert chris.fill(reference="n/a") == "Please say where this was agreed."
    assert chris.fill(reference="BV 12/2026").startswith("From now on “night” names services")
    shown = anna("night")
    assert "- Etikettendrucker: 8 incidents, always solved by the same person" in shown
    assert "Ben" not in shown
    anna("incident Etikettendrucker offline")
    assert "INC-9" in carla("behoben 9")
    assert "one head" not in anna("night")
    chris("night")
    chris.press("Hide knowledge in one head")
    assert "Show knowledge in one head" in chris("night")


@example(minute=0, length=1, probes=[0.9999999999999998], always=False, opens=0, closes=12)
@given(
    minute=st.integers(0, 1_000_000),
    length=st.integers(1, 40_000),
    probes=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=30),
    always=st.booleans(),
    opens=st.integers(0, 11),
    closes=st.integers(12, 24),
)
def test_what_lies_outside_in_a_span_is_what_no_moment_in_it_works(
    minute: int, length: int, probes: list[float], always: bool, opens: int, closes: int
) -> None:
    """The spans that are counted as a whole, against each moment asked by itself."""
    hours = Hours(time(opens), MIDNIGHT if closes == 24 else time(closes))
    closed = (working_hours.Closed(date(2000, 12, 24), date(2001, 1, 1), yearly=True),)
    ours = WorkingTime(BERLIN, "DE-NW", (hours,) * 5 + (None, None), closed, always)
    begin = moment("2026-01-01 00:00") + timedelta(minutes=minute)
    end = begin + timedelta(minutes=length)
    spans = list(ours.outside(begin, end))
    assert all(begin <= first < last <= end for first, last in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    for each in probes:
        # Before the end: the highest share of all is rounded to it.
        at = min(begin + (end - begin) * each, end - timedelta(microseconds=1))
        changes = at.astimezone(ZoneInfo(BERLIN))
        if changes.utcoffset() == changes.replace(fold=1 - changes.fold).utcoffset():
            assert any(first <= at < last for first, last in spans) is not ours.is_working(at)

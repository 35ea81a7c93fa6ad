"""One digest for each week, where clocks skip or repeat its hour.

Years of them: `python -m tests.digest.weeks`.
"""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from handlers.digest import schedule
from tests.delivery.kill import seed_of_today
from tests.digest import weeks


@pytest.mark.slow
def test_sixty_weeks_have_one_digest_each() -> None:
    seed = seed_of_today()
    print(f"LOTSE_SEED={seed}")
    found = weeks.play(60, seed)
    assert (found.weeks, found.around > 0) == (60, True)


@pytest.mark.parametrize(
    ("zone", "day", "clock", "due"),
    [
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25 00:30"),  # the first
        ("Europe/Berlin", date(2027, 3, 28), time(2, 30), "2027-03-28 01:30"),  # skipped
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08 07:30"),  # skipped
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 0), "2026-10-03 15:30"),  # by half
    ],
)
def test_the_second_computation_finds_what_is_known(
    zone: str, day: date, clock: time, due: str
) -> None:
    assert f"{weeks.expected(day, clock, zone):%Y-%m-%d %H:%M}" == due


@pytest.mark.slow
def test_a_digest_that_comes_at_another_time_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    due = schedule.due
    monkeypatch.setattr(schedule, "due", lambda *each: due(*each) + timedelta(hours=1))
    with pytest.raises(AssertionError):
        weeks.play(10, 1)

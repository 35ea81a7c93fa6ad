"""A rush: what was said to be done is there once, and a machine that cannot carry it says so.

In full by hand: `python -m tests.delivery.rush` (200 commands and 500 heartbeats a second).
"""

from __future__ import annotations

import pytest

from tests.delivery import kill, outage, rush
from tests.delivery.callers import Came, Plan
from tests.delivery.rush import Round

PLAN = Plan(1, 2, 4, 10, ("UA",), 10, 1, "a")


def came(*seconds: float, status: int = 200) -> Came:
    return Came([(each, status) for each in seconds])


@pytest.mark.parametrize(
    ("people", "machines", "kept"),
    [
        (came(*[0.1] * 20), came(*[0.1] * 40), True),
        (came(*[0.6] * 20), came(*[0.1] * 40), False),  # many are slow
        (came(*[0.1] * 400), came(*[0.1] * 400, 3.1), False),  # one is very slow
        (came(*[0.1] * 20), came(*[0.1] * 39, 0.1, status=503), False),
    ],
)
def test_a_rate_is_carried_when_all_are_answered_in_time(
    people: Came, machines: Came, kept: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    played = Round(PLAN, people, machines)
    assert played.kept is kept
    played.report()
    assert "2 a second asked for" in capsys.readouterr().out


def test_the_rate_that_is_told_is_what_was_answered(capsys: pytest.CaptureFixture[str]) -> None:
    """A queue that is worked off long after the minute is no rate that was carried."""
    Round(PLAN, came(*[0.1] * 10, *[10.5] * 10), came(0.1)).report()
    assert "2 a second asked for, 1 answered" in capsys.readouterr().out


@pytest.mark.slow
async def test_a_small_rush_on_sqlite() -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    with outage.in_a_file() as url:
        numbers = await rush.play(url, rush.SMOKE, seed)
    assert (numbers["answered and lost"], numbers["doubled"]) == (0, 0)
    assert numbers["commands answered"] > 0 and numbers["heartbeats answered"] > 0
    assert numbers["times the store was taken away"] > 0

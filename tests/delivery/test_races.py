"""Two processes and one line of messages: each is taken once, whoever is killed meanwhile.

Four of them and ten thousand messages: `python -m tests.delivery.races`.
"""

from __future__ import annotations

import pytest

from tests.delivery import races
from tests.delivery.kill import seed_of_today
from tests.pretend import server


class Won:
    """A race in which nobody was harmed."""

    kills = pauses = 0


@pytest.mark.slow
def test_two_processes_take_each_message_once(postgres_url: str) -> None:
    seed = seed_of_today()
    print(f"LOTSE_SEED={seed}")
    with server.database(postgres_url, "lotse_test_races") as url:
        numbers = races.play(url, 120, 2, 0, seed)
    assert (numbers["accepted"], numbers["accepted twice"]) == (120, 0)


@pytest.mark.parametrize("accepted", [0, 2])
def test_what_is_lost_or_doubled_is_noticed(accepted: int) -> None:
    state = {"id": "1", "kind": "alarm", "state": "sent"}
    lines = [{"do": "create", "parcel": "1"}] * accepted
    with pytest.raises(AssertionError):
        races.judged([state], lines, Won())  # type: ignore[arg-type]

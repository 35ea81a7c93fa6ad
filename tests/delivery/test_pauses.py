"""Processes that stand still past their lease: nothing is lost, doubled, or left as it was before.

More of it by hand: `python -m tests.delivery.pauses` (50 pauses on each store).
"""

from __future__ import annotations

import pytest

from tests.delivery import kill, pauses
from tests.pretend import server

pytestmark = pytest.mark.slow


def test_who_stands_still_past_the_lease_has_others_kept_out_of_its_file() -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    numbers = pauses.run(kill.SQLITE, commands=40, pauses=2, seed=seed)
    assert (numbers["pauses"], numbers["others kept out of the file"]) == (2, 2)
    assert numbers["answered"] == numbers["commands"]


def test_who_stands_still_past_the_lease_finds_its_work_taken_over(postgres_url: str) -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    with server.database(postgres_url, "lotse_test_pauses") as url:
        numbers = pauses.run(url, commands=50, pauses=2, seed=seed)
    assert numbers["pauses"] >= 1
    assert numbers["leases held then"] == numbers["of them taken over by others"] > 0
    assert numbers["answered"] == numbers["commands"]

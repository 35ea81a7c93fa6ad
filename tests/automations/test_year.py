"""A year of automations: a small one each time, a whole one of a hundred in `make soak`."""

from __future__ import annotations

import os

import pytest

from storage.engine.sqlite import Sqlite
from tests.automations.year import play

SOAK = bool(os.environ.get("LOTSE_SOAK"))
COUNT, DAYS = (100, 365) if SOAK else (13, 110)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1] if SOAK else [3, 4])
def test_both_computations_agree_and_only_the_dead_are_asked_about(
    sqlite: Sqlite, seed: int
) -> None:
    found = play(sqlite, COUNT, DAYS, seed)
    assert found.looks >= COUNT * (DAYS - 1)
    assert found.wrong == []
    assert found.asked <= found.dead, "not one question about a healthy one"
    assert found.due.keys() == found.asked and found.asked, "every dead one is asked about"
    assert found.late == [], "within its rule"
    needless = len(found.asked - found.dead)
    print(f"{found.looks:>8}  looks at automations\n{needless:>8}  asked about without need")

"""Every input comes again and again, and has one effect; ten thousand: `tests/delivery/doubles.py`.

All thousand of each change are played by `.ci/run`.
"""

from __future__ import annotations

import pytest

from storage.delivery import inbox
from storage.engine import Database
from storage.engine.sqlite import Sqlite
from tests.delivery import doubles
from tests.delivery.kill import seed_of_today


@pytest.mark.slow
def test_however_often_it_comes_each_input_has_one_effect(database: Database) -> None:
    seed = seed_of_today()
    print(f"LOTSE_SEED={seed}")
    numbers = doubles.play(database, 150, seed)
    assert (numbers["deliveries"], numbers["doubled"]) == (150, 0)
    assert 30 < numbers["inputs"] < 100


@pytest.mark.slow
def test_a_store_that_forgets_what_came_is_noticed(
    sqlite: Sqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "begin", lambda tx, identity, now: True)
    with pytest.raises(Exception):  # noqa: B017, whatever the broken program comes to
        doubles.play(sqlite, 150, 1)

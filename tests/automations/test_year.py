"""A small year of automations in CI; all of it is played by a command."""

from __future__ import annotations

import pytest

from storage.engine.sqlite import Sqlite
from tests.automations.year import play


@pytest.mark.parametrize("seed", [3, 4])
def test_both_computations_agree_and_only_the_dead_are_asked_about(
    sqlite: Sqlite, seed: int
) -> None:
    found = play(sqlite, 8, 110, seed)
    assert found.looks > 800
    assert found.wrong == []
    assert found.asked <= found.dead
    assert found.due <= found.asked

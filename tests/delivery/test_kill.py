"""`kill -9` at random moments: what was answered is kept, and nothing happens twice (G1, G2, G5).

More of it by hand: `python -m tests.delivery.kill --commands 2000 --kills 50`.
"""

from __future__ import annotations

import pytest

from tests.delivery import kill
from tests.pretend import server

pytestmark = pytest.mark.slow


def test_killed_again_and_again_on_sqlite_nothing_answered_is_lost() -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    numbers = kill.run(kill.SQLITE, commands=320, kills=10, seed=seed)
    assert numbers["kills"] == 10
    assert numbers["answered"] > 280


def test_killed_again_and_again_on_postgres_nothing_answered_is_lost(postgres_url: str) -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    with server.database(postgres_url, "lotse_test_kill") as url:
        numbers = kill.run(url, commands=200, kills=5, seed=seed)
    assert numbers["kills"] == 5
    assert numbers["answered"] > 170

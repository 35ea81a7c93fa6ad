"""Several processes on one PostgreSQL: killed, cut off, updated in turn; nothing lost or doubled.

More of it by hand: `python -m tests.delivery.fleet` (40 kills, 20 cuts, 20 rolling updates).
"""

from __future__ import annotations

import pytest

from tests.delivery import fleet, kill
from tests.pretend import server

pytestmark = pytest.mark.slow


async def test_what_several_processes_answered_stands_once(postgres_url: str) -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    things = fleet.plan(kills=1, cuts=2, rolls=1)
    with server.database(postgres_url, "lotse_test_fleet") as url:
        numbers = await fleet.play(url, things, seed, senders=4, pause=0.3)
    assert (numbers["answered and lost"], numbers["doubled"]) == (0, 0)
    assert (numbers["reset cut"], numbers["silent cut"], numbers["rolling restart"]) == (1, 1, 1)
    assert numbers["answered with success"] > 0
    over = {name for name in numbers if name.startswith("came over ")}
    assert over == {"came over both", "came over http", "came over socket"}

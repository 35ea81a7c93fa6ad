"""`kill -9` behind the addresses of Slack and Teams: what was answered 200 is kept, once.

More of it by hand: `python -m tests.delivery.kill_edges` (100 kills on each edge and store).
"""

from __future__ import annotations

import pytest

from tests.delivery import kill, kill_edges
from tests.pretend import server

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("edge", ["slack", "teams"])
async def test_killed_behind_its_address_nothing_answered_is_lost(edge: str) -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    numbers = await kill_edges.run(edge, kill.SQLITE, kills=3, seed=seed, slow=1, strange=0)
    assert (numbers["kills"], numbers["answered and lost"], numbers["doubled"]) == (3, 0, 0)
    assert numbers["answered with success"] > 0
    assert numbers["answered 503"] > 0, "until the platform has said who we are"


async def test_killed_behind_its_address_on_postgres(postgres_url: str) -> None:
    seed = kill.seed_of_today()
    print(f"LOTSE_SEED={seed}")
    with server.database(postgres_url, "lotse_test_kill_edges") as url:
        numbers = await kill_edges.run("slack", url, kills=2, seed=seed, slow=1, strange=0)
    assert numbers["answered with success"] > 0

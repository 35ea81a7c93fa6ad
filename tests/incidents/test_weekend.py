"""A weekend without an answer stays within what settled 37 and 38 allow."""

from __future__ import annotations

import pytest

from tests.incidents import weekend
from tests.pretend.stage import Stage

HOURS = 63  # from Friday 17:30 to Monday 08:00, and a little


@pytest.mark.parametrize("acknowledged", [False, True])
@pytest.mark.parametrize("count", [1, 5])
def test_a_normal_weekend_is_quiet(bot: Stage, count: int, acknowledged: bool) -> None:
    found = weekend.spend(bot, count, serious=False, acknowledged=acknowledged)
    for who, most in (("ben", 6), ("carla", 3), ("chris", 3), ("anna", 2)):
        assert found.got.get(who, 0) <= most * count, who
    assert found.got["ben"] >= 3, "nobody is forgotten, either"
    assert found.got["chris"] >= 1


@pytest.mark.parametrize("count", [1, 5])
def test_a_serious_weekend_goes_on_at_a_measure(bot: Stage, count: int) -> None:
    found = weekend.spend(bot, count, serious=True, acknowledged=False)
    first = 6 * count  # the steps of each until the gap is the longest
    for who in ("ben", "carla", "chris"):
        assert HOURS - 10 <= found.got[who] <= HOURS + first, "hourly, however many"
    assert found.got["anna"] <= count, "the declarer hears once of each"

"""A weekend without an answer stays within what settled 37 and 38 allow."""

from __future__ import annotations

import pytest

from tests.incidents import weekend
from tests.incidents.weekend import Weekend
from tests.pretend.stage import Stage


@pytest.mark.parametrize("acknowledged", [False, True])
@pytest.mark.parametrize("count", [1, 5])
def test_a_normal_weekend_is_quiet(bot: Stage, count: int, acknowledged: bool) -> None:
    found = weekend.spend(bot, count, serious=False, acknowledged=acknowledged)
    assert not weekend.beyond(found)


@pytest.mark.parametrize("count", [1, 5])
def test_a_serious_weekend_goes_on_at_a_measure(bot: Stage, count: int) -> None:
    found = weekend.spend(bot, count, serious=True, acknowledged=False)
    assert not weekend.beyond(found)


@pytest.mark.parametrize("who", ["ben", "carla", "chris", "anna"])
def test_too_many_and_none_are_told(who: str) -> None:
    quiet = {"ben": 5, "carla": 3, "chris": 3, "anna": 1}
    assert not weekend.beyond(Weekend(1, False, False, quiet, 3))
    (line,) = weekend.beyond(Weekend(1, False, False, quiet | {who: 40}, 3))
    assert line.startswith(f"{who} got 40")
    forgotten = weekend.beyond(Weekend(1, False, False, {}, 0))
    assert [each.split()[0] for each in forgotten] == ["ben", "chris"]

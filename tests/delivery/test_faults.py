"""Slack goes wrong in every way there is, and nothing is lost or doubled.

Ten thousand faults: `python -m tests.delivery.faults`; `.ci/run` plays five hundred.
"""

from __future__ import annotations

import pytest

from bot.delivery.platform import NotAccepted
from bot.slack import web_api
from tests.delivery import faults
from tests.delivery.kill import seed_of_today


def test_there_are_more_than_twenty_five_kinds() -> None:
    assert len({each.name for each in faults.KINDS}) == len(faults.KINDS) > 25


@pytest.mark.slow
async def test_whatever_goes_wrong_nothing_is_lost_or_doubled() -> None:
    seed = seed_of_today()
    print(f"LOTSE_SEED={seed}")
    came = await faults.play(25, seed)
    assert 25 <= sum(came.values()) <= 26


@pytest.mark.slow
async def test_who_takes_the_unknown_for_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_api, "Uncertain", NotAccepted)
    with pytest.raises(AssertionError):
        await faults.play(40, 18)  # from the kinds that Slack accepts and does not say so

"""The small size of `python -m tests.delivery.outage`: hours without Slack, over real sockets."""

from __future__ import annotations

import pytest

from bot.slack.sender import Slack
from storage.engine import Database
from storage.engine.sqlite import Sqlite
from tests.delivery import outage


@pytest.mark.parametrize("kind", outage.KINDS)
async def test_after_hours_without_slack_everything_comes_once(sqlite: Sqlite, kind: str) -> None:
    numbers = await outage.through(kind, sqlite, incidents=4, hours=1)
    assert numbers["dead"] == 0 and numbers["cards"] == 4


async def test_a_backlog_is_drained_at_the_platform_s_rate(database: Database) -> None:
    assert Slack.rate is not None
    assert await outage.backlog(database, "Slack", Slack.rate, rows=120, companies=2) < 60

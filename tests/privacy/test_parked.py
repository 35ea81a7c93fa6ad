"""A company that took Lotse out of its Slack: announced twice, then deleted with all it has."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.delivery.scheduler import clean
from storage.engine import Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment
from storage.slack import installations
from storage.teams import conversations
from tests.pretend.stage import DEMO, Say, Stage, furnish
from tests.privacy.test_ageing import did_everything


def installed(bot: Stage, reason: str | None = "app_uninstalled") -> datetime:
    """Let the company have installed Lotse by itself and taken it out; return when that was."""
    real: list[str] = []

    def work(tx: Tx) -> None:
        installations.put(
            tx, team="T2", bot_user="U", scopes="", token="sealed", refresh_token=None, lasts=None
        )
        if reason is not None:
            installations.park(tx, reason)
        real.append(tx.real_now())

    bot.store(work)
    return as_moment(real[0])


def left(bot: Stage, workspace: str = DEMO) -> list[str]:
    """Return the tables in which a company has rows."""

    def look(tx: Tx) -> list[str]:
        names = sorted(row["name"] for row in tx.rows(tx.company_tables))
        inside = tx.within(workspace)
        return [
            each
            for each in names
            if inside.rows(f"select 1 as one from {each} where workspace = :workspace limit 1")
        ]

    return bot.database.read(look)


def cleaned(bot: Stage, now: datetime) -> None:
    bot.database.transact(lambda tx: clean(tx, now))


@pytest.mark.slow
def test_everything_of_it_is_deleted_after_thirty_days_and_announced_before(
    bot: Stage,
    anna: Say,
    ben: Say,
    carla: Say,
    chris: Say,
    caplog: pytest.LogCaptureFixture,
) -> None:
    did_everything(bot, anna, ben, carla, chris)
    bot.database.transact(lambda tx: furnish(tx, "other", bot.now()))
    beside = left(bot, "other")
    caplog.clear()
    since = installed(bot)
    assert len(left(bot)) > 50
    cleaned(bot, since + timedelta(days=15))
    for day, said in ((16, "in 14 days at most"), (27, "in 3 days at most")):
        for _again in range(2):
            cleaned(bot, since + timedelta(days=day))
        assert [said in each for each in caplog.messages] == [True], "once"
        caplog.clear()
    cleaned(bot, since + timedelta(days=29))
    assert left(bot)
    cleaned(bot, since + timedelta(days=30, minutes=1))
    assert "all of it is deleted now" in caplog.text
    assert left(bot) == []
    assert bot.rows("select id from workspaces where id = :workspace") == []
    assert left(bot, "other") == beside, "nobody else's rows are touched"


@pytest.mark.parametrize("reason", [None, "missing_scope"])
def test_who_did_not_take_it_out_stays(bot: Stage, reason: str | None) -> None:
    since = installed(bot, reason)
    cleaned(bot, since + timedelta(days=400))
    assert left(bot)


def test_who_is_in_teams_as_well_stays(bot: Stage) -> None:
    since = installed(bot)

    def in_teams(tx: Tx) -> None:
        conversations.hear(
            tx,
            PlaceId("local:@ben"),
            conversation="c",
            service_url="https://example.com",
            tenant="t",
            member=None,
            now=bot.now(),
        )

    bot.store(in_teams)
    cleaned(bot, since + timedelta(days=400))
    assert left(bot)


def test_who_installs_it_again_in_time_keeps_everything(bot: Stage) -> None:
    since = installed(bot)
    bot.store(
        lambda tx: installations.put(
            tx, team="T2", bot_user="U", scopes="", token="new", refresh_token=None, lasts=None
        )
    )
    cleaned(bot, since + timedelta(days=400))
    assert left(bot)

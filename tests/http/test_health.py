"""/health: green while alarms go out, red when they would not."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import closing
from datetime import UTC, timedelta
from typing import Any

import pytest

from bot import app
from bot import health as http_health
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.lotse import Lotse
from storage.delivery import outbox, timers
from storage.engine import Database
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, MONDAY, Say, Stage, furnish


@pytest.fixture
def lotse(database: Database, bot: Stage) -> Lotse:
    """Everything put together as in real life, over the stage's store and clock."""
    return app.build(Settings(), database, bot.clock, demo=True)


def health(bot: Stage, lotse: Lotse) -> tuple[int, dict[str, Any]]:
    """Ask."""
    answer = bot.run(http_health.health(lotse))
    assert isinstance(answer.body, bytes)
    return answer.status, json.loads(answer.body)


def test_it_is_green_while_somebody_looks_at_the_timers(bot: Stage, lotse: Lotse) -> None:
    bot.run(lotse.scheduler.round())
    status, said = health(bot, lotse)
    assert (status, said["ok"], said["scheduler"]) == (200, True, "running")
    assert said["timers"] == {"overdue": 0, "dead": 0}


def test_it_is_red_until_somebody_does(bot: Stage, lotse: Lotse) -> None:
    status, said = health(bot, lotse)
    assert (status, said["ok"], said["scheduler"]) == (503, False, "stalled")


def test_it_is_red_when_an_alarm_is_overdue(bot: Stage, lotse: Lotse, anna: Say) -> None:
    anna("incident Kasse tot")
    bot.run(lotse.scheduler.round())
    bot.clock.wind(bot.clock.now() + timedelta(minutes=11, seconds=1))
    status, said = health(bot, lotse)
    assert (status, said["timers"]["overdue"]) == (503, 1)
    bot.run(lotse.scheduler.round())
    assert health(bot, lotse)[0] == 200


def test_what_could_not_be_delivered_and_what_was_given_up_is_counted(
    bot: Stage, lotse: Lotse
) -> None:
    now = bot.clock.now()
    bot.store(
        lambda tx: outbox.add(
            tx, id="1", place="fax:4711", key="k", kind="card",
            message='{"tone":"plain","parts":[]}', now=now,
        )
    )  # fmt: skip
    bot.store(lambda tx: timers.set(tx, id="t", kind="climb", key="k", due=now))
    bot.store(lambda tx: tx.run("update timers set state = 'dead' where workspace = :workspace"))
    bot.run(bot.courier.drain())
    bot.run(lotse.scheduler.round())
    _status, said = health(bot, lotse)
    assert said["outbox"]["parked"] == 1
    assert said["timers"]["dead"] == 1


def test_it_is_red_when_the_database_does_not_answer(bot: Stage) -> None:
    with closing(Sqlite()) as database:
        database.transact(lambda tx: furnish(tx, DEMO, bot.clock.now()))
        lotse = app.build(Settings(), database, bot.clock, demo=True)
    status, said = health(bot, lotse)
    assert (status, said) == (503, {"ok": False, "reason": "the database does not answer"})


def test_work_stored_by_another_process_is_carried_at_once(postgres: Postgres) -> None:
    """And a signal that comes after the end harms nobody."""
    with closing(Postgres(postgres.url)) as ours, closing(Postgres(postgres.url)) as theirs:
        theirs.transact(lambda tx: furnish(tx, DEMO, MONDAY))
        lotse = app.build(Settings(), ours, HandClock(MONDAY.astimezone(UTC)), demo=True)
        woken: list[str] = []

        async def story() -> None:
            async with lotse.working():
                await asyncio.sleep(0.3)  # both rest now, for up to a second
                lotse.courier.wake = lambda: woken.append("courier")  # type: ignore[method-assign]
                async with asyncio.timeout(5):
                    while not woken:
                        await asyncio.to_thread(theirs.transact, lambda tx: tx.signal())
                        await asyncio.sleep(0.01)

        asyncio.run(story())
        (listener,) = [each for each in threading.enumerate() if each.name == "lotse-listener"]
        for _each in range(3):
            theirs.transact(lambda tx: tx.signal())
        listener.join(0.3)
        assert listener.is_alive()

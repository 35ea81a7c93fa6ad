"""/health: green while alarms go out, red when they would not."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from bot import app
from bot import health as http_health
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.lotse import Lotse
from bot.teams.tokens import STALE
from handlers.incidents.keys import IncidentTimer
from storage import workspaces
from storage.delivery import outbox, places, timers
from storage.delivery.outbox import ParcelKind
from storage.engine import Database, Unavailable
from storage.engine.ids import PlaceId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import Fault as Broken
from tests.pretend.stage import DEMO, MONDAY, Say, Stage, furnish
from tests.pretend.teams_stage import teams_stage


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
    bot.run(bot.courier.drain())
    assert health(bot, lotse)[0] == 200


@pytest.mark.parametrize(("state", "level", "status"), [
    ("dead", "yellow", 200), ("ambiguous", "yellow", 200), ("pending", "red", 503),
])  # fmt: skip
def test_messages_that_did_not_arrive_change_its_colour(
    bot: Stage, lotse: Lotse, state: str, level: str, status: int
) -> None:
    bot.run(lotse.scheduler.round())
    message = '{"tone":"plain","parts":[]}'
    bot.store(
        lambda tx: outbox.add(
            tx, id="1", place=PlaceId("local:@ben"), key="k", kind=ParcelKind.CARD, message=message,
            now=bot.clock.now() - timedelta(minutes=20),
        )
    )  # fmt: skip
    sql = "update outbox set state = :state where workspace = :workspace"
    bot.store(lambda tx: tx.run(sql, state=state))
    got, said = health(bot, lotse)
    assert (got, said["state"], said["lines"]["messages"]) == (status, level, level)
    assert any("messages" in each for each in said["reasons"])


def test_who_and_what_cannot_be_reached_is_named_on_this_machine_only(
    bot: Stage, lotse: Lotse
) -> None:
    bot.run(lotse.scheduler.round())
    assert health(bot, lotse)[1]["lines"]["reach"] == "green"
    bot.store(lambda tx: places.park(tx, PlaceId("local:@ben"), "user_not_found"))
    bot.store(lambda tx: places.park(tx, PlaceId("local:stoerungen"), "is_archived"))
    status, said = health(bot, lotse)
    assert (status, said["state"], said["lines"]["reach"]) == (200, "yellow", "yellow")
    (why,) = [each for each in said["reasons"] if "reached" in each]
    assert why.startswith("1 person and 1 channel cannot be reached: ")
    assert "user_not_found" in why and "is_archived" in why and "Ben" in why
    answer = bot.run(http_health.health(lotse, details=False))
    assert isinstance(answer.body, bytes)
    assert b"user_not_found" not in answer.body and b"Ben" not in answer.body
    bot.store(lambda tx: places.reopen(tx, PlaceId("local:@ben")))
    bot.store(lambda tx: places.reopen(tx, PlaceId("local:stoerungen")))
    assert health(bot, lotse)[1]["lines"]["reach"] == "green"


def test_what_waits_is_counted_for_each_platform(bot: Stage, lotse: Lotse) -> None:
    bot.run(lotse.scheduler.round())
    assert health(bot, lotse)[1]["backlog"] == {"local": 0}
    message = '{"tone":"plain","parts":[]}'
    for n, place in enumerate(("local:@ben", "local:@ben", "slack:C1")):
        bot.store(
            lambda tx, n=n, place=place: outbox.add(
                tx,
                id=str(n),
                place=PlaceId(place),
                key=str(n),
                kind=ParcelKind.CARD,
                message=message,
                now=bot.clock.now(),
            )
        )
    assert health(bot, lotse)[1]["backlog"] == {"local": 2}
    bot.store(lambda tx: tx.run("delete from outbox where workspace = :workspace"))


def test_a_revoked_token_is_red_with_the_reason(bot: Stage, lotse: Lotse) -> None:
    bot.run(lotse.scheduler.round())
    bot.store(lambda tx: workspaces.shut_out(tx, "slack"))
    status, said = health(bot, lotse)
    assert (status, said["lines"]["slack"]) == (503, "red")
    bot.store(lambda tx: workspaces.let_in(tx, "slack"))


def test_each_platform_has_a_line_and_says_what_is_wrong(sqlite: Sqlite) -> None:
    settings = Settings.from_env({
        "SLACK_BOT_TOKEN": "xoxb-x", "SLACK_SIGNING_SECRET": "x",
        "MICROSOFT_APP_ID": "00000000-0000-0000-0000-000000000001",
        "MICROSOFT_APP_PASSWORD": "x",
        "MICROSOFT_APP_TENANTID": "00000000-0000-0000-0000-000000000002",
    })  # fmt: skip
    lotse = app.build(settings, sqlite, demo=False)
    lines = http_health.platforms(lotse)
    assert lines["slack"] == ("red", "Slack has not said yet who we are")
    assert lines["teams"] == ("red", "Teams is not started yet")


@pytest.mark.parametrize(
    ("free", "state", "said"),
    [(10**12, "green", ""), (10**8, "yellow", "only 95 MB"), (10**6, "red", "is full")],
)
def test_a_disk_that_fills_changes_its_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str, said: str
) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'lotse.db'}")
    with closing(Sqlite(str(tmp_path / "lotse.db"))) as database:
        lotse = app.build(settings, database, demo=False)
        monkeypatch.setattr(
            "bot.health.shutil.disk_usage", lambda _folder: SimpleNamespace(free=free)
        )
        found, why = http_health._disk(lotse)
    assert found == state and said in why


async def test_keys_of_microsoft_that_cannot_be_had_are_red(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False) as stage:
        assert stage.edge.trouble() == ""
        await stage.peer.deliver(stage.client("Anna").message("help"))
        stage.edge.keys._fetched = -2 * STALE  # what was fetched long ago counts no more
        stage.peer.plan("openid", *[Broken("500", 500, b"")] * 9)
        got = await stage.peer.deliver(stage.client("Anna").message("help"))
        assert got.status == 503
        assert "keys" in stage.edge.trouble()


@pytest.mark.parametrize("header", [
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via", "Forwarded",
    "CF-Connecting-IP", "True-Client-IP",
])  # fmt: skip
async def test_details_are_not_told_through_a_proxy(header: str) -> None:
    request = make_mocked_request("GET", "/health", headers={"Host": "127.0.0.1:3000", header: "x"})
    assert not http_health.for_us(request.clone(remote="127.0.0.1"))


@pytest.mark.parametrize(("host", "remote", "ours"), [
    ("127.0.0.1:3000", "127.0.0.1", True), ("localhost", "127.0.0.1", True),
    ("[::1]:3000", "::1", True), ("lotse.example.com", "127.0.0.1", False),
    ("rebound.example:3000", "127.0.0.1", False), ("", "127.0.0.1", False),
    ("127.0.0.1:3000", "10.0.0.7", False),
])  # fmt: skip
async def test_details_are_told_on_this_machine_by_its_own_name_only(
    host: str, remote: str, ours: bool
) -> None:
    request = make_mocked_request("GET", "/health", headers={"Host": host})
    assert http_health.for_us(request.clone(remote=remote)) is ours


def test_what_could_not_be_delivered_and_what_was_given_up_is_counted(
    bot: Stage, lotse: Lotse
) -> None:
    now = bot.clock.now()
    bot.store(
        lambda tx: outbox.add(
            tx, id="1", place=PlaceId("fax:4711"), key="k", kind=ParcelKind.CARD,
            message='{"tone":"plain","parts":[]}', now=now,
        )
    )  # fmt: skip
    bot.store(lambda tx: timers.set(tx, id="t", kind=IncidentTimer.ESCALATION, key="k", due=now))
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
    assert (status, said) == (
        503,
        {
            "ok": False,
            "state": "red",
            "reason": "the database does not answer",
            "lines": {"database": "red"},
        },
    )


def test_it_is_red_with_the_first_thing_that_cannot_be_stored(bot: Stage, tmp_path: Path) -> None:
    with closing(Sqlite(tmp_path / "lotse.db", wait=0.1)) as database:
        database.transact(lambda tx: furnish(tx, DEMO, bot.clock.now()))
        lotse = app.build(Settings(), database, bot.clock, demo=True)
        bot.run(lotse.scheduler.round())
        with closing(sqlite3.connect(tmp_path / "lotse.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            with pytest.raises(Unavailable):
                database.transact(lambda tx: None)
            status, said = health(bot, lotse)
            assert (status, said["state"]) == (503, "red")
            assert "Another program" in said["reasons"][0]
        database.transact(lambda tx: None)
        assert health(bot, lotse)[0] == 200


def test_the_demos_disk_is_looked_at(
    bot: Stage, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def usage(folder: Path) -> SimpleNamespace:
        seen.append(folder)
        return SimpleNamespace(free=0)

    monkeypatch.setattr("shutil.disk_usage", usage)
    lotse = app.build(Settings(data=tmp_path), database, bot.clock, demo=True)
    assert health(bot, lotse)[1]["lines"]["disk"] == "red"
    assert seen == [tmp_path]


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

"""The auditor: each invariant is noticed when it breaks and told once; the monitor hears none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot import app
from bot import health as http_health
from bot.config import Settings
from bot.lotse import Lotse
from bot.operations.auditor import Auditor
from handlers import FEATURES
from storage import operations, workspaces
from storage.delivery.timers import TimerKind
from storage.engine import Database, Tx, Unavailable
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.stage import DEMO, Say, Stage

Break = Callable[[Stage], None]


class Nobody(TimerKind):
    """A timer that no room carries out."""

    NOBODY = "nobody"


def sql(*statements: str) -> Break:
    def work(tx: Tx) -> None:
        for each in statements:
            tx.run(each)

    return lambda bot: bot.store(work)


def late(bot: Stage) -> None:
    bot.clock.wind(bot.clock.now() + timedelta(minutes=20))


def then_late(statement: str) -> Break:
    def work(bot: Stage) -> None:
        sql(statement)(bot)
        late(bot)

    return work


BROKEN: dict[str, Break] = {
    "overdue timers": late,
    "unwatched incidents": sql("delete from timers where workspace = :workspace"),
    "alarms for nothing": then_late(
        "update incidents set state = 'restored' where workspace = :workspace"
    ),
    "second chains": sql(
        "insert into timers (workspace, id, kind, key, payload, due_at, state) values "
        "(:workspace, 'x', 'climb', 'incident:99:climb', '{}', '2099-01-01T00:00:00.000000Z', "
        "'pending')"
    ),
    "expired leases": sql(
        "update outbox set state = 'leased', lease_until = '2020-01-01T00:00:00.000000Z' "
        "where workspace = :workspace"
    ),
    "old messages": then_late("update outbox set state = 'pending' where workspace = :workspace"),
    "doubled digests": sql(
        *(
            "insert into outbox (workspace, id, place, key, kind, priority, message, state, "
            f"not_before, created_at, external_id) values (:workspace, '{n}', 'local:leitung', "
            f"'digest:2026-W47', 'digest', 3, '', 'sent', '2026-11-23T08:00:00.000000Z', "
            f"'2026-11-23T08:00:00.000000Z', '{n}')"
            for n in "ab"
        )
    ),
    "orphans": sql(
        "update outbox set state = 'leased', lease_until = null where workspace = :workspace"
    ),
}


@pytest.fixture
def auditor(database: Database, bot: Stage) -> Auditor:
    return Auditor(database, FEATURES, bot.clock)


def found(bot: Stage, auditor: Auditor) -> dict[str, int]:
    bot.run(auditor.look())
    return {each.invariant.key: each.count for each in auditor.found}


def test_each_invariant_has_a_way_to_break_it() -> None:
    declared = {each.key for feature in FEATURES for each in feature.invariants}
    assert declared == set(BROKEN)


@pytest.mark.parametrize("key", BROKEN)
def test_what_must_never_be_is_noticed(bot: Stage, auditor: Auditor, anna: Say, key: str) -> None:
    anna("incident Kasse tot")
    assert found(bot, auditor) == {}
    BROKEN[key](bot)
    assert found(bot, auditor).get(key, 0) >= 1
    bot.store(
        lambda tx: tx.run("update incidents set state = 'restored' where workspace = :workspace")
    )


def test_what_waits_for_another_platform_is_no_old_message(bot: Stage, auditor: Auditor) -> None:
    bot.store(lambda tx: workspaces.shut_out(tx, "slack"))
    anna = bot.request("anna", "incident Kasse tot")
    assert bot.handle(anna).outcome == "done"
    late(bot)
    assert found(bot, auditor).get("old messages", 0) >= 1, "what is local is late"
    bot.store(lambda tx: workspaces.shut_out(tx, "local"))
    assert found(bot, auditor).get("old messages", 0) == 0, "where we are shut out it waits"
    bot.store(lambda tx: workspaces.let_in(tx, "slack"))
    assert found(bot, auditor).get("old messages", 0) == 0, "Slack does not let in elsewhere"


def test_a_company_that_lives_breaks_nothing(
    bot: Stage, auditor: Auditor, anna: Say, ben: Say
) -> None:
    for minutes in (0, 5, 10, 60, 24 * 60, 3 * 24 * 60):
        anna(f"incident Kasse {minutes}x tot")
        bot.wind(minutes=minutes)
        assert found(bot, auditor) == {}
    ben("ack 1")
    ben("restored 1 Kabel")
    bot.wind(minutes=8 * 24 * 60)
    assert found(bot, auditor) == {}


def test_only_what_lasts_is_confirmed(bot: Stage, auditor: Auditor) -> None:
    BROKEN["second chains"](bot)
    assert bot.run(auditor.look()) is False
    assert not auditor.confirmed
    assert bot.run(auditor.look()) is True
    said = [f"{each.invariant.key}: {each.count}" for each in auditor.found]
    assert said == ["second chains: 1"] and auditor.confirmed == auditor.found
    assert bot.run(auditor.note()) is True
    assert bot.run(auditor.note()) is False, "another machine found the same"
    sql("delete from timers where workspace = :workspace and id = 'x'")(bot)
    assert bot.run(auditor.look()) is True and auditor.confirmed == ()


# --- what follows ------------------------------------------------------------------------


@asynccontextmanager
async def monitor() -> AsyncIterator[tuple[str, list[str]]]:
    """A monitor outside, on this machine, that remembers who called."""
    calls: list[str] = []

    async def heard(request: web.Request) -> web.Response:
        calls.append(request.path)
        return web.Response(text="OK")

    there = web.Application()
    there.router.add_get("/{any:.*}", heard)
    runner = web.AppRunner(there)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/beat", calls
    finally:
        await runner.cleanup()


def lotse(bot: Stage, folder: Path, **given: str) -> Lotse:
    settings = Settings.from_env({"LOTSE_BACKUPS": str(folder / "backups"), **given})
    return app.build(settings, bot.database, bot.clock, demo=True)


def test_the_monitor_outside_hears_of_clean_minutes_only(
    bot: Stage, folder: Path, logged: Logged
) -> None:
    async def story() -> None:
        async with monitor() as (url, calls):
            ours = lotse(bot, folder, LOTSE_HEARTBEAT_URL=url)
            await ours.caretaker.round()
            assert calls == ["/beat"]
            await bot.dispatcher.fire_timer(DEMO, Nobody.NOBODY)  # stands for anything
            BROKEN["second chains"](bot)
            for _minute in range(3):
                await ours.caretaker.round()
            assert calls == ["/beat"]

    bot.run(story())
    logged.take("The check found: Alarms of incidents that do not exist: 1")
    sql("delete from timers where workspace = :workspace")(bot)


def test_the_managers_hear_once_and_when_it_is_over(
    bot: Stage, folder: Path, logged: Logged, anna: Say
) -> None:
    ours = lotse(bot, folder)
    BROKEN["second chains"](bot)
    for _minute in range(4):
        bot.run(ours.caretaker.round())
        bot.carry()
    logged.take("The check found")
    told = [each.text for each in bot.chat.ledger if each.place == "local:leitung"]
    assert len(told) == 1 and "Alarme von Störungen, die es nicht gibt: 1" in told[0]
    status = bot.run(http_health.health(ours)).status
    assert status == 503
    sql("delete from timers where workspace = :workspace and id = 'x'")(bot)
    for _minute in range(2):
        bot.run(ours.caretaker.round())
        bot.carry()
    assert "findet nichts mehr" in bot.sees("leitung")[-1]


def test_files_that_could_not_be_swept_are_swept_in_the_next_minute(
    bot: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was erased is noted beside the backups once, and leaves the files all the same."""
    ours = lotse(bot, folder)
    dora = Say(bot, "dora")
    dora("sprache en")
    dora("data")
    dora.press("Erase me")
    dora.press("Erase me", calls="data erased")
    swept: list[bool] = []

    def sweep() -> None:
        swept.append(True)
        if len(swept) == 1:
            raise Unavailable("The database is locked.")

    monkeypatch.setattr(type(bot.database), "sweep", lambda _self: sweep())
    for _minute in range(4):
        bot.run(ours.caretaker.round())
    assert len(swept) == 2


def test_a_monitor_that_is_away_harms_nobody(bot: Stage, folder: Path) -> None:
    ours = lotse(bot, folder, LOTSE_HEARTBEAT_URL="http://127.0.0.1:1/beat")
    bot.run(ours.caretaker.round())


def test_one_machine_takes_the_day_s_backup(folder: Path) -> None:
    url = f"sqlite:///{folder / 'lotse.db'}"
    with closing(Sqlite(folder / "lotse.db")) as database:
        stage = Stage(database)
        settings = Settings.from_env(
            {"DATABASE_URL": url, "LOTSE_BACKUPS": str(folder / "b"), "LOTSE_BACKUP_AT": "00:00"}
        )
        machines = [app.build(settings, database, stage.clock, demo=False) for _n in "ab"]
        for each in [*machines, machines[0]]:
            stage.run(each.caretaker.round())
        assert len(list((folder / "b").glob("lotse-*.db"))) == 1
        stage.close()


def test_a_backup_that_fails_is_yellow_and_tried_again_later(
    folder: Path, logged: Logged, bot: Stage
) -> None:
    (folder / "b").write_text("a file where the folder should be")
    settings = Settings.from_env(
        {"DATABASE_URL": f"sqlite:///{folder / 'none.db'}", "LOTSE_BACKUPS": str(folder / "b"),
         "LOTSE_BACKUP_AT": "00:00"}
    )  # fmt: skip
    ours = app.build(settings, bot.database, bot.clock, demo=False)
    for _minute in range(3):
        bot.run(ours.caretaker.round())
    logged.take("No backup could be taken")
    assert ours.caretaker.backup_trouble
    assert bot.database.read(lambda tx: operations.noted(tx, operations.BACKUP)) is None

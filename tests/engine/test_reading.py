"""Commands that only read: carried out beside the writer, kept like any other."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.requests import Response
from handlers import FEATURES
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Reply, line
from handlers.kit.words import _
from storage import audit, workspaces
from storage.engine import Database, Tx
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.stage import Stage, answered, furnish

feature = Feature(_("What is waiting for you."))
go_on = threading.Event()
begun = threading.Event()
ran: list[str] = []  # the thread of each time that it ran


@feature.command("slow report", "langsam", help=_("What is waiting for you."), reads=True)
def slow(ctx: Context) -> Reply:
    ran.append(threading.current_thread().name)
    begun.set()
    assert go_on.wait(30)
    return Reply(line(_("Nothing is waiting for you right now.")))


@feature.command("sly report", "heimlich", help=_("What is waiting for you."), reads=True)
def sly(ctx: Context) -> Reply:
    """Keeps something although it is said to only read."""
    ran.append(threading.current_thread().name)
    workspaces.set_setting(ctx.tx, "seen", "x")
    return Reply(line(_("Nothing is waiting for you right now.")))


@feature.command("clumsy report", "tapsig", help=_("What is waiting for you."), reads=True)
def clumsy(ctx: Context) -> Reply:
    ran.append(threading.current_thread().name)
    raise ZeroDivisionError


@feature.command(
    "secret report", "geheim", help=_("What is waiting for you."), reads=True, needs="settings"
)
def secret(ctx: Context) -> Reply:
    ran.append(threading.current_thread().name)
    return Reply(line(_("Nothing is waiting for you right now.")))


@pytest.fixture(params=["file", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a store whose readers stand beside its writer."""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        yield server
        return
    with closing(Sqlite(tmp_path / "lotse.db")) as file:
        yield file


@pytest.fixture
def stage(store: Database) -> Iterator[Stage]:
    """Everything wired together, with reports among the commands."""
    begun.clear()
    go_on.clear()
    ran.clear()
    stage = Stage(store, features=(*FEATURES, feature))
    store.transact(lambda tx: furnish(tx, stage.workspace, stage.clock.now()))
    yield stage
    go_on.set()
    stage.close()


def test_while_somebody_reads_for_long_everybody_else_is_answered(stage: Stage) -> None:
    async def talk() -> tuple[Response, Response, Response]:
        reading = asyncio.create_task(stage.dispatcher.handle(stage.request("chris", "langsam")))
        assert await asyncio.to_thread(begun.wait, 10)
        declared = await asyncio.wait_for(
            stage.dispatcher.handle(stage.request("anna", "incident Kasse")), 10
        )
        listed = await asyncio.wait_for(
            stage.dispatcher.handle(stage.request("ben", "incidents")), 10
        )
        assert not reading.done()
        go_on.set()
        return declared, listed, await reading

    declared, listed, read = stage.run(talk())
    assert declared.outcome == listed.outcome == read.outcome == "done"
    assert "Kasse" in answered(listed), "who reads after an answer sees what it was about"
    assert len(ran) == 1 and "reader" in ran[0]


def test_what_was_read_is_kept_once_and_answered_the_same_again(stage: Stage) -> None:
    go_on.set()
    request = stage.request("chris", "langsam", identity="d1")
    first = stage.handle(request)
    again = stage.handle(request)
    assert answered(first) == answered(again)
    rows = stage.store(lambda tx: audit.latest(tx))
    assert [(row["command"], row["outcome"]) for row in rows] == [("slow report", "done")]


def test_a_command_that_keeps_something_after_all_is_carried_out_where_it_may(
    stage: Stage,
) -> None:
    answer = stage.handle(stage.request("chris", "heimlich"))
    assert answer.outcome == "done"
    assert stage.store(lambda tx: workspaces.setting(tx, "seen")) == "x"
    assert len(ran) == 2 and "reader" not in ran[1]


def test_a_mistake_is_told_once(stage: Stage, logged: Logged) -> None:
    answer = stage.handle(stage.request("chris", "tapsig"))
    assert answer.outcome == "failed"
    logged.take("A command failed")


def test_who_is_new_is_met_before_they_read(stage: Stage) -> None:
    go_on.set()
    answer = stage.handle(stage.request("newcomer", "langsam"))
    assert answer.outcome == "done"
    assert len(ran) == 1 and "reader" not in ran[0]


def test_a_right_that_was_lost_meanwhile_counts(stage: Stage) -> None:
    """What was found for a manager is not shown to who is none any more."""
    request = stage.request("chris", "geheim")

    def demote(tx: Tx) -> None:
        tx.within(stage.workspace).run(
            "update people set manager = 0 where workspace = :workspace and name = 'Chris'"
        )

    submit = stage.database.submit

    def later(work: Any, workspace: str | None = None) -> Any:
        submit(demote).result(10)
        return submit(work, workspace)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage.database, "submit", later)
        answer = stage.handle(request)
    assert (answer.outcome, len(ran)) == ("refused", 1)

"""Who writes first is looked up before anything is carried out, or what they sent is kept."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import pytest

from bot.delivery.requests import Named, Request, kept, read_request
from handlers.kit.messages import Call
from storage.engine import Database
from storage.engine.ids import PlaceId
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import direct, error
from tests.pretend.slack_stage import GENERAL, INCIDENTS, SlackStage, slack_stage, user
from tests.slack.test_edge import STRANGERS, presses

DEAD = "/incident Till is dead"
FOREVER = [error("internal_error")] * 50


def arrives(stage: SlackStage, name: str, **flags: Any) -> None:
    """Let somebody be in Slack whom Lotse has never heard of."""
    stage.peer.user(user(name), name.title(), **flags)
    stage.peer.channels[GENERAL].members.add(user(name))


def waiting(stage: SlackStage) -> int:
    return stage.count("held_requests")


@pytest.mark.parametrize("over", ["http", "socket"])
@pytest.mark.parametrize("kind", STRANGERS)
async def test_the_first_word_of_a_stranger_declares_nothing(
    sqlite: Sqlite, kind: str, over: str
) -> None:
    async with slack_stage(sqlite, over) as stage:
        arrives(stage, "mallory", **STRANGERS[kind])
        assert "only for people of this company" in await stage.client("mallory").types(
            DEAD, at=GENERAL
        )
        assert stage.count("incidents") == stage.count("outbox") == waiting(stage) == 0


@pytest.mark.parametrize("kind", STRANGERS)
async def test_nor_does_the_first_press_of_a_stranger(sqlite: Sqlite, kind: str) -> None:
    async with slack_stage(sqlite, strict=False) as stage:  # Slack writes to no bot
        arrives(stage, "mallory", **STRANGERS[kind])
        await presses(stage.client("mallory"), "incident", {"title": "Till is dead"})
        assert stage.count("incidents") == stage.count("outbox") == waiting(stage) == 0


async def test_of_a_colleague_it_is_carried_out_once(database: Database) -> None:
    async with slack_stage(database) as stage:
        arrives(stage, "dora")
        dora = stage.client("dora")
        said = stage.peer.event(
            {"type": "message", "channel_type": "im", "user": dora.id, "text": "incident Till",
             "ts": "1.0", "team": "T1", "channel": direct(dora.id)}
        )  # fmt: skip
        now = time.time()
        for again in range(3):  # each delivery is signed anew
            body = json.dumps(said).encode()
            got = await stage.peer.post(body, "application/json", at=now - 10 * again)
            assert got.status == 200
            await stage.settle()
        await stage.wind(minutes=1)
        assert stage.count("incidents") == 1 and waiting(stage) == 0
        assert len(stage.peer.sees(INCIDENTS)) == 1
        for each in stage.peer.ledger:
            each.seen = True


async def test_while_slack_does_not_tell_it_is_kept_and_that_is_said(database: Database) -> None:
    async with slack_stage(database) as stage:
        arrives(stage, "dora")
        dora = stage.client("dora")
        stage.peer.plan("users.info", *FOREVER)
        said = await dora.types(DEAD, at=GENERAL)
        assert said.startswith("I am still asking who you are. What you sent is kept")
        await stage.wind(minutes=10)
        assert stage.count("incidents") == 0 and waiting(stage) == 1
        stage.peer._faults.clear()
        await stage.wind(minutes=1)
        assert stage.count("incidents") == 1 and waiting(stage) == 0
        answers = [each for each in stage.peer.sees(direct("UDORA")) if "INC-1" in each]
        assert len(answers) == 1 and "INC-1 is declared." in answers[0]
        for each in stage.peer.ledger:
            each.seen = True


async def test_where_slack_never_tells_they_may_do_what_strangers_may(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False) as stage:
        arrives(stage, "dora")
        stage.peer.plan("users.info", *[error("internal_error")] * 5000)
        await stage.client("dora").types(DEAD, at=GENERAL)
        await stage.wind(minutes=24 * 60 + 5)
        assert stage.count("incidents") == 0 and waiting(stage) == 0
        assert "I do not know yet who you are" in stage.peer.sees(direct("UDORA"))[-1]


async def test_what_was_answered_is_carried_out_though_the_process_ends(
    database: Database,
) -> None:
    """The 200 has gone out, the profile has not come: the next process asks, and carries on."""
    first = SlackStage(database)
    first.furnish()
    await first.start()
    arrives(first, "dora")
    first.peer.gates["users.info"] = asyncio.Event()
    dora = first.client("dora")
    got = await first.peer.deliver("slash_commands", dora.command(DEAD, at=GENERAL))
    assert got.status == 200
    assert first.count("incidents") == 0 and waiting(first) == 1
    for task in (*first.edge._later._begun, *first.edge._people._asking.values()):
        task.cancel()  # a dead process ends nothing that it had begun
    await first.stop()
    second = SlackStage(database)
    second.clock = first.clock
    arrives(second, "dora")
    await second.start()
    try:
        await second.wind(minutes=1)
        assert second.count("incidents") == 1 and waiting(second) == 0
        assert "INC-1 is declared." in second.peer.sees(direct("UDORA"))[0]
        assert len(second.peer.sees(INCIDENTS)) == 1
    finally:
        await second.stop()


async def test_what_leaves_no_trace_is_not_kept_and_is_given_back(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        arrives(stage, "dora")
        stage.peer.plan("users.info", error("internal_error"), error("internal_error"))
        said = await stage.client("dora").types("/lotse friction Dates are typed twice")
        assert "I do not know yet who you are" in said and "Dates are typed twice" in said
        assert stage.count("friction") == waiting(stage) == 0
        (row,) = stage.rows("select answer from deliveries where workspace = :workspace")
        assert "Dates" not in row["answer"]


async def test_whom_somebody_names_is_asked_about_in_the_same_way(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        arrives(stage, "dora")
        ben = stage.client("ben")
        await stage.client("anna").types(DEAD)
        await stage.client("ben").types("/lotse status")
        stage.peer.plan("users.info", *[error("internal_error")] * 4)
        said = await ben.types("/lotse assign 1 <@UDORA|dora>")
        assert "Ich frage noch nach, wen du genannt hast" in said, said
        assert waiting(stage) == 1
        stage.peer._faults.clear()
        await stage.wind(minutes=1)
        (row,) = stage.rows("select proposed_to from incidents where workspace = :workspace")
        assert row["proposed_to"] == "UDORA" and waiting(stage) == 0
        for each in stage.peer.ledger:
            each.seen = True


def test_a_kept_request_is_read_back_as_it_was() -> None:
    request = Request(
        "slack:T1:command:1",
        "main",
        "slack:T1:UDORA",
        "Dora",
        PlaceId("slack:CGEN"),
        "Kasse <tot> „ß“",
        mentions=(Named("ben", "slack:T1:UBEN", PlaceId("slack:@UBEN")),),
        kind="new",
        direct=PlaceId("slack:@UDORA"),
        place_name="general",
        thread="1.0",
        direct_name=True,
        about='{"x":1}',
    )
    assert read_request(kept(request)) == request
    pressed = replace(request, text="", call=Call("incident", {"title": "x"}), place_name=None)
    assert read_request(kept(pressed)) == pressed

"""Answers in Slack survive a hiccup, and whoever's answer was lost finds it under `status`."""

from __future__ import annotations

from typing import Any

import pytest

from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import PAGE, Fault, error, limited
from tests.pretend.slack_stage import SlackStage, slack_stage

DOWN = Fault("502", 502, PAGE, "text/html")
QUICK: dict[str, Any] = {"answer_life": 3.0, "answer_wait": 0.01}


def ephemeral(stage: SlackStage) -> list[str]:
    return [
        stage.peer.text(each.data["blocks"])
        for each in stage.peer.ledger
        if each.kind == "ephemeral"
    ]


@pytest.mark.parametrize(
    "fault",
    [limited("1"), DOWN, error("internal_error"), error("never_heard_of"), Fault("x", act="reset")],
    ids=lambda fault: fault.name,
)
async def test_one_hiccup_loses_no_answer(sqlite: Sqlite, fault: Fault) -> None:
    async with slack_stage(sqlite, strict=False, **QUICK) as stage:
        stage.peer.plan("chat.postEphemeral", fault)
        await stage.client("anna").says("<@UBOT> status", at="CGEN")
        await stage.settle()
        assert len(ephemeral(stage)) == 1


async def test_the_response_url_is_the_first_way(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False, **QUICK) as stage:
        anna = stage.client("anna")
        await anna.types("/incident Till is dead", at="CINC")
        [card] = stage.peer.at("CINC")
        block = next(each for each in card.data["blocks"] if each["type"] == "actions")
        payload = anna.action(card, block, block["elements"][-1])
        payload["response_url"] = stage.peer.respond_url("UANNA", "CINC")
        stage.peer.plan("response_url", DOWN)
        await stage.peer.deliver("interactive", payload)
        await stage.settle()
        called = [method for method, _data in stage.peer.calls]
        assert called.count("response_url") == 2 and "chat.postEphemeral" not in called
        [(_method, said)] = [each for each in stage.peer.calls if each[0] == "response_url"][:1]
        assert said["response_type"] == "ephemeral" and said["replace_original"] is False


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/none", "https://evil.example/x", "", 7])
async def test_an_address_that_is_not_slack_s_is_not_called(sqlite: Sqlite, url: object) -> None:
    async with slack_stage(sqlite, strict=False, **QUICK) as stage:
        anna = stage.client("anna")
        await anna.types("/incident Till is dead", at="CINC")
        [card] = stage.peer.at("CINC")
        block = next(each for each in card.data["blocks"] if each["type"] == "actions")
        payload = anna.action(card, block, block["elements"][-1])
        payload["response_url"] = url
        await stage.peer.deliver("interactive", payload)
        await stage.settle()
        assert len(ephemeral(stage)) == 1


async def test_whose_answer_is_lost_finds_it_under_status(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite, strict=False, **QUICK) as stage:
        anna = stage.client("anna")
        await anna.types("/incident Till is dead", at="CINC")
        for method in ("chat.postEphemeral", "chat.postMessage"):
            stage.peer.plan(method, *(DOWN for _each in range(2)))
        await anna.says("<@UBOT> incidents", at="CGEN")
        await stage.settle()
        assert not ephemeral(stage)
        assert "An answer to you did not arrive" in await anna.types("/lotse status")
        assert "INC-1" in await anna.press("Show the answer")
        assert "did not arrive" not in await anna.types("/lotse status")

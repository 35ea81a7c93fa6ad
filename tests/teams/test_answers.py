"""Answers in Teams survive a hiccup, keep its pace, and are found under `status` if lost."""

from __future__ import annotations

from typing import Any

import pytest

from bot.delivery.answering import Answering
from bot.delivery.outages.pace import Pace
from bot.delivery.platform import NotAccepted
from bot.teams.sender import Teams
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import PAGE, Fault
from tests.pretend.stage import Chat
from tests.pretend.teams_stage import GENERAL, teams_stage

DOWN = Fault("502", 502, PAGE, "text/html")
QUICK: dict[str, Any] = {"answer_life": 3.0, "answer_wait": 0.01}


@pytest.mark.parametrize(
    "fault",
    [
        DOWN,
        Fault("429", 429, b"{}", headers=(("Retry-After", "1"),)),
        Fault("412", 412, b'{"error": {"code": "PreconditionFailed"}}'),
    ],
    ids=lambda fault: fault.name,
)
@pytest.mark.parametrize("at", ["", GENERAL], ids=["personal", "channel"])
async def test_one_hiccup_loses_no_answer(sqlite: Sqlite, fault: Fault, at: str) -> None:
    async with teams_stage(sqlite, strict=False, **QUICK) as stage:
        stage.peer.plan("post", fault)
        await stage.client("Anna").says("status", at=at)
        await stage.settle()
        assert "Nothing is waiting for you right now." in "\n".join(stage.peer.sees("a:anna"))


async def test_whose_answer_is_lost_finds_it_under_status(sqlite: Sqlite) -> None:
    async with teams_stage(sqlite, strict=False, **QUICK) as stage:
        anna = stage.client("Anna")
        stage.peer.plan("post", DOWN, DOWN)
        await anna.says("status")
        await stage.settle()
        assert "An answer to you did not arrive" in await anna.says("status")


async def test_sixty_answers_keep_the_platform_s_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 60 at once 7 go out, then one a second."""
    moment, given = [0.0], list[float]()

    async def sleep(seconds: float) -> None:
        moment[0] += seconds

    monkeypatch.setattr("bot.delivery.answering.asyncio.sleep", sleep)
    platform = Chat(rate=Teams.rate)
    answering = Answering(platform, Pace(lambda: moment[0]))

    async def way() -> None:
        given.append(moment[0])

    for _each in range(60):
        assert await answering.give("main", "teams:@anna", way)
    assert sum(each == 0 for each in given) == 7
    assert all(
        later - earlier >= 0.99 for earlier, later in zip(given[6:-1], given[7:], strict=True)
    )


async def test_a_way_that_takes_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_seconds: float) -> None:
        pass

    monkeypatch.setattr("bot.delivery.answering.asyncio.sleep", sleep)
    tried: list[str] = []

    async def never() -> None:
        tried.append("never")
        raise NotAccepted("not now")

    async def last() -> None:
        tried.append("last")

    answering = Answering(Chat(), Pace(lambda: 0.0), life=2.0, first=0.9)
    assert await answering.give("main", "local:@anna", never, last)
    assert tried[-1] == "last" and len(tried) >= 2

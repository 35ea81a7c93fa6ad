"""A start without a gap: until Slack has said who we are, nothing is answered and thrown away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.delivery.platform import Away, Refused
from storage.engine import Database
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import Fault, error, limited
from tests.pretend.slack_stage import SlackStage, slack_stage

PAGE = b"<html>Bad Gateway</body>"
RESET = Fault("reset", act="reset")


def stage_of(database: Database, over: str = "http", **given: Any) -> SlackStage:
    """Return a stage whose Slack does not say who we are until its gate is opened."""
    stage = SlackStage(database, over, **{"patience": 0.01, "first_wait": 0.01, **given})
    stage.furnish()
    stage.peer.gates["auth.test"] = asyncio.Event()
    return stage


def deliveries(stage: SlackStage) -> int:
    rows = stage.rows("select count(*) as n from deliveries where workspace = :workspace")
    return int(rows[0]["n"])


async def test_until_slack_has_introduced_us_everything_is_refused_and_comes_again(
    database: Database,
) -> None:
    stage = stage_of(database)
    await stage.start()
    try:
        anna = stage.client("anna")
        said = stage.peer.event(
            {"type": "message", "channel_type": "im", "user": anna.id, "text": "incident Till",
             "ts": "1.0", "team": "T1", "channel": "DANNA"}
        )  # fmt: skip
        press = {
            "type": "block_actions",
            "team": {"id": "T1"},
            "user": anna.user,
            "actions": [{"type": "button", "action_id": "a", "block_id": "b", "value": "{}"}],
        }
        for kind, payload in (
            ("events_api", said),
            ("slash_commands", anna.command("/incident Till is dead")),
            ("interactive", press),
        ):
            got = await stage.peer.deliver(kind, payload)
            assert (got.status, got.body) == (503, ""), kind
        assert deliveries(stage) == 0
        stage.peer.gates["auth.test"].set()
        await stage.edge.identify_us()
        assert (await stage.peer.deliver("events_api", said)).status == 200
        assert "INC-" in await anna.types("/incident Light is out")
        assert deliveries(stage) == 2
    finally:
        await stage.stop()


async def test_socket_mode_connects_only_once_we_are_introduced(sqlite: Sqlite) -> None:
    stage = stage_of(sqlite, "socket")
    starting = asyncio.create_task(stage.start())
    try:
        await asyncio.sleep(0.05)
        assert stage.peer.linked == 0
        stage.peer.gates["auth.test"].set()
        await starting
        assert "INC-1" in await stage.client("anna").types("/incident Till is dead")
    finally:
        await stage.stop()


@pytest.mark.parametrize(
    "fault",
    [Fault("502", 502, PAGE, "text/html"), RESET, limited("0"), error("internal_error"),
     error("service_unavailable"), error("never heard of this")],
    ids=lambda fault: fault.name,
)  # fmt: skip
async def test_a_hiccup_of_slack_is_waited_out(sqlite: Sqlite, fault: Fault) -> None:
    stage = stage_of(sqlite)
    stage.peer.gates.clear()
    stage.peer.plan("auth.test", fault)
    await stage.start()
    try:
        await stage.edge.identify_us()
        assert "INC-1" in await stage.client("anna").types("/incident Till is dead")
    finally:
        await stage.stop()


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_only_a_real_refusal_ends_the_start_also_when_it_comes_late(
    sqlite: Sqlite, code: str
) -> None:
    stage = stage_of(sqlite)
    stage.peer.gates.clear()
    stage.peer.plan("auth.test", Fault("502", 502, PAGE, "text/html"), error(code))
    await stage.start()
    try:
        with pytest.raises(Refused, match="SLACK_BOT_TOKEN"):
            await stage.edge.identify_us()
    finally:
        await stage.stop()


async def test_nothing_is_sent_before_we_are_introduced(sqlite: Sqlite) -> None:
    stage = stage_of(sqlite)
    await stage.start()
    try:
        with pytest.raises(Away):
            await stage.edge.installations.of_workspace("main")
        stage.peer.gates["auth.test"].set()
        await stage.edge.identify_us()
        assert (await stage.edge.installations.of_workspace("main")).team == "T1"
    finally:
        await stage.stop()


async def test_a_stranger_is_still_told_so_once_we_know_who_we_are(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        command = {**stage.client("anna").command("/lotse"), "team_id": "T9"}
        got = await stage.peer.deliver("slash_commands", command)
        assert got.status == 200 and "not installed" in str(got.body)


async def test_slack_may_look_whether_the_certificate_is_good(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as stage:
        assert stage.peer._session is not None
        async with stage.peer._session.get(f"{stage.peer.request_url}?ssl_check=1") as answer:
            assert answer.status == 200
        async with stage.peer._session.get(stage.peer.request_url) as answer:
            assert answer.status == 405
        got = await stage.peer.post(b"ssl_check=1&token=x", "application/x-www-form-urlencoded")
        assert got.status == 200

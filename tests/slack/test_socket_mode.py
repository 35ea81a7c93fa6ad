"""Socket Mode: two connections that come back whatever ends them, and nothing said too early."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncIterator
from concurrent.futures import Future
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.slack.socket_mode import CONNECTIONS, Sockets
from storage.engine.sqlite import Sqlite
from tests.conftest import Logged
from tests.pretend.slack_peer import APP_TOKEN, error
from tests.pretend.slack_stage import INCIDENTS, SlackStage, slack_stage

# As in life, only that it is tried again sooner.
LIVELY = functools.partial(Sockets, look=0.05)
# And that silence is noticed sooner: a pong within half of `ping`, which a busy machine needs.
WATCHFUL = functools.partial(LIVELY, silent=3.0, ping=1.0)


@pytest.fixture
async def slack(sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """Lotse over two connections of its own opening, which nothing but the test ends."""
    async with slack_stage(sqlite, "socket", sockets=LIVELY) as stage:
        yield stage


@pytest.fixture
async def watchful(sqlite: Sqlite) -> AsyncIterator[SlackStage]:
    """The same, quick to notice that a connection is gone."""
    async with slack_stage(sqlite, "socket", sockets=WATCHFUL) as stage:
        yield stage


async def declares(slack: SlackStage, number: int = 1) -> None:
    """Declare over the newest connection, and look at what comes of it."""
    said = await slack.client("anna").types(f"/incident Till {number} is dead")
    assert f"INC-{number} is declared." in said
    assert len(slack.peer.sees(INCIDENTS)) == len(slack.peer.sees("DBEN")) == number


async def test_two_connections_stand_and_each_serves(slack: SlackStage) -> None:
    assert len(slack.peer.open_links()) == CONNECTIONS == 2
    await declares(slack)
    slack.peer.links.reverse()
    await declares(slack, 2)
    assert not slack.edge.over_http


async def test_an_envelope_is_acknowledged_after_the_commit_and_not_before(
    slack: SlackStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[tuple[Any, Future[Any]]] = []
    real = slack.database.submit

    def late(work: Any, _workspace: object = None) -> Future[Any]:
        waiting: Future[Any] = Future()
        held.append((work, waiting))
        return waiting

    anna = slack.client("anna")
    with monkeypatch.context() as holding:
        holding.setattr(slack.database, "submit", late)
        sending = asyncio.create_task(
            slack.peer.envelope("slash_commands", anna.command("/incident Till is dead"), id="e1")
        )
        async with asyncio.timeout(5):
            while not held:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        assert "e1" not in slack.peer.acks, "nothing is stored yet"
        work, waiting = held.pop()
    waiting.set_result(real(work).result())
    got = await sending
    assert got.status == 200 and "INC-1 is declared." in str(got.body)
    await slack.carry()
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN")


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    slack: SlackStage, monkeypatch: pytest.MonkeyPatch, logged: Logged
) -> None:
    from storage.engine import Unavailable

    def broken(_work: Any, _workspace: object = None) -> Future[Any]:
        failed: Future[Any] = Future()
        failed.set_exception(Unavailable("the disk is full"))
        return failed

    words = {"type": "message", "channel_type": "im", "user": "UANNA", "channel": "DANNA"}
    event = slack.peer.event({**words, "ts": "1.1", "text": "incident Till is dead"})
    slack.peer.patience = 0.2
    with monkeypatch.context() as trouble:
        trouble.setattr(slack.database, "submit", broken)
        assert (await slack.peer.envelope("events_api", event, id="e1")).status is None
    logged.take("could not be stored")
    slack.peer.patience = 3
    assert (await slack.peer.envelope("events_api", event, id="e1")).status == 200
    assert (await slack.peer.envelope("events_api", event, id="e2")).status == 200
    await slack.carry()
    assert slack.count("incidents") == 1
    for place in (INCIDENTS, "DBEN", "DANNA"):
        assert len(slack.peer.sees(place)) == 1


ENDS = {
    "a refresh": {"type": "disconnect", "reason": "refresh_requested"},
    "a warning": {"type": "disconnect", "reason": "warning"},
    "too many": {"type": "disconnect", "reason": "too_many_websockets"},
}


@pytest.mark.parametrize("reason", ENDS)
async def test_a_connection_that_slack_ends_is_made_anew(slack: SlackStage, reason: str) -> None:
    for number in (1, 2):
        before = slack.peer.linked
        ending = slack.peer.open_links()[0]
        await ending.send_json(ENDS[reason])
        await slack.peer.connected(1, more_than=before)
        await declares(slack, number)
    await slack.peer.connected(2)


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_connection_that_breaks_is_made_anew(watchful: SlackStage, how: str) -> None:
    before = watchful.peer.linked
    for each in watchful.peer.open_links():
        if how == "close":
            await each.close()
        else:
            transport = each._req.transport if each._req is not None else None
            assert transport is not None
            transport.abort()
    await watchful.peer.connected(2, more_than=before + 1)
    await declares(watchful)


async def test_a_connection_that_has_died_silently_is_made_anew(watchful: SlackStage) -> None:
    before = watchful.peer.linked
    for each in watchful.peer.open_links():
        each._autoping = False  # it takes everything and never answers a ping
        assert each._reader is not None
    await watchful.peer.connected(2, more_than=before + 1)
    await declares(watchful)


@pytest.mark.parametrize(
    "frame", ["{", "[]", "null", "{}", "x" * 10, '{"type":"hello"}', '{"type":"unheard_of"}',
              '{"envelope_id":"e","type":"events_api"}', '{"envelope_id":7,"payload":[]}',
              '{"envelope_id":"e","type":"interactive","payload":{"type":"block_actions"}}'],
)  # fmt: skip
async def test_a_frame_that_makes_no_sense_harms_nothing(
    slack: SlackStage, frame: str, logged: Logged
) -> None:
    for each in slack.peer.open_links():
        await each.send_str(frame)
    await asyncio.sleep(0.02)
    await declares(slack)
    assert all("xoxb" not in each.getMessage() for each in logged.records)
    logged.records.clear()


@pytest.mark.parametrize("code", ["invalid_auth", "link_disabled", "too_many_websockets"])
async def test_a_refused_connection_is_told_and_tried_again(
    watchful: SlackStage, code: str, logged: Logged
) -> None:
    before = watchful.peer.linked
    watchful.peer.plan("apps.connections.open", error(code), error(code))
    for each in watchful.peer.open_links():
        await each.close()
    await watchful.peer.connected(2, more_than=before + 1)
    await declares(watchful)
    assert all(APP_TOKEN not in each.getMessage() for each in logged.records)
    logged.records.clear()


async def test_a_socket_mode_that_is_refused_is_told_in_health_with_slack_s_reason(
    watchful: SlackStage, logged: Logged
) -> None:
    assert watchful.edge.trouble() == ""
    refusals = [error("too_many_websockets")] * 500
    watchful.peer.plan("apps.connections.open", *refusals)
    for each in watchful.peer.open_links():
        await each.close()
    async with asyncio.timeout(30):
        while "too_many_websockets" not in watchful.edge.trouble():  # noqa: ASYNC110, time passes
            await asyncio.sleep(0.02)
    watchful.peer._faults.clear()
    await watchful.peer.connected(2, more_than=2)
    logged.records.clear()


async def test_no_payload_is_logged(slack: SlackStage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await slack.client("anna").types("/incident Till is dead canary-77")
    assert "canary-77" not in "".join(
        each.getMessage() for each in caplog.records if each.name.startswith(("lotse", "slack"))
    )
    assert slack.peer.sees(INCIDENTS) and slack.peer.sees("DBEN")


async def test_many_at_once_are_all_answered(slack: SlackStage) -> None:
    slack.peer.patience = 60  # how soon is for the benchmarks to say
    anna = slack.client("anna")
    commands = [anna.command(f"/incident Till is dead {n}") for n in range(100)]
    answers = await asyncio.gather(
        *(slack.peer.deliver("slash_commands", each) for each in commands)
    )
    assert all(each.status == 200 for each in answers)
    await slack.wind(minutes=1 / 60)  # a list is written once for what comes within a second
    assert len(slack.peer.sees(INCIDENTS)) == 100
    seen = "\n".join(slack.peer.sees("DBEN"))
    assert seen.count("[Ich kümmere mich um INC-") == 100, "each has its line and its button"


async def test_too_many_connections_are_not_answered_by_more(slack: SlackStage) -> None:
    await slack.peer.connected(2)
    opened = slack.peer.linked
    for each in slack.peer.open_links():
        await each.send_json({"type": "disconnect", "reason": "too_many_websockets"})
    await asyncio.sleep(0.3)
    assert slack.peer.linked - opened <= 4, "there are waits between them, and they grow"


async def test_an_acknowledgement_that_cannot_be_sent_is_a_line_of_the_log(
    slack: SlackStage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection ended in between: what was stored is stored, and comes again."""
    await slack.peer.connected(2)

    tried = asyncio.Event()

    async def closing(_socket: object, _response: object) -> None:
        tried.set()
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    payload = slack.client("anna").command("/incident Till is dead", INCIDENTS)
    monkeypatch.setattr(SocketModeClient, "send_socket_mode_response", closing)
    with caplog.at_level(logging.WARNING):
        sending = asyncio.create_task(slack.peer.envelope("slash_commands", payload))
        async with asyncio.timeout(30):
            await tried.wait()
        await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    (said,) = [each for each in caplog.records if "acknowledgement" in each.getMessage()]
    assert said.levelno == logging.WARNING and said.exc_info is None
    await slack.carry()
    assert any("Till is dead" in each for each in slack.peer.sees(INCIDENTS))
    assert slack.peer.sees("DBEN")

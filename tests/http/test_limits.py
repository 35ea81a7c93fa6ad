"""The door: slow clients are let go, and what is asked beyond the limit is told to come again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.http import limits as http_limits
from bot.http.limits import FULL, LimitedRunner
from storage.engine.sqlite import Sqlite
from tests.pretend.slack_peer import sign
from tests.pretend.slack_stage import slack_stage

QUICK: dict[str, Any] = {"headers": 0.2, "idle": 0.4, "look": 0.02}


class Site:
    """An application behind the door. `/slow` answers when it is let go."""

    def __init__(self, port: int, go: asyncio.Event, runner: LimitedRunner) -> None:
        self.port, self.go, self.runner = port, go, runner
        self.inside = 0  # how many have come to `/slow`

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def raw(self, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection and say something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        return reader, writer


@asynccontextmanager
async def site(takes: float = 0.2, **limits: Any) -> AsyncIterator[Site]:
    go = asyncio.Event()

    async def quick(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def slow(request: web.Request) -> web.Response:
        there.inside += 1
        await request.read()
        await go.wait()
        return web.Response(text="ok")

    async def taken(request: web.Request) -> web.Response:
        try:
            return web.Response(text=str(len(await http_limits.body(request, 100, takes))))
        except http_limits.Unread as refusal:
            return web.Response(status=refusal.status)

    app = web.Application()
    app.router.add_get("/quick", quick)
    app.router.add_get("/slow", slow)
    app.router.add_post("/slack/events", slow)
    app.router.add_post("/takes", taken)
    runner = LimitedRunner(app, **{**QUICK, **limits})
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there = Site(runner.addresses[0][1], go, runner)
    try:
        yield there
    finally:
        go.set()
        await runner.cleanup()


async def ended(reader: asyncio.StreamReader, within: float = 2.0) -> bytes:
    """Return what is said until the connection ends."""
    async with asyncio.timeout(within):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", b"GET /quick HTTP/1.1\r\nHost: a\r\nX-Half: "],
    ids=["silent", "one", "half"],
)
async def test_who_does_not_ask_is_let_go(sent: bytes) -> None:
    async with site() as there:
        reader, writer = await there.raw(sent)
        began = asyncio.get_running_loop().time()
        assert await ended(reader) == b""
        assert 0.1 < asyncio.get_running_loop().time() - began < 1.5
        writer.close()


async def test_who_asks_byte_by_byte_is_let_go() -> None:
    async with site() as there:
        reader, writer = await there.raw()

        async def drip() -> None:
            with suppress(ConnectionError):
                for each in b"GET /quick HTTP/1.1\r\nHost: a\r\n" + b"X: " + b"y" * 1000:
                    writer.write(bytes([each]))
                    await writer.drain()
                    await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await ended(reader) == b""
        await dripping
        writer.close()


async def test_a_connection_may_be_used_again_for_a_while() -> None:
    async with site() as there:
        ask = b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n"
        reader, writer = await there.raw(ask)
        for _each in range(3):
            async with asyncio.timeout(2):
                assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.25)  # longer than a new connection may be silent
            writer.write(ask)
        async with asyncio.timeout(2):
            await reader.readuntil(b"ok")
        assert await ended(reader) == b""
        writer.close()


async def test_what_is_being_answered_is_not_let_go() -> None:
    async with site() as there, aiohttp.ClientSession() as session:
        asking = asyncio.create_task(_text(session, f"{there.url}/slow"))
        await asyncio.sleep(0.8)
        there.go.set()
        assert await asking == (200, "ok")


async def _text(session: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with session.get(url) as got:
        return got.status, await got.text()


async def test_a_body_has_to_come_and_to_be_small() -> None:
    async with site() as there, aiohttp.ClientSession() as session:
        for size, status in ((100, 200), (101, 413)):
            async with session.post(f"{there.url}/takes", data=b"x" * size) as got:
                assert got.status == status
        head = b"POST /takes HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf"
        reader, writer = await there.raw(head)
        async with asyncio.timeout(2):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        writer.close()


async def test_beyond_the_limit_it_is_said_when_to_come_again() -> None:
    async with site(at_once=2, platforms_at_once=2) as there, aiohttp.ClientSession() as session:
        busy = [asyncio.create_task(_text(session, f"{there.url}/slow")) for _each in range(2)]
        await asyncio.sleep(0.1)
        async with session.get(f"{there.url}/quick") as got:
            assert (got.status, got.headers["Retry-After"]) == (503, "1")
        platform = [
            asyncio.create_task(_posted(session, f"{there.url}/slack/events")) for _each in range(3)
        ]
        await asyncio.sleep(0.1)
        assert sorted(each.done() for each in platform) == [False, False, True]
        there.go.set()
        assert [await each for each in busy] == [(200, "ok")] * 2
        assert sorted([await each for each in platform]) == [200, 200, 503]
        assert await _text(session, f"{there.url}/quick") == (200, "ok")


async def _posted(session: aiohttp.ClientSession, url: str) -> int:
    async with session.post(url, data=b"x") as got:
        return got.status


async def test_when_there_is_no_room_the_silent_make_place() -> None:
    async with site(connections=5, headers=30.0) as there:
        silent = [await there.raw() for _each in range(8)]
        await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as session:
            assert await _text(session, f"{there.url}/quick") == (200, "ok")
        assert await ended(silent[0][0]) == b"", "whoever was silent for longest"
        for _reader, writer in silent:
            writer.close()


async def test_who_has_been_answered_and_rests_makes_place_first() -> None:
    """They come again; whoever has just come has not been heard yet."""
    async with site(connections=2, headers=30.0, idle=30.0) as there:
        new, new_writer = await there.raw()
        rests, rests_writer = await there.raw(b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(20):
            assert b"200 OK" in await rests.readuntil(b"\r\n\r\nok")
        async with aiohttp.ClientSession() as session:
            assert await _text(session, f"{there.url}/quick") == (200, "ok")
        assert await ended(rests, 20) == b"" and not new.at_eof()
        for writer in (new_writer, rests_writer):
            writer.close()


HALF_BODY = b"POST /takes HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf"


@pytest.mark.parametrize("sent", [b"", b"GET /quick HTTP/1.1\r\nX: ", HALF_BODY])
async def test_one_address_holds_only_so_many_that_are_not_whole(sent: bytes) -> None:
    """Else a thousand halves of one address leave no connection for anybody else."""
    async with site(connections=20, each=3, headers=30.0, takes=30.0, moment=0.05) as there:
        slow = [await there.raw(sent) for _each in range(40)]
        async with asyncio.timeout(20):
            for reader, _writer in slow[:37]:
                assert await ended(reader, 20) in (b"", FULL)
        assert not any(reader.at_eof() for reader, _writer in slow[37:])
        async with aiohttp.ClientSession() as session:
            for _again in range(5):
                assert await _text(session, f"{there.url}/quick") == (200, "ok")
                assert await _posted(session, f"{there.url}/takes") == 200
        for _reader, writer in slow:
            writer.close()


async def test_whole_requests_of_one_address_are_not_counted() -> None:
    async with site(each=2, moment=0.0) as there, aiohttp.ClientSession() as session:
        busy = []
        for n in range(9):
            busy.append(asyncio.create_task(_posted(session, f"{there.url}/slack/events")))
            async with asyncio.timeout(20):
                while there.inside <= n:  # noqa: ASYNC110, they are let in one by one
                    await asyncio.sleep(0.01)
        assert await _text(session, f"{there.url}/quick") == (200, "ok")
        there.go.set()
        assert [await each for each in busy] == [200] * 9


async def test_when_all_are_busy_a_new_connection_is_told_so() -> None:
    async with site(connections=2) as there, aiohttp.ClientSession() as session:
        busy = [asyncio.create_task(_text(session, f"{there.url}/slow")) for _each in range(2)]
        await asyncio.sleep(0.1)
        reader, writer = await there.raw(b"GET /quick HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await ended(reader)).startswith(b"HTTP/1.1 503")
        writer.close()
        there.go.set()
        assert [await each for each in busy] == [(200, "ok")] * 2


async def test_slack_is_heard_while_two_hundred_slow_clients_wait(sqlite: Sqlite) -> None:
    async with slack_stage(sqlite) as slack:
        port = int(slack.peer.request_url.split(":")[2].partition("/")[0])
        half = b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
        signed = b"".join(f"{k}: {v}\r\n".encode() for k, v in sign(b"x", "1").items())
        slow = [await asyncio.open_connection("127.0.0.1", port) for _each in range(200)]
        for n, (_reader, writer) in enumerate(slow):
            writer.write((b"", half, b"POST /slack/events HTTP/1.1\r\n" + signed)[n % 3])
        for n in range(3):
            assert f"INC-{n + 1}" in await slack.client("anna").types(f"/incident Till {n} is dead")
        for _reader, writer in slow:
            writer.close()
        for each in slack.peer.ledger:
            each.seen = True


async def test_headers_that_are_too_long_are_refused_in_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A traceback for each of them would fill the log."""
    async with site() as there:
        sent = b"GET /quick HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n"
        reader, writer = await there.raw(sent)
        assert (await ended(reader, 20)).startswith(b"HTTP/1.0 400")
        writer.close()
        async with aiohttp.ClientSession() as session:
            assert await _text(session, f"{there.url}/quick") == (200, "ok")
    told = [each for each in caplog.records if each.name == "aiohttp.server"]
    assert [each.exc_info for each in told] == [None]
    assert "refused" in told[0].getMessage() and "x" * 50 not in told[0].getMessage()

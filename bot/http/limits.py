"""Limits at the network: deadlines for slow clients, and room for so many at once.

aiohttp waits for a request as long as the connection stays open. Here whoever
connects has to ask within seconds, and a body has to arrive; when there is no
more room, those who wait longest without asking make place, and what is asked
beyond the limit is answered with 503. A platform's own requests have room apart.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.http.connections import Connections

HEADERS = 5.0  # seconds from connecting to the end of the first request's headers
IDLE = 150.0  # seconds between two requests; longer than proxies keep a connection
LOOK = 0.5  # seconds between two looks at who is late
CONNECTIONS = 1000
EACH = 100  # connections of one address whose first or present request is not whole yet
MOMENT = 1.0  # seconds that a connection may take for that, however many there are
AT_ONCE = 128  # requests in work
PLATFORMS_AT_ONCE = 512  # the same, for what chat platforms ask
PLATFORMS = ("/slack/events", "/api/messages")
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Unread(Exception):
    """A body that is too large, does not arrive or breaks off; `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def body(request: web.Request, largest: int, limit: float) -> bytes:
    """Return a request's body as it came; raises `Unread` (413, 408 or 400).

    Not more than `largest` bytes are taken, within `limit` seconds.
    """
    raw = bytearray()
    place = _HELD.get()
    if place is not None:
        place.leave()  # whoever sends half a body keeps nobody from working
    try:
        async with asyncio.timeout(limit):
            async for chunk in request.content.iter_chunked(16384):
                raw += chunk
                if len(raw) > largest:
                    raise Unread(413)
    except TimeoutError:
        raise Unread(408) from None
    except (ConnectionError, RuntimeError, web.RequestPayloadError):
        raise Unread(400) from None  # it ended, or makes no sense
    if place is not None:
        place.is_whole()
        if not place.enter():
            raise Unread(503)
    return bytes(raw)


class _Place:
    """The place of one request among those in work; `is_whole` is told once its body came."""

    def __init__(
        self, room: dict[bool, int], platform: bool, is_whole: Callable[[], object]
    ) -> None:
        self._room, self._platform, self.taken = room, platform, False
        self.is_whole = is_whole

    def enter(self) -> bool:
        """Take it; say whether there was one."""
        if not self._room[self._platform]:
            return False
        self._room[self._platform] -= 1
        self.taken = True
        return True

    def leave(self) -> None:
        """Give it back."""
        if self.taken:
            self._room[self._platform] += 1
            self.taken = False


_HELD: ContextVar[_Place | None] = ContextVar("the place of this request", default=None)


class _Plainly(logging.Filter):
    """Tells a request that makes no sense in a line, not in a page for each of them."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.exc_info, record.exc_text = None, None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.msg, record.args = "A request was refused: %s", (type(error).__name__,)
        return True


class LimitedRunner(web.AppRunner):
    """Runs an application behind the deadlines and limits."""

    def __init__(
        self,
        app: web.Application,
        *,
        headers: float = HEADERS,
        idle: float = IDLE,
        look: float = LOOK,
        connections: int = CONNECTIONS,
        each: int = EACH,
        moment: float = MOMENT,
        at_once: int = AT_ONCE,
        platforms_at_once: int = PLATFORMS_AT_ONCE,
        **given: Any,
    ) -> None:

        @web.middleware
        async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._let_in(request, handler)

        app.middlewares.insert(0, let_in)
        super().__init__(app, access_log=None, auto_decompress=False, **given)
        self._headers, self._idle, self._look = headers, idle, look
        self._most, self._moment = connections, moment
        self._connections: Connections[web.RequestHandler] = Connections(each)
        self._room = {False: at_once, True: platforms_at_once}
        self._looking: asyncio.Task[None] | None = None

    async def setup(self) -> None:
        server = logging.getLogger("aiohttp.server")
        if not any(isinstance(each, _Plainly) for each in server.filters):
            server.addFilter(_Plainly())
        await super().setup()
        self._looking = asyncio.create_task(self._watch(), name="limits")

    async def cleanup(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await super().cleanup()

    @property
    def server(self) -> web.Server | None:
        """What makes a protocol of each new connection; sites ask for it."""
        made = super().server
        if made is None:
            return None
        return cast(web.Server, lambda: _Door(self, made))

    def comes(self, handler: web.RequestHandler, transport: asyncio.Transport) -> bool:
        """Note a new connection; say whether there is room for it."""
        if len(self._connections) >= self._most and not self._make_place():
            return False
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        now = asyncio.get_running_loop().time()
        self._connections.came(handler, address, now, now + self._headers)
        return True

    def goes(self, handler: web.RequestHandler) -> None:
        """Note that a connection has ended."""
        self._connections.gone(handler)

    def _make_place(self) -> bool:
        """Let go of whoever needs their connection least; say whether there was somebody."""
        least = self._connections.least_needed()
        if least is not None:
            self._close(least)
        return least is not None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._look)
            now = asyncio.get_running_loop().time()
            for handler in self._connections.late(now):
                self._close(handler)
            for handler in self._connections.too_many(now, self._moment):
                self._close(handler)

    def _close(self, handler: web.RequestHandler) -> None:
        self._connections.gone(handler)
        if handler.transport is not None:
            handler.transport.abort()

    async def _let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        self._connections.asks(connection)
        if not request.content.is_eof():  # half a body is held against its address, too
            self._connections.begins(connection)
        platform = request.path.startswith(PLATFORMS)
        try:
            place = _Place(self._room, platform, lambda: self._connections.is_whole(connection))
            if not place.enter():
                return web.Response(status=503, headers={"Retry-After": "1"})
            _HELD.set(place)
            try:
                return await handler(request)
            finally:
                place.leave()
        finally:
            self._connections.rests(connection, asyncio.get_running_loop().time() + self._idle)


class _Door(asyncio.Protocol):
    """Lets a connection in if there is room, else says that there is none and hangs up."""

    def __init__(self, runner: LimitedRunner, made: web.Server) -> None:
        self._runner, self._handler = runner, made()
        self._inside = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._inside = self._runner.comes(self._handler, cast(asyncio.Transport, transport))
        if self._inside:
            self._handler.connection_made(transport)
            return
        with contextlib.suppress(ConnectionError):
            cast(asyncio.Transport, transport).write(FULL)
        transport.close()

    def data_received(self, data: bytes) -> None:
        if self._inside:
            self._handler.data_received(data)

    def eof_received(self) -> None:
        if self._inside:
            self._handler.eof_received()

    def pause_writing(self) -> None:
        if self._inside:
            self._handler.pause_writing()

    def resume_writing(self) -> None:
        if self._inside:
            self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._inside:
            self._runner.goes(self._handler)
            self._handler.connection_lost(exc)

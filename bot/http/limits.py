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
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

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
        self._connections, self._each, self._moment = connections, each, moment
        self._unasked: dict[web.RequestHandler, str] = {}  # whose request is not whole yet
        self._asked: set[web.RequestHandler] = set()  # who has been answered before
        self._room = {False: at_once, True: platforms_at_once}
        self._open: dict[web.RequestHandler, float] = {}
        self._silent: OrderedDict[web.RequestHandler, float] = OrderedDict()  # until when
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

        def connected() -> asyncio.Protocol:
            if len(self._open) >= self._connections and not self._make_place():
                return _Full()
            handler = made()
            now = asyncio.get_running_loop().time()
            self._open[handler] = now
            self._silent[handler] = now + self._headers
            asyncio.get_running_loop().call_soon(self._connected, handler)
            return handler

        return cast(web.Server, connected)

    def _connected(self, handler: web.RequestHandler) -> None:
        """Count a new connection, once it is known whose it is."""
        if handler.transport is None:
            later = asyncio.get_running_loop().call_later
            later(0.01, lambda: self._not_whole(handler) if handler in self._silent else None)
        else:
            self._not_whole(handler)

    def _not_whole(self, handler: web.RequestHandler) -> None:
        """Count a connection on which a request is under way against its address."""
        if handler.transport is None:
            return
        peer = handler.transport.get_extra_info("peername")
        self._unasked[handler] = str(peer[0]) if isinstance(peer, tuple) else ""

    def _keep_bounds(self, now: float) -> None:
        """Let go of the oldest of an address that has too many which are not whole.

        Many that come at once from one proxy have a moment to ask.
        """
        by_address: dict[str, list[web.RequestHandler]] = {}
        for handler, address in self._unasked.items():
            by_address.setdefault(address, []).append(handler)
        for same in by_address.values():
            for each in same[: max(len(same) - self._each, 0)]:
                if now - self._open.get(each, now) >= self._moment:
                    self._silent.pop(each, None)
                    self._close(each)

    def _of_the_greediest(self) -> web.RequestHandler | None:
        """Return the oldest that is not whole, of the address that has most and too many."""
        counts = Counter(self._unasked.values())
        for address, number in counts.most_common(1):
            if number > self._each:
                return next(each for each, whose in self._unasked.items() if whose == address)
        return None

    def _make_place(self) -> bool:
        """Let go of a connection that is gone, or of whoever needs it least.

        That is who has been answered and rests, then the address with too many that are not
        whole, then who has been silent for longest; else one address pushes out whoever has
        just come, before a word of theirs can have arrived.
        """
        self._forget_lost()
        if len(self._open) < self._connections:
            return True
        resting = (each for each in self._silent if each in self._asked)
        longest = next(resting, None) or self._of_the_greediest() or next(iter(self._silent), None)
        if longest is None:
            return False
        self._silent.pop(longest, None)
        self._close(longest)
        return True

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._look)
            self._forget_lost()
            now = asyncio.get_running_loop().time()
            for handler in [each for each, until in self._silent.items() if until <= now]:
                del self._silent[handler]
                self._close(handler)
            self._keep_bounds(now)

    def _forget_lost(self) -> None:
        now = asyncio.get_running_loop().time()
        # Whoever has just been accepted has no transport yet.
        lost = [
            each for each, since in self._open.items() if each.transport is None and now > since + 1
        ]
        for each in lost:
            del self._open[each]
            self._silent.pop(each, None)
            self._unasked.pop(each, None)
            self._asked.discard(each)

    def _close(self, handler: web.RequestHandler) -> None:
        self._open.pop(handler, None)
        self._unasked.pop(handler, None)
        self._asked.discard(handler)
        if handler.transport is not None:
            handler.transport.abort()

    async def _let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        self._silent.pop(connection, None)
        self._unasked.pop(connection, None)
        if not request.content.is_eof():  # half a body is held against its address, too
            self._not_whole(connection)
        platform = request.path.startswith(PLATFORMS)
        try:
            place = _Place(self._room, platform, lambda: self._unasked.pop(connection, None))
            if not place.enter():
                return web.Response(status=503, headers={"Retry-After": "1"})
            _HELD.set(place)
            try:
                return await handler(request)
            finally:
                place.leave()
        finally:
            self._unasked.pop(connection, None)
            if connection in self._open:
                self._asked.add(connection)
                self._silent[connection] = asyncio.get_running_loop().time() + self._idle


class _Full(asyncio.Protocol):
    """Says that there is no room, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        with contextlib.suppress(ConnectionError):
            cast(asyncio.Transport, transport).write(FULL)
        transport.close()

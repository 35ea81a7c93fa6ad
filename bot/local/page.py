"""The local page: a chat client in the browser, for one machine and for trying things out.

It talks JSON to its own server on the loopback address. Nobody else may: the
Host and Origin must be ours, and every call needs the token that was printed at
the start and that lives in the address's fragment, which browsers never send.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path

from aiohttp import web

from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.http.payload_limits import read_json
from bot.local.chat import Local
from bot.local.page_api import Answers
from bot.local.page_data import Json, Turned, number
from storage.engine import Database, StorageError

log = logging.getLogger("lotse.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HOSTS = ("localhost", "127.0.0.1", "[::1]")
TOKEN = "X-Lotse-Token"
BODY = 64 * 1024  # bytes one call may bring
ALIVE = 10.0  # seconds after which a silent stream says that it is still there
FOLDER = Path(__file__).parent / "static"
KINDS = {
    ".html": "text/html", ".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript",
}  # fmt: skip
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Page:
    """The page's files and routes."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        database: Database,
        local: Local,
        clock: Clock,
        workspace: str,
        token: str,
        wind: Callable[[datetime], Awaitable[None]],
    ) -> None:
        self._answers = Answers(dispatcher, database, local, clock, workspace, wind)
        self._local = local
        self._token = token
        self._closing = False
        self._files = {
            each.name: (each.read_bytes(), KINDS[each.suffix]) for each in FOLDER.iterdir()
        }

    def add_to(self, app: web.Application) -> None:
        """Add the page's routes to an application."""
        app.router.add_get("/", self._file("index.html"))
        for name in self._files:
            if name != "index.html":
                app.router.add_get(f"/page/{name}", self._file(name))
        answers = self._answers
        for path, look in {
            "state": answers.state,
            "lines": answers.lines,
            "find": answers.find,
        }.items():
            app.router.add_get(f"/page/api/{path}", self._guarded(answer(look), api=True))
        app.router.add_get("/page/api/stream", self._guarded(self._stream, api=True))
        for path, act in {
            "say": answers.say,
            "press": answers.press,
            "submit": answers.submit,
            "read": answers.read,
            "wind": answers.wind,
            "person": answers.person,
            "company": answers.company,
        }.items():
            app.router.add_post(f"/page/api/{path}", self._guarded(posted(act), api=True))
        app.on_shutdown.append(self._close)

    # --- who may come in ---------------------------------------------------------

    def _guarded(self, handler: Handler, *, api: bool = False) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                self._check(request, api=api)
                response = await handler(request)
            except Turned as turned:
                response = web.json_response({"error": turned.error}, status=turned.status)
            except StorageError:
                log.exception("The local page could not read or store")
                response = web.json_response({"error": "storage"}, status=503)
            if not response.prepared:
                response.headers.update(HEADERS)
            return response

        return guarded

    def _check(self, request: web.Request, *, api: bool) -> None:
        """Raise `Turned` unless the call comes from our own page on this machine."""
        address = request.transport.get_extra_info("sockname") if request.transport else None
        port = address[1] if isinstance(address, tuple) else None
        ours = {f"{host}:{port}" for host in HOSTS} | (set(HOSTS) if port == 80 else set())
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or hosts[0].lower() not in ours:
            raise Turned(403, "host")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower() != f"http://{hosts[0].lower()}":
            raise Turned(403, "origin")
        given = request.headers.get(TOKEN, "")
        if api and not hmac.compare_digest(
            given.encode("utf-8", "surrogateescape"), self._token.encode()
        ):
            raise Turned(401, "token")

    def _file(self, name: str) -> Handler:
        body, kind = self._files[name]

        async def give(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=body, content_type=kind, charset="utf-8")

        return self._guarded(give)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Tell one change after the other, each a line of JSON, until somebody leaves."""
        wanted = request.query.get("person", "")
        since, frame = number(request.query.get("since")), number(request.query.get("frame"))
        await self._answers.known(wanted)
        response = web.StreamResponse(headers=HEADERS)
        response.content_type = "application/x-ndjson"
        try:
            await response.prepare(request)
        except ConnectionError:  # the page left before we began
            return response
        while not self._closing:
            change = self._local.next_change()
            try:
                news = await self._answers.news(wanted, since)
            except (StorageError, Turned):
                break  # the page comes again, and is told what is wrong
            since = news["version"]
            news["reframe"], frame = frame != self._local.frames, self._local.frames
            news["frame"] = frame
            try:
                await response.write(json.dumps(news, ensure_ascii=False).encode() + b"\n")
            except ConnectionError:
                break
            if not news["lines"]:
                await changed(change)
        return response

    async def _close(self, _app: web.Application) -> None:
        self._closing = True
        self._local.tell_listeners()


def answer(look: Callable[[Mapping[str, str]], Awaitable[Json]]) -> Handler:
    """Answer what the address asks for."""

    async def found(request: web.Request) -> web.StreamResponse:
        return web.json_response(await look(request.query))

    return found


def posted(act: Callable[[Json], Awaitable[Json]]) -> Handler:
    """Carry out what the body asks for; it has to be JSON."""

    async def done(request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            raise Turned(415, "json")
        return web.json_response(await act(await body_of(request)))

    return done


async def body_of(request: web.Request) -> Json:
    """Read a JSON object of at most 64 KiB."""
    raw = bytearray()
    async for chunk in request.content.iter_chunked(8192):
        raw += chunk
        if len(raw) > BODY:
            raise Turned(413, "long")
    try:
        body = read_json(bytes(raw))
    except (ValueError, RecursionError):
        raise Turned(400, "json") from None
    if not isinstance(body, dict):
        raise Turned(400, "json")
    return body


async def changed(change: asyncio.Event) -> None:
    """Wait for a change, or until it is time to say that we are still here."""
    try:
        async with asyncio.timeout(ALIVE):
            await change.wait()
    except TimeoutError:
        pass

"""The intake: addresses where automations report. Stored before it is answered.

A drop-in for the ping API of healthchecks, with the addresses of Sentry, Cronitor and Uptime Kuma
beside it. Nothing about the caller is kept. An address that nobody has costs a look and no more.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from bot.delivery.dispatch import Dispatcher
from bot.http import dialects
from bot.http.dialects import BadCall, Call
from bot.http.limits import Unread
from bot.http.limits import body as read_body
from bot.http.payload_limits import too_deep_json
from handlers.kit.ahead import Hook
from storage.automations import intake
from storage.engine import StorageError, Tx
from storage.engine.ids import AutomationId

MISSES = 100  # that one address may have at once; behind a proxy all share one
AGAIN = 0.5  # seconds for one more
MOST_KEPT = 10_000  # addresses that are remembered
SECRET = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
SLUG = re.compile(r"[a-z0-9_-]{1,100}")
LARGEST = 64 * 1024  # bytes of a CloudEvent or a check-in; other bodies are not read
PATIENCE = 5.0  # seconds for it to arrive
# Chats and mail gateways look at addresses that people paste; that is no run.
PREVIEWS = re.compile(
    r"slackbot|slack-imgproxy|microsoftpreview|skypeuripreview|teamsbot|bingpreview|facebookexternal"
    r"|twitterbot|linkedinbot|whatsapp|telegrambot|discordbot|mattermost|barracuda|proofpoint"
    r"|mimecast|safelinks|googleimageproxy|iframely|embedly",
    re.IGNORECASE,
)
HEADERS = {"Ping-Body-Limit": "0", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Found:
    """Whose address was called. Without an automation the name fits nothing, or `several`.

    `expired` says that the address was a valid one once.
    """

    workspace: str
    automation: AutomationId | None
    slug: str = ""
    several: tuple[AutomationId, ...] = ()
    expired: bool = False


class Misses:
    """Who asked for addresses that nobody has, for a while and in memory only.

    Whoever guesses on and on is not looked up any more. What was found before is let through, so
    that nobody who guesses from behind the same proxy keeps a machine from reporting.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when
        self._found: OrderedDict[str, None] = OrderedDict()  # hashes of secrets

    def found(self, secret: str) -> None:
        """Remember that somebody has this address."""
        self._found[intake.hashed(secret)] = None
        self._found.move_to_end(intake.hashed(secret))
        if len(self._found) > MOST_KEPT:
            self._found.popitem(last=False)

    def was_found(self, secret: str) -> bool:
        """Say whether somebody had this address lately."""
        return intake.hashed(secret) in self._found

    def too_many(self, address: str) -> bool:
        """Say whether somebody has guessed too often lately."""
        return address in self._left and self._tokens(address) < 1

    def add(self, address: str) -> None:
        """Count a miss."""
        self._left[address] = (self._tokens(address) - 1, self._now())
        self._left.move_to_end(address)
        if len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)

    def _tokens(self, address: str) -> float:
        tokens, at = self._left.get(address, (float(MISSES), self._now()))
        return min(float(MISSES), tokens + (self._now() - at) / AGAIN)


def add_routes(app: web.Application, dispatcher: Dispatcher, misses: Misses | None = None) -> None:
    """Add the addresses where automations report."""
    hook = next(
        each for feature in dispatcher.features for each in feature.hooks if each.path == "ping"
    )
    made = Intake(dispatcher, hook, misses or Misses())
    for path in (
        "/ping/{secret}",
        "/ping/{secret}/{tail}",
        "/ping/{secret}/{slug}/{tail}",
        "/p/{secret}/{slug}",  # Cronitor
        "/api/{project}/cron/{slug}/{secret}/",  # Sentry
    ):
        for method in ("GET", "POST", "HEAD"):
            app.router.add_route(method, path, made.called)
    for method in ("GET", "POST", "HEAD"):
        app.router.add_route(method, "/api/push/{secret}", made.pushed)


class Intake:
    """Takes calls of machines."""

    def __init__(self, dispatcher: Dispatcher, hook: Hook, misses: Misses) -> None:
        self._dispatcher = dispatcher
        self._hook = hook
        self._misses = misses

    async def called(self, request: web.Request) -> web.Response:
        """Answer as healthchecks does."""
        status, text = await self._take(request)
        return web.Response(status=status, text=text, headers=HEADERS)

    async def pushed(self, request: web.Request) -> web.Response:
        """Answer as Uptime Kuma does."""
        status, text = await self._take(request)
        if status == 200:
            return web.json_response({"ok": True}, headers=HEADERS)
        told = {404: "Monitor not found or not active."}.get(status, text)
        return web.json_response({"ok": False, "msg": told}, status=status, headers=HEADERS)

    async def _take(self, request: web.Request) -> tuple[int, str]:
        secret = request.match_info["secret"].lower()
        tail = request.match_info.get("tail", "")
        slug = request.match_info.get("slug", "")
        if not SECRET.fullmatch(secret):
            return 404, "not found"
        if self._misses.too_many(request.remote or "") and not self._misses.was_found(secret):
            return 404, "not found"  # the answer is always the same
        if not slug and tail and tail not in ("start", "fail", "log") and not tail.isdecimal():
            slug, tail = tail, ""  # /ping/<key>/<slug>
        try:
            return await self._report(request, secret, slug, tail)
        except StorageError:
            return 503, "not stored, please call again"

    async def _report(
        self, request: web.Request, secret: str, slug: str, tail: str
    ) -> tuple[int, str]:
        if slug:
            found = await self._dispatcher.find(lambda tx, now: by_name(tx, secret, slug, now))
        else:
            whose = await self._dispatcher.ask(intake.address(secret))
            found = at_address(whose, self._dispatcher.now())
        if found is None:
            self._misses.add(request.remote or "")
            return 404, "not found"
        self._misses.found(secret)
        if found.expired:
            await self._refused(found.workspace, found.automation, "expired")
            return 404, "not found"
        if found.several:
            for each in found.several:
                await self._refused(found.workspace, AutomationId(each), "ambiguous")
            return 409, "ambiguous slug"
        try:
            call = await _read(request, tail)
        except BadCall as bad:
            await self._refused(found.workspace, found.automation, "form")
            return 400, str(bad)
        call = replace(call, posted=request.method == "POST")
        if PREVIEWS.search(request.headers.get("User-Agent", "")):
            call = replace(call, odd="preview", counts=False)
        if found.automation is None:
            return await self._unknown(found, call, create=request.query.get("create") == "1")
        await self._store(found.workspace, found.automation, call)
        return 200, "OK"

    async def _unknown(self, found: Found, call: Call, *, create: bool) -> tuple[int, str]:
        """A name fits nothing: list it, or let it become a draft if the caller wants that."""
        if not SLUG.fullmatch(found.slug):
            return (400, "invalid url format") if create else (404, "not found")
        if call.odd == "preview":
            return 404, "not found"
        values = {**values_of(call), "slug": found.slug, "create": "1" if create else ""}
        await self._dispatcher.report(self._hook, found.workspace, "", values)
        if not create:
            return 404, "not found"
        # Nobody is told of a draft that was not made because too many wait to be entered.
        made = await self._dispatcher.find(
            lambda tx, _now: bool(intake.by_slug(tx.within(found.workspace), found.slug))
        )
        return (201, "Created") if made else (404, "not found")

    async def _refused(self, workspace: str, automation: AutomationId | None, why: str) -> None:
        """List on the card of an automation that a call could not be used."""
        if automation is not None:
            await self._store(workspace, automation, Call(odd=why, counts=False))

    async def _store(self, workspace: str, automation: AutomationId, call: Call) -> None:
        await self._dispatcher.report(self._hook, workspace, automation, values_of(call))


def at_address(found: intake.Address | None, now: datetime) -> Found | None:
    """Return whose address was called, None when it is nobody's."""
    if found is None:
        return None
    return Found(found.workspace, found.automation, expired=not found.is_valid(now))


def by_name(tx: Tx, secret: str, slug: str, now: datetime) -> Found | None:
    """Return whose name was called, None when the key is nobody's."""
    workspace = intake.by_key(tx, secret, now)
    if workspace is None:
        return None
    inside = tx.within(workspace)
    named = intake.by_slug(inside, slug)
    if len(named) > 1:
        return Found(workspace, None, slug, several=tuple(named))
    if not named:
        return Found(workspace, None, slug)
    return Found(workspace, named[0], slug)


async def _read(request: web.Request, tail: str) -> Call:
    if request.method == "POST" and dialects.is_event(request.headers):
        return dialects.event(request.headers, await _body(request), request.query)
    # Cronitor's metrics come one by one, too; of anything else the first one counts.
    query = {**request.query, "metric": ",".join(request.query.getall("metric", []))}
    if request.method == "POST" and "project" in request.match_info and "status" not in query:
        query |= dialects.check_in(await _body(request))  # Sentry
    return dialects.read(tail, query)


async def _body(request: web.Request) -> bytes:
    try:
        body = await read_body(request, LARGEST, PATIENCE)
    except Unread:
        raise BadCall("the event is too large or did not arrive") from None
    if too_deep_json(body):
        raise BadCall("not a CloudEvent of version 1.0")
    return body


def values_of(call: Call) -> Mapping[str, str]:
    """Return a call as the hook takes it: texts."""
    given = {
        "kind": call.kind,
        "items": call.items,
        "seconds": call.seconds,
        "saved": call.saved,
        "run": call.run,
        "once": call.once,
        "odd": call.odd,
        "counts": "1" if call.counts else "",
        "posted": "1" if call.posted else "",
    }
    return {name: str(value) for name, value in given.items() if value is not None}

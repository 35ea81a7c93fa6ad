"""Addresses for machines. Stored before it is answered; nothing about the caller is kept."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable

from aiohttp import web

from bot.delivery.dispatch import Dispatcher
from handlers.kit.commands import Hook
from storage.engine import StorageError

MISSES = 100  # that one address may have at once; behind a proxy all share one
AGAIN = 0.5  # seconds for one more
MOST_KEPT = 10_000  # addresses that are remembered
SECRET = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Chats and mail gateways look at addresses that people paste; that is no run.
PREVIEWS = re.compile(
    r"slackbot|slack-imgproxy|microsoftpreview|skypeuripreview|teamsbot|bingpreview|facebookexternal"
    r"|twitterbot|linkedinbot|whatsapp|telegrambot|discordbot|mattermost|barracuda|proofpoint"
    r"|mimecast|safelinks",
    re.IGNORECASE,
)


class Misses:
    """Who asked for addresses that nobody has, for a while and in memory only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

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
    """Add the address of every hook that a feature declares."""
    misses = misses or Misses()
    for feature in dispatcher.features:
        for hook in feature.hooks:
            _add(app, dispatcher, hook, misses)


def _add(app: web.Application, dispatcher: Dispatcher, hook: Hook, misses: Misses) -> None:
    async def called(request: web.Request) -> web.Response:
        secret = request.match_info["secret"].lower()
        if not SECRET.fullmatch(secret):
            return _unknown()
        if misses.too_many(request.remote or ""):
            return web.Response(status=429, text="too many", headers={"Retry-After": "10"})
        if PREVIEWS.search(request.headers.get("User-Agent", "")):
            return web.Response(text="OK")
        kind = request.match_info.get("kind", "")
        try:
            answer = await dispatcher.run_hook(
                hook, secret, request.query.get("rid"), {"kind": kind}
            )
        except StorageError:
            return web.Response(status=503, text="not stored, please call again")
        if answer is None:
            misses.add(request.remote or "")
            return _unknown()
        return web.Response(text="OK")

    for path in (f"/{hook.path}/{{secret}}", f"/{hook.path}/{{secret}}/{{kind:start|fail|log}}"):
        for method in ("GET", "POST", "HEAD"):
            app.router.add_route(method, path, called)


def _unknown() -> web.Response:
    return web.Response(status=404, text="not found")

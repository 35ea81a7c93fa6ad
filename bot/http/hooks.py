"""Addresses for machines. Stored before it is answered; nothing about the caller is kept."""

from __future__ import annotations

import re

from aiohttp import web

from bot.delivery.dispatch import Dispatcher
from handlers.kit.commands import Hook
from storage.engine import StorageError

SECRET = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Chats and mail gateways look at addresses that people paste; that is no run.
PREVIEWS = re.compile(
    r"slackbot|slack-imgproxy|microsoftpreview|skypeuripreview|teamsbot|bingpreview|facebookexternal"
    r"|twitterbot|linkedinbot|whatsapp|telegrambot|discordbot|mattermost|barracuda|proofpoint"
    r"|mimecast|safelinks",
    re.IGNORECASE,
)


def add_routes(app: web.Application, dispatcher: Dispatcher) -> None:
    """Add the address of every hook that a feature declares."""
    for feature in dispatcher.features:
        for hook in feature.hooks:
            _add(app, dispatcher, hook)


def _add(app: web.Application, dispatcher: Dispatcher, hook: Hook) -> None:
    async def called(request: web.Request) -> web.Response:
        secret = request.match_info["secret"].lower()
        if not SECRET.fullmatch(secret):
            return _unknown()
        if PREVIEWS.search(request.headers.get("User-Agent", "")):
            return web.Response(text="OK")
        kind = request.match_info.get("kind", "")
        try:
            answer = await dispatcher.run_hook(
                hook, secret, request.query.get("rid"), {"kind": kind}
            )
        except StorageError:
            return web.Response(status=503, text="not stored, please call again")
        return _unknown() if answer is None else web.Response(text="OK")

    for path in (f"/{hook.path}/{{secret}}", f"/{hook.path}/{{secret}}/{{kind:start|fail|log}}"):
        for method in ("GET", "POST", "HEAD"):
            app.router.add_route(method, path, called)


def _unknown() -> web.Response:
    return web.Response(status=404, text="not found")

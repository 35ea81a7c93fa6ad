"""What every open address checks before anything is parsed: size, time to arrive, depth."""

from __future__ import annotations

import asyncio
import re

from aiohttp import web

LARGEST = 256 * 1024  # bytes of a body
DEEPEST = 40  # brackets inside brackets; honest payloads stay under fifteen
BODY_LIMIT = 10.0  # seconds for a request to arrive
QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Refuses(Exception):
    """The request is not taken; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def arrived(request: web.Request) -> bytes:
    """Return a request's body once it is here; raises `Refuses` when it is too large or slow."""
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT):
            async for chunk in request.content.iter_chunked(16384):
                raw += chunk
                if len(raw) > LARGEST:
                    raise Refuses(413)
    except TimeoutError:
        raise Refuses(408) from None
    return bytes(raw)


def too_deep(text: bytes) -> bool:
    """Say whether brackets are nested deeper than in any honest payload."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    depth = deepest = 0
    for each in text:
        if each in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif each in b"]}":
            depth = max(depth - 1, 0)
    return deepest > DEEPEST


def too_deep_json(body: bytes) -> bool:
    """As `too_deep`, for JSON: brackets that somebody wrote into a text do not count."""
    return too_deep(body) and too_deep(QUOTED.sub(b"", body))

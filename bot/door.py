"""The door to the network: a body has to arrive in time, and may not be too large."""

from __future__ import annotations

import asyncio

from aiohttp import web


class Unread(Exception):
    """A body that is too large or does not arrive; `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def body(request: web.Request, largest: int, limit: float) -> bytes:
    """Return a request's body as it came; raises `Unread` (413 or 408).

    Not more than `largest` bytes are taken, within `limit` seconds.
    """
    raw = bytearray()
    try:
        async with asyncio.timeout(limit):
            async for chunk in request.content.iter_chunked(16384):
                raw += chunk
                if len(raw) > largest:
                    raise Unread(413)
    except TimeoutError:
        raise Unread(408) from None
    return bytes(raw)

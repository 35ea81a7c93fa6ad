"""`/health`: whether all is well, with the numbers behind it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict

from aiohttp import web

from bot.lotse import Lotse
from storage.delivery import outbox, timers
from storage.engine import StorageError, Tx

STALLED = 60.0  # seconds without a look at the timers until /health is red


async def health(lotse: Lotse, *, details: bool = True) -> web.Response:
    """Answer 200 while all is well, else 503, with the numbers behind it.

    `details` names what is stuck, each with its place and reason.
    """
    now = lotse.clock.now()

    def look(tx: Tx) -> dict[str, object]:
        overdue, dead = timers.health(tx, now)
        return {
            "timers": {"overdue": overdue, "dead": dead},
            "outbox": outbox.health(tx, now),
            "stuck": [asdict(each) for each in outbox.stuck_anywhere(tx)] if details else None,
        }

    try:
        found = await asyncio.wrap_future(lotse.database.submit_read(look))
    except StorageError:
        return web.json_response(
            {"ok": False, "reason": "the database does not answer"}, status=503
        )
    looked = lotse.scheduler.looked
    stalled = lotse.works and (looked is None or time.monotonic() - looked > STALLED)
    found["scheduler"] = "stalled" if stalled else "running" if lotse.works else "elsewhere"
    red = stalled or found["timers"]["overdue"]  # type: ignore[index]
    return web.json_response({"ok": not red, **found}, status=503 if red else 200)

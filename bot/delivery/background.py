"""What follows an answer: done after it, one at a time or side by side, and finished at the end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from bot.delivery.platform import Undelivered
from storage.engine import StorageError

log = logging.getLogger("lotse")

END = 5.0  # seconds that the end waits for what was begun


class Background:
    """Work that nobody waits for. What fails is logged and lost: it is no promise."""

    def __init__(self) -> None:
        self._begun: set[asyncio.Task[None]] = set()

    def soon(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something now, while the caller goes on."""
        task = asyncio.create_task(_guarded(work))
        self._begun.add(task)  # the loop itself remembers tasks only weakly
        task.add_done_callback(self._begun.discard)

    async def settle(self) -> None:
        """Wait until everything has been done."""
        while self._begun:
            await asyncio.wait(self._begun)

    async def stop(self) -> None:
        """Let what was begun come to its end, for a while."""
        if self._begun:
            await asyncio.wait(self._begun, timeout=END)


async def _guarded(work: Coroutine[Any, Any, object]) -> None:
    try:
        await work
    except Undelivered as error:
        log.warning("An answer could not be shown: %s", error)
    except StorageError as error:
        log.error("What follows an answer could not be stored: %s", error)
    except Exception:
        log.exception("What follows an answer went wrong")

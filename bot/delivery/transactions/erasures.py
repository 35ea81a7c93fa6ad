"""Whoever is erased reads so only once that lies beside the backups as well."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.delivery.requests import Response
from handlers.kit.messages import line, spoken
from handlers.kit.words import _
from storage.engine import StorageError

log = logging.getLogger("lotse.dispatch")

Keep = Callable[[], Awaitable[object]]


async def not_kept() -> None:
    """Keep nothing: whoever has no backups has no list beside them."""


async def answered(answer: Response, keep: Keep) -> Response:
    """Return the answer of an erasure that is committed, after `keep` has written it down.

    Where that fails, the answer says what is not yet true of them; it is tried each minute.
    """
    try:
        await keep()
    except (StorageError, OSError) as error:
        log.error("Who was erased could not be written beside the backups: %s", error)
        said = line(
            _(
                "You are erased here. That could not be written down beside the backups yet; I "
                "try again each minute. Until then, a backup that is loaded would bring you back."
            )
        )
        return replace(answer, message=spoken(said, answer.language, "UTC"))
    return answer

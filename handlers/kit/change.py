"""A figure beside that of the week before."""

from __future__ import annotations

from handlers.kit.words import Sentence, _


def change(now: int, before: int) -> Sentence:
    """Return a difference to the week before, with its sign."""
    if now == before:
        return _("as the week before")
    if now > before:
        return _("{n} more than the week before", n=now - before)
    return _("{n} fewer than the week before", n=before - now)

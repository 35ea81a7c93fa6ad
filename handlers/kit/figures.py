"""Figures: one beside that of the week before, and on which page each is explained."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.words import Sentence, _

PAGE = 26  # figures on one page


def page_of(ctx: Context, id: str) -> int:
    """Return the page that explains a figure, by its id."""
    found = [each.id for feature in ctx.features for each in feature.measures]
    return found.index(id) // PAGE + 1


def change(now: int, before: int) -> Sentence:
    """Return a difference to the week before, with its sign."""
    if now == before:
        return _("as the week before")
    if now > before:
        return _("{n} more than the week before", n=now - before)
    return _("{n} fewer than the week before", n=before - now)

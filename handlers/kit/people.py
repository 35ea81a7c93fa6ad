"""Somebody in a sentence: who can be spoken to, or only told of."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.words import Who

PLATFORMS = {"slack": "Slack", "teams": "Teams", "local": "Lotse"}  # as people call them


def person(ctx: Context, id: str) -> Who:
    """Return somebody for a sentence; who is gone stays readable."""
    found = ctx.person_of(id)
    return Who(id, found.name if found else id)


def name(ctx: Context, id: str) -> str:
    """Return somebody's name, where they are told of and not spoken to: nobody is pinged."""
    return person(ctx, id).name

"""Somebody in a sentence: who can be spoken to, or only told of."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.words import Sentence, Who, _


def person(ctx: Context, id: str) -> Who | Sentence:
    """Return somebody for a sentence; who is gone stays readable."""
    found = ctx.person_of(id)
    if found is not None and found.former:
        return _("former person")
    return Who(id, found.name if found else id)


def name(ctx: Context, id: str) -> str | Sentence:
    """Return somebody's name, where they are told of and not spoken to: nobody is pinged.

    Whose name was let go of is a former person, in the language of whoever reads it.
    """
    found = person(ctx, id)
    return found.name if isinstance(found, Who) else found

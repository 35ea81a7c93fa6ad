"""Somebody in a sentence: who can be spoken to, or only told of."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.words import Sentence, Who, _
from storage import people
from storage.engine.ids import PersonId

# What follows after so many days where names stand in histories and decisions (settled: 36 months).
NAMES_KEPT = 1096
NAMES_GO = _("“former person” stands there; what was decided stays")

PLATFORMS = {"slack": "Slack", "teams": "Teams", "local": "Lotse"}  # as people call them


def person(ctx: Context, id: PersonId) -> Who | Sentence:
    """Return somebody for a sentence; who is gone stays readable, who is restricted nameless."""
    found = ctx.person_of(id)
    if found is not None and found.former:
        return _("“former person”")
    if found is not None and found.restricted:
        return _("“name not shown”")
    return Who(id, found.name if found else id)


def name(ctx: Context, id: PersonId) -> str | Sentence:
    """Return somebody's name, where they are told of and not spoken to: nobody is pinged.

    Whose name was let go of is a former person, in the language of whoever reads it.
    """
    found = person(ctx, id)
    return found.name if isinstance(found, Who) else found


def former(ctx: Context, *, other: bool = False) -> PersonId:
    """Return the id of who stands for those whose names were let go of with time.

    `other` is a second one, where two people may not be the same.
    """
    id = PersonId(f"{people.FORMER}-other") if other else people.FORMER
    return people.former(ctx.tx, ctx.new_secret(), ctx.now, id)


def traced(ctx: Context, id: PersonId) -> str:
    """Return somebody as the audit trail names them: by the key that erasing makes nobody's."""
    found = ctx.person_of(id)
    return found.person_key if found is not None else ""

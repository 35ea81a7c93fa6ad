"""Who and what cannot be reached just now: said wherever one looks for whom to turn to."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.people import PLATFORMS, name
from handlers.kit.words import Sentence, Words, _
from storage.delivery import places
from storage.engine.ids import PersonId


def unreachable(ctx: Context, *people: PersonId) -> Sentence | None:
    """Return who of `people` cannot be reached where; None while there is a way to each."""
    found = [
        _reached_words(name(ctx, each), platform)
        for each in dict.fromkeys(people)
        if (platform := places.unreachable(ctx.tx, each)) is not None
    ]
    if not found:
        return None
    return _(
        "Not to be reached now: {names}. Alerts go on to the next person at once.", names=found
    )


def everywhere(ctx: Context) -> Sentence | None:
    """Return every person and channel of the company that cannot be reached; None if there is none.

    People who have left are not waited for.
    """
    found = []
    for each in places.parked(ctx.tx):
        platform = each.id.partition(":")[0]
        if each.person is None:
            found.append(_reached_words(f"#{each.name}" if each.name else "…", platform))
            continue
        who = ctx.person_of(each.person)
        if who is not None and who.active and places.unreachable(ctx.tx, each.person):
            found.append(_reached_words(who.name, platform))
    return _("Not to be reached: {names}.", names=found) if found else None


def _reached_words(called: Words, platform: str) -> Sentence:
    return _("{who} ({where})", who=called, where=PLATFORMS.get(platform, platform))

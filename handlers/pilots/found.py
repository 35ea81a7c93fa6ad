"""Which pilots say the words of a search: in their name or their problem."""

from __future__ import annotations

from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button
from handlers.kit.words import _
from handlers.pilots import clock
from handlers.similarity import SAID, said_share
from storage import pilots

feature = Feature(_("Pilots"))


@feature.finds(40)
def found(ctx: Context, words: str) -> list[Found]:
    """Return those that say it."""
    hits: list[Found] = []
    for each in pilots.all(ctx.tx):
        name, problem = said_share(words, each.name), said_share(words, each.problem)
        if max(name, problem) >= SAID:
            shows = Button(_("Show"), call("pilot", pilot=each.id))
            where = _("name") if name >= problem else _("problem")
            state = clock.age(ctx, each)
            hits.append(
                Found(
                    key=each.id,
                    kind=_("Pilot"),
                    title=each.name,
                    where=where,
                    state=state,
                    button=shows,
                    score=max(name, problem),
                )
            )
    return hits

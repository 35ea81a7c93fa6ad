"""Which problems say the words of a search: in their title or their cause."""

from __future__ import annotations

from handlers.bans.cards import label
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button
from handlers.kit.readers.numbers import CALLED, numbered
from handlers.kit.words import Words, _
from handlers.similarity import SAID, said_share
from storage import problems

feature = Feature(_("Problems and blocks"))

STATES: dict[str, Words] = {
    "open": _("open"),
    "fixed": _("fixed, not verified yet"),
    "lifted": _("lifted"),
    "dropped": _("dropped"),
    "merged": _("merged into another one"),
}


@feature.finds(30)
def found(ctx: Context, words: str) -> list[Found]:
    """Return the problems that say it."""
    hits: list[Found] = []
    for each in problems.newest(ctx.tx):
        places = {_("title"): each.title, _("cause"): each.cause or ""}
        where, score = max(
            ((place, said_share(words, text)) for place, text in places.items()),
            key=lambda pair: pair[1],
        )
        if numbered(words, "prb") == each.number:
            where, score = _("number"), CALLED
        if score >= SAID:
            shows = Button(label(each.number), call("problem", number=each.number))
            hits.append(
                Found(
                    key=label(each.number),
                    kind=label(each.number),
                    title=each.title,
                    where=where,
                    state=STATES[each.state],
                    button=shows,
                    score=score,
                    at=each.opened_at,
                )
            )
    return hits

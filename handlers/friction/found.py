"""Which patterns, and which of one's own notes, say the words of a search."""

from __future__ import annotations

from handlers.friction import answering, cards
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button
from handlers.kit.words import _, shortened
from handlers.similarity import SAID, said_share
from storage import friction
from storage.friction import patterns

feature = Feature(_("Friction"))


@feature.finds(35)
def found(ctx: Context, words: str) -> list[Found]:
    """Return patterns by their name and area, and the asker's own notes by their sentence.

    Nobody finds a note of somebody else, whose sentences only those who answer read.
    """
    hits: list[Found] = []
    for each in patterns.all(ctx.tx):
        name, area = said_share(words, each.title), said_share(words, each.area)
        if max(name, area) < SAID:
            continue
        if not cards.is_public(ctx, each) and not answering.may(ctx, each.area):
            continue
        where = _("name") if name >= area else _("area")
        answer = cards.answer_of(each) or _("no answer yet")
        shows = Button(_("Show"), call("pattern", pattern=each.id))
        score = max(name, area)
        at = each.confirmed_at
        hits.append(
            Found(
                each.id,
                _("Pattern"),
                each.title,
                where=where,
                state=answer,
                button=shows,
                score=score,
                at=at,
            )
        )
    for note in friction.mine(ctx.tx, ctx.person.id):
        score = said_share(words, note.sentence)
        if score >= SAID:
            state = _("answered") if note.answered else _("no answer yet")
            title = shortened(note.sentence, 120)
            shows = Button(_("My notes"), call("friction mine"))
            where = _("sentence")
            hits.append(
                Found(
                    note.id,
                    _("Friction"),
                    title,
                    where=where,
                    state=state,
                    button=shows,
                    score=score,
                    at=note.noted_at,
                )
            )
    return hits

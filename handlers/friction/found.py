"""Which patterns, and which of the asker's own notes, say the words of a search."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.friction import answering, cards
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button
from handlers.kit.words import Words, _
from handlers.similarity import SAID, said_share
from storage import friction
from storage.friction import patterns
from storage.friction.patterns import Pattern

feature = Feature(_("Friction"))


@feature.finds(35)
def found(ctx: Context, words: str) -> list[Found]:
    """Return what says it: patterns that the asker may read, and notes under their own name."""
    return [*_patterns(ctx, words), *_own(ctx, words)]


def _patterns(ctx: Context, words: str) -> Iterator[Found]:
    for each in patterns.all(ctx.tx):
        title = said_share(words, each.title)
        notes = cards.notes_of(ctx, each)
        said = max((said_share(words, note.sentence) for note in notes), default=0.0)
        if max(title, said) < SAID:
            continue
        if not (cards.is_public(ctx, each) or answering.may(ctx, each.area)):
            continue
        where = _("title") if title >= said else _("notes")
        show = Button(_("Show"), call("pattern", pattern=each.id))
        score = max(title, said)
        yield Found(
            key=each.id,
            kind=_("Pattern"),
            title=each.title,
            where=where,
            state=_state(each),
            button=show,
            score=score,
            at=each.confirmed_at,
        )


def _own(ctx: Context, words: str) -> Iterator[Found]:
    for each in friction.mine(ctx.tx, ctx.person.id):
        share = said_share(words, each.sentence)
        if share >= SAID:
            show = Button(_("My notes"), call("friction mine"))
            state = _("answered") if each.answered else _("no answer yet")
            yield Found(
                key=each.id,
                kind=_("My note"),
                title=each.sentence,
                where=_("text"),
                state=state,
                button=show,
                score=share,
                own=True,
            )


def _state(pattern: Pattern) -> Words:
    answer = cards.answer_of(pattern)
    return answer if answer is not None else _("no answer yet")

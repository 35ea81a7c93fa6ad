"""Words of notes and patterns that were typed by mistake are taken out, by who may."""

from __future__ import annotations

from typing import Annotated

from handlers.friction import answering, cards
from handlers.friction.patterns import PatternRef, history, own
from handlers.kit.commands import Ask, Feature
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Message, Reply, Text, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.removed_words import MARK, WordsField
from handlers.kit.words import Sentence, _
from storage import friction
from storage.friction import patterns, texts
from storage.friction.patterns import PatternEvent

feature = Feature(_("Friction"))

Id = Annotated[str, TextReader(long=False), Ask(_("Note"))]


def _nowhere() -> Refusal:
    return Refusal(_("These words do not stand there."), field="words")


def _gone_words() -> Sentence:
    return _("The words are gone for good, and nobody is told which they were.")


@feature.command(
    "friction remove words",
    "reibung wörter entfernen",
    help=_("Take words out of a note that were typed by mistake, for good."),
    hidden=True,
    submit=_("Remove"),
    nameless=True,
)
def from_note(ctx: Context, id: Id, *, words: WordsField) -> Reply:
    note = friction.find(ctx.tx, id)
    if note is None:
        raise Refusal(_("This no longer exists."))
    if id not in {each.id for each in friction.mine(ctx.tx, ctx.person.id)}:
        answering.need(ctx, note.area)
    if not texts.remove_from_note(ctx.tx, id, words, MARK):
        raise _nowhere()
    # Neither the words nor the answer are kept against repetition.
    return Reply(line(_gone_words()), nameless=True, secret=True)


@feature.command(
    "pattern remove words",
    "muster wörter entfernen",
    help=_("Take words out of a pattern and its notes that were typed by mistake, for good."),
    hidden=True,
    submit=_("Remove"),
)
def from_pattern(ctx: Context, pattern: PatternRef, *, words: WordsField) -> Reply:
    own(ctx, pattern.id)
    whole = patterns.whole(ctx.tx, pattern.id)
    if not texts.remove_from_patterns(ctx.tx, whole, words, MARK):
        raise _nowhere()
    history(ctx, pattern.id, PatternEvent.WORDS_REMOVED)
    shown = cards.card(ctx, own(ctx, pattern.id))
    return Reply(Message((Text(_gone_words()), *shown.parts)), secret=True)

"""The answer goes back to everybody who noted it, also to those who came to it later."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.attention import matters
from handlers.friction import cards
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post
from handlers.kit.words import Sentence, _
from storage.engine.ids import PersonId
from storage.friction.patterns import Pattern


def answer(pattern: Pattern) -> Sentence | None:
    """Return what somebody who noted it is told, None without an answer."""
    said = cards.answer_of(pattern)
    if said is None:
        return None
    return _("About what you noted, “{title}”: {answer}", title=pattern.title, answer=said)


def show(pattern: Pattern) -> Button:
    """Return the button that leads to what was answered."""
    return Button(_("Show"), call("pattern", pattern=pattern.id))


def tell(ctx: Context, pattern: Pattern, people: Iterable[PersonId]) -> None:
    """Let people know the answer with their next bundle."""
    said = answer(pattern)
    if said is None:
        return
    for each in people:
        matters.note(ctx, each, _key(pattern), said, show(pattern))


def take_back(ctx: Context, pattern: Pattern) -> tuple[Post, ...]:
    """What was told is no answer to this any more."""
    return matters.settle(ctx, _key(pattern))


def _key(pattern: Pattern) -> str:
    return f"friction:{pattern.id}"

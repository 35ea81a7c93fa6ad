"""Refusals: somebody asked for what cannot be done. Nothing is stored but the refusal."""

from __future__ import annotations

from handlers.kit.messages import Button
from handlers.kit.words import Sentence


class Refusal(Exception):
    """Say kindly why not, to the asker alone.

    `field` puts the sentence at a form's field; `buttons` offer what can be done
    instead; `kept` is what the person typed, shown back so that nothing is lost.
    """

    def __init__(
        self,
        words: Sentence,
        *,
        field: str | None = None,
        buttons: tuple[Button, ...] = (),
        kept: str | None = None,
    ) -> None:
        super().__init__(words.one)
        self.words = words
        self.field = field
        self.buttons = buttons
        self.kept = kept


class Unproven(Refusal):
    """Nobody has looked yet who somebody is; the edge asks, and tries again."""

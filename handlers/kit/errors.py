"""Refusals: somebody asked for what cannot be done. Nothing is stored but the refusal."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.messages import Button
from handlers.kit.words import Sentence


class Refusal(Exception):
    """Say kindly why not, to the asker alone.

    `field` puts the sentence at a form's field; `buttons` offer what can be done
    instead; `kept` is what the person typed, shown back so that nothing is lost. `others`
    are further faults of the same form, each with its field.
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
        self.others: tuple[tuple[str, Sentence], ...] = ()


def together(faults: Sequence[Refusal]) -> Refusal:
    """Return one refusal that says all faults of a form, the first one of each field."""
    first, known = faults[0], {faults[0].field}
    others: list[tuple[str, Sentence]] = []
    for each in faults:
        for field, words in ((each.field, each.words), *each.others):
            if field is not None and field not in known:
                known.add(field)
                others.append((field, words))
    first.others = tuple(others)
    return first


class Unproven(Refusal):
    """Nobody has looked yet who somebody is; the edge asks, and tries again."""


class Elsewhere(Refusal):
    """A name of something that does not belong here: whoever wrote it meant the command."""


class NotFound(Refusal):
    """A name that nothing has, or several have: `choices` are (label, value) to choose from."""

    def __init__(
        self,
        words: Sentence,
        choices: tuple[tuple[str, str], ...] = (),
        *,
        buttons: tuple[Button, ...] = (),
    ) -> None:
        super().__init__(words, buttons=buttons)
        self.choices = choices

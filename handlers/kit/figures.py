"""Figures: the catalogue, which of them a message shows, and one beside the week before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from handlers.kit.context import Context
from handlers.kit.doors import Measure
from handlers.kit.messages import Buttons, Chart, Facts, Items, Part, Text, Title
from handlers.kit.words import Counted, Measured, Named, Sentence, _

PAGE = 26  # figures on one page


def catalogue(ctx: Context) -> list[Measure]:
    """Return every figure that is shown somewhere, each with its entry."""
    return [each for feature in ctx.features for each in feature.measures]


def shown(parts: Sequence[Part]) -> list[str]:
    """Return the ids of the figures that are said in these parts, in the order of reading."""
    return list(dict.fromkeys(id for part in parts for words in _words(part) for id in _ids(words)))


def _words(part: Part) -> Iterator[object]:
    match part:
        case Facts(rows):
            yield from (words for row in rows for words in row)
        case Items(items):
            yield from items
        case Buttons(buttons):
            yield from (each.label for each in buttons)
        case Chart(alt):
            yield alt
        case Title(words) | Text(words):
            yield words
        case _:
            assert_never(part)


def _ids(said: object) -> Iterator[str]:
    if isinstance(said, Sentence | Counted | Measured | Named) and said.measure:
        yield said.measure
    if isinstance(said, Sentence):
        for value in said.values.values():
            yield from _ids(value)
    elif isinstance(said, list | tuple):
        for each in said:
            yield from _ids(each)


def change(now: int, before: int) -> Sentence:
    """Return a difference to the week before, with its sign."""
    if now == before:
        return _("as the week before")
    if now > before:
        return _("{n} more than the week before", n=now - before)
    return _("{n} fewer than the week before", n=before - now)

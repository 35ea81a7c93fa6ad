"""Searching a field with many choices: what fits what was typed, on every platform alike."""

from __future__ import annotations

import re

from handlers.kit.messages import Field
from handlers.kit.readers import folded
from handlers.kit.words import flat


def fitting(field: Field, typed: str, most: int) -> list[tuple[str, str]]:
    """Return the choices of a spoken field that fit what was typed, `most` at most.

    First those whose words begin with it, then those in which one word does, then those that
    hold it anywhere; each in the order of the field. Without a word they are all.
    """
    head = folded(typed.strip())
    ranked: tuple[list[tuple[str, str]], ...] = ([], [], [])
    for value, label in field.choices:
        shown = flat(label)
        words = folded(shown)
        if not value:
            continue
        if words.startswith(head):
            ranked[0].append((value, shown))
        elif any(word.startswith(head) for word in re.split(r"\W+", words)):
            ranked[1].append((value, shown))
        elif head in words:
            ranked[2].append((value, shown))
    return [each for rank in ranked for each in rank][:most]

"""The form in which the glossary has a word: without its ending, as an infinitive, by its stem."""

from __future__ import annotations

import re
from functools import lru_cache

from handlers.similarity.glossary import read_glossary, stem

ENDINGS = ("s", "n", "e", "en", "es", "er", "ern", "em", "ed", "ing")
APART = (
    "ab an auf aus bei durch ein fest frei her herunter hoch los nach rein runter ueber um vor weg "
    "weiter zu zurueck zusammen"
).replace(" ", "|")
VERBS = (
    re.compile(r"(.+?)e?t"),
    re.compile(r"(.+?)t(?:en?|est)"),
    re.compile(rf"({APART})?ge(.+?)(?:e?t|en)"),
    re.compile(rf"({APART})zu(.+?)e?n"),
)


@lru_cache(maxsize=65536)
def known_form(plain: str) -> str | None:
    """Return the form of a folded word under which the glossary has it.

    The word itself, without a common ending, as an infinitive ("druckt", "gedruckt",
    "abgemeldet"), and at last by its stem.
    """
    ideas = read_glossary().ideas
    if plain in ideas:
        return plain
    for ending in ENDINGS:
        bare = plain.removesuffix(ending)
        if bare != plain and len(bare) > 3 and bare in ideas:
            return bare
    for pattern in VERBS:
        found = pattern.fullmatch(plain)
        root = "".join(each or "" for each in found.groups()) if found else ""
        for verb in (f"{root}en", f"{root}n") if len(root) > 2 else ():  # "drucken", "liefern"
            if verb in ideas:
                return verb
    bare = stem(plain)
    return bare if bare in ideas else None


def is_written(plain: str) -> bool:
    """Say whether the glossary has a folded word, not only one of the same stem."""
    form = known_form(plain)
    return form is not None and (form == plain or form != stem(plain))

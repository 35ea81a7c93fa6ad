"""What a compound is made of: "Druckaufträge" of Druck and Auftrag."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handlers.similarity.glossary import read_glossary

LINKS = ("", "s", "es", "n", "en", "er", "e")  # what German puts between the parts of a compound
SUFFIX = re.compile(r"(?:s?ung(?:en)?|at?ion(?:en)?|heit|keit|lich|isch|er|ern|en|ers)")
INFLECTED = ("ern", "en", "er", "es", "e", "n", "s")


def pieces_of(plain: str) -> tuple[str, ...]:
    """Return the pieces of a compound, none when it is not one.

    All of it must be known pieces, or one known piece of five letters or more at its
    beginning or end; the unknown rest is a piece then, too. Inflected ones
    ("Druckaufträge") are split like their singular.
    """
    pieces = read_glossary().pieces
    forms = tuple(_singulars(plain))
    for form in forms:
        whole = _cover(form, pieces)
        if len(whole) > 1:
            return whole
    for form in forms:
        for length in range(len(form) - 3, 4, -1):
            head, tail = form[:length], form[length:]
            if head in pieces and not SUFFIX.fullmatch(tail):
                return head, tail[1:] if tail[0] == "s" and len(tail) > 4 else tail
            if form[-length:] in pieces:
                return form[:-length], form[-length:]
    return ()


def _singulars(plain: str) -> Iterator[str]:
    """Give a word, and what it may be without its ending and its umlaut."""
    yield plain
    for ending in INFLECTED:
        bare = plain.removesuffix(ending)
        if bare == plain or len(bare) < 6:
            continue
        yield bare
        for umlaut in ("ae", "oe", "ue"):
            before, found, after = bare.rpartition(umlaut)
            if found and len(after) < 5:
                yield f"{before}{umlaut[0]}{after}"


def _cover(plain: str, pieces: frozenset[str]) -> tuple[str, ...]:
    """Return the fewest known pieces that make up the whole word, empty when they cannot."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(plain)
    for end in range(4, len(plain) + 1):
        for start in range(0, end - 3):
            before = best[start]
            if before is None:
                continue
            chunk = plain[start:end]
            for link in LINKS:
                if link and (end == len(plain) or not chunk.endswith(link)):
                    continue
                bare = chunk[: len(chunk) - len(link)]
                now = best[end]
                if bare in pieces and (now is None or len(before) + 1 < len(now)):
                    best[end] = (*before, bare)
    return best[len(plain)] or ()

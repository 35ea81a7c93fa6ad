"""How typed words are compared: whatever a keyboard, a phone or a copied text adds is ignored.

Only for reading. What is kept stays byte for byte as it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
COMMON = re.compile(r"[\x00-\x7fäöüÄÖÜß]*")  # what needs no second look
MARKS = ":,;.!?…-–—"  # what may stand between a word and its text
SHORT = 120  # of a name, a label or a title; the same ones are compared with every sentence
CLOSING = " \t\n.!?…"  # what may stand at the end of a line


def folded(word: str) -> str:
    """Return a word as it is compared: no case, `ö` and `oe` alike.

    Decomposed umlauts are put together, full-width letters made plain, and what nobody
    sees (soft hyphens, joiners, direction marks) is left out.
    """
    return _folded_again(word) if len(word) <= SHORT else _folded(word)


def _folded(word: str) -> str:
    if not COMMON.fullmatch(word):
        composed = unicodedata.normalize("NFKC", word)
        word = "".join(each for each in composed if unicodedata.category(each) != "Cf")
    return word.casefold().translate(UMLAUTS).strip()


_folded_again = lru_cache(maxsize=4096)(_folded)


def blank(text: str) -> bool:
    """Say whether nobody would see anything of a text: spaces, invisible characters, no more."""
    return all(each.isspace() or unicodedata.category(each) in ("Cf", "Cc") for each in text)


def seen(text: str) -> str:
    """Return a text without invisible characters and spaces at its two ends, for reading only."""
    start, end = 0, len(text)
    while start < end and blank(text[start]):
        start += 1
    while end > start and blank(text[end - 1]):
        end -= 1
    return text[start:end]


def plain(line: str) -> str:
    """Return the words of a line, folded, with one space between them and no other marks."""
    return _plain_again(line) if len(line) <= SHORT else _plain(line)


def _plain(line: str) -> str:
    return " ".join(re.findall(r"[\w+]+", folded(line).replace("'", "").replace("’", "")))


_plain_again = lru_cache(maxsize=4096)(_plain)


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as lines of text."""
    return frozenset(re.findall(r"\S+", text))

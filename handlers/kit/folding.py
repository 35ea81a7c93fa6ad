"""How typed words are compared: whatever a keyboard, a phone or a copied text adds is ignored.

Only for reading. What is kept stays byte for byte as it was typed; what turns its direction is
shown so that it turns nothing else.
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
# What turns the direction of text, and what begins and ends a stretch that turns on its own.
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE = re.compile("[^\n\r\x1c-\x1e\x85\u2029]+")  # a direction goes no further
BEGINS, ISOLATE, ENDS = "\u2066\u2067\u2068", "\u2068", "\u2069"


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
    if text[:1].isalnum() and text[-1:].isalnum():
        return text
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


def joined(two: str) -> bool:
    """Say whether two characters are seen as one sign, so that nothing may part them."""
    return len(two) == 2 and (
        two[0] == "\u200d" or two[1] in "\u200d\ufe0f" or unicodedata.combining(two[1]) > 0
    )


def words(text: str) -> frozenset[str]:
    """Return the words of a list that is written as lines of text."""
    return frozenset(re.findall(r"\S+", text))


def isolated(text: str) -> str:
    """Return a text as it was typed; what turns its direction turns nothing that stands beside it.

    So a name cannot make the words around it read as something else.
    """
    return LINE.sub(lambda line: _isolated(line[0]), text) if TURNS.search(text) else text


def _isolated(line: str) -> str:
    if not TURNS.search(line):
        return line
    unended = early = 0
    for each in line:
        if each in BEGINS:
            unended += 1
        elif each == ENDS and unended:
            unended -= 1
        elif each == ENDS:  # would end what stands around it
            early += 1
    return ISOLATE * (early + 1) + line + ENDS * (unended + 1)

"""Which one of its kind: numbers in words, streets, and what stands where a name is expected."""

from __future__ import annotations

import re
from functools import lru_cache

from handlers.kit.readers import folded

COUNTED = {
    "eins": "1", "one": "1", "zwei": "2", "two": "2", "drei": "3", "three": "3", "vier": "4",
    "four": "4", "fuenf": "5", "five": "5", "sechs": "6", "six": "6", "sieben": "7", "seven": "7",
    "acht": "8", "eight": "8", "neun": "9", "nine": "9", "zehn": "10", "ten": "10", "elf": "11",
    "eleven": "11", "zwoelf": "12", "twelve": "12",
}  # fmt: skip
ORDERED = {
    "erst": "1", "first": "1", "zweit": "2", "second": "2", "dritt": "3", "third": "3",
    "viert": "4", "fourth": "4", "fuenft": "5", "fifth": "5", "sechst": "6", "sixth": "6",
}  # fmt: skip
ORDINAL = re.compile(r"(erst|zweit|dritt|viert|fuenft|sechst)e[rsnm]?|([a-z]+)")
SUFFIXED = re.compile(r"(\d+)(?:st|nd|rd|th|er)")  # "2nd", "14er"
PREFIXED = re.compile(r"[a-z](\d+)")
STREET = re.compile(r"(.{2,}?)(?:strasse|str|gasse|allee)")
NO_STREET = re.compile(r"land|wasch|spuel|fertigungs|produktions|montage|bundes|lackier|schnell")
BEFORE_NAMES = frozenset(
    re.findall(
        r"\w+",
        "frau herr herrn familie fam firma fa kunde kunden kundin mandant mandanten mandantin "
        "sache patient patientin filiale kreuzung gruppe mr mrs ms miss dr",
    )
)
PUNCTUATION = ",;:.!?()\"'"


def counted(chunk: str, before: str, after: str) -> str | None:
    """Return the digits that a word stands for: "Brunnen fünf" is 5, but "five wells" is not."""
    plain = folded(chunk.strip(PUNCTUATION))
    suffixed = SUFFIXED.fullmatch(plain)
    if suffixed:
        return suffixed[1]
    behind = len(before) > 2 and before[-1] not in PUNCTUATION and folded(before) not in COUNTED
    alone = not after or chunk[-1] in PUNCTUATION or after[0].islower()
    return COUNTED.get(plain) if behind and alone else None


def ordered(chunk: str) -> str | None:
    """Return the digits of an ordinal: "zweiten", "second"."""
    found = ORDINAL.fullmatch(folded(chunk))
    return ORDERED.get(found[1] or found[2]) if found else None


def inner_number(plain: str) -> str | None:
    """Return the digits of a number with a letter before it: "R112" is 112, too."""
    found = PREFIXED.fullmatch(plain)
    return found[1] if found else None


def street(chunk: str) -> str | None:
    """Return what tells a street from another: "Lindenstr." and "Lindenstraße" are one."""
    if not chunk[:1].isupper():
        return None
    plain = folded(chunk.strip(PUNCTUATION))
    found = STREET.fullmatch(plain)
    return f"{found[1]}strasse" if found and not NO_STREET.match(plain) else None


@lru_cache(maxsize=65536)
def may_tell_which(chunk: str) -> bool:
    """Say whether a word looks at all as if it told which one; most do not."""
    plain = folded(chunk.strip(PUNCTUATION))
    return (
        plain in COUNTED
        or ordered(plain) is not None
        or street(chunk) is not None
        or any(each.fullmatch(plain) for each in (SUFFIXED, PREFIXED))
    )


@lru_cache(maxsize=65536)
def is_before_a_name(chunk: str) -> bool:
    """Say whether a name may follow: "Kunde Krause", "Mrs Miller"."""
    return folded(chunk.rstrip(".")) in BEFORE_NAMES

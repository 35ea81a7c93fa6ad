"""How words are written: as one is typed, with a wrong letter, or as the other language has it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SHORTEST = 4  # letters from which one of them may be wrong
LONGEST = 64  # letters of a word that count
SKELETON = 5  # letters from which a word may be the same in the other language
UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")  # soft hyphens, joiners
# German and English write many words of the same origin differently: k and c, sch and sh …
LETTERS = (
    ("sch", "sh"), ("ch", "sh"), ("ph", "f"), ("th", "t"), ("ck", "c"), ("tz", "c"), ("k", "c"),
    ("z", "c"), ("y", "i"), ("qu", "cv"), ("w", "v"), ("ae", "a"), ("oe", "o"), ("ue", "u"),
)  # fmt: skip
DOUBLED = re.compile(r"(.)\1+")
FOREIGN = re.compile(
    r"(?:ierungen|ierung|ieren|iert|ations?|ationen|ion|ions|ate|isch|ical|ic|al|en|es|er|e|s|n)$"
)


def tidied(text: str) -> str:
    """Return a text as it is compared: composed, and without what nobody sees."""
    return unicodedata.normalize("NFC", UNSEEN.sub("", text))


def one_edit(one: str, two: str) -> bool:
    """Say whether one letter is wrong, missing, too many, or two are swapped."""
    if len(one) > len(two):
        one, two = two, one
    if len(two) - len(one) > 1 or len(two) < SHORTEST + 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), len(one))
    if len(one) < len(two):
        return one[at:] == two[at + 1 :]
    if at == len(one) or one[at + 1 :] == two[at + 1 :]:
        return True
    return one[at : at + 2] == two[at : at + 2][::-1] and one[at + 2 :] == two[at + 2 :]


def deletions(plain: str) -> set[str]:
    """Return a word with each letter left out in turn, and whole: what two of one edit share."""
    return {plain, *(plain[:at] + plain[at + 1 :] for at in range(len(plain)))}


@lru_cache(maxsize=65536)
def skeleton(plain: str) -> str:
    """Return what German and English have in common of a folded word; empty if it is short."""
    for ours, theirs in LETTERS:
        plain = plain.replace(ours, theirs)
    plain = DOUBLED.sub(r"\1", plain)
    bare = FOREIGN.sub("", plain)
    bare = bare if len(bare) >= SKELETON else plain
    return bare if len(bare) >= SKELETON else ""

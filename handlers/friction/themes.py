"""What gets in the way at work, by the words that people use for it in both languages."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from handlers.kit.readers import folded

TABLE = Path(__file__).parent / "themes.txt"


@lru_cache(maxsize=1)
def table() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the themes: `name: beginnings of words`; `+` joins what must stand together."""
    found = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        name, colon, said = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        words = "|".join(re.escape(folded(each)).replace("_", r"\s+") for each in said.split())
        found.append((name.strip(), re.compile(rf"\b(?:{words})")))
    return tuple(found)


@lru_cache(maxsize=2048)
def of(text: str) -> frozenset[str]:
    """Return the themes that a text speaks of."""
    plain = folded(text)
    return frozenset(name for name, said in table() if said.search(plain))

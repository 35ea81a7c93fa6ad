"""What gets in the way at work, by the words that people use for it in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from handlers.kit.readers import folded

TABLE = Path(__file__).parent / "themes.txt"
UMLAUT = re.compile("[aou]e")
INSIDE = 6  # letters from which on a word also counts inside a compound


@dataclass(frozen=True, slots=True)
class Themes:
    """What a text speaks of: what is tiresome, what with, and what much of all work is about."""

    troubles: frozenset[str]
    things: frozenset[str]
    settings: frozenset[str]


@lru_cache(maxsize=1)
def table() -> dict[str, tuple[tuple[str, re.Pattern[str]], ...]]:
    """Return the themes of each section: `name: beginnings of words`.

    `_` joins words that stand together, and `$` says that a word ends there.
    """
    found: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    section = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        name, colon, said = line.partition(":")
        if not colon or line.startswith("#"):
            continue
        begins = "|".join(map(_pattern, said.split()))
        inside = "|".join(_pattern(each) for each in said.split() if _is_inside(each))
        within = rf"|(?<=\w\w\w)(?:{inside})" if inside else ""
        found.setdefault(section, []).append((name, re.compile(rf"\b(?:{begins}){within}")))
    return {section: tuple(themes) for section, themes in found.items()}


def _pattern(said: str) -> str:
    plain = re.escape(folded(said.removesuffix("$"))).replace("_", r"\s+")
    return rf"{plain}\b" if said.endswith("$") else plain


def _is_inside(said: str) -> bool:
    return len(said) >= INSIDE and "_" not in said and not said.endswith("$")


@lru_cache(maxsize=2048)
def of(text: str) -> Themes:
    """Return the themes that a text speaks of; "Verträge" are found by "vertrag"."""
    plain = folded(text)
    plain = f"{plain}\n{UMLAUT.sub(lambda found: found.group()[0], plain)}"

    def found(section: str) -> frozenset[str]:
        return frozenset(name for name, said in table()[section] if said.search(plain))

    return Themes(found("troubles"), found("things"), found("settings"))

"""Searching for something by its number: `INC-7`, `#7` or `7`."""

from __future__ import annotations

import re

CALLED = 2.0  # the score of what was named by its number: before all that only says the words


def numbered(words: str, letters: str) -> int | None:
    """Return the number that a search names, None when it names none of these `letters`."""
    said = words.strip(" .?!")
    found = re.fullmatch(rf"(?:#|{letters}[- ]?)?([0-9]{{1,9}})", said, re.ASCII | re.IGNORECASE)
    return int(found[1]) if found else None

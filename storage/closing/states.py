"""What closing an incident knows a closed set of words for."""

from __future__ import annotations

from enum import StrEnum


class Ending(StrEnum):
    """How it works again: around the cause, or without it."""

    WORKAROUND = "workaround"
    FIXED = "fixed"

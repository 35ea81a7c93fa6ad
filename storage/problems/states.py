"""How a problem stands, and what can happen to it."""

from __future__ import annotations

from enum import StrEnum


class ProblemState(StrEnum):
    """What a problem is; the repeat ban stands while it is open or fixed."""

    OPEN = "open"
    FIXED = "fixed"
    LIFTED = "lifted"
    DROPPED = "dropped"
    MERGED = "merged"


class ProblemEvent(StrEnum):
    """What a line of a problem's history tells."""

    OPENED = "opened"
    OWNED = "owned"
    ASKED = "asked"
    CAUSE = "cause"
    DATED = "dated"
    FIXED = "fixed"
    VERIFIED = "verified"
    QUIET = "quiet"
    REOPENED = "reopened"
    AGAIN = "again"
    OVERRIDDEN = "overridden"
    LET_THROUGH = "let through"
    RETITLED = "retitled"
    WORDS_REMOVED = "words removed"
    REMINDED = "reminded"
    PARTED = "parted"
    DROPPED = "dropped"
    MERGED = "merged"

"""Which fields of a form a rule may look at, and what their values are called."""

from __future__ import annotations

from handlers.kit.words import Words, _
from storage.rules import FIELD

HINTS: dict[str, Words] = {
    "interrupts": _("Keeps interrupting"),
    "unloved": _("Nobody likes doing it"),
    "again": _("Done over and over"),
    "experience": _("Only works with experience"),
}


def condition(field: str, value: str) -> str:
    """Return a field with its value as a rule keeps it."""
    return f"{field}{FIELD}{value}"


def said(words: tuple[str, ...]) -> list[Words]:
    """Return the fields among the conditions of a rule, as people call them."""
    return [HINTS[value] for each in words if (value := each.partition(FIELD)[2]) in HINTS]

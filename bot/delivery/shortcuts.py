"""Shortcuts: what a platform's own menus offer, each the form of a command."""

from __future__ import annotations

from handlers.kit.messages import Call
from handlers.kit.readers import LONGEST

FORM = "form"  # a call that opens the form of another, filled in as far as is known
SHORTCUTS = {
    # id in the platform's menu -> the command that its form completes, and the value that
    # the message fills
    "report": ("incident", ""),
    "note": ("friction", ""),
    "report_message": ("incident", "title"),
    "note_message": ("friction", "sentence"),
    "belongs_message": ("belongs", "text"),
}


def shortcut(id: str, said: str) -> Call | None:
    """Return the call that opens a shortcut's form, filled from a message; None for others."""
    known = SHORTCUTS.get(id)
    if known is None:
        return None
    word, fills = known
    return Call(FORM, {"word": word, **({fills: said[:LONGEST]} if fills else {})})

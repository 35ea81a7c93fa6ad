"""Text that turns its direction is kept as it was typed, and turns nothing around it."""

from __future__ import annotations

import re

# What turns the direction of text, and what begins and ends a stretch that turns on its own.
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LINE = re.compile("[^\n\r\x1c-\x1e\x85\u2029]+")  # a direction goes no further
BEGINS, ISOLATE, ENDS = "\u2066\u2067\u2068", "\u2068", "\u2069"


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

"""What turns the direction of text (UAX #9), read for itself: does it reach beyond a text?"""

from __future__ import annotations

import re
import unicodedata

LINES = re.compile("[\n\r\x1c-\x1e\x85\u2029]")
ISOLATES = ("LRI", "RLI", "FSI")
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "PDI", *ISOLATES)
MARKS = "\u061c\u200e\u200f"


def turns_out(text: str) -> bool:
    """Say whether a sign that turns text stands outside of every isolate, or one stays open."""
    return any(_turns_out(line) for line in LINES.split(text))


def _turns_out(line: str) -> bool:
    deep = 0
    for each in line:
        kind = unicodedata.bidirectional(each)
        if kind in ISOLATES:
            deep += 1
        elif kind == "PDI":
            deep -= 1
            if deep < 0:
                return True
        elif not deep and (kind in TURNING or each in MARKS):
            return True
    return deep != 0

"""How large and how deep a platform's request may be, looked at before anything is parsed."""

from __future__ import annotations

import json
import re

LARGEST = 256 * 1024  # bytes of a body
BODY_LIMIT = 10.0  # seconds for a request to arrive
DEEPEST = 40  # brackets inside brackets; honest payloads stay under fifteen
LONE = re.compile(rb"\\u[dD][89a-fA-F]")  # where a lone surrogate may stand
QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


def too_deep(text: bytes) -> bool:
    """Say whether brackets are nested deeper than in any honest payload."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return False
    depth = deepest = 0
    for each in text:
        if each in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif each in b"]}":
            depth = max(depth - 1, 0)
    return deepest > DEEPEST


def too_deep_json(body: bytes) -> bool:
    """As `too_deep`, for JSON: brackets that somebody wrote into a text do not count."""
    return too_deep(body) and too_deep(QUOTED.sub(b"", body))


def read_json(body: bytes) -> object:
    """Read JSON; half a character that a client cut off becomes "?", as no database takes it.

    Raises `ValueError` for what is no JSON in UTF-8; call `too_deep_json` first.
    """
    found: object = json.loads(body.decode("utf-8-sig"))
    if not LONE.search(body):
        return found
    return json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))

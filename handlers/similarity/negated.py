"""What does not happen: "lässt sich nicht öffnen", "won't open" and "geht nicht auf" are one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from handlers.similarity.glossary import read_glossary

NEVER = frozenset(
    re.findall(
        r"\w+",
        "nicht nich nimmer nichts kein keine keinen keiner keinem nix weigert "
        "not no nothing cannot never unable fails refuses",
    )
)
BEFORE, BEHIND = 5, 4  # words between a verb and what denies it, German before and both behind
HELPING = frozenset(
    re.findall(r"\w+", "nicht not does do will is wird laesst sich gets get can kann")
)
DENIED = re.compile(  # in one go: every text is looked through
    r"\b(?:(ca|wo|do|does|did|is|are|was|were|has|have|could|would)n['’]?t"
    r"|cannot|unable to|no longer|not able to|fails? to|failed to|refuses? to)\b",
    re.I,
)
WHOLE = {"ca": "can", "wo": "will"}


def written_out(text: str) -> str:
    """Return a text with its denials written out: "won't" is "will not", "unable to" is "not"."""

    def whole(found: re.Match[str]) -> str:
        verb = (found[1] or "").lower()
        return f"{WHOLE.get(verb, verb)} not" if verb else "not"

    return DENIED.sub(whole, text)


@lru_cache(maxsize=1)
def denied(ideas_of: Callable[[str], frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return by the idea of a verb what it means when it does not happen."""
    found: dict[str, set[str]] = {}
    for words, trouble in read_glossary().denials:
        bare = [each for each in words if each not in HELPING]
        if not 1 <= len(bare) <= 2:
            continue
        verb = bare[0] if len(bare) == 1 else bare[1] + bare[0]
        for idea in ideas_of(verb):
            if idea not in read_glossary().troubles:
                found.setdefault(idea, set()).add(trouble)
    return {idea: frozenset(troubles) for idea, troubles in found.items()}


def is_denied(plain: Sequence[str], at: int) -> bool:
    """Say whether the word at a place is denied by one near it."""
    before = plain[max(0, at - BEHIND) : at]
    behind = plain[at + 1 : at + 1 + BEFORE]
    return any(each in NEVER for each in (*before, *behind))

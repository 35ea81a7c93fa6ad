"""What a pilot's history kept, in the reader's words: weeks, days and choices are not quoted.

It was written down once, by whoever did it; what people said themselves stays as they said it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

from handlers.kit.context import Context
from handlers.kit.readers import folded
from handlers.kit.words import LANGUAGES, Words, _, text
from handlers.pilots.people import EVERYBODY
from handlers.pilots.start_check import TOO_BIG, TOUCHED
from handlers.pilots.weeks.decisions import SOURCING
from handlers.pilots.weeks.kinds import CHANGES, KINDS

WEEK = re.compile(r"\b\d{4}-W(\d\d)\b")
DAY = re.compile(r"(?<=\()(\d{4}-\d\d-\d\d)(?=\)$)")  # at the end, where Lotse has put it
PART = re.compile(r"(?:^|(?<=; ))(problem|workflow|takes|gives|area|goal|pattern)(?=: )")
CHOSEN = re.compile(r"(?:^|(?<=; ))(touched|too_big): ([a-z,]+)")
PARTS: dict[str, Words] = {
    "problem": _("Problem"),
    "workflow": _("Workflow"),
    "takes": _("What goes in"),
    "gives": _("What comes out"),
    "area": _("Area"),
    "goal": _("Goal"),
    "pattern": _("Pattern"),
    "touched": _("What does it touch?"),
    "too_big": _("Is it more than that?"),
}
ANSWERS: dict[str, Words] = {"yes": _("Yes"), "no": _("No")}


def past_words(ctx: Context, kind: str, words: str) -> str:
    """Return the words of a line of the history, in the asker's language."""
    match kind:
        case "users":
            return ctx.text(_("everybody")) if folded(words) in EVERYBODY else words
        case "alive":
            return ctx.text(ANSWERS[words]) if words in ANSWERS else words
        case "sourcing":
            return ctx.text(_labels().get(words, words))
        case "described":
            words = PART.sub(lambda found: ctx.text(PARTS[found[1]]), words)
            return CHOSEN.sub(lambda found: _chosen(ctx, found[1], found[2]), words)
        case "value" | "imported" | "corrected":
            label, colon, rest = words.partition(": ")
            if colon and label in _labels():
                return f"{ctx.text(_labels()[label])}: {rest}"
            return DAY.sub(_day(ctx), WEEK.sub(_week(ctx), words, count=2))
        case _:
            return "" if kind.startswith("vacant ") else words


def _chosen(ctx: Context, part: str, chosen: str) -> str:
    """Return which chips were chosen, each as it is called now."""
    known = TOUCHED if part == "touched" else TOO_BIG
    said = ", ".join(ctx.text(known[each]) for each in chosen.split(",") if each in known)
    return f"{ctx.text(PARTS[part])} {said}"


@lru_cache(maxsize=1)
def _labels() -> dict[str, Words]:
    """Return the choices by what they are called in any language: so the history has them."""
    choices = (*KINDS.values(), *CHANGES.values(), *SOURCING.values())
    return {text(each, language): each for each in choices for language in LANGUAGES}


def _week(ctx: Context) -> Callable[[re.Match[str]], str]:
    return lambda found: ctx.text(_("Week {number}", number=int(found[1])))


def _day(ctx: Context) -> Callable[[re.Match[str]], str]:
    return lambda found: ctx.text(_("{day:day}", day=date.fromisoformat(found[1])))

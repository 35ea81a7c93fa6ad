"""Must a human do this? Seven taps, and the advice that follows from them.

Rule (docs/friction.md): any exclusion at the core keeps it with a human; else few points mean not
now; else an exclusion at the edge, or middling points, mean preparing only. A person decides.
"""

from __future__ import annotations

from enum import StrEnum

from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Sentence, Words, _
from storage.friction.patterns import Check


class Result(StrEnum):
    """What comes of a pattern."""

    DROP = "drop"
    HUMAN = "human"
    NOT_NOW = "not_now"
    PREPARE = "prepare"
    SUITABLE = "suitable"


RESULTS: dict[str, Words] = {
    "drop": _("We drop this step."),
    "human": _("This stays with people."),
    "not_now": _("It is not worth it just now."),
    "prepare": _("Let it be prepared, decide yourself."),
    "suitable": _("Suitable for a small pilot."),
}
RESULT = ChoiceReader(Result, RESULTS, {})


class Point(StrEnum):
    """An answer to one of the four criteria."""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


POINTS = {"yes": 2, "partly": 1, "no": 0}
POINT = ChoiceReader(
    Point,
    {"yes": _("Yes"), "partly": _("Partly"), "no": _("No")},
    {"yes": ("ja",), "partly": ("teils",), "no": ("nein",)},
)


class Depth(StrEnum):
    """An answer to one of the three exclusions."""

    NO = "no"
    EDGE = "edge"
    CORE = "core"


DEPTHS = {"no": 0, "edge": 1, "core": 2}
DEPTH = ChoiceReader(
    Depth,
    {"no": _("No"), "edge": _("At the edge"), "core": _("At its core")},
    {"no": ("nein",), "edge": ("rand",), "core": ("kern",)},
)

ENOUGH, FEW = 7, 3  # points from which it is suitable, and up to which it is not worth it


def points(check: Check) -> int:
    """Return the sum of the four criteria, 0 to 8."""
    return check.regular + check.structured + check.ruled + check.context


def advice(check: Check) -> Result:
    """Return what follows from the seven taps."""
    exclusions = (check.judgement, check.responsibility, check.relationship)
    if check.droppable:
        return Result.DROP
    if DEPTHS["core"] in exclusions:
        return Result.HUMAN
    if points(check) <= FEW:
        return Result.NOT_NOW
    if DEPTHS["edge"] in exclusions or points(check) < ENOUGH:
        return Result.PREPARE
    return Result.SUITABLE


CRITERIA: dict[str, Words] = {
    "regular": _("it comes regularly"),
    "structured": _("it is clearly structured"),
    "ruled": _("it follows fixed rules"),
    "context": _("it needs little context"),
}
EXCLUSIONS: dict[str, Words] = {
    "judgement": _("judgement"),
    "responsibility": _("responsibility for people or money"),
    "relationship": _("a relationship"),
}


def because(check: Check) -> Sentence:
    """Return why, in a sentence."""
    if check.droppable:
        return _("The step could simply be dropped.")
    core = [EXCLUSIONS[each] for each in EXCLUSIONS if getattr(check, each) == DEPTHS["core"]]
    edge = [EXCLUSIONS[each] for each in EXCLUSIONS if getattr(check, each) == DEPTHS["edge"]]
    if core:
        return _("At its core it needs {what}.", what=core)
    total = points(check)
    if total <= FEW:
        weak = [CRITERIA[each] for each in CRITERIA if getattr(check, each) == 0]
        if not weak:
            return _("It has {n} of 8 points.", n=total)
        return _("It has {n} of 8 points; it is not so that {what}.", n=total, what=weak)
    if edge:
        return _("It has {n} of 8 points, and at its edge it needs {what}.", n=total, what=edge)
    return _("It has {n} of 8 points, and nothing speaks against it.", n=total)


OFFER: dict[str, Words] = {
    "human": _("What helps instead: drop a part of it, make it simpler, hand it over better."),
    "not_now": _("It can be looked at again at any time."),
    "prepare": _("A pilot may prepare it; the decision stays with a person."),
}

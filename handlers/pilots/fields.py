"""What is asked of a pilot in its forms, what holds now, and what the history keeps of before.

Without a business goal there is nothing to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from handlers import rights
from handlers.friction import answering
from handlers.friction.cards import is_public
from handlers.friction.patterns import READABLE
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.readers import ChoicesReader, NameReader, TextReader
from handlers.kit.readers.required_text import ReasonReader, RequiredTextReader
from handlers.kit.words import _
from handlers.pilots.start_check import TOO_BIG, TOUCHED, TooBig, Touched
from storage import mandate, pilots
from storage.engine.ids import PilotId
from storage.friction import patterns
from storage.friction.patterns import Pattern
from storage.mandate import Goal
from storage.pilots import Pilot
from storage.pilots.columns import PilotChanges

SHORT = TextReader(long=False)
LINE = RequiredTextReader(long=False, most=200)


def _unknown_goal(name: str, known: list[str]) -> Refusal:
    return Refusal(_("There is no goal “{name}” in the mandate.", name=name[:80]), field="goal")


GOAL = NameReader(mandate.goals, _unknown_goal)
GoalField = Annotated[Goal, GOAL, Ask(_("Business goal"), _("As in the mandate."))]
NameField = Annotated[str, SHORT, Ask(_("Name"))]
ProblemField = Annotated[
    str,
    ReasonReader(most=300),
    Ask(_("Which problem does it solve?"), _("One sentence.")),
]
WorkflowField = Annotated[str, LINE, Ask(_("One workflow"), _("Such as: sort repair requests."))]
TakesField = Annotated[str, LINE, Ask(_("What goes in?"))]
GivesField = Annotated[str, LINE, Ask(_("What comes out?"))]
PatternField = Annotated[
    Pattern,
    READABLE,
    Ask(_("Pattern"), _("What people noted, and what this is an answer to.")),
]
AreaField = Annotated[str, SHORT, Ask(_("Area"))]
TouchedField = Annotated[
    frozenset[Touched], ChoicesReader(Touched, TOUCHED), Ask(_("What does it touch?"))
]
BigField = Annotated[
    frozenset[TooBig], ChoicesReader(TooBig, TOO_BIG), Ask(_("Is it more than that?"))
]


def need_goals(ctx: Context) -> None:
    """Refuse while the mandate names no goal that a pilot could serve; requirement B01."""
    if mandate.goals(ctx.tx):
        return
    may = rights.may("mandate", rights.general(ctx))
    name = Button(_("Set the goals"), call("mandate edit"), "primary")
    raise Refusal(
        _("A pilot serves a business goal, and the mandate names none yet."),
        buttons=(name if may else Button(_("Mandate"), call("mandate")),),
    )


def pattern_of(ctx: Context, pilot: Pilot) -> Pattern | None:
    """Return the pattern that a pilot answers, if it still stands and the asker may read it."""
    if pilot.pattern is None:
        return None
    stands = patterns.top(ctx.tx, pilot.pattern)
    found = next((each for each in patterns.all(ctx.tx) if each.id == stands), None)
    if found is None or not (is_public(ctx, found) or answering.may(ctx, found.area)):
        return None
    return found


def at_first(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    """Return what stands in the form at first: what holds now."""
    need_goals(ctx)
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    if found is None:
        return {}
    pattern = pattern_of(ctx, found)
    return {
        "name": found.name,
        "problem": found.problem,
        "workflow": found.workflow,
        "takes": found.takes,
        "gives": found.gives,
        "area": found.area,
        "goal": found.goal or "",
        "touched": found.touched,
        "too_big": found.too_big,
        "pattern": pattern.id if pattern is not None else "",
    }


def before(ctx: Context, pilot: Pilot, changed: PilotChanges) -> str:
    """Return what the history keeps: each part as it was, if it was anything and is not now."""
    goal = mandate.goal(ctx.tx, pilot.goal) if pilot.goal is not None else None
    pattern = patterns.find(ctx.tx, pilot.pattern) if pilot.pattern is not None else None
    were = {
        "problem": pilot.problem,
        "workflow": pilot.workflow,
        "takes": pilot.takes,
        "gives": pilot.gives,
        "area": pilot.area,
        "goal": goal.name if goal is not None else "",
        "pattern": pattern.title if pattern is not None else "",
        "touched": pilot.touched,
        "too_big": pilot.too_big,
    }
    said = [
        f"{key}: {was}"
        for key, was in were.items()
        if was and getattr(pilot, key) != changed.get(key)
    ]
    return "; ".join(said)[:500]

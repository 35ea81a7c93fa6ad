"""What is asked of a pilot in its forms; without a business goal there is nothing to ask."""

from __future__ import annotations

from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button
from handlers.kit.readers import ChoicesReader, NameReader, TextReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import _
from handlers.pilots.start_check import TOO_BIG, TOUCHED, TooBig, Touched
from storage import mandate
from storage.mandate import Goal

SHORT = TextReader(long=False)
LINE = RequiredTextReader(long=False, most=200)


def _unknown_goal(name: str, known: list[str]) -> Refusal:
    return Refusal(_("There is no goal “{name}” in the mandate.", name=name[:80]), field="goal")


GOAL = NameReader(mandate.goals, _unknown_goal)
GoalField = Annotated[Goal, GOAL, Ask(_("Business goal"), _("As in the mandate."))]
NameField = Annotated[str, SHORT, Ask(_("Name"))]
ProblemField = Annotated[
    str,
    RequiredTextReader(most=300),
    Ask(_("Which problem does it solve?"), _("One sentence.")),
]
WorkflowField = Annotated[str, LINE, Ask(_("One workflow"), _("Such as: sort repair requests."))]
TakesField = Annotated[str, LINE, Ask(_("What goes in?"))]
GivesField = Annotated[str, LINE, Ask(_("What comes out?"))]
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

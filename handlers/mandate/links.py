"""Which business goal an automation serves; pilots say it in their own form."""

from __future__ import annotations

from typing import Annotated

from handlers import rights
from handlers.automations.lookup import AutoRef
from handlers.automations.state import is_own
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Reply, line
from handlers.kit.readers import NameReader, NumberReader
from handlers.kit.words import _
from handlers.mandate import cards
from storage import mandate
from storage.mandate import Goal, links

feature = Feature(_("Mandate"))


def _unknown(name: str, _known: list[str]) -> Refusal:
    return Refusal(_("There is no goal “{name}” in the mandate.", name=name[:80]), field="goal")


@feature.command(
    "mandate unlinked",
    "mandat ohne ziel",
    help=_("Pilots and automations that serve no goal yet."),
    hidden=True,
    reads=True,
)
def unlinked(
    ctx: Context, *, page: Annotated[int, NumberReader(1, 100_000), Ask(_("Page"))] = 1
) -> Reply:
    return Reply(cards.unlinked(ctx, page))


@feature.command(
    "mandate link",
    "mandat ziel",
    help=_("Which business goal does it serve?"),
    hidden=True,
)
def link(
    ctx: Context,
    *,
    automation: AutoRef,
    goal: Annotated[
        Goal,
        NameReader(mandate.goals, _unknown),
        Ask(_("Business goal"), _("As in the mandate.")),
    ],
) -> Reply:
    if not is_own(ctx, automation) and not rights.may("mandate", rights.general(ctx)):
        raise Refusal(
            _("Whoever answers for “{name}” says which goal it serves.", name=automation.name),
            buttons=(Button(_("Show"), call("auto", automation=automation.id)),),
        )
    links.link(ctx.tx, automation.id, goal.id)
    said = _("“{name}” serves: {goal}.", name=automation.name, goal=goal.name)
    return Reply(line(said, Button(_("Show the mandate"), call("mandate"))), subject=automation.id)

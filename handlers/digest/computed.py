"""Measures: every figure that Lotse shows, with how it is computed. A figure is about processes."""

from __future__ import annotations

from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.figures import PAGE
from handlers.kit.messages import Button, Buttons, Facts, Message, Part, Reply, Text, Title
from handlers.kit.readers import NumberReader
from handlers.kit.tables import within
from handlers.kit.words import _

feature = Feature(_("Weekly digest"))


@feature.command("computed", "gerechnet", help=_("How the figures are computed."), hidden=True)
def computed(
    ctx: Context, *, page: Annotated[int, NumberReader(1, 100), Ask(_("Page"))] = 1
) -> Reply:
    found = [each for feature in ctx.features for each in feature.measures]
    page = within(page, len(found), PAGE)
    first = (page - 1) * PAGE
    rows = tuple((each.name, each.formula) for each in found[first : first + PAGE])
    parts: list[Part] = [Title(_("How this is computed")), Facts(rows)]
    if len(found) > first + PAGE:
        parts.append(Buttons((Button(_("More"), call("computed", page=page + 1)),)))
    parts.append(Text(_("No figure is about a person."), small=True))
    return Reply(Message(tuple(parts)))

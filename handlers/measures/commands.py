"""Measures: every figure that Lotse shows, with how it is computed. A figure is about processes."""

from __future__ import annotations

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Facts, Message, Reply, Text, Title
from handlers.kit.words import _

feature = Feature(_("Weekly digest"))


@feature.command("computed", "gerechnet", help=_("How the figures are computed."), hidden=True)
def computed(ctx: Context) -> Reply:
    found = [each for feature in ctx.features for each in feature.measures]
    rows = tuple((each.name, each.formula) for each in found)
    people = _("No figure is about a person.")
    return Reply(Message((Title(_("How this is computed")), Facts(rows), Text(people, small=True))))

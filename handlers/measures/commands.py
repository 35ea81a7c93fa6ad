"""Measures: every figure that Lotse shows, with how it is computed. A figure is about processes."""

from __future__ import annotations

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Facts, Message, Reply, Text, Title
from handlers.kit.words import _

feature = Feature(_("Weekly digest"))

PART = 8


@feature.command("computed", "gerechnet", help=_("How the figures are computed."), hidden=True)
def computed(ctx: Context) -> Reply:
    found = [each for feature in ctx.features for each in feature.measures]
    rows = tuple((each.name, each.formula) for each in found)
    people = _("No figure is about a person.")
    # A few at a time: platforms cut what is too long for one part of a message.
    parts = tuple(Facts(rows[first : first + PART]) for first in range(0, len(rows), PART))
    return Reply(Message((Title(_("How this is computed")), *parts, Text(people, small=True))))

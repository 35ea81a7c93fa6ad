"""What the weekly digest says of friction."""

from __future__ import annotations

from datetime import timedelta

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Section, Week, figure
from handlers.kit.messages import Facts, Title
from handlers.kit.words import _
from handlers.measures.change import change
from storage import friction

feature = Feature(_("Friction"))

NOTED = feature.measure(
    "friction",
    _("Friction"),
    _("sentences noted in the week; the week before counts the seven days before that"),
    "friction",
)


@feature.section(60)
def section(ctx: Context, week: Week) -> Section:
    """Return how much was noted, beside the week before."""
    noted = friction.count(ctx.tx, week.start, week.end)
    earlier = friction.count(ctx.tx, week.start - timedelta(days=7), week.start)
    said = _(
        "{n} noted ({change})",
        n=figure(NOTED, noted),
        change=figure(NOTED, change(noted, earlier)),
    )
    return Section(parts=(Title(_("What we are learning")), Facts(((_("Friction"), said),))))

"""What the digest shows of the twelve weeks before: a picture, where its week had something."""

from __future__ import annotations

from handlers.board import picture
from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Section, Week
from handlers.kit.words import _
from storage.board import twelve_weeks
from storage.incidents import pages

feature = Feature(_("Lists"))

ENOUGH = 3  # weeks with something in them; fewer are told faster than seen


@feature.section(190)
def section(ctx: Context, week: Week) -> Section | None:
    """Return the picture; none in a week in which nothing happened, or after a few weeks."""
    first, after = (calendar.day_of(each, ctx.workspace.zone) for each in (week.start, week.end))
    used = twelve_weeks.useful_runs(ctx.tx, first.isoformat(), after.isoformat())
    if not used and not pages.summary(ctx.tx, week.start, week.end):
        return None
    found = picture.points(ctx)
    if sum(bool(each.incidents or each.used) for each in found) < ENOUGH:
        return None
    return Section(parts=(picture.chart(found),))

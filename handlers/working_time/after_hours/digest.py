"""What the digest says about outages outside working hours."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from handlers.kit import working_hours
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Section, Week, figure
from handlers.kit.messages import Facts, Title
from handlers.kit.words import Sentence, _, _n
from storage.engine.ids import ServiceId
from storage.incidents import pages

feature = Feature(_("Outside working hours"))

NIGHT = feature.measure(
    "night",
    _("Outside working hours"),
    _(
        "incidents declared outside the company's working hours, on a weekend or a public "
        "holiday, for each service; never for people"
    ),
    "incidents",
)


@feature.section(35)
def section(ctx: Context, week: Week) -> Section:
    """Return the week's incidents outside working hours, or that there were none."""
    late = in_week(ctx, week.start, week.end)
    if late is None:
        return Section(quiet=(NIGHT.name,))
    row = (_("Outside working hours"), late)
    return Section(parts=(Title(_("How incidents ended")), Facts((row,))))


def in_week(ctx: Context, start: datetime, end: datetime) -> Sentence | None:
    """Return the digest's words on incidents outside working hours; None if there were none."""
    late = outside(ctx, start, end)
    if not late:
        return None
    services = [
        _("{service} {n}", service=_name(ctx, id), n=figure(NIGHT, count))
        for id, count in late.most_common()
    ]
    return _n(
        "{late} of {n} incident ({services})",
        "{late} of {n} incidents ({services})",
        figure(NIGHT, sum(each.count for each in pages.summary(ctx.tx, start, end))),
        late=figure(NIGHT, late.total()),
        services=services,
    )


def outside(ctx: Context, start: datetime, end: datetime) -> Counter[ServiceId]:
    """Return how many incidents of each service were declared outside working hours.

    The store counts them, night by night: a week may have many thousands.
    """
    late: Counter[ServiceId] = Counter()
    for begins, ends in working_hours.company(ctx).outside(start, end):
        for each in pages.summary(ctx.tx, begins, ends):
            late[each.service] += each.count
    return late


def _name(ctx: Context, id: ServiceId) -> str:
    found = ctx.service_of(id)
    return found.name if found else id

"""What the weekly digest says of the week's incidents, and of those that nobody looks after."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from handlers import rights
from handlers.incidents.cards import headline, standing, take, tell, works_again
from handlers.incidents.lookup import find
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Section, Task, Untold, Week, figure
from handlers.kit.figures import change
from handlers.kit.messages import Button
from handlers.kit.words import Sentence, _, _n, shortened
from storage.engine.ids import IncidentNumber
from storage.incidents import Incident, pages

feature = Feature(_("Incidents"))

COUNT = feature.measure(
    "incidents",
    _("Incidents"),
    _(
        "declared from Monday 00:00 to Sunday 24:00 local time, without withdrawn "
        "ones. The week before counts the seven days before that"
    ),
    "incidents",
)
STILL_OPEN = feature.measure(
    "still open",
    _("Still open from earlier weeks"),
    _("declared before the week began, and not working again yet when this was written"),
    "incidents",
)


@feature.section(30)
def section(ctx: Context, week: Week) -> Section:
    """Return how many there were, and which of them nobody looks after."""
    earlier = week.start - timedelta(days=7)
    ours = sum(each.count for each in pages.summary(ctx.tx, week.start, week.end))
    before = sum(each.count for each in pages.summary(ctx.tx, earlier, week.start))
    declared = _n("{n} incident", "{n} incidents", figure(COUNT, ours))
    verdict: Sentence = _(
        "{incidents} ({change})",
        incidents=declared,
        change=figure(COUNT, change(ours, before)),
    )
    old = pages.count_open_before(ctx.tx, week.start)
    still = figure(STILL_OPEN, _n("{n} still open from before", "{n} still open from before", old))
    untaken = _untaken(ctx)
    return Section(
        untaken,
        verdict=(verdict, still) if old else (verdict,),
        quiet=() if ours or old or untaken else (COUNT.name,),
    )


def _untaken(ctx: Context) -> tuple[Task, ...]:
    return tuple(
        Untold(
            partial(_task, ctx, number),
            declared_at,
            f"incident:{number}",
            first=True,
        )
        for number, declared_at in pages.untaken(ctx.tx)
    )


def _task(ctx: Context, number: IncidentNumber) -> Task:
    incident = find(ctx, number)
    words = _(
        "{title}: {standing}",
        title=shortened(headline(incident), 100),
        standing=standing(ctx, incident, pings=False),
    )
    return Task(words, _buttons(ctx, incident))


def _buttons(ctx: Context, incident: Incident) -> tuple[Button, ...]:
    if not rights.may_for(ctx, "ack", incident):
        return ()
    if incident.responsible == ctx.person.id and not incident.unanswered:
        return (tell(incident.number), works_again(incident.number))
    return (take(incident.number),)

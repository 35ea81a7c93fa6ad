"""What the weekly digest says of how incidents ended: undecided, done, overridden, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from handlers import rights
from handlers.closing.reminders import fix_buttons, late_fix
from handlers.incidents import checklist
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.cards import finish, headline, label, lasting
from handlers.incidents.checklist import COSTS
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Button, Facts, Items, Part, Title
from handlers.kit.people import name
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, Words, _, _n, shortened
from handlers.measures.catalogue import Id, figure
from storage import closing as closings
from storage import incidents
from storage.closing import Closing
from storage.incidents import Incident

SHOWN = 5


def undecided(ctx: Context, preview: bool) -> list[Task]:
    """Return what works again but is not done past the limit.

    Several incidents are one line, so that they do not push everything else off the page.
    """
    late = [
        each
        for each in incidents.undone(ctx.tx)
        if incident_transitions.remind_at(ctx, each) <= ctx.now
        and not incident_transitions.waits_for_others(ctx, each)
    ]
    return [_undone(ctx, late, preview)] if late else []


def late_fixes(ctx: Context, preview: bool) -> list[Task]:
    """Return the causes behind workarounds that should be fixed by now, the earliest day first."""
    found: list[Task] = []
    for closing in closings.unfixed(ctx.tx, today_of(ctx)):
        incident = incidents.find(ctx.tx, closing.incident)
        if incident is not None:
            mine = not preview or rights.may_for(ctx, "fixed", incident)
            buttons = fix_buttons(closing.incident) if mine else ()
            found.append(Task(late_fix(ctx, closing), buttons))
    return found


def _undone(ctx: Context, late: Sequence[Incident], preview: bool) -> Task:
    first = late[0]
    since = first.restored_at or first.declared_at
    if len(late) == 1:
        words = _(
            "{title}: restored, not done since {at}; it is with {who}",
            title=shortened(headline(first), 100),
            at=since,
            who=name(ctx, first.responsible),
        )
        mine = not preview or rights.may_for(ctx, "done", first)
        return Task(words, (finish(first.number),) if mine else (), since)
    named: list[Words] = [
        _("{incident} ({who})", incident=label(each.number), who=name(ctx, each.responsible))
        for each in late[:SHOWN]
    ]
    if len(late) > SHOWN:
        named.append(_("{n} more", n=len(late) - SHOWN))
    most = _("{n} or more", n=len(late))
    many = len(late) >= incidents.MOST
    count = figure(Id.DECISIONS, most) if many else figure(Id.DECISIONS, len(late))
    several = _("{n} incidents are restored and not done: {those}", n=count, those=named)
    return Task(several, (Button(_("Show them"), call("incidents")),), since)


def parts(ctx: Context, ours: Sequence[Incident], start: datetime, end: datetime) -> list[Part]:
    """Return the chapter of the week about how incidents ended; `ours` were declared in it."""
    ended = closings.done_between(ctx.tx, start, end)
    rows: list[tuple[Words, Words]] = []
    if ended:
        rows.append((_("Done"), _n("{n} incident", "{n} incidents", figure(Id.DONE, len(ended)))))
    quick = [each for each in ended if each.ending is not None]
    if quick:
        rows.append((_("Workaround or cause fixed"), share(quick)))
    cost = _cost(ended)
    if cost:
        rows.append((_("What it cost"), _("{what}", what=cost)))
    answered = acknowledged(ours)
    if answered is not None:
        rows.append((_("Acknowledged"), answered))
    found: list[Part] = [Title(_("How incidents ended")), Facts(tuple(rows))] if rows else []
    overrides: list[Words] = [
        _(
            "{incident}, {who}: {why}",
            incident=label(each.incident),
            why=each.override_reason,
            who=name(ctx, each.override_by),
        )
        for each in ended
        if each.override_by is not None
    ]
    if overrides:
        rest = len(overrides) - SHOWN
        more = [_n("and {n} more", "and {n} more", rest)] if rest > 0 else []
        found += [Title(_("Closed with open points")), Items((*overrides[:SHOWN], *more))]
    return found


def share(ended: Sequence[Closing]) -> Sentence:
    """Return which part was a workaround and which a fixed cause, in whole percents."""
    fixed = sum(each.ending == checklist.Ending.FIXED for each in ended)
    percent = round(100 * fixed / len(ended))
    return _(
        "workaround {workaround} %, cause fixed {fixed} % (of {n})",
        workaround=figure(Id.ENDING, 100 - percent),
        fixed=figure(Id.ENDING, percent),
        n=figure(Id.ENDING, len(ended)),
    )


def _cost(ended: Sequence[Closing]) -> list[Sentence]:
    counted = [(label, sum(getattr(each, kind) for each in ended)) for kind, label in COSTS.items()]
    return [_("{what}: {n}", what=label, n=figure(Id.COST, n)) for label, n in counted if n]


def acknowledged(ours: Sequence[Incident]) -> Sentence | None:
    """Return after how long incidents were acknowledged, the middle one of them.

    Those without an acknowledgement, and the reopened ones, are left out and counted apart:
    a missing acknowledgement is never replaced by another moment.
    """
    ours = [each for each in ours if each.state != "closed"]  # answered in another, or no incident
    waits = [
        (each.acknowledged_at - each.declared_at) / timedelta(minutes=1)
        for each in ours
        if each.acknowledged_at is not None and each.reopened_at is None
    ]
    if not ours:
        return None
    skipped = len(ours) - len(waits)
    if not waits:
        return _n(
            "{n} left out without one", "{n} left out without one", figure(Id.ACKNOWLEDGED, skipped)
        )
    middle = figure(Id.ACKNOWLEDGED, lasting(int(median(waits))))
    if not skipped:
        return _("after {time} (median)", time=middle)
    return _(
        "after {time} (median); {n} left out without one",
        time=middle,
        n=figure(Id.ACKNOWLEDGED, skipped),
    )


def without_runbook(ctx: Context) -> list[str]:
    """Return the names of the services of which a closing said last that there is no runbook yet.

    A service that has one in the register by now is left out.
    """
    found = [ctx.service_of(each) for each in closings.services_without_runbook(ctx.tx)]
    return sorted(each.name for each in found if each is not None and each.runbook is None)

"""What the weekly digest says of how incidents ended: undecided, done, overridden, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

from handlers import rights
from handlers.closing.reminders import late_fix
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.alarms.reminding import fix_buttons
from handlers.incidents.cards import finish, headline, label, lasting, undone_line
from handlers.incidents.checklist import COSTS
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Section, Task, Week, figure
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Reply, Text, Title
from handlers.kit.people import name
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, Words, _, _c, _n, shortened, some
from storage import incidents
from storage.closing import digest as closing_figures
from storage.closing.digest import Ended
from storage.incidents import Incident, pages
from storage.incidents import lists as incident_lists

feature = Feature(_("After an incident"))

SHOWN = 5
INCIDENTS, HANDS = 8, 5  # fewer tell of people, not of processes (docs/rules.md, privacy)
TREND = 12  # weeks

UNDONE = feature.measure(
    "undone",
    _("Works again, not done yet"),
    _("incidents that have been working again for three working days and are not done"),
    "incidents",
)
DONE = feature.measure(
    "done", _c("incidents", "Done"), _("incidents that became done in the week"), "incidents"
)
ENDING = feature.measure(
    "ending",
    _("Workaround or cause fixed"),
    _("what was said when incidents became done in the week"),
    "closings",
)
TREND_ENDING = feature.measure(
    "trend",
    _("Cause fixed, every four weeks"),
    _(
        "the share of incidents done in four weeks whose cause was fixed. Only "
        "those count of which it was said; three times four weeks are shown"
    ),
    "closings",
    "incidents",
)
COST = feature.measure(
    "cost",
    _("Consequences"),
    _("sums of what was ticked when incidents became done in the week"),
    "closings",
)
ACKNOWLEDGED = feature.measure(
    "acknowledged",
    _("Until somebody looked after it"),
    _(
        "median time from declaring to “I'll look after it”, for incidents of a "
        "quarter, told once it has ended. At least 8 incidents and 5 people are "
        "needed. Those without an answer do not count; their number is shown for "
        "the week"
    ),
    "incidents",
)
OUTAGE = feature.measure(
    "outage",
    _("How long it was out"),
    _(
        "median time from declaring until it worked again, for incidents declared in the week. At "
        "least 8 incidents and 5 people are needed, also for the week before"
    ),
    "incidents",
)


@feature.section(40)
def section(ctx: Context, week: Week) -> Section:
    """Return what is not ended yet although it should be, and how the others ended."""
    late = _late(ctx)
    undone = (_undone(ctx, late),) if late else ()
    tasks, parts = (*late_fixes(ctx), *undone), tuple(_parts(ctx, week))
    return Section(tasks, parts, quiet=() if tasks or parts else (_("How incidents ended"),))


@feature.command(
    "undone",
    "unabgeschlossen",
    help=_("What works again and should be done by now."),
    hidden=True,
    reads=True,
)
def undone(ctx: Context) -> Reply:
    late = _late(ctx)
    if not late:
        return Reply(Message((Text(_("Everything that works again is done.")),)))
    parts: list[Part] = []
    for each in late:
        parts.append(Text(undone_line(ctx, each)))
        if rights.may_for(ctx, "done", each):
            parts.append(Buttons((finish(each.number),)))
    return Reply(Message(tuple(parts)))


def _late(ctx: Context) -> list[Incident]:
    """Return what works again but is not done past the limit."""
    return [
        each
        for each in incident_lists.undone(ctx.tx)
        if incident_transitions.remind_at(ctx, each) <= ctx.now
        and not incident_transitions.waits_for_others(ctx, each)
    ]


def late_fixes(ctx: Context) -> list[Task]:
    """Return the causes behind workarounds that should be fixed by now, the earliest day first."""
    found: list[Task] = []
    for closing in closing_figures.unfixed(ctx.tx, today_of(ctx)):
        incident = incidents.find(ctx.tx, closing.incident)
        if incident is not None and closing.fix_on is not None:
            mine = rights.may_for(ctx, "fixed", incident)
            buttons = fix_buttons(closing.incident) if mine else ()
            since = calendar.midnight(closing.fix_on, ctx.workspace.zone)
            key = f"fix:{closing.incident}"
            found.append(Task(late_fix(ctx, closing), buttons, since, key))
    return found


def _undone(ctx: Context, late: Sequence[Incident]) -> Task:
    """Return them as one line, so that they do not push everything else off the page."""
    first = late[0]
    since = first.restored_at or first.declared_at
    if len(late) == 1:
        words = _(
            "{title}: works again since {at}, not done yet; responsible: {who}",
            title=shortened(headline(first), 100),
            at=since,
            who=name(ctx, first.responsible),
        )
        mine = rights.may_for(ctx, "done", first)
        return Task(words, (finish(first.number),) if mine else (), since, "undone")
    named: list[Words] = [
        _("{incident} ({who})", incident=label(each.number), who=name(ctx, each.responsible))
        for each in late
    ]
    most = _("{n} or more", n=len(late))
    many = len(late) >= incident_lists.MOST
    count = figure(UNDONE, most) if many else figure(UNDONE, len(late))
    several = _("{n} incidents are still to finish: {those}", n=count, those=some(named, SHOWN))
    return Task(several, (Button(_("Show them"), call("undone")),), since, "undone")


def _parts(ctx: Context, week: Week) -> list[Part]:
    """Return the chapter of the week about how incidents ended."""
    ended = closing_figures.ended(ctx.tx, week.start, week.end)
    rows: list[tuple[Words, Words]] = []
    if ended.done:
        rows.append(
            (_c("incidents", "Done"), _n("{n} incident", "{n} incidents", figure(DONE, ended.done)))
        )
    if ended.said:
        rows.append((_("Workaround or cause fixed"), share(ended)))
        rows += _trend(ctx, week)
    out = _outage(ctx, week)
    if out is not None:
        rows.append((_("How long it was out"), out))
    cost = _cost(ended)
    if cost:
        rows.append((_("Consequences"), _("{what}", what=cost)))
    answered = _acknowledgements(ctx, week)
    if answered:
        rows.append((_("Until somebody looked after it"), _("{what}", what=answered)))
    found: list[Part] = [Title(_("How incidents ended")), Facts(tuple(rows))] if rows else []
    overrides: list[Words] = [
        _(
            "{incident}, {who}: {why}",
            incident=label(each.incident),
            why=each.override_reason,
            who=name(ctx, each.override_by),
        )
        for each in closing_figures.overridden(ctx.tx, week.start, week.end)
        if each.override_by is not None
    ]
    if overrides:
        rest = len(overrides) - SHOWN
        more = [_n("and {n} more", "and {n} more", rest)] if rest > 0 else []
        found += [Title(_("Finished with open points")), Items((*overrides[:SHOWN], *more))]
    return found


def share(ended: Ended) -> Sentence:
    """Return which part was a workaround and which a fixed cause, in whole percents."""
    percent = round(100 * ended.fixed / ended.said)
    return _(
        "workaround {workaround} %, cause fixed {fixed} % (of {n})",
        workaround=figure(ENDING, 100 - percent),
        fixed=figure(ENDING, percent),
        n=figure(ENDING, ended.said),
    )


def _trend(ctx: Context, week: Week) -> list[tuple[Words, Words]]:
    """Return the share of fixed causes over twelve weeks, in quarters of it; none without both."""
    zone = ctx.workspace.zone
    weeks = [calendar.days_before(week.end, 7 * n, zone) for n in range(TREND, -1, -4)]
    parts: list[Words] = []
    for start, end in zip(weeks, weeks[1:], strict=False):
        fixed, every = closing_figures.endings(ctx.tx, start, end)
        if every == 0:
            return []
        percent = figure(TREND_ENDING, round(100 * fixed / every))
        parts.append(_("{n} % of {all}", n=percent, all=figure(TREND_ENDING, every)))
    first, second, third = parts
    said = _("{first}, then {second}, now {third}", first=first, second=second, third=third)
    return [(_("Cause fixed, every four weeks"), said)]


def _cost(ended: Ended) -> list[Sentence]:
    counted = [(label, int(getattr(ended, kind))) for kind, label in COSTS.items()]
    return [_("{what}: {n}", what=label, n=figure(COST, n)) for label, n in counted if n]


def _outage(ctx: Context, week: Week) -> Sentence | None:
    """Return the median length of the week's outages; None over too few incidents or people."""
    now = _median_outage(ctx, week.start, week.end)
    if now is None:
        return None
    time = figure(OUTAGE, lasting(now))
    before = _median_outage(ctx, week.start - (week.end - week.start), week.start)
    if before is None:
        return _("{time} (median)", time=time)
    earlier = figure(OUTAGE, lasting(before))
    return _("{time} (median; {before} the week before)", time=time, before=earlier)


def _median_outage(ctx: Context, start: datetime, end: datetime) -> int | None:
    number, hands = pages.outages(ctx.tx, start, end)
    if number < INCIDENTS or hands < HANDS:
        return None
    return pages.median_outage(ctx.tx, start, end, number)


def _acknowledgements(ctx: Context, week: Week) -> list[Words]:
    """Return how many of the week nobody acknowledged, and once a quarter after how long.

    A missing acknowledgement is never replaced by another moment. How long it takes is told for
    whole quarters only, over enough incidents that enough people acknowledged.
    """
    found: list[Words] = []
    said = _quarter(ctx, week)
    if said is not None:
        found.append(said)
    left = sum(each.left for each in pages.summary(ctx.tx, week.start, week.end))
    if left:
        found.append(
            _n(
                "{n} without an answer, left out",
                "{n} without an answer, left out",
                figure(ACKNOWLEDGED, left),
            )
        )
    return found


def _quarter(ctx: Context, week: Week) -> Sentence | None:
    """Return the median of the quarter that ended in this week; None when none did."""
    zone = ctx.workspace.zone
    today = calendar.day_of(week.end, zone)
    begins = today.replace(month=3 * ((today.month - 1) // 3) + 1, day=1)
    end = calendar.midnight(begins, zone)
    if not week.start < end <= week.end:
        return None
    before = begins - timedelta(days=1)
    start = calendar.midnight(before.replace(month=before.month - 2, day=1), zone)
    number = figure(ACKNOWLEDGED, before.month // 3)
    quarter = _("quarter {n} of {year}", n=number, year=str(before.year))
    waits = pages.waits(ctx.tx, start, end)
    if len(waits) < INCIDENTS or len({who for _declared, _at, who in waits}) < HANDS:
        return _("{quarter}: too few to show", quarter=quarter)
    minutes = [(at - declared) / timedelta(minutes=1) for declared, at, _who in waits]
    middle = figure(ACKNOWLEDGED, lasting(int(median(minutes))))
    return _("{quarter}: after {time} (median)", quarter=quarter, time=middle)


def without_runbook(ctx: Context) -> list[str]:
    """Return the names of the services of which a closing said last that there is no runbook yet.

    A service that has one in the register by now is left out.
    """
    found = [ctx.service_of(each) for each in closing_figures.services_without_runbook(ctx.tx)]
    return sorted(each.name for each in found if each is not None and each.runbook is None)

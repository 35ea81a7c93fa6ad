"""What the weekly digest says about repeats, bans, overdue causes and overrides."""

from __future__ import annotations

from datetime import datetime

from handlers import rights
from handlers.bans import cards as ban_cards
from handlers.bans.listing import line, overdue
from handlers.bans.rules import in_days, rules
from handlers.incidents.cards import service_name
from handlers.incidents.lookup import find
from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Section, Task, Week, figure
from handlers.kit.messages import Items, Part, Title
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Words, _, _n
from storage import incidents, problems, repeats
from storage.problems import changes as stored_changes
from storage.problems import overrides as problem_overrides
from storage.repeats import Proposal, outages

feature = Feature(_("Problems and blocks"))

SHOWN = 5
EXPECTED = (_("Came back"), _("Blocks"))  # chapters whose absence is told

REPEATS = feature.measure(
    "repeats",
    _("Came back"),
    _(
        "Confirmed: incidents that people called the same thing, once in the week "
        "and at least twice in the rule's days. These are 30 unless changed, up to "
        "the end of the week; withdrawn ones do not count. Looks like: incidents "
        "of the week that resemble an earlier one and that nobody has decided "
        "about."
    ),
    "repeats",
    "incidents",
)
BANS = feature.measure(
    "bans",
    _("Blocks"),
    _("problems whose fix is not verified yet, today; times are counted over the days up to today"),
    "problems",
)
CHANGES = feature.measure(
    "changes",
    _("Blocked changes"),
    _("changes planned for today or later to services with a block"),
    "changes",
)
OVERRIDES = feature.measure(
    "overrides",
    _("Exceptions allowed"),
    _("given in the week, or earlier and still in force"),
    "overrides",
)


@feature.section(10, team=True)
def section(ctx: Context, week: Week) -> Section:
    """Return what came back in the week, what is banned because of it, and what is overdue."""
    if week.team is not None:
        ours = [
            each
            for each in problems.lifted_between(ctx.tx, week.start, week.end)
            if each.service in week.team.services
        ]
        return Section(solved=tuple(ban_cards.headline(each) for each in ours))
    shown, quiet = _parts(ctx, week)
    solved = tuple(_lifted_lines(ctx, week.start, week.end))
    return Section(_tasks(ctx), shown, solved=solved, quiet=quiet)


def _parts(ctx: Context, week: Week) -> tuple[tuple[Part, ...], tuple[Words, ...]]:
    """Return the chapters, and the names of those that every reader looks for and are empty."""
    start, end = week.start, week.end
    shown: list[Part] = []
    quiet: list[Words] = []
    back, count = _came_back(ctx, start, end)
    for title, items in (
        (_("Came back"), back),
        (
            _("Blocks"),
            [figure(BANS, line(ctx, each)) for each in problems.standing(ctx.tx)],
        ),
        (_("Blocked changes"), _changes(ctx)),
        (_("Exceptions allowed"), _overrides(ctx, start, end)),
    ):
        if items:
            rest = (count if items is back else len(items)) - SHOWN
            more: list[Words] = [_n("and {n} more", "and {n} more", rest)] if rest > 0 else []
            shown += [Title(title), Items((*items[:SHOWN], *more))]
        elif title in EXPECTED:
            quiet.append(title)
    return tuple(shown), tuple(quiet)


def _came_back(ctx: Context, start: datetime, end: datetime) -> tuple[list[Words], int]:
    """Return the confirmed groups with something new in the week, then what only looks alike.

    The first of them in words, and how many there are in all.
    """
    zone, days = ctx.workspace.zone, rules(ctx.tx).days
    found: list[Words] = []
    for group in outages.groups(ctx.tx, calendar.days_before(end, days, zone), end):
        newest = incidents.find(ctx.tx, group.numbers[-1])
        if group.newest_at >= start and newest is not None:
            found.append(
                _(
                    "“{title}” ({service}): {n} times in {days}, confirmed",
                    title=newest.title,
                    service=service_name(ctx, newest),
                    days=in_days(days),
                    n=figure(REPEATS, group.times),
                )
            )
    undecided = repeats.undecided_of(ctx.tx, start, end)
    found += [_looks_alike(ctx, each) for each in undecided[:SHOWN]]
    return found, len(found) + len(undecided[SHOWN:])


def _looks_alike(ctx: Context, proposal: Proposal) -> Words:
    later = find(ctx, proposal.later)
    return _(
        "“{title}” ({service}): looks like INC-{number}, nobody has decided",
        title=later.title,
        service=service_name(ctx, later),
        number=str(proposal.earlier),
    )


def _lifted_lines(ctx: Context, start: datetime, end: datetime) -> list[Words]:
    return [
        _(
            "{title}: lifted, the fix was verified on {at:day}",
            title=ban_cards.headline(each),
            at=each.lifted_at,
        )
        if each.verified_by
        else _(
            "{title}: lifted, the fix has held, it stayed quiet until {at:day}",
            title=ban_cards.headline(each),
            at=each.lifted_at,
        )
        for each in problems.lifted_between(ctx.tx, start, end)
    ]


def _changes(ctx: Context) -> list[Words]:
    found: list[Words] = []
    for each in stored_changes.coming(ctx.tx, today_of(ctx)):
        service = ctx.service_of(each.service)
        if problems.about(ctx.tx, each.service):
            found.append(
                _(
                    "{service}, {change}",
                    service=service.name if service else each.service,
                    change=figure(CHANGES, ban_cards.change_line(ctx, each.id)),
                )
            )
    return found


def _overrides(ctx: Context, start: datetime, end: datetime) -> list[Words]:
    """Return the overrides of the week, and those given earlier that still count."""
    given = problem_overrides.given(ctx.tx, start, end)
    given += [
        each for each in problem_overrides.standing(ctx.tx, today_of(ctx)) if each not in given
    ]
    told = [
        _(
            "{problem}, {override}",
            problem=ban_cards.label(each.problem),
            override=ban_cards.override_words(ctx, each),
        )
        for each in given
    ]
    return [figure(OVERRIDES, each) for each in told]


def _tasks(ctx: Context) -> tuple[Task, ...]:
    """Return the overdue causes: somebody decides how they go on."""
    may = rights.may("read", rights.general(ctx))
    return tuple(
        Task(
            line(ctx, each),
            (ban_cards.opens(each),) if may else (),
            calendar.midnight(each.due_on, ctx.workspace.zone),
            f"problem:{each.number}",
        )
        for each in problems.standing(ctx.tx)
        if overdue(ctx, each)
    )

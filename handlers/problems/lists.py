"""The list of problems."""

from __future__ import annotations

from handlers.bans.cards import label
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Row
from handlers.kit.people import name
from handlers.kit.words import Words, _
from storage import problems
from storage.problems import Problem

feature = Feature(_("Problems and blocks"))

STATES: dict[str, Words] = {
    "open": _("cause open"),
    "fixed": _("fixed, not verified yet"),
    "lifted": _("fixed"),
    "dropped": _("no repeat after all"),
    "merged": _("part of another one"),
}
COLUMNS = (
    ("number", _("Number")),
    ("title", _("Title")),
    ("service", _("Service")),
    ("state", _("State")),
    ("opened", _("Opened")),
    ("due", _("Due")),
    ("owner", _("Responsible for the cause")),
)


def _count(ctx: Context, asked: Filter) -> int:
    return len(_chosen(ctx, asked))


@feature.lists("problems", _("Problems"), COLUMNS, _count, ("open", "mine", "all"))
def rows(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of the problems; who owns a cause is told while it is open."""
    return [_row(ctx, each) for each in _chosen(ctx, asked)[first : first + most]]


def _row(ctx: Context, problem: Problem) -> Row:
    service = ctx.service_of(problem.service)
    return Row(
        (
            label(problem.number),
            problem.title,
            service.name if service else problem.service,
            STATES.get(problem.state, problem.state),
            calendar.day_of(problem.opened_at, ctx.workspace.zone),
            problem.due_on if problem.stands else None,
            name(ctx, problem.owner) if problem.stands else None,
        ),
        call("problem", number=problem.number),
    )


def _chosen(ctx: Context, asked: Filter) -> list[Problem]:
    return [
        each
        for each in problems.all(ctx.tx)
        if (asked.which == "all" or each.stands)
        and (asked.which != "mine" or each.owner == ctx.person.id)
        and asked.service in (None, each.service)
        and (asked.since is None or each.opened_at >= asked.since)
    ]

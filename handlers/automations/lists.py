"""The list of automations: the register, with whether each is used."""

from __future__ import annotations

from handlers.automations.rules.company import known
from handlers.automations.state import state_words
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Row
from handlers.kit.people import name
from handlers.kit.words import _
from storage import automations
from storage.automations import Automation

feature = Feature(_("Automations"))

COLUMNS = (
    ("name", _("Name")),
    ("state", _("State")),
    ("last_run", _("Last run")),
    ("rhythm", _("Rhythm in days")),
    ("accountable", _("Accountable")),
    ("deputy", _("Deputy")),
)


def _count(ctx: Context, asked: Filter) -> int:
    return len(_chosen(ctx, asked))


@feature.lists("automations", _("Automations"), COLUMNS, _count, ("all", "mine"))
def rows(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of the automations that are not retired."""
    zone, seen = ctx.workspace.zone, known(ctx)
    return [
        Row(
            (
                each.name,
                state_words(ctx, each, seen),
                calendar.day_of(each.last_run_at, zone) if each.last_run_at else None,
                each.rhythm_days,
                name(ctx, each.accountable),
                name(ctx, each.deputy),
            ),
            call("auto", automation=each.id),
        )
        for each in _chosen(ctx, asked)[first : first + most]
    ]


def _chosen(ctx: Context, asked: Filter) -> list[Automation]:
    me = ctx.person.id
    return [
        each
        for each in automations.all(ctx.tx)
        if asked.which != "mine" or me in (each.accountable, each.deputy)
    ]

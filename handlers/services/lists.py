"""The list of services: what people depend on, and who answers for it."""

from __future__ import annotations

from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Row
from handlers.kit.people import name
from handlers.kit.words import _
from handlers.on_call import duty
from storage import services
from storage.services import Service

feature = Feature(_("Services"))

COLUMNS = (
    ("name", _("Name")),
    ("accountable", _("Accountable")),
    ("deputy", _("Deputy")),
    ("runbook", _("Runbook")),
    ("state", _("State")),
)


def _count(ctx: Context, asked: Filter) -> int:
    return len(_chosen(ctx, asked))


@feature.lists(
    "services", _("Services"), COLUMNS, _count, ("all", "mine", "retired"), narrows=("service",)
)
def rows(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of the services."""
    return [
        Row(
            (
                each.name,
                name(ctx, each.accountable),
                name(ctx, each.deputy),
                each.runbook or _("none yet"),
                _("nobody has taken it over") if duty.is_red(ctx, each) else "",
            ),
            call("service", service=each.id),
        )
        for each in _chosen(ctx, asked)[first : first + most]
    ]


def _chosen(ctx: Context, asked: Filter) -> list[Service]:
    me = ctx.person.id
    return [
        each
        for each in (services.every if asked.which == "retired" else services.all)(ctx.tx)
        if (asked.which == "retired") == (each.retired_at is not None)
        and (asked.which != "mine" or me in (each.accountable, each.deputy))
        and asked.service in (None, each.id)
    ]

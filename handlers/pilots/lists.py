"""The list of pilots."""

from __future__ import annotations

from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Row
from handlers.kit.people import name
from handlers.kit.words import _
from handlers.pilots.cards import age
from storage import pilots
from storage.pilots import Pilot

feature = Feature(_("Pilots"))

COLUMNS = (
    ("name", _("Name")),
    ("problem", _("Problem")),
    ("age", _("Time")),
    ("started", _("Started")),
    ("champion", _("Champion")),
)


def _count(ctx: Context, asked: Filter) -> int:
    return len(_chosen(ctx, asked))


@feature.lists("pilots", _("Pilots"), COLUMNS, _count, ("all", "mine"))
def rows(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of the pilots."""
    return [
        Row(
            (
                each.name,
                each.problem,
                age(ctx, each),
                each.started_on,
                name(ctx, each.champion) if each.champion else "",
            ),
            call("pilot", pilot=each.id),
        )
        for each in _chosen(ctx, asked)[first : first + most]
    ]


def _chosen(ctx: Context, asked: Filter) -> list[Pilot]:
    found = pilots.all(ctx.tx)
    return [each for each in found if asked.which != "mine" or each.champion == ctx.person.id]

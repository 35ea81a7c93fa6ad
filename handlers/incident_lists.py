"""Incidents to look at: the list, one card, its history."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from handlers.incident_cards import card, history, label, listed
from handlers.incident_refs import Ref, find, is_mine
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import _, _n
from storage import incidents

feature = Feature(_("Incidents"))

SHOWN = 10  # incidents in one list


class Which(StrEnum):
    """Which incidents to list."""

    OPEN = "open"
    MINE = "mine"
    ALL = "all"


WHICH = ChoiceReader(
    Which,
    {"open": _("open ones"), "mine": _("mine"), "all": _("the newest of all")},
    {"open": ("offen", "offene"), "mine": ("meine",), "all": ("alle",)},
)


@feature.command("incidents", "störungen", help=_("Open incidents, mine, or all."), reads=True)
def overview(
    ctx: Context,
    which: Annotated[Which, WHICH, Ask(_("Which"), short=_("all or mine"))] = Which.OPEN,
) -> Reply:
    every = which is Which.ALL
    found = incidents.latest(ctx.tx, SHOWN) if every else incidents.open_ones(ctx.tx)
    if which is Which.MINE:
        found = [each for each in found if is_mine(ctx, each)]
    if not found:
        nothing = {
            Which.OPEN: _("No incident is open."),
            Which.MINE: _("No open incident is yours."),
            Which.ALL: _("There has been no incident yet."),
        }
        return Reply(line(nothing[which]))
    rest = len(found) - SHOWN
    parts: list[Part] = [
        Title(_n("{n} incident", "{n} incidents", len(found))),
        Items(tuple(listed(ctx, each) for each in found[:SHOWN])),
    ]
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    parts.append(
        Buttons(
            tuple(
                Button(label(each.number), call("show", number=each.number)) for each in found[:5]
            )
        )
    )
    return Reply(Message(tuple(parts)))


@feature.command("show", "zeigen", help=_("One incident."), hidden=True, reads=True)
def show(ctx: Context, number: Ref) -> Reply:
    return Reply(card(ctx, find(ctx, number)))


@feature.command("history", "verlauf", help=_("What happened."), hidden=True, reads=True)
def past(ctx: Context, number: Ref) -> Reply:
    return Reply(history(ctx, find(ctx, number)))

"""Incidents to look at: the list, one card, its history."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from handlers.incidents.cards import card, label, listed, take, tell, undone_line, works_again
from handlers.incidents.lookup import Ref, find, is_mine, waits_for_me
from handlers.incidents.timeline import history
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Glance, Task
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.readers import ChoiceReader
from handlers.kit.words import _, _n
from handlers.on_call import duty
from storage import incidents
from storage.incidents import Incident

feature = Feature(_("Incidents"))

SHOWN = 10  # incidents in one list
SHORT = 5  # incidents that home shows of what is not done


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
    mine = ctx.person.id if which is Which.MINE else ""
    undone = [] if every else incidents.undone(ctx.tx, person=mine)
    if mine:
        found = [each for each in found if is_mine(ctx, each)]
    parts: list[Part] = []
    if found or not undone:
        parts += _open(which, ctx, found)
    if undone:
        count = len(undone) if mine else incidents.count_undone(ctx.tx)
        parts += [
            Title(_n("{n} restored, not done", "{n} restored, not done", count)),
            Items(tuple(undone_line(ctx, each) for each in undone[:SHOWN])),
            *_more(count - SHOWN),
            Buttons(tuple(_show(each) for each in undone[:5])),
        ]
    return Reply(Message(tuple(parts)))


def _open(which: Which, ctx: Context, found: list[Incident]) -> list[Part]:
    if not found:
        nothing = {
            Which.OPEN: _("No incident is open."),
            Which.MINE: _("No open incident is yours."),
            Which.ALL: _("There has been no incident yet."),
        }
        return [Text(nothing[which])]
    return [
        Title(_n("{n} incident", "{n} incidents", len(found))),
        Items(tuple(listed(ctx, each) for each in found[:SHOWN])),
        *_more(len(found) - SHOWN),
        Buttons(tuple(_show(each) for each in found[:5])),
    ]


def _more(rest: int) -> list[Part]:
    return [Text(_n("and {n} more", "and {n} more", rest), small=True)] if rest > 0 else []


def _show(incident: Incident) -> Button:
    return Button(label(incident.number), call("show", number=incident.number))


@feature.glance(10)
def glance(ctx: Context) -> list[Glance]:
    """Return what is open, and what works again and is not done."""
    undone = tuple(undone_line(ctx, each) for each in incidents.undone(ctx.tx, SHORT))
    return [
        Glance(
            _("Open incidents"), tuple(listed(ctx, each) for each in incidents.open_ones(ctx.tx))
        ),
        Glance(_("Restored, not done"), undone, incidents.count_undone(ctx.tx)),
    ]


@feature.waits(10)
def waiting(ctx: Context) -> list[Task]:
    """Return the open incidents that wait for the asker: to be taken, or to be ended."""
    found: list[Task] = []
    acts_for = duty.acts_for(ctx, ctx.person.id)
    for each in incidents.open_ones(ctx.tx):
        mine = each.responsible in acts_for and not each.unanswered
        if mine:
            buttons = (tell(each.number), works_again(each.number))
            found.append(Task(listed(ctx, each), buttons, each.declared_at))
        elif waits_for_me(ctx, each):
            buttons = (take(each.number), _show(each))
            found.append(Task(listed(ctx, each), buttons, each.declared_at))
    return found


@feature.command("show", "zeigen", help=_("One incident."), hidden=True, reads=True)
def show(ctx: Context, number: Ref) -> Reply:
    return Reply(card(ctx, find(ctx, number)))


@feature.command("history", "verlauf", help=_("What happened."), hidden=True, reads=True)
def past(ctx: Context, number: Ref) -> Reply:
    return Reply(history(ctx, find(ctx, number)))

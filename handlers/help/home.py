"""Home: everything that concerns one person, on one page; the home tab shows it."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.automations.state import STATES, state
from handlers.help.waiting import waiting
from handlers.incidents.cards import listed, undone_line
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.words import Words, _
from handlers.on_call import stand_ins
from handlers.pilots.cards import age
from storage import automations, incidents, pilots

feature = Feature(_("Home"))

SHOWN = 5


@feature.command(
    "home", "startseite", help=_("Everything that concerns me."), hidden=True, reads=True
)
def home(ctx: Context) -> Reply:
    parts: list[Part] = [
        Buttons(
            (
                Button(_("Declare an incident"), call("incident"), "primary"),
                Button(_("Note friction"), call("friction")),
                Button(_("Give feedback"), call("feedback")),
                Button(_("Help"), call("help"), "quiet"),
            )
        ),
        Title(_("What waits for me")),
    ]
    open_ones = incidents.open_ones(ctx.tx)
    waits = waiting(ctx)
    for each in waits[:SHOWN]:
        parts += [Text(each.words), Buttons(each.buttons)]
    if not waits:
        parts.append(Text(_("Nothing waits for you.")))
    elif len(waits) > SHOWN:
        more = _("and {n} more", n=len(waits) - SHOWN)
        parts += [Text(more), Buttons((Button(_("Show all"), call("status")),))]
    parts += _list(_("Open incidents"), [listed(ctx, each) for each in open_ones])
    undone = [undone_line(ctx, each) for each in incidents.undone(ctx.tx, SHOWN)]
    parts += _list(_("Restored, not done"), undone, incidents.count_undone(ctx.tx))
    mine = [
        each for each in automations.all(ctx.tx) if ctx.person.id in (each.accountable, each.deputy)
    ]
    parts += _list(
        _("My automations"),
        [_("{name}: {state}", name=each.name, state=STATES[state(ctx, each)]) for each in mine],
    )
    parts += _list(
        _("My pilots"),
        [
            _("{name}, {week}", name=each.name, week=age(ctx, each))
            for each in pilots.all(ctx.tx)
            if each.champion == ctx.person.id
        ],
    )
    parts += _list(_("Who stands in"), list(stand_ins.agreed(ctx)))
    if ctx.person.manager:
        settings = (
            Button(_("Services"), call("service")),
            Button(_("This week so far"), call("digest")),
            Button(_("Settings"), call("settings")),
        )
        parts += [Title(_("For managers")), Buttons(settings)]
    return Reply(Message(tuple(parts)))


def _list(title: Words, items: Sequence[Words], count: int = 0) -> list[Part]:
    """Show the first of `items`; `count` says how many there are, if `items` are not all."""
    if not items:
        return []
    shown = list(items[:SHOWN])
    rest = max(len(items), count) - SHOWN
    if rest > 0:
        shown.append(_("and {n} more", n=rest))
    return [Title(title), Items(tuple(shown))]

"""Home: everything that concerns one person, on one page; the home tab shows it."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.help.waiting import waiting
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Glance
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.words import Words, _

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
                Button(_("Note what is in the way"), call("friction")),
                Button(_("Give feedback"), call("feedback")),
                Button(_("Find"), call("find")),
                Button(_("Help"), call("help"), "quiet"),
            )
        ),
        Title(_("What is waiting for me")),
    ]
    waits = waiting(ctx)
    for each in waits[:SHOWN]:
        parts += [Text(each.words), Buttons(each.buttons)]
    if not waits:
        parts.append(Text(_("Nothing is waiting for you right now.")))
    elif len(waits) > SHOWN:
        more = _("and {n} more", n=len(waits) - SHOWN)
        parts += [Text(more), Buttons((Button(_("Show all"), call("status")),))]
    for glance in _glances(ctx):
        parts += _list(glance.title, glance.items, glance.total)
    if ctx.person.manager:
        settings = (
            Button(_("Services"), call("service")),
            Button(_("This week so far"), call("digest")),
            Button(_("Settings"), call("settings")),
        )
        parts += [Title(_("For managers")), Buttons(settings)]
    return Reply(Message(tuple(parts)))


def _glances(ctx: Context) -> list[Glance]:
    doors = sorted(
        (each for feature in ctx.features for each in feature.all_glances),
        key=lambda each: each.rank,
    )
    return [glance for each in doors for glance in each.run(ctx)]


def _list(title: Words, items: Sequence[Words], count: int = 0) -> list[Part]:
    """Show the first of `items`; `count` says how many there are, if `items` are not all."""
    if not items:
        return []
    shown = list(items[:SHOWN])
    rest = max(len(items), count) - SHOWN
    if rest > 0:
        shown.append(_("and {n} more", n=rest))
    return [Title(title), Items(tuple(shown))]

"""Home: everything that concerns one person, on one page; the home tab shows it."""

from __future__ import annotations

from handlers.help.waiting import waiting
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Glance
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.words import _, _n

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
        parts += _list(glance)
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


def _list(glance: Glance) -> list[Part]:
    """Show the first lines of a chapter, and the button that shows the others."""
    if not glance.items:
        return []
    shown = list(glance.items[:SHOWN])
    rest = max(len(glance.items), glance.total) - SHOWN
    parts: list[Part] = [Title(glance.title)]
    if rest <= 0:
        return [*parts, Items(tuple(shown))]
    if glance.rest is None:
        return [*parts, Items((*shown, _("and {n} more", n=rest)))]
    show = Button(_n("Show {n} more", "Show {n} more", rest), glance.rest, "quiet")
    return [*parts, Items(tuple(shown)), Buttons((show,))]

"""`data restrict`: my records stay, and others read no name of mine (GDPR, art. 18 and 21)."""

from __future__ import annotations

from dataclasses import replace

from handlers.kit.calendar import day_of
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Reply, Text, line
from handlers.kit.words import _
from handlers.ownership import held
from handlers.privacy.erasing import binding, cards_of, give_back, must_leave_a_manager
from storage import people

feature = Feature(_("My data"))


@feature.command(
    "data restrict",
    "daten einschränken",
    help=_("My records stay, and nobody reads my name in them."),
    hidden=True,
    needs="own data",
)
def ask(ctx: Context) -> Reply:
    _must_be_free(ctx)
    parts = (
        Text(
            _("“name not shown” then stands in your place on cards, in histories and in digests.")
        ),
        Text(_("Nobody can name you for anything. All of it stays stored; you can lift it.")),
        Buttons((Button(_("Restrict it"), call("data restricted")),)),
    )
    return Reply(Message(parts))


@feature.command(
    "data restricted",
    "daten eingeschränkt",
    help=_("Restrict what is stored."),
    hidden=True,
    needs="own data",
)
def restrict(ctx: Context) -> Reply:
    _must_be_free(ctx)
    told = give_back(ctx)
    done = _set(ctx, restricted=True)
    return replace(done, posts=(*told, *done.posts))


@feature.command(
    "data unrestrict",
    "daten freigeben",
    help=_("My name may be read again."),
    hidden=True,
    needs="own data",
)
def lift(ctx: Context) -> Reply:
    if not ctx.person.restricted:
        raise Refusal(_("Nothing of yours is restricted."))
    return _set(ctx, restricted=False)


def _set(ctx: Context, *, restricted: bool) -> Reply:
    day = day_of(ctx.now, ctx.workspace.zone) if restricted else None
    people.restrict(ctx.tx, ctx.person.id, day)
    now = replace(ctx, person=replace(ctx.person, restricted=restricted))
    now.forget_people()
    said = (
        _("Your records are restricted: nobody reads your name in them. “data” lifts it.")
        if restricted
        else _("Your name may be read again, and you can be named for things.")
    )
    return Reply(line(said), posts=cards_of(now, ctx.person.id), subject="data")


def _must_be_free(ctx: Context) -> None:
    if ctx.person.restricted:
        raise Refusal(
            _("Your records are restricted already."),
            buttons=(Button(_("Lift it"), call("data unrestrict")),),
        )
    mine = binding(ctx)
    if mine:
        raise Refusal(
            _(
                "You still answer for {things}, and whoever does is read there. Please hand it "
                "over first.",
                things=held.held_words(mine),
            ),
            buttons=(Button(_("Hand everything over"), call("hand over")),),
        )
    must_leave_a_manager(ctx)

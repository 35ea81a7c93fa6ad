"""The board: a private link that signs one browser in, to read what the company has."""

from __future__ import annotations

from datetime import datetime

from handlers.board.lifetimes import LINK
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Message, Reply, Text, Title
from handlers.kit.words import Link, _
from storage import board
from storage.engine.ids import PersonId

feature = Feature(_("Lists"))


@feature.command("board", "tafel", help=_("All lists in the browser."))
def link(ctx: Context) -> Reply:
    here = ctx.place is None or ctx.place.id.startswith("local:")
    if not ctx.address.startswith("https://") and not here:
        raise Refusal(
            _("The board needs a public address (LOTSE_URL), and none is set here. Type “lists”.")
        )
    secret = ctx.new_secret()
    board.link(ctx.tx, secret, ctx.person.id, ctx.now)
    address = f"{ctx.address}/board/in/{ctx.workspace.id}/{secret}"
    told = _(
        "The link works once, for {n} minutes, and signs in the browser that opens it for a day.",
        n=LINK.seconds // 60,
    )
    parts = (
        Title(_("The board")),
        Text((Link(ctx.text(_("Open the board")), address),)),
        Text(told, small=True),
    )
    return Reply(Message(parts), secret=True)


@feature.knows(
    57,
    _("The board"),
    {"board_links": ("person",), "board_sessions": ("person",)},
    replace=board.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        board.of_person(ctx.tx, person),
        {
            "board_links.person": _("Link to the board"),
            "board_sessions.person": _("Signed in to the board"),
        },
    )


@feature.keeps(
    "board_links",
    "board_sessions",
    what=_("Who is signed in to the board"),
    days=2,
    then=_("deleted"),
)
def kept(ctx: Context, before: datetime) -> int:
    """Delete what signs nobody in any more."""
    return board.forget(ctx.tx, before)

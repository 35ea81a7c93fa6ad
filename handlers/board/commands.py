"""The board: a private link that signs one browser in, to read what the company has."""

from __future__ import annotations

from datetime import datetime

from handlers.board.lifetimes import LINK
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Message, Part, Reply, Text, Title
from handlers.kit.words import Link, _
from handlers.privacy import exporting
from storage import board
from storage.engine.ids import PersonId

feature = Feature(_("Lists"))

PIECE = 2500  # characters of an export that fit into one paragraph everywhere


@feature.command("board", "tafel", help=_("All lists in the browser."))
def link(ctx: Context) -> Reply:
    if not _reachable(ctx):
        raise Refusal(
            _("The board needs a public address (LOTSE_URL), and none is set here. Type “lists”.")
        )
    address = _sign_in(ctx)
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


@feature.command(
    "data export",
    "daten export",
    help=_("All of it as a page and as a file, only for you."),
    hidden=True,
)
def export(ctx: Context) -> Reply:
    parts: tuple[Part, ...]
    if _reachable(ctx):
        told = _(
            "The link works once, for {n} minutes; the page has everything, and a file to keep.",
            n=LINK.seconds // 60,
        )
        opened = Link(ctx.text(_("Open my data")), f"{_sign_in(ctx)}?to=data")
        parts = (Text((opened,)), Text(told, small=True))
    else:
        written = exporting.as_json(ctx)
        pieces = [written[at : at + PIECE] for at in range(0, len(written), PIECE)]
        parts = tuple(Text(each, code=True) for each in pieces)
    return Reply(Message(parts), secret=True, subject="data")


def _reachable(ctx: Context) -> bool:
    """Say whether the asker's browser reaches the board: it is public, or on this machine."""
    here = ctx.place is None or ctx.place.id.startswith("local:")
    return ctx.address.startswith("https://") or here


def _sign_in(ctx: Context) -> str:
    secret = ctx.new_secret()
    board.link(ctx.tx, secret, ctx.person.id, ctx.now)
    return f"{ctx.address}/board/in/{ctx.workspace.id}/{secret}"


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
def forget_links(ctx: Context, before: datetime) -> int:
    """Delete what signs nobody in any more."""
    return board.forget(ctx.tx, before)

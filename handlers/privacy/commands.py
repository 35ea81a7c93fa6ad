"""`data`: what is stored about me: seen, exported, erased."""

from __future__ import annotations

import json
from collections.abc import Mapping

from handlers.kit import commands
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Facts, Message, Part, Reply, Text, Title, line
from handlers.kit.people import PLATFORMS
from handlers.kit.words import Words, _, _n
from handlers.ownership import held
from handlers.privacy.erasing import (
    binding,
    doors,
    give_back,
    must_leave_a_manager,
    put_former,
)
from handlers.privacy.notice import CONTACT
from storage import privacy, workspaces
from storage.engine import Tx
from storage.engine.ids import PersonId

feature = Feature(_("My data"))

SHOWN = 4  # lines of one room; the export has all of them


@feature.command(
    "data",
    "daten",
    help=_("What is stored about me: see, export, correct, restrict, erase."),
    reads=True,
    needs="own data",
)
def show(ctx: Context) -> Reply:
    me = ctx.person
    parts: list[Part] = [
        Title(_("What is stored about you")),
        Facts(
            (
                (_("Name"), me.name),
                (_("Language"), me.language or _("Like the company")),
                (_("Time zone"), ctx.zone),
                (_("Manager"), _("yes") if me.manager else _("no")),
                (_("Restricted"), _("yes") if me.restricted else _("no")),
            )
        ),
    ]
    for door in doors(ctx):
        told = door.run(ctx, me.id)
        rows = told.rows
        if not rows:
            continue
        shown: list[tuple[Words, Words]] = list(rows[:SHOWN])
        parts += [Title(door.title), Facts(tuple(shown))]
        if len(rows) > SHOWN:
            parts.append(Text(_n("and {n} more", "and {n} more", len(rows) - SHOWN), small=True))
        if told.more is not None:
            parts.append(Buttons((told.more,)))
    contact = workspaces.setting(ctx.tx, CONTACT)
    if contact:
        parts.append(Text(_("Data protection here: {contact}", contact=contact)))
    parts.append(
        Text(
            _(
                "The documentation says how long each is kept. No figure about you is kept "
                "anywhere."
            ),
            small=True,
        )
    )
    lift = Button(_("Show my name again"), call("data unrestrict"), "quiet")
    restrict = Button(_("Restrict it"), call("data restrict"), "quiet")
    parts.append(
        Buttons(
            (
                Button(_("Export all of it"), call("data export")),
                Button(_("Something is wrong"), call("data correct")),
                lift if me.restricted else restrict,
                Button(_("Erase me"), call("data erase"), "quiet"),
            )
        )
    )
    return Reply(Message(tuple(parts)), secret=True)


@feature.command(
    "data erase",
    "daten löschen",
    help=_("Take me out of everything."),
    hidden=True,
    needs="own data",
)
def ask_erase(ctx: Context) -> Reply:
    mine = binding(ctx)
    if mine:
        raise Refusal(
            _(
                "You still answer for {things}. Please hand that over first, then I can erase you.",
                things=held.held_words(mine),
            ),
            buttons=(Button(_("Hand everything over"), call("hand over")),),
        )
    must_leave_a_manager(ctx)
    return Reply(
        line(
            _(
                "“Former person” replaces your name everywhere, and your language, drafts "
                "and direct chat are deleted. This cannot be undone. Texts that somebody "
                "typed stay, without who."
            ),
            Button(_("Erase me"), call("data erased")),
        )
    )


@feature.command(
    "data erased",
    "daten gelöscht",
    help=_("Erase me for good."),
    hidden=True,
    needs="own data",
)
def erase(ctx: Context) -> Reply:
    if binding(ctx):
        raise Refusal(
            _("You answer for something again. Please hand that over first."),
            buttons=(Button(_("Hand everything over"), call("hand over")),),
        )
    must_leave_a_manager(ctx)
    told = (*give_back(ctx), *put_former(ctx, ctx.person.id))
    said = _("You are erased. If you write to me again, I meet you for the first time.")
    return Reply(line(said), secret=True, nameless=True, posts=told, erased=True)


def _nothing(_tx: Tx, _person: str, _to: str) -> None:
    """Identities are moved when two are linked, and deleted when somebody is erased."""


@feature.knows(
    90,
    _("How I know you"),
    {
        "identities": ("person",),
        "places": ("person",),
        "drafts": ("person",),
        "link_codes": ("person",),
    },
    replace=_nothing,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell by which identities and in which chats somebody is known."""
    return known(
        privacy.of_person(ctx.tx, person),
        {
            "identities.person": _("Identity"),
            "places.person": _("Direct chat"),
            "drafts.person": _("Draft"),
        },
        say=lambda row: _known_as(ctx, row),
    )


def _known_as(ctx: Context, row: Mapping[str, str]) -> Words:
    """Return an identity by its platform, a chat by where it is, a draft by its form."""
    if row["what"] == "drafts.person":
        word = json.loads(row["subject"]).get("word", "")
        command = commands.by_name(word, ctx.features)
        return command.help if command is not None else _("a form that was begun")
    platform, _colon, rest = row["subject"].partition(":")
    called = PLATFORMS.get(platform, platform)
    return (
        called if row["what"] == "places.person" else _("{who} ({where})", who=rest, where=called)
    )

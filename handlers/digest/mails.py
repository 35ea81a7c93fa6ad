"""The digest by mail, for those who sit in no chat: off unless the operator has set it up."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, Setting, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.readers import TextReader
from handlers.kit.words import Link, _, _n
from storage.delivery import places
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceKind
from storage.digest import mails
from storage.digest.mails import Mail, MailState
from storage.engine.ids import PersonId, PlaceId

feature = Feature(_("Weekly digest"))

# A chat marks what an app writes; a mail says it itself.
MARK = Text(_("A program has written this mail: Lotse."), small=True)

ADDRESS = re.compile(r"[^\s@<>\"(),:;\\[\]]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}", re.IGNORECASE)
MOST = 50  # addresses


def _need(ctx: Context) -> None:
    if not ctx.mails:
        raise Refusal(
            _("No mail is sent from here; whoever runs Lotse can set it up (LOTSE_SMTP).")
        )


@feature.command(
    "digest mail",
    "wochenbericht mail",
    help=_("The weekly digest by mail, too, for somebody who sits in no chat."),
    hidden=True,
    needs="settings",
)
def add(
    ctx: Context,
    *,
    address: Annotated[
        str,
        TextReader(long=False),
        Ask(_("Mail address"), _("They confirm it by a click; before that nothing is sent.")),
    ],
) -> Reply:
    _need(ctx)
    if ADDRESS.fullmatch(address) is None:
        raise Refusal(_("“{text}” is no mail address.", text=address[:80]), field="address")
    if len(mails.all(ctx.tx)) >= MOST:
        raise Refusal(_("Please keep it to {n} addresses.", n=MOST))
    new = Mail(ctx.new_id(), address.lower(), ctx.new_secret(), MailState.ASKED)
    if not mails.add(ctx.tx, new, ctx.person.id, ctx.now):
        raise Refusal(_("This address is entered already."), field="address")
    places.ensure(ctx.tx, PlaceId(f"mail:{new.id}"), PlaceKind.MAIL, new.address)
    confirm = Link(ctx.text(_("Confirm")), _address(ctx, new))
    asked = Message(
        (
            Title(_("The weekly digest by mail")),
            Text(_("{who} has entered this address for the weekly digest.", who=ctx.person.name)),
            Text((confirm,)),
            Text(_("Without a click nothing more is sent, and the address is deleted.")),
            MARK,
        )
    )
    said = _("{address} is asked by mail. The digest comes once it is confirmed.", address=address)
    posts = (Post(f"mail:{new.id}:asked", asked, f"mail:{new.id}", ParcelKind.NOTE),)
    return Reply(line(said), posts=posts, subject=new.id)


def _address(ctx: Context, mail: Mail) -> str:
    return f"{ctx.address}/mail/{ctx.workspace.id}/{mail.token}"


def posts(ctx: Context, key: str, message: Message) -> list[Post]:
    """Return the digest for every confirmed address, with the way out of it."""
    if not ctx.mails:
        return []
    found = []
    for each in mails.all(ctx.tx):
        if each.state == MailState.CONFIRMED:
            leave = Text((Link(ctx.text(_("No mail any more")), _address(ctx, each)),), small=True)
            told = Message((*message.parts, MARK, leave))
            found.append(Post(f"{key}:mail", told, f"mail:{each.id}", ParcelKind.DIGEST))
    return found


@feature.command(
    "digest mails",
    "wochenbericht adressen",
    help=_("Who gets the weekly digest by mail."),
    hidden=True,
    needs="settings",
)
def show(ctx: Context) -> Reply:
    _need(ctx)
    parts: list[Part] = [Title(_("The weekly digest by mail"))]
    for each in mails.all(ctx.tx):
        said = _("{address} (asked)", address=each.address)
        parts.append(Text(each.address if each.state == MailState.CONFIRMED else said))
        remove = Button(_("Remove"), call("digest mail remove", mail=each.id), "quiet")
        parts.append(Buttons((remove,)))
    if len(parts) == 1:
        parts.append(Text(_("None yet.")))
    parts.append(Buttons((Button(_("Enter an address"), call("digest mail")),)))
    return Reply(Message(tuple(parts)))


@feature.command(
    "digest mail remove",
    "wochenbericht mail entfernen",
    help=_("No digest to this address any more."),
    hidden=True,
    needs="settings",
)
def remove(
    ctx: Context, mail: Annotated[str, TextReader(long=False), Ask(_("Mail address"))]
) -> Reply:
    if not mails.remove(ctx.tx, mail):
        raise Refusal(_("This address is gone already."))
    return Reply(line(_("No more digests go there; the address is deleted.")), subject=mail)


@feature.sets(14)
def settings(ctx: Context) -> list[Setting]:
    """Say how many addresses get the digest, where mail is sent at all."""
    if not ctx.mails:
        return []
    number = sum(each.state == MailState.CONFIRMED for each in mails.all(ctx.tx))
    said = _n("{n} address", "{n} addresses", number) if number else _("no address")
    button = Button(_("Digest by mail"), call("digest mails"))
    return [Setting(_("Digest by mail"), said, button)]


@feature.knows(
    59,
    _("Digest by mail"),
    {"digest_mails": ("added_by",)},
    replace=mails.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        mails.of_person(ctx.tx, person), {"digest_mails.added_by": _("Entered a mail address")}
    )


@feature.keeps(
    "digest_mails",
    what=_("Mail addresses that nobody has confirmed"),
    days=14,
    then=_("deleted"),
)
def unconfirmed(ctx: Context, before: datetime) -> int:
    return mails.forget(ctx.tx, before)

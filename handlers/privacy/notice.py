"""At first contact: what is stored about somebody is said once, briefly, with the way to more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from handlers.kit.calendar import day_of
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Setting
from handlers.kit.messages import Button, Reply, Text, line
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import _
from storage import people, workspaces
from storage.people import Person, PersonKind

feature = Feature(_("Settings"))

CONTACT = "privacy contact"  # the setting: who answers for data protection here


def first(ctx: Context, person: Person) -> tuple[Text, ...]:
    """Return what somebody is told once, and note that they were; nothing when they know.

    Whoever the platform has not told us about yet hears it once it has.
    """
    if person.informed or person.kind not in (
        PersonKind.MEMBER,
        PersonKind.GUEST,
        PersonKind.EXTERNAL,
    ):
        return ()
    day = day_of(ctx.now, ctx.workspace.zone)
    if not people.inform(ctx.tx, person.id, day):
        return ()
    ctx.follow(Event.MET, person.id)
    told = _(
        "Lotse stores your name and what you declare and answer here; no figure about you. "
        "“data” shows all of it."
    )
    contact = workspaces.setting(ctx.tx, CONTACT)
    whom = (_("Data protection here: {contact}", contact=contact),) if contact else ()
    return tuple(Text(each, small=True) for each in (told, *whom))


def _current(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    return {"contact": workspaces.setting(ctx.tx, CONTACT) or ""}


@feature.command(
    "settings privacy",
    "einstellungen datenschutz",
    help=_("Who answers for data protection here."),
    hidden=True,
    needs="settings",
    current=_current,
)
def contact(
    ctx: Context,
    *,
    contact: Annotated[
        str,
        RequiredTextReader(most=200),
        Ask(_("Contact or link"), _("Everybody reads it when Lotse first meets them.")),
    ],
) -> Reply:
    workspaces.set_setting(ctx.tx, CONTACT, " ".join(contact.split()))
    return Reply(line(_("From now on new people read it, and so does everybody under “data”.")))


@feature.sets(13)
def settings(ctx: Context) -> list[Setting]:
    """Say who answers for data protection."""
    said = workspaces.setting(ctx.tx, CONTACT) or _("nobody named")
    return [
        Setting(_("Data protection"), said, Button(_("Name a contact"), call("settings privacy")))
    ]

"""Settings: who manages, and which channel is for what. For managers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    FieldKind,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.readers import ChoiceReader, PersonReader, TextReader
from handlers.kit.words import Who, Words, _
from handlers.settings.managers import nobody_yet
from storage import people
from storage.delivery import places
from storage.delivery.places import Place, PlaceKind, PlaceRole
from storage.people import Person

feature = Feature(_("Settings"))


class ManagerReader(PersonReader):
    """Somebody who manages Lotse."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.CHOICE

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return tuple((each.id, each.name) for each in people.managers(ctx.tx))

    def value(self, raw: str, ctx: Context) -> object:
        found = PersonReader.value(self, raw, ctx)
        if found not in people.managers(ctx.tx):
            raise Refusal(_("“{who}” is not a manager.", who=raw[:80]))
        return found


ManagerRef = Annotated[Person, ManagerReader(), Ask(_("Person"))]


class Role(StrEnum):
    """What a channel is for."""

    INCIDENTS = "incidents"
    MANAGERS = "managers"


ROLES: dict[str, Words] = {
    "incidents": _("incidents and their cards"),
    "managers": _("the weekly digest"),
}
FOR: dict[PlaceRole, Words] = {
    PlaceRole.INCIDENTS: _("For incidents"),
    PlaceRole.MANAGERS: _("For the weekly digest"),
}


CHANNELS: dict[PlaceRole, Words] = {
    PlaceRole.INCIDENTS: _("Incidents"),
    PlaceRole.MANAGERS: _("Weekly digest"),
}


@feature.command("settings", "einstellungen", help=_("Channels and managers."), reads=True)
def show(ctx: Context) -> Reply:
    if not people.managers(ctx.tx):
        return Reply(nobody_yet(ctx))
    rights.need(ctx, "settings")
    rows: list[tuple[Words, Words]] = [
        (
            _("Managers"),
            _("{who}", who=[Who(each.id, each.name) for each in people.managers(ctx.tx)]),
        )
    ]
    for role, label in CHANNELS.items():
        found = [_channel_name(each) for each in places.with_role(ctx.tx, role)]
        rows += [(label, channel) for channel in found or [_("no channel yet")]]
    doors = sorted(
        (each for feature in ctx.features for each in feature.all_sets), key=lambda each: each.rank
    )
    lines = [each for door in doors for each in door.run(ctx)]
    rows += [(each.label, each.value) for each in lines if each.value]
    parts: list[Part] = [Title(_("Settings")), Facts(tuple(rows))]
    if ctx.place is not None and ctx.place.kind == PlaceKind.CHANNEL:
        here = tuple(
            Button(label, call("settings place", role=role, channel=ctx.place.id))
            for role, label in FOR.items()
            if ctx.place.role != role
        )
        asked = _("What should {channel} be used for?", channel=_channel_name(ctx.place))
        parts += [Text(asked), Buttons(here)]
    else:
        parts.append(
            Text(
                _("To choose a channel, invite Lotse there and type this command in it."),
                small=True,
            )
        )
    parts.append(
        Buttons(
            (
                Button(_("Add a manager"), call("settings manager")),
                Button(_("Remove a manager"), call("settings manager remove")),
                *(each.button for each in lines if each.button is not None),
            )
        )
    )
    return Reply(Message(tuple(parts)))


@feature.command(
    "settings manager",
    "einstellungen leitung",
    help=_("Who else should manage Lotse?"),
    hidden=True,
    needs="settings",
)
def add_manager(ctx: Context, person: Annotated[Person, PersonReader(), Ask(_("Person"))]) -> Reply:
    posts: tuple[Post, ...] = ()
    if not person.manager and person.id != ctx.person.id:
        told = line(
            _("{who} has asked you to manage Lotse as well.", who=ctx.person.name),
            Button(_("Settings"), call("settings")),
        )
        posts = matters.ask(
            ctx, person.id, f"manager:{person.id}:{ctx.new_id()}", told, personal=True
        )
    people.set_manager(ctx.tx, person.id)
    said = _("{who} is a manager now, too.", who=Who(person.id, person.name))
    posts += ctx.follow(Event.MANAGERS_CHANGED, person.id)
    return Reply(line(said), posts=posts, subject=person.person_key)


@feature.command(
    "settings manager remove",
    "einstellungen leitung entfernen",
    help=_("Who is no longer a manager?"),
    hidden=True,
    needs="settings",
)
def remove_manager(ctx: Context, person: ManagerRef) -> Reply:
    if not people.unset_manager(ctx.tx, person.id):
        raise Refusal(
            _(
                "{who} is the only manager. Please name somebody else first.",
                who=person.name,
            ),
            field="person",
            buttons=(Button(_("Add a manager"), call("settings manager")),),
        )
    told = line(
        _(
            "You are no longer a manager; {who} has changed that. Thank you for your help.",
            who=ctx.person.name,
        )
    )
    posts = (
        ()
        if person.id == ctx.person.id
        else matters.ask(ctx, person.id, f"manager:{person.id}:{ctx.new_id()}", told, personal=True)
    )
    said = _("{who} is no longer a manager.", who=person.name)
    return Reply(line(said), posts=posts, subject=person.person_key)


@feature.command(
    "settings place",
    "einstellungen ort",
    help=_("What is this channel for?"),
    hidden=True,
    needs="settings",
)
def use_place(
    ctx: Context,
    role: Annotated[Role, ChoiceReader(Role, ROLES, {}), Ask(_("What for"))],
    *,
    channel: Annotated[str, TextReader(long=False), Ask(_("Channel"))] = "",
) -> Reply:
    # The button may stand elsewhere: in Teams, a private answer is in the personal chat.
    here: Place | None = places.find(ctx.tx, channel) if channel else ctx.place
    if here is None or here.kind != PlaceKind.CHANNEL:
        raise Refusal(_("To choose a channel, invite Lotse there and type this command in it."))
    places.set_role(ctx.tx, here.id, PlaceRole(role))
    return Reply(
        line(_("{channel} is for {what} now.", channel=_channel_name(here), what=ROLES[role])),
        subject=here.id,
    )


def _channel_name(place: Place) -> Words:
    """Return a channel's name; some platforms keep that of a private one to themselves."""
    return f"#{place.name}" if place.name else _("the channel without a name")

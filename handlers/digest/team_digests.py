"""Teams: a channel that gets what concerns its areas and services, beside the company's digest."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Annotated

from handlers.digest import writing
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Setting
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import Words, _, _n
from storage import services
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.digest import teams
from storage.digest.teams import Team

feature = Feature(_("Weekly digest"))

Which = Annotated[str, TextReader(long=False), Ask(_("Team"))]


def _of(ctx: Context, channel: str) -> Team | None:
    return next((each for each in teams.all(ctx.tx) if each.place == channel), None)


def _current(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    channel = fixed.get("channel", "")
    found, place = _of(ctx, channel), places.find(ctx.tx, channel)
    if found is None:
        return {"name": place.name or ""} if place is not None else {}
    known = {each.id: each.name for each in services.all(ctx.tx)}
    return {
        "name": found.name,
        "areas": "\n".join(found.areas),
        "services": "\n".join(known[each] for each in found.services if each in known),
    }


def _wanted(said: str, known: Collection[str]) -> list[str]:
    """Return the services that somebody wrote down; a comma in a name is no end of it."""
    return [
        part
        for each in _parts("\n", said)
        for part in ([each] if folded(each) in known else _parts("[,;]", each))
    ]


def _are_services(ctx: Context, services_: str = "") -> None:
    known = {folded(each.name) for each in services.all(ctx.tx)}
    unknown = [each for each in _wanted(services_, known) if folded(each) not in known]
    if unknown:
        refused = _("There is no service called “{name}”.", name=unknown[0][:80])
        raise Refusal(refused, field="services_")


@feature.command(
    "digest team",
    "wochenbericht team",
    help=_("A weekly digest for the team of this channel."),
    hidden=True,
    needs="settings",
    current=_current,
    checks=(_are_services,),
)
def enter(
    ctx: Context,
    channel: Annotated[str, TextReader(long=False), Ask(_("Channel"))],
    *,
    name: Annotated[str, TextReader(long=False), Ask(_("Team"))],
    areas: Annotated[
        str, TextReader(), Ask(_("Areas"), _("One a line, as friction and pilots have them."))
    ],
    services_: Annotated[str, TextReader(), Ask(_("Services"), _("One a line."))] = "",
) -> Reply:
    place = places.find(ctx.tx, channel)
    if place is None or place.kind != PlaceKind.CHANNEL:
        raise Refusal(_("Please type “digest teams” in the team's own channel."))
    if place.role in (places.PlaceRole.MANAGERS, places.PlaceRole.INCIDENTS):
        raise Refusal(_("This channel is for the whole company. A team has a channel of its own."))
    found = _of(ctx, place.id)
    known = {folded(each.name): each.id for each in services.all(ctx.tx)}
    wanted = _wanted(services_, known)
    ids = tuple(dict.fromkeys(known[folded(each)] for each in wanted))
    said = tuple(dict.fromkeys(each[:80] for each in _parts("[,;\n]", areas)))
    id = found.id if found is not None else ctx.new_id()
    teams.put(ctx.tx, Team(id, " ".join(name.split())[:60], place.id, said, ids))
    look = Button(_("This week so far"), call("digest for team", team=id))
    told = _("This channel gets the weekly digest of “{team}”: {areas}.", team=name, areas=said)
    return Reply(line(told, look), subject=id)


def _parts(ends: str, text: str) -> list[str]:
    """Return the names in a text: one a line, or several in one, as many people list them."""
    return [" ".join(each.split()) for each in re.split(ends, text) if each.strip()]


@feature.command(
    "digest teams",
    "wochenbericht teams",
    help=_("Which teams get a weekly digest of their own."),
    reads=True,
)
def show(ctx: Context) -> Reply:
    parts: list[Part] = [Title(_("Teams with a digest of their own"))]
    for each in teams.all(ctx.tx):
        place = places.find(ctx.tx, each.place)
        where: Words = f"#{place.name}" if place is not None and place.name else _("a channel")
        parts.append(
            Text(
                _("{team} ({where}): {areas}", team=each.name, where=where, areas=list(each.areas))
            )
        )
        row = [Button(_("This week so far"), call("digest for team", team=each.id))]
        if ctx.person.manager:
            row.append(Button(_("Remove"), call("digest team remove", team=each.id), "quiet"))
        parts.append(Buttons(tuple(row)))
    if len(parts) == 1:
        parts.append(Text(_("None yet.")))
    if ctx.person.manager:
        parts.append(Text(_("To enter one, type “digest teams” in its channel."), small=True))
        if ctx.place is not None and ctx.place.kind == PlaceKind.CHANNEL:
            here = call("digest team", channel=ctx.place.id)
            parts.append(Buttons((Button(_("A digest for this channel"), here),)))
    return Reply(Message(tuple(parts)))


@feature.command(
    "digest for team",
    "wochenbericht für",
    help=_("A team's week so far."),
    hidden=True,
    reads=True,
    needs="digest",
)
def preview(ctx: Context, team: Which) -> Reply:
    found = _team(ctx, team)
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    message = writing.team(ctx, week, found)
    return Reply(message or line(_("Nothing happened for “{team}” this week.", team=found.name)))


@feature.command(
    "digest team remove",
    "wochenbericht team entfernen",
    help=_("No digest for this team any more."),
    hidden=True,
    needs="settings",
)
def remove(ctx: Context, team: Which) -> Reply:
    found = _team(ctx, team)
    teams.remove(ctx.tx, found.id)
    return Reply(line(_("“{team}” gets no digest of its own any more.", team=found.name)))


def _team(ctx: Context, id: str) -> Team:
    found = next((each for each in teams.all(ctx.tx) if each.id == id), None)
    if found is None:
        raise Refusal(_("There is no such team any more."))
    return found


@feature.sets(13)
def settings(ctx: Context) -> list[Setting]:
    """Say how many teams have a digest of their own."""
    number = len(teams.all(ctx.tx))
    said = _n("{n} team", "{n} teams", number) if number else _("no team")
    return [
        Setting(_("Digests of teams"), said, Button(_("Digests of teams"), call("digest teams")))
    ]

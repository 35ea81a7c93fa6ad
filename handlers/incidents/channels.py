"""A channel for an incident alone: never, for serious ones or for all, as a manager set it.

Its topic is kept current, whoever is concerned is asked in, and it stays until the
incident is done. The platform is spoken to by `bot/delivery/channels.py`; here is decided what
is wanted. Platforms that make no channels just have none.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from handlers.incidents.cards import card, headline, label, standing
from handlers.incidents.keys import IncidentTimer
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Setting
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import ChoiceReader, folded
from handlers.kit.words import Words, _, shortened, text
from storage import incidents, people, workspaces
from storage.delivery import outbox, places, timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceKind
from storage.engine.ids import PersonId
from storage.incidents import Incident
from storage.incidents import channels as stored_channels
from storage.incidents.states import IncidentState, Severity

feature = Feature(_("Channels for incidents"))

SETTING = "rooms"
MAKERS = ("local", "slack")  # the platforms that make channels (bot/delivery/channels.py)
# The states in which an incident keeps its channel.
LIVE = frozenset({IncidentState.OPEN, IncidentState.RESTORED})
TOPIC = 240  # characters; Slack takes 250
NAME = 60  # Slack takes 80


class When(StrEnum):
    """Which incidents get a channel of their own."""

    NEVER = "never"
    SERIOUS = "serious"
    ALWAYS = "always"


WHEN: dict[str, Words] = {
    "never": _("no incident"),
    "serious": _("serious incidents"),
    "always": _("every incident"),
}


def setting(ctx: Context) -> When:
    """Return which incidents get a channel of their own; none unless somebody chose."""
    return When(workspaces.setting(ctx.tx, SETTING) or When.NEVER)


def timer_key(number: int) -> str:
    """Return the key of the timer that looks after an incident's channel."""
    return f"incident:{number}:room"


def follow(ctx: Context, incident: Incident) -> None:
    """Want of an incident's channel what its present state asks for."""
    known = stored_channels.find(ctx.tx, incident.number)
    live = incident.state in LIVE
    if known is None and not (live and _gets_one(ctx, incident)):
        return
    if live:
        stored_channels.want(
            ctx.tx,
            incident.number,
            platform=_platform(ctx) or "",
            name=_name(incident, again=known is not None and known.closed),
            topic=_topic(ctx, incident),
            people=_people(ctx, incident),
        )
    elif known is not None:
        stored_channels.release(ctx.tx, incident.number, _topic(ctx, incident))
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=IncidentTimer.CHANNEL,
        key=timer_key(incident.number),
        due=ctx.now,
        errand=True,
        number=incident.number,
    )


def _platform(ctx: Context) -> str | None:
    """Return the platform that makes the channel: where incidents have theirs, if it makes any."""
    chosen = places.with_role(ctx.tx, places.PlaceRole.INCIDENTS)
    found = [each.id.partition(":")[0] for each in chosen]
    return next((each for each in found if each in MAKERS), None)


def _gets_one(ctx: Context, incident: Incident) -> bool:
    match setting(ctx):
        case When.NEVER:
            return False
        case When.SERIOUS:
            return incident.severity == Severity.SERIOUS
        case When.ALWAYS:
            return True


def _name(incident: Incident, *, again: bool) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", folded(incident.title)).strip("-")
    name = f"{label(incident.number).lower()}-{words}"[:NAME].strip("-")
    return f"{name}-again" if again else name


def _topic(ctx: Context, incident: Incident) -> str:
    words = _(
        "{title} – {standing}",
        title=shortened(headline(incident), 120),
        standing=standing(ctx, incident, pings=False),
    )
    return text(words, ctx.workspace.language, ctx.workspace.zone)[:TOPIC]


def _people(ctx: Context, incident: Incident) -> tuple[PersonId, ...]:
    concerned = (incident.declared_by, incident.responsible, incident.proposed_to)
    return tuple(dict.fromkeys(each for each in concerned if each))


@feature.timer(IncidentTimer.CHANNEL)
def settle(ctx: Context, number: int) -> Reply:
    """After the platform was asked: put the card into a new channel."""
    room, incident = stored_channels.find(ctx.tx, number), incidents.find(ctx.tx, number)
    if room is not None and room.reason is not None:
        return Reply(posts=_tell_managers(ctx, room.reason))
    if room is None or incident is None or room.place is None or room.closed:
        return Reply()
    key = f"incident:{number}"
    places.ensure(ctx.tx, room.place, PlaceKind.CHANNEL, room.name)
    if room.place in outbox.places_of(ctx.tx, key):
        return Reply()
    return Reply(posts=(Post(key, card(ctx, incident), room.place),))


def _tell_managers(ctx: Context, reason: str) -> tuple[Post, ...]:
    """Tell the managers, in one message, that the platform makes no channels."""
    words = _(
        "The incident goes on without a channel of its own; the platform refused it ({reason}).",
        reason=reason,
    )
    said = line(words, Button(_("Channels for incidents"), call("settings rooms")))
    return tuple(
        Post(f"rooms:refused:{each.id}", said, f"direct:{each.id}", ParcelKind.NOTE)
        for each in people.managers(ctx.tx)
    )


def about(ctx: Context) -> int | None:
    """Return the incident that the place is about where something was typed.

    That is the incident's own channel, or the thread of its card or alarm.
    """
    if ctx.place is None:
        return None
    own = stored_channels.incident_in(ctx.tx, ctx.place.id)
    if own is not None or not ctx.thread:
        return own
    key = outbox.key_at(ctx.tx, ctx.place.id, ctx.thread) or ""
    found = re.match(r"incident:(\d+)(?::|$)", key)
    return int(found[1]) if found else None


@feature.sets(10)
def settings(ctx: Context) -> list[Setting]:
    """Say which incidents get a channel of their own."""
    change = Button(_("Channels for incidents"), call("settings rooms"))
    return [Setting(_("A channel of its own for"), WHEN[setting(ctx)], change)]


@feature.command(
    "settings rooms",
    "einstellungen kanäle",
    help=_("Which incidents get a channel of their own?"),
    submit=_("Save"),
    hidden=True,
    needs="settings",
    current=lambda ctx, _fixed: {"which": setting(ctx)},
)
def choose(
    ctx: Context,
    *,
    which: Annotated[
        When,
        ChoiceReader(When, WHEN, {}),
        Ask(
            _("A channel of its own for"),
            _(
                "Lotse makes it, keeps its topic current and archives it when the incident "
                "is done. In Teams there are none, as that would take a permission."
            ),
        ),
    ],
) -> Reply:
    if which is not When.NEVER and _platform(ctx) is None:
        raise Refusal(
            _("Please choose a channel for incidents in Slack first; the new ones are made there."),
            field="which",
        )
    workspaces.set_setting(ctx.tx, SETTING, which)
    said = _("From now on, a channel of its own for: {which}.", which=WHEN[which])
    return Reply(line(said), subject=SETTING)

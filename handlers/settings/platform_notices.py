"""What a chat platform tells of itself, said to those who can do something about it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Known, Task, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, from_data, line
from handlers.kit.people import PLATFORMS, name
from handlers.kit.readers import TextReader
from handlers.kit.words import _
from storage import people, workspaces
from storage.delivery import held_requests, inbox, lost_answers, places
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceState
from storage.delivery.timers import TimerKind
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sql import as_text

feature = Feature(_("Platforms"))

OFTEN = timedelta(hours=1)


class PlatformTimer(TimerKind):
    """What a platform lets us say later."""

    HELD_BACK = "held back"  # it keeps events from us; also the setting that knows when we told
    INTRODUCE = "introduce"  # a request waits until its sender is known
    UNREACHABLE = "unreachable"  # nothing can be sent to a place


@feature.waits(90)
def lost(ctx: Context) -> list[Task]:
    """Return the answers that the asker never got."""
    return [
        Task(
            _("An answer to you did not arrive ({at}).", at=each.at),
            (Button(_("Show the answer"), call("lost answer", identity=each.identity)),),
            each.at,
        )
        for each in lost_answers.of(ctx.tx, ctx.person.id)
    ]


@feature.command(
    "lost answer", "verlorene antwort", help=_("Show an answer that did not arrive."), hidden=True
)
def show_lost(
    ctx: Context, identity: Annotated[str, TextReader(long=False), Ask(_("Answer"))]
) -> Reply:
    """Show what was answered; nothing is done a second time."""
    stored = inbox.answer(ctx.tx, identity)
    theirs = lost_answers.take(ctx.tx, identity, ctx.person.id)
    written = json.loads(stored)["message"] if stored is not None and theirs else None
    if written is None:
        raise Refusal(_("That answer is no longer kept. What you asked for was done at the time."))
    return Reply(from_data(written))


def _replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    lost_answers.replace_person(tx, person, to)
    held_requests.replace_person(tx, person, to)


@feature.knows(
    90,
    _("Answers"),
    {"lost_answers": ("person",), "held_requests": ("person",)},
    replace=_replace,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell which answers somebody never got, and what waits until it is known who they are."""
    roles = {
        "lost_answers.person": _("An answer that did not arrive"),
        "held_requests.person": _("Sent, and not carried out yet"),
    }
    rows = [*lost_answers.of_person(ctx.tx, person), *held_requests.of_person(ctx.tx, person)]
    return known(rows, roles)


@feature.timer(PlatformTimer.INTRODUCE)
def introduced(ctx: Context, identity: str) -> Reply:
    """Nothing is left to do: what waited was carried out when the platform was asked."""
    return Reply()


@feature.timer(PlatformTimer.UNREACHABLE)
def unreachable(ctx: Context, place: PlaceId) -> Reply:
    """Tell the managers, once, that nothing can be sent to a place; it is told on its card, too."""
    found = places.find(ctx.tx, place)
    if found is None or found.state == PlaceState.OPEN:
        return Reply()
    platform = PLATFORMS.get(place.partition(":")[0], place.partition(":")[0])
    if found.person is not None:
        said = _(
            "{who} cannot be reached in {platform}, so alerts go on to the next "
            "person. What is waiting for {who} is sent as soon as they write to me "
            "there.",
            who=name(ctx, found.person),
            platform=platform,
        )
    else:
        said = _(
            "I can no longer post in {channel} ({platform}): it was archived, or I was "
            "removed. What is meant for it is waiting until I am invited there again.",
            channel=found.name or _("a channel"),
            platform=platform,
        )
    key = f"{PlatformTimer.UNREACHABLE} {place} {as_text(ctx.now)}"
    return Reply(
        posts=tuple(
            Post(key, line(said), f"direct:{each.id}", ParcelKind.NOTE)
            for each in people.managers(ctx.tx)
            if each.id != found.person
        )
    )


@feature.timer(PlatformTimer.HELD_BACK)
def held_back(ctx: Context) -> Reply:
    """Tell the managers, once an hour, that the platform holds events back."""
    told = workspaces.setting(ctx.tx, PlatformTimer.HELD_BACK)
    if told is not None and ctx.now - datetime.fromisoformat(told) < OFTEN:
        return Reply()
    workspaces.set_setting(ctx.tx, PlatformTimer.HELD_BACK, as_text(ctx.now))
    said = line(
        _(
            "Slack holds back some of what happens here, because there is so much of it. "
            "Commands and buttons work; mentions of Lotse may come late or not at all."
        )
    )
    key = f"{PlatformTimer.HELD_BACK} {as_text(ctx.now)}"
    return Reply(
        posts=tuple(
            Post(key, said, f"direct:{each.id}", ParcelKind.NOTE)
            for each in people.managers(ctx.tx)
        )
    )

"""Posts of a handler become rows of the outbox, each in its readers' language."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.conversation import typed_labels
from handlers.kit.context import Context
from handlers.kit.messages import Post, dump, spoken
from handlers.privacy import notice
from storage.delivery import outbox, places
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceRole
from storage.engine.ids import NOWHERE, PersonId, PlaceId
from storage.people import Person

# How long an alarm waits in the chat that somebody answers in before it goes to their others too.
ELSEWHERE = timedelta(minutes=2)


def store_posts(ctx: Context, posts: tuple[Post, ...]) -> None:
    """Store what is to be sent, for every place that it goes to, and wake the couriers."""
    for post in posts:
        for target, not_before in _targets(ctx, post):
            _store_post(ctx, post, target, not_before)
    if posts:
        ctx.tx.signal()


def _targets(ctx: Context, post: Post) -> list[tuple[str, datetime | None]]:
    """Return where a post goes, and not before when.

    To a role: in the channel that each platform has for it. To a person who is linked on
    several: an alarm into the chat that they answer in, and soon into the others, or into all
    while nobody knows; anything else where it stands, or into the first.
    """
    if post.place is None:
        return [(each, None) for each in outbox.places_of(ctx.tx, post.key)]
    if post.place in places.ROLES:
        return [(each.id, None) for each in places.with_role(ctx.tx, PlaceRole(post.place))]
    chats: list[places.Direct] = []
    if post.place.startswith("direct:"):
        chats = places.direct_of(ctx.tx, PersonId(post.place.removeprefix("direct:")))
    if len(chats) < 2:
        return [(post.place, None)]
    if post.kind != ParcelKind.ALARM:
        stands = set(outbox.places_of(ctx.tx, post.key))
        return [(each.id, None) for each in chats if each.id in stands] or [(post.place, None)]
    waits = chats[0].open and chats[0].answers
    soon = ctx.now + ELSEWHERE if waits else None
    return [(each.id, soon if each.open and each is not chats[0] else None) for each in chats]


def _store_post(ctx: Context, post: Post, target: str, not_before: datetime | None) -> None:
    place = places.find(ctx.tx, target)
    language, zone = ctx.workspace.language, ctx.workspace.zone
    reader: Person | None = None
    if place is not None and place.person is not None:
        reader = ctx.person_of(place.person)
        language = (reader.language if reader else None) or language
        zone = (reader.zone if reader else None) or zone
    new = post.kind in (ParcelKind.ALARM, ParcelKind.NOTE) and post.place is not None
    message = post.message
    if new and place is not None and place.person is not None:
        typed_labels.remember(ctx, message, place.person, NOWHERE)
        told = notice.first(ctx, reader) if reader is not None else ()
        message = replace(message, parts=(*message.parts, *told)) if told else message
    outbox.add(
        ctx.tx,
        id=ctx.new_id(),
        place=place.id if place else PlaceId(target),
        key=post.key,
        kind=post.kind,
        message=dump(spoken(message, language, zone, ctx.year)),
        now=ctx.now,
        otherwise=post.otherwise,
        not_before=not_before,
    )

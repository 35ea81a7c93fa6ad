"""Posts of a handler become rows of the outbox, each in its readers' language."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.conversation import presses
from handlers.kit.context import Context
from handlers.kit.messages import Post, dump, spoken
from storage.delivery import outbox, places
from storage.engine.ids import NOWHERE, PersonId, PlaceId


def store_posts(ctx: Context, posts: tuple[Post, ...]) -> None:
    """Store what is to be sent, for every place that it goes to, and wake the couriers."""
    for post in posts:
        for target in _targets(ctx, post):
            _store_post(ctx, post, target)
    if posts:
        ctx.tx.signal()


def _targets(ctx: Context, post: Post) -> Sequence[str]:
    """Return where a post goes: to a role, in the channel that each platform has for it."""
    if post.place is None:
        return outbox.places_of(ctx.tx, post.key)
    if post.place in places.ROLES:
        return [each.id for each in places.with_role(ctx.tx, post.place)]
    if post.kind == "alarm" and post.place.startswith("direct:"):
        both = places.direct_of(ctx.tx, PersonId(post.place.removeprefix("direct:")))
        return both or [post.place]  # an alarm goes to every chat of a person who is linked
    return [post.place]


def _store_post(ctx: Context, post: Post, target: str) -> None:
    place = places.find(ctx.tx, target)
    language, zone = ctx.workspace.language, ctx.workspace.zone
    if place is not None and place.person is not None:
        reader = ctx.person_of(place.person)
        language = (reader.language if reader else None) or language
        zone = (reader.zone if reader else None) or zone
    new = post.kind in ("alarm", "note") and post.place is not None
    if new and place is not None and place.person is not None:
        presses.remember(ctx, post.message, place.person, NOWHERE)
    outbox.add(
        ctx.tx,
        id=ctx.new_id(),
        place=place.id if place else PlaceId(target),
        key=post.key,
        kind=post.kind,
        message=dump(spoken(post.message, language, zone)),
        now=ctx.now,
        otherwise=post.otherwise,
    )

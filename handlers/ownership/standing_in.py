"""Whoever stands in goes away, too: who stands in next hears for whom they act meanwhile.

Alarms and bundles reach them anyway; this is so that they know it before. It is told when the
absence begins, and is over with it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.messages import Post, Reply
from handlers.kit.people import name
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from handlers.on_call.stand_ins import key_of
from handlers.ownership.leaving import acts_key
from storage import attention, people
from storage import on_call as stand_ins
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine.ids import CoverId, PersonId
from storage.on_call import Cover, CoverState

feature = Feature(_("Services"))


class StandingInTimer(TimerKind):
    """When an absence begins, and when it is over."""

    AWAY = "away"


@feature.follows(Event.AGREED)
def agreed(ctx: Context, cover: CoverId) -> tuple[Post, ...]:
    """Look at it again when the absence begins: who stands in for whom may change until then."""
    found = stand_ins.find(ctx.tx, cover)
    assert found is not None, "it was agreed to in this transaction"
    _look(ctx, found, max(found.starts_at, ctx.now))
    return ()


@feature.follows(Event.ANSWERED)
def ended(ctx: Context, key: str) -> tuple[Post, ...]:
    """Drop what was told of an absence that is over before its time."""
    return matters.settle(ctx, _also_key(key)) if key.startswith("cover:") else ()


@feature.timer(StandingInTimer.AWAY)
def away(ctx: Context, cover: CoverId) -> Reply:
    """Tell who stands in next for whom they act, too; drop it when the absence is over."""
    found = stand_ins.find(ctx.tx, cover)
    key = _also_key(key_of(cover))
    if found is None or found.state != CoverState.CONFIRMED or found.ends_at <= ctx.now:
        return Reply(posts=matters.settle(ctx, key))
    acts = duty.acting(ctx, found.person)
    also = _also(ctx, found.person, acts) if acts is not None else []
    if acts is not None and also:
        matters.note(ctx, acts, key, _words(ctx, found, also))
        _look(ctx, found, found.ends_at)
    return Reply()


def _look(ctx: Context, cover: Cover, due: datetime) -> None:
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=StandingInTimer.AWAY,
        key=f"{key_of(cover.id)}:away",
        due=due,
        cover=cover.id,
    )


def _also(ctx: Context, person: PersonId, acts: PersonId) -> list[PersonId]:
    """Return for whom `acts` stands in only because `person`, who did so, is away.

    Of those who left, whoever stood in has heard so; of those who are away, they agreed to it.
    """
    found = [
        each
        for each in duty.acts_for(ctx, acts)
        if each not in (acts, person) and _leads_through(ctx, each, person)
    ]
    for each in people.all(ctx.tx):
        if each.here:
            continue
        told = {matter.told_to for matter in attention.standing(ctx.tx, acts_key(each.id))}
        if acts not in told and any(_leads_through(ctx, one, person) for one in told if one):
            found.append(each.id)
    return found


def _leads_through(ctx: Context, id: PersonId, person: PersonId) -> bool:
    """Say whether what is for somebody comes to `person` first, who hands it on."""
    met = [id]
    while met[-1] != person:
        cover = duty.cover_of(ctx, met[-1])
        if cover is None or cover.cover in met:
            return False
        met.append(cover.cover)
    return True


def _words(ctx: Context, cover: Cover, also: list[PersonId]) -> Sentence:
    return _(
        "{away} is away until {last}. Until then you also stand in for {who}.",
        away=name(ctx, cover.person),
        last=calendar.day_of(cover.ends_at, ctx.workspace.zone) - timedelta(days=1),
        who=[name(ctx, each) for each in also],
    )


def _also_key(key: str) -> str:
    return f"{key}:also"

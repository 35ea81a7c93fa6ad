"""Whoever stands in leaves: the cover ends, and whoever counted on it hears of it once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Question
from handlers.kit.messages import Button, Post, Tone, line
from handlers.kit.people import name
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from handlers.on_call.stand_ins import ask, days, ended_words, key_of
from storage import on_call as stand_ins
from storage.engine.ids import CoverId, PersonId
from storage.on_call import Cover, CoverState

feature = Feature(_("Services"))


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    posts: tuple[Post, ...] = ()
    for each in stand_ins.to_come(ctx.tx, person, ctx.now):
        if each.person == person and each.state == CoverState.ASKED:
            posts += _asks_nobody(ctx, each)
    for each in stand_ins.leave(ctx.tx, person, ctx.now):
        key, over = key_of(each.id), line(ended_words(ctx, each), tone=Tone.QUIET)
        posts += (*ctx.follow(Event.ANSWERED, key), Post(key, over), Post(f"{key}:told", over))
        if duty.is_here(ctx, each.person):
            told = line(_change_words(ctx, each), _again(ctx, each))
            asks = Question(each.person, f"{key}:left", told, each.starts_at)
            posts += ctx.follow(Event.ASKED, asks)
    return posts


def _asks_nobody(ctx: Context, cover: Cover) -> tuple[Post, ...]:
    """End what somebody who left and another had not agreed yet, and tell the other side."""
    stand_ins.end(ctx.tx, cover.id, cover.person)
    key = key_of(cover.id)
    said = _(
        "{who} is no longer active, so nobody has to stand in for them {days}.",
        who=name(ctx, cover.person),
        days=days(ctx, cover),
    )
    posts = (*ctx.follow(Event.ANSWERED, key), Post(key, line(said, tone=Tone.QUIET)))
    if not duty.is_here(ctx, cover.cover) or cover.asked_by == cover.person:
        return posts
    told = Question(cover.cover, f"{key}:left", line(said), cover.starts_at)
    return (*posts, *ctx.follow(Event.ASKED, told))


def _again(ctx: Context, cover: Cover) -> Button:
    """Return the button that opens the form, with the days that are left."""
    return Button(
        _("Ask somebody else"), call("form", word="cover", **_left(ctx, cover)), "primary"
    )


def _ask_again(ctx: Context, cover: Cover) -> Button:
    """Return the button that opens the form with the same person."""
    form = call("form", word="cover", person=cover.cover, **_left(ctx, cover))
    return Button(_("Ask again"), form, "primary")


def _left(ctx: Context, cover: Cover) -> dict[str, str]:
    """Return the days of a cover that are left, as the form has them."""
    zone = ctx.workspace.zone
    first = calendar.day_of(max(cover.starts_at, ctx.now), zone)
    last = calendar.day_of(cover.ends_at, zone) - timedelta(days=1)
    return {"start": first.isoformat(), "until": last.isoformat()}


def _change_words(ctx: Context, cover: Cover) -> Sentence:
    return _(
        "{who} is no longer active, so nobody stands in for you {days}. Please ask somebody else.",
        who=name(ctx, cover.cover),
        days=days(ctx, cover),
    )


@feature.holds(12, "covers.cover", left=_hand_on)
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return for whom somebody who left was to stand in, now or later."""

    def give(cover: Cover, to: PersonId, other: PersonId | None) -> tuple[Post, ...]:
        """Ask `to`, or `other` where `to` is the one who is away."""
        new = other if to == cover.person else to
        assert new is not None, "whoever hands over named somebody else"
        asked = replace(
            cover,
            id=CoverId(ctx.new_id()),
            cover=new,
            asked_by=cover.person,
            state=CoverState.ASKED,
        )
        return ask(ctx, asked)

    if duty.is_here(ctx, person):
        return []
    return [
        Held(
            _name(ctx, each.person),
            _("Nobody stands in any more {days}", days=days(ctx, each)),
            lambda to, other, each=each: give(each, to, other),  # type: ignore[misc]
            lambda to, each=each: to == each.person,  # type: ignore[misc]
            gap=True,
        )
        for each in stand_ins.left_open(ctx.tx, person, ctx.now)
        if duty.is_here(ctx, each.person)
    ]


def _name(ctx: Context, id: PersonId) -> str:
    found = ctx.person_of(id)
    return found.name if found is not None else id


@feature.follows(Event.CAME_BACK)
def back(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Let whoever counted on somebody hear that they can be asked anew: nothing begins unasked."""
    posts: tuple[Post, ...] = ()
    for each in stand_ins.left_open(ctx.tx, person, ctx.now):
        key = key_of(each.id)
        said = _(
            "{who} is here again. Nobody stands in for you {days} until you ask again.",
            who=name(ctx, person),
            days=days(ctx, each),
        )
        posts += ctx.follow(Event.ANSWERED, f"{key}:left")
        if duty.is_here(ctx, each.person):
            told = line(said, _ask_again(ctx, each))
            question = Question(each.person, f"{key}:back:{ctx.new_id()}", told, each.starts_at)
            posts += ctx.follow(Event.ASKED, question)
    stand_ins.is_back(ctx.tx, person)
    return posts

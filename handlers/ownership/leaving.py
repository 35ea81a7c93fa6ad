"""Somebody leaves: nothing of theirs stays with nobody, and the managers are told once.

The edge that learns of it calls `notice` in the transaction that stores it; what follows
is done by a timer that is due at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from handlers.attention import matters
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Task
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import name
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from handlers.ownership import held
from handlers.services.cards import name_somebody, some, why_red
from handlers.settings.managers import OPERATORS
from storage import attention, people, services, workspaces
from storage.delivery import timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.timers import TimerKind
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.people import Person, PersonKind

feature = Feature(_("Services"))

TOGETHER = timedelta(minutes=10)  # who leaves within that of somebody else is told with them
NEWEST = "left"  # the setting that holds the newest batch


class LeavingTimer(TimerKind):
    """When somebody has left."""

    LEFT = "left"


def notice(tx: Tx, before: Person, *, id: str, now: datetime) -> None:
    """Let happen what follows when somebody has just left, or is back.

    `before` is how we knew them until now; `id` becomes the timer's. To be called in the
    transaction that stores what is known now.
    """
    after = people.find(tx, before.id)
    was_here = before.here or (
        before.active and before.kind == PersonKind.NEW
    )  # whom we did not know yet
    if after is not None and after.here != was_here:
        timers.set(
            tx,
            id=id,
            kind=LeavingTimer.LEFT,
            key=f"person:{before.id}:left",
            due=now,
            person=before.id,
        )


@feature.timer(LeavingTimer.LEFT)
def hand_on_all(ctx: Context, person: PersonId) -> Reply:
    """Hand on what somebody who left looked after, and say so to those who act now.

    Who leaves within minutes of somebody else stands on the same card and in the same notes.
    """
    if duty.is_here(ctx, person):
        return _back(ctx, person)
    followed = _followed(ctx, person)
    moved = held.hand_on(ctx, person)
    if not held.by(ctx, person) and not _was_last_manager(ctx, person):
        _tell_managers(ctx, person)
        return Reply(posts=(*moved, *_tell_next(ctx, followed)))
    batch = _batch(ctx, person)
    told = [each.id for each in duty.managers(ctx)] or _instead(ctx)
    message = _card(ctx, batch)
    cards = tuple(Post(_key(batch), message, f"direct:{each}", ParcelKind.NOTE) for each in told)
    _tell_who_acts(ctx, batch, but=told)
    # Of whoever left minutes ago, the same card has just said who acts.
    followed = [each for each in followed if each not in batch.people]
    return Reply(posts=(*moved, *_tell_next(ctx, followed), *cards))


def _instead(ctx: Context) -> list[PersonId]:
    """Return who is told where nobody manages: whoever is on duty for the rest, if anybody is."""
    first = duty.heir(ctx)
    return [first] if first is not None else []


def _followed(ctx: Context, person: PersonId) -> list[PersonId]:
    """Return for which of those who left before somebody has acted until now; that ends here."""
    before = []
    for each in people.all(ctx.tx):
        if each.id == person or each.here:
            continue
        key = acts_key(each.id)
        if any(matter.person == person for matter in attention.standing(ctx.tx, key)):
            attention.settle_of(ctx.tx, key, person)
            before.append(each.id)
    return before


def _tell_next(ctx: Context, followed: list[PersonId]) -> tuple[Post, ...]:
    """Let whoever acts for those who left hear so, where it was another one until now."""
    posts: tuple[Post, ...] = ()
    for left in followed:
        key = acts_key(left)
        knows = {matter.person for matter in attention.standing(ctx.tx, key)}
        for id, words in _acting(ctx, left).items():
            if id not in knows:
                matters.note(ctx, id, key, words)
        posts += card_posts(ctx, left)
    return posts


def _tell_managers(ctx: Context, person: PersonId) -> None:
    """Let managers hear that another one is gone: whoever named them counts on them, too."""
    found = people.find(ctx.tx, person)
    if found is None or not found.manager:
        return
    words = _("{who} managed Lotse as well, and is no longer active.", who=name(ctx, person))
    another = Button(_("Add a manager"), call("settings manager"))
    for each in duty.managers(ctx):
        matters.note(ctx, each.id, _managed_key(person), words, another, personal=True)


def _managed_key(person: PersonId) -> str:
    return f"left:{person}:managed"


def _was_last_manager(ctx: Context, person: PersonId) -> bool:
    found = people.find(ctx.tx, person)
    return found is not None and found.manager and duty.is_unmanaged(ctx)


@dataclass(frozen=True, slots=True)
class Batch:
    """Who left at about the same time: one card for the managers is about all of them."""

    stamp: str
    at: datetime
    people: tuple[PersonId, ...]


def _batch(ctx: Context, person: PersonId) -> Batch:
    """Return the batch that somebody leaves in: the newest one, or a new one."""
    newest = _read(workspaces.setting(ctx.tx, NEWEST))
    if newest is not None and ctx.now - newest.at <= TOGETHER:
        batch = replace(newest, people=tuple(dict.fromkeys((*newest.people, person))))
    else:
        batch = Batch(ctx.new_id(), ctx.now, (person,))
    written = json.dumps([batch.stamp, batch.at.isoformat(), batch.people])
    workspaces.set_setting(ctx.tx, NEWEST, written)
    for each in batch.people:
        workspaces.set_setting(ctx.tx, _stamp(each), written)
    return batch


def _read(written: str | None) -> Batch | None:
    """Return a batch as it was written; one of an earlier version is of one person's own."""
    if written is None or not written.startswith("["):
        return None
    stamp, at, people = json.loads(written)
    return Batch(stamp, datetime.fromisoformat(at), tuple(people))


def _of(ctx: Context, person: PersonId) -> Batch | None:
    return _read(workspaces.setting(ctx.tx, _stamp(person)))


def _stamp(person: PersonId) -> str:
    return f"left:{person}"


def _key(batch: Batch) -> str:
    return f"left:{batch.stamp}"


def _back(ctx: Context, person: PersonId) -> Reply:
    posts = ctx.follow(Event.CAME_BACK, person) + matters.settle(ctx, acts_key(person))
    posts += matters.settle(ctx, _managed_key(person))
    batch = _of(ctx, person)
    if batch is not None:
        posts += (Post(_key(batch), _card(ctx, batch)),)
    return Reply(posts=posts)


@feature.follows(Event.MANAGERS_CHANGED)
def answerable(ctx: Context, _person: PersonId) -> tuple[Post, ...]:
    """Give the newest card about who left the buttons that a manager may press."""
    batch = _read(workspaces.setting(ctx.tx, NEWEST))
    return (Post(_key(batch), _card(ctx, batch)),) if batch is not None else ()


@feature.follows(Event.PEOPLE_CHANGED)
def card_posts(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Show on the managers' card of somebody who left what is still to be taken over."""
    batch = _of(ctx, person)
    if batch is None or duty.is_here(ctx, person):
        return ()
    key, acts = acts_key(person), _acting(ctx, person)
    told = matters.settle(ctx, key) if not acts else ()
    for id, words in acts.items():
        told += matters.renew(ctx, key, line(words), person=id)
    return (*told, Post(_key(batch), _card(ctx, batch)))


def _card(ctx: Context, batch: Batch) -> Message:
    """Return the managers' card: everything that those who left are still named for."""
    gone = [each for each in batch.people if not duty.is_here(ctx, each)]
    if not gone:
        return Message(tuple(Text(each) for each in _all_back(ctx, batch)), Tone.QUIET)
    parts: list[Part] = [
        Title(_("No longer active: {who}.", who=[name(ctx, each) for each in gone]))
    ]
    open_ones = [(each, found) for each in gone if (found := held.by(ctx, each))]
    if duty.is_unmanaged(ctx):
        return Message((*parts, *_first_a_manager(ctx, open_ones)), Tone.ALARM)
    if not open_ones:
        parts.append(Text(_("All of it has somebody new.")))
        return Message(tuple(parts), Tone.QUIET)
    gap = any(each.gap for _who, found in open_ones for each in found)
    asks = (
        _("Please name who takes it over:")
        if gap
        else _("Somebody stands in for all of it meanwhile. Please name who takes it over:")
    )
    parts.append(Text(asks))
    for each, found in open_ones:
        if len(open_ones) > 1:
            parts.append(Text(name(ctx, each)))
        parts += [Facts(tuple(held.rows(ctx, found))), Buttons(_remedies(each))]
    return Message(tuple(parts), Tone.ALARM)


def _all_back(ctx: Context, batch: Batch) -> list[Sentence]:
    """Say who is back, and whether they look after anything still: others may have taken it."""
    charged = [name(ctx, each) for each in batch.people if held.by(ctx, each)]
    others = [name(ctx, each) for each in batch.people if not held.by(ctx, each)]
    found = [_("Back and in charge again: {who}.", who=charged)] if charged else []
    if others:
        found.append(_("Back: {who}. Others look after what was theirs.", who=others))
    return found


def _first_a_manager(ctx: Context, open_ones: list[tuple[PersonId, list[Held]]]) -> Iterator[Part]:
    """Give what is left with nobody, and the one thing that can be done while nobody manages."""
    for each, found in open_ones:
        if len(open_ones) > 1:
            yield Text(name(ctx, each))
        yield Facts(tuple(held.rows(ctx, found)))
    yield Text(
        _("No manager is active any more. Please take this on; then you can name who takes over.")
    )
    yield Buttons((Button(_("Manage Lotse"), call("settings begin"), "primary"),))
    yield Text(
        _("Whoever operates Lotse can name a manager, too: “{command}”.", command=OPERATORS),
        small=True,
    )


def _remedies(person: PersonId) -> tuple[Button, ...]:
    return (
        Button(_("Hand everything over"), call("hand over", person=person), "primary"),
        Button(_("Name somebody for one service"), call("service people")),
    )


def left_behind(ctx: Context, *, manages: bool) -> list[Task]:
    """Return what is red, with what can be done about it by whoever `manages`.

    A line for each person who left, then for each service whose new people have not accepted.
    """
    known = services.all(ctx.tx)
    gone: dict[PersonId, list[str]] = {}
    since: dict[str, datetime] = {}
    found: list[Task] = []
    for service in known:
        named = dict.fromkeys((service.accountable, service.deputy))
        away = [each for each in named if not duty.is_here(ctx, each)]
        for each in away:
            gone.setdefault(each, []).append(service.name)
            if service.red_since is not None:
                since[each] = min(service.red_since, since.get(each, service.red_since))
        if not away and duty.is_red(ctx, service):
            words = _("{service}: {why}", service=service.name, why=why_red(ctx, service))
            buttons = (name_somebody(service),) if manages else ()
            found.append(Task(words, buttons, service.red_since, f"red:{service.id}"))
    lines = [
        Task(
            _(
                "{who} is no longer active. Nobody new has been named for {services} yet.",
                who=name(ctx, each),
                services=some(names),
            ),
            _remedies(each) if manages else (),
            since.get(each),
            f"left:{each}",
        )
        for each, names in gone.items()
    ]
    return lines + found


def _tell_who_acts(ctx: Context, batch: Batch, but: list[PersonId]) -> None:
    """Let whoever acts now hear what for, with their bundle; what calls them alarms them anyway."""
    for person in batch.people:
        for id, words in _acting(ctx, person).items():
            if id not in (*batch.people, *but):
                matters.note(ctx, id, acts_key(person), words)


def _acting(ctx: Context, person: PersonId) -> dict[PersonId, Sentence]:
    """Return who acts for somebody who left, and what each is told of it."""
    acts: dict[PersonId, list[Held]] = {}
    for each in held.by(ctx, person):
        if each.acts is not None:
            acts.setdefault(each.acts, []).append(each)
    return {id: _acts(ctx, person, found) for id, found in acts.items()}


def acts_key(person: PersonId) -> str:
    """Return the key under which whoever acts for somebody who left was told so."""
    return f"left:{person}:acts"


def _acts(ctx: Context, person: PersonId, found: list[Held]) -> Sentence:
    return _(
        "{who} is no longer active. You stand in until somebody has taken over: {services}.",
        who=name(ctx, person),
        services=held.held_words(found),
    )

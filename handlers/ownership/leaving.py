"""Somebody leaves: nothing of theirs stays with nobody, and the managers are told once.

The edge that learns of it calls `noticed` in the transaction that stores it; what follows
is done by a timer that is due at once.
"""

from __future__ import annotations

from datetime import datetime

from handlers.automations.state import owner
from handlers.closing import reassignment
from handlers.incidents import escalation
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Task
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Message,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import name
from handlers.kit.words import Sentence, Words, _
from handlers.on_call import duty
from handlers.services.cards import name_somebody, some, why_red
from handlers.services.lookup import fallback
from storage import automations, incidents, people, services, workspaces
from storage.delivery import timers
from storage.engine import Tx
from storage.incidents import Incident
from storage.people import Person

feature = Feature(_("Services"))


def noticed(tx: Tx, before: Person, *, id: str, now: datetime) -> None:
    """Let happen what follows when somebody has just left, or is back.

    `before` is how we knew them until now; `id` becomes the timer's. To be called in the
    transaction that stores what is known now.
    """
    after = people.find(tx, before.id)
    was_here = before.here or (before.active and before.kind == "new")  # whom we did not know yet
    if after is not None and after.here != was_here:
        timers.set(
            tx, id=id, kind="left", key=f"person:{before.id}:left", due=now, person=before.id
        )


@feature.timer("left")
def left(ctx: Context, person: str) -> Reply:
    """Hand on what somebody who left looked after, and say so to those who act now."""
    if duty.is_here(ctx, person):
        return _back(ctx, person)
    stamp = ctx.new_id()
    workspaces.set_setting(ctx.tx, _stamp(person), stamp)
    moved = (*_hand_on(ctx), *reassignment.follow(ctx, person))
    for each in services.concerning(ctx.tx, person):
        services.redden(ctx.tx, each.id, ctx.now)
    if not _things(ctx, person):
        return Reply(posts=moved)
    told = [each.id for each in duty.managers(ctx)] or _instead(ctx)
    message = _card(ctx, person)
    key = _key(person, stamp)
    cards = tuple(Post(key, message, f"direct:{each}", "note") for each in told)
    return Reply(posts=(*moved, *_told_to_act(ctx, person, stamp), *cards))


def _instead(ctx: Context) -> list[str]:
    """Return who is told where nobody manages: whoever is on duty for the rest, if anybody is."""
    first = duty.on_duty(ctx, fallback(ctx)) if duty.present(ctx) else None
    return [first] if first is not None else []


def _stamp(person: str) -> str:
    return f"left:{person}"


def _key(person: str, stamp: str) -> str:
    return f"left:{person}:{stamp}"


def _hand_on(ctx: Context) -> tuple[Post, ...]:
    """Make whoever is on duty responsible for what those who left have not ended.

    Who gets an open incident is alarmed; what is restored only changes hands.
    """
    posts: tuple[Post, ...] = ()
    for incident in sorted(incidents.open_ones(ctx.tx), key=lambda each: each.number):
        posts += _pass(ctx, incident)
    for person in incidents.undone_with(ctx.tx):
        while not duty.is_here(ctx, person):
            passed = [_pass(ctx, each) for each in incidents.undone(ctx.tx, person=person)]
            if not any(passed):
                break
            posts += tuple(post for each in passed for post in each)
    return posts


def _pass(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Give an incident of somebody who left to whoever is on duty, if that is somebody else."""
    service = ctx.service_of(incident.service)
    assert service is not None, "an incident has a service, by constraint"
    before, to = incident.responsible, duty.on_duty(ctx, service)
    if duty.is_here(ctx, before) or to == before:  # nobody else is here; it goes on climbing
        return ()
    escalation.stop(ctx, incident.number)
    if not incidents.hand_on(ctx.tx, incident.number, before, to, ctx.now):
        return ()
    incidents.happened(
        ctx.tx,
        incident.number,
        id=ctx.new_id(),
        at=ctx.now,
        kind="handed on",
        person=before,
        detail=to,
    )
    now = incidents.find(ctx.tx, incident.number)
    assert now is not None
    if now.state != "open":
        return escalation.card_posts(ctx, now)
    posts = escalation.ended_posts(ctx, now)
    position = incidents.count_alarm(ctx.tx, incident.number)
    return (*posts, *escalation.start(ctx, now, position))


def _back(ctx: Context, person: str) -> Reply:
    for each in services.concerning(ctx.tx, person):
        if all(duty.is_here(ctx, id) for id in (each.accountable, each.deputy)):
            services.whole_again(ctx.tx, each.id)
    posts = _hand_on(ctx)  # what stayed with others because nobody at all was here
    stamp = workspaces.setting(ctx.tx, _stamp(person))
    if stamp is not None:
        said = _("{who} is back and acts again.", who=name(ctx, person))
        posts += (Post(_key(person, stamp), line(said, tone=Tone.QUIET)),)
    return Reply(posts=posts)


@feature.follows(Event.PEOPLE_CHANGED)
def refreshed(ctx: Context, person: str) -> tuple[Post, ...]:
    """Show on the managers' card of somebody who left what is still to be taken over."""
    stamp = workspaces.setting(ctx.tx, _stamp(person))
    if stamp is None or duty.is_here(ctx, person):
        return ()
    return (Post(_key(person, stamp), _card(ctx, person)),)


def _card(ctx: Context, person: str) -> Message:
    """Return the managers' card: everything that somebody who left is still named for."""
    things = _things(ctx, person)
    gone = Title(_("{who} is not there any more.", who=name(ctx, person)))
    if not things:
        done = _("Somebody else is named for all that {who} had.", who=name(ctx, person))
        return Message((gone, Text(done)), Tone.QUIET)
    words = Text(_("Somebody acts for all of it meanwhile. Please name who takes it over:"))
    return Message((gone, words, Facts(tuple(things)), Buttons(_remedies(person))), Tone.ALARM)


def _remedies(person: str) -> tuple[Button, ...]:
    return (
        Button(_("Hand everything over"), call("hand over", person=person), "primary"),
        Button(_("Name somebody for one service"), call("service people")),
    )


def _things(ctx: Context, person: str) -> list[tuple[Words, Words]]:
    """Return what somebody is named for as rows, with who acts meanwhile."""
    held = services.concerning(ctx.tx, person)
    own = [each for each in held if each.accountable == person]
    runs = automations.concerning(ctx.tx, person)
    acting = [duty.on_duty(ctx, each) for each in own]
    acting += [who.id for each in runs if (who := owner(ctx, each)) is not None]
    rows = (
        (_("Was accountable for"), [each.name for each in own]),
        (_("Was deputy for"), [each.name for each in held if each not in own]),
        (_("Automations"), [each.name for each in runs]),
        (_("Acts meanwhile"), [name(ctx, each) for each in dict.fromkeys(acting)]),
    )
    if not held and not runs:
        return []
    return [(label, _("{names}", names=names)) for label, names in rows if names]


def left_behind(ctx: Context) -> list[Task]:
    """Return what is red, with what managers can do about it.

    A line for each person who left, then for each service whose new people have not accepted.
    """
    known = services.all(ctx.tx)
    gone: dict[str, list[str]] = {}
    found: list[Task] = []
    for service in known:
        named = dict.fromkeys((service.accountable, service.deputy))
        away = [each for each in named if not duty.is_here(ctx, each)]
        for each in away:
            gone.setdefault(each, []).append(service.name)
        if not away and duty.is_red(ctx, service):
            words = _("{service}: {why}", service=service.name, why=why_red(ctx, service))
            found.append(Task(words, (name_somebody(service),)))
    lines = [
        Task(
            _(
                "{who} left. Nobody new has been named for {services} yet.",
                who=name(ctx, each),
                services=some(names),
            ),
            _remedies(each),
        )
        for each, names in gone.items()
    ]
    return lines + found


def _told_to_act(ctx: Context, person: str, stamp: str) -> tuple[Post, ...]:
    """Tell whoever acts now, once each, what for."""
    acts: dict[str, list[str]] = {}
    for service in services.concerning(ctx.tx, person):
        if service.accountable == person:
            acts.setdefault(duty.on_duty(ctx, service), []).append(service.name)
    return tuple(
        Post(
            f"{_key(person, stamp)}:acts:{id}",
            line(_acts(ctx, person, names)),
            f"direct:{id}",
            "note",
        )
        for id, names in acts.items()
        if id != person
    )


def _acts(ctx: Context, person: str, names: list[str]) -> Sentence:
    return _(
        "{who} is not there any more. Until somebody has taken it over, you act for: {services}.",
        who=name(ctx, person),
        services=some(names),
    )

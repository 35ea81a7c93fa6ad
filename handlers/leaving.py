"""Somebody leaves: nothing of theirs stays with nobody, and the managers are told once.

The edge that learns of it calls `noticed` in the transaction that stores it; what follows
is done by a timer that is due at once.
"""

from __future__ import annotations

from datetime import datetime

from handlers import climbing, duty
from handlers.automations import owner
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import (
    Button,
    Buttons,
    Items,
    Message,
    Part,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.words import Sentence, Words, _
from handlers.service_cards import name_somebody
from handlers.services import name
from storage import automations, incidents, people, services, timers, workspaces
from storage.engine import Tx
from storage.people import Person

feature = Feature(_("Services"))

SHOWN = 4  # services with a button of their own on the managers' card


def noticed(tx: Tx, before: Person, *, id: str, now: datetime) -> None:
    """Let happen what follows when somebody has just left, or is back.

    `before` is how we knew them until now; `id` becomes the timer's. To be called in the
    transaction that stores what is known now.
    """
    after = people.find(tx, before.id)
    if after is not None and after.here != before.here:
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
    moved = _hand_on(ctx, person)
    for each in services.concerning(ctx.tx, person):
        services.redden(ctx.tx, each.id, ctx.now)
    if not _things(ctx, person):
        return Reply(posts=moved)
    told = duty.bosses(ctx) or duty.present(ctx)[:1]
    message = _card(ctx, person)
    key = _key(person, stamp)
    cards = tuple(Post(key, message, f"direct:{each.id}", "note") for each in told)
    return Reply(posts=(*moved, *_told_to_act(ctx, person, stamp), *cards))


def _stamp(person: str) -> str:
    return f"left:{person}"


def _key(person: str, stamp: str) -> str:
    return f"left:{person}:{stamp}"


def _hand_on(ctx: Context, person: str) -> tuple[Post, ...]:
    """Make whoever is on duty responsible for the open incidents of somebody who left."""
    posts: tuple[Post, ...] = ()
    for incident in incidents.with_person(ctx.tx, person):
        service = ctx.service_of(incident.service)
        assert service is not None, "an incident has a service, by constraint"
        to = duty.on_duty(ctx, service)
        if to == person:  # nobody else is here at all; it goes on climbing
            continue
        climbing.stop(ctx, incident.number)
        if not incidents.hand_on(ctx.tx, incident.number, person, to, ctx.now):
            continue
        incidents.happened(
            ctx.tx, incident.number, id=ctx.new_id(), at=ctx.now, kind="handed on",
            person=person, detail=to,
        )  # fmt: skip
        now = incidents.find(ctx.tx, incident.number)
        assert now is not None
        posts += climbing.settled(ctx, now)
        position = incidents.count_alarm(ctx.tx, incident.number)
        posts += (climbing.start(ctx, now, position),)
    return posts


def _back(ctx: Context, person: str) -> Reply:
    for each in services.concerning(ctx.tx, person):
        if all(duty.is_here(ctx, id) for id in (each.accountable, each.deputy)):
            services.whole_again(ctx.tx, each.id)
    stamp = workspaces.setting(ctx.tx, _stamp(person))
    if stamp is None:
        return Reply()
    said = _("{who} is back and acts again.", who=name(ctx, person))
    return Reply(posts=(Post(_key(person, stamp), line(said, tone=Tone.QUIET)),))


def refreshed(ctx: Context, *persons: str) -> tuple[Post, ...]:
    """Show on the managers' cards of those who left what is still to be taken over."""
    posts: list[Post] = []
    for each in persons:
        stamp = workspaces.setting(ctx.tx, _stamp(each))
        if stamp is not None and not duty.is_here(ctx, each):
            posts.append(Post(_key(each, stamp), _card(ctx, each)))
    return tuple(posts)


def _card(ctx: Context, person: str) -> Message:
    """Return the managers' card: everything that somebody who left is still named for."""
    things = _things(ctx, person)
    gone = Title(_("{who} is not there any more.", who=name(ctx, person)))
    if not things:
        done = _("Somebody else is named for all that {who} had.", who=name(ctx, person))
        return Message((gone, Text(done)), Tone.QUIET)
    parts: list[Part] = [
        gone,
        Text(_("Somebody acts for all of it meanwhile. Please name who takes it over:")),
        Items(tuple(things)),
    ]
    each = tuple(name_somebody(one) for one in services.concerning(ctx.tx, person)[:SHOWN])
    everything = Button(_("Hand everything over"), call("hand over", person=person), "primary")
    parts.append(Buttons((everything, *each)))
    return Message(tuple(parts), Tone.ALARM)


def _things(ctx: Context, person: str) -> list[Words]:
    """Return what somebody is named for, with who acts meanwhile."""
    found: list[Words] = []
    for service in services.concerning(ctx.tx, person):
        values = {"name": service.name, "who": name(ctx, duty.on_duty(ctx, service))}
        if service.accountable == person:
            found.append(_("{name}: was accountable; {who} acts now", **values))
        else:
            found.append(_("{name}: was deputy", name=service.name))
    for automation in automations.concerning(ctx.tx, person):
        decides = owner(ctx, automation)
        who: Words = decides.name if decides else _("the managers")
        if automation.accountable == person:
            said = _("Automation “{name}”: was accountable; {who} decides now",
                     name=automation.name, who=who)  # fmt: skip
        else:
            said = _("Automation “{name}”: was deputy", name=automation.name)
        found.append(said)
    return found


def _told_to_act(ctx: Context, person: str, stamp: str) -> tuple[Post, ...]:
    """Tell whoever acts now, once each, what for."""
    acts: dict[str, list[str]] = {}
    for service in services.concerning(ctx.tx, person):
        if service.accountable == person:
            acts.setdefault(duty.on_duty(ctx, service), []).append(service.name)
    return tuple(
        Post(f"{_key(person, stamp)}:acts:{id}", line(_acts(ctx, person, names)),
             f"direct:{id}", "note")
        for id, names in acts.items()
        if id != person
    )  # fmt: skip


def _acts(ctx: Context, person: str, names: list[str]) -> Sentence:
    return _(
        "{who} is not there any more. Until somebody has taken it over, you act for: {services}.",
        who=name(ctx, person),
        services=names,
    )

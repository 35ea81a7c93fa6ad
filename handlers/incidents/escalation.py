"""Climbing: one person first, never nobody, slower and slower, and never silently over.

The steps are data (`handlers/incidents/alarms/steps.py`, docs/rules.md, escalation). Here is
when they begin and stop, and what is shown; `alarms/escalate.py` makes one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.attention import matters
from handlers.bans import cards as ban_cards
from handlers.incidents import channels as incident_channels
from handlers.incidents import keys
from handlers.incidents.alarms import posting, reminding, wording
from handlers.incidents.alarms.steps import ASK, BEGIN, LADDER, SECOND, TOP
from handlers.incidents.cards import (
    alarm,
    card,
    settled_alarm,
    waits_since,
    why_escalated,
)
from handlers.incidents.keys import IncidentTimer
from handlers.kit.context import Context
from handlers.kit.messages import Message, Post
from storage import incidents, rules
from storage.delivery import outbox, timers
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import NOBODY, IncidentNumber, PersonId
from storage.incidents import Incident, alarms, duplicates
from storage.incidents import channels as stored_channels
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import IncidentState, Severity, TimelineKind
from storage.incidents.timeline import Happening
from storage.rules import Led
from storage.services import LIMIT


@dataclass(frozen=True, slots=True)
class Escalation:
    """What the timer of its escalation carries: the next step, and since when nobody answers.

    `due` is when the step is planned; a timer that runs sooner was hastened, because a
    message could not be delivered. `jumped` is when a step was last made for that reason,
    `jump` that the next one is, `fell` that everybody else was alarmed already. `missed` are
    those who wait for work to begin after a standstill at night.
    """

    level: int
    since: datetime
    due: datetime | None = None
    jump: bool = False
    jumped: datetime | None = None
    fell: bool = False
    missed: tuple[PersonId, ...] = ()


def start(ctx: Context, incident: Incident, position: int = 0) -> tuple[Post, ...]:
    """Alarm the one responsible person, and begin to escalate from now."""
    due = ctx.now + limit_of(ctx, incident)
    plan(ctx, incident.number, Escalation(SECOND, ctx.now, due))
    incident_timeline.add(
        ctx.tx,
        incident.number,
        id=ctx.new_id(),
        at=ctx.now,
        kind=TimelineKind.ALARMED,
        detail=incident.responsible,
    )
    incident_channels.follow(ctx, incident)

    def message(_person: PersonId) -> Message:
        return alarm(ctx, incident, wording.why_first(ctx, incident))

    return posting.alarm_posts(ctx, incident, position, [incident.responsible], message)


def foresee(ctx: Context, incident: Incident) -> None:
    """Ask ahead for what the card and the alarm of a new incident want to know."""
    number = incident.number
    ctx.tx.foresee(
        lambda tx: incident_timeline.of(tx, number),
        lambda tx: alarms.paused(tx, number, ctx.now),
        lambda tx: rules.led(tx, Led.INCIDENT, str(number)),
        lambda tx: stored_channels.find(tx, number),
    )
    ban_cards.foresee(ctx, incident)
    posting.foresee(ctx, incident)


def wait_for_answer(ctx: Context, incident: Incident) -> None:
    """Set the first step anew, with the limit of today's severity."""
    begun = waits_since(incident)
    due = max(begun + limit_of(ctx, incident), ctx.now)
    plan(ctx, incident.number, Escalation(SECOND, begun, due))


def wait_for_news(ctx: Context, incident: Incident, due: datetime) -> None:
    """Ask at `due` unless there was news by then."""
    plan(ctx, incident.number, Escalation(ASK, due, due))


def quicken(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Climb as a serious incident does: what rests begins again, what waits long comes sooner."""
    found = timers.find(ctx.tx, keys.escalation_key(incident.number))
    if found is None:
        return ()
    payload, due = found
    if payload["level"] == BEGIN or payload.get("missed"):
        position = incidents.count_alarm(ctx.tx, incident.number)
        return start(ctx, incident, position)
    soon = ctx.now + LADDER[TOP].limits * limit_of(ctx, incident)
    if due > soon and payload["level"] != ASK:
        payload["planned"] = soon.isoformat()
        timers.set(
            ctx.tx,
            id=ctx.new_id(),
            kind=IncidentTimer.ESCALATION,
            key=keys.escalation_key(incident.number),
            due=soon,
            **payload,
        )
    return ()


def stop(ctx: Context, number: IncidentNumber) -> bool:
    """Stop escalation, for `transitions.changing`, which knows the order of locks.

    Where nothing escalates, cancelling locks nothing: somebody else could set the timer between.
    """
    lock(ctx, number)
    return timers.cancel(ctx.tx, keys.escalation_key(number))


def lock(ctx: Context, number: IncidentNumber) -> None:
    """Wait for whoever is just making a step, for `transitions.changing`."""
    timers.lock(ctx.tx, keys.escalation_key(number))


def declarer_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the one message that keeps each declarer up to date: of this, and of what went in.

    Nobody is told what they did themselves.
    """
    settled = settled_alarm(ctx, incident)
    told = {ctx.person.id}
    posts: list[Post] = []
    for each in (incident, *duplicates.following(ctx.tx, incident.number)):
        who = each.declared_by
        key = f"{keys.card_key(each.number)}:told"
        # Somebody may have declared it twice: one message is enough.
        fresh = who not in told
        posts.append(
            Post(key, settled, f"direct:{who}", ParcelKind.NOTE) if fresh else Post(key, settled)
        )
        told.add(who)
    return tuple(posts)


def declarer_edits(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return what keeps declarers' messages true, where they have one; nobody gets a new one."""
    said = settled_alarm(ctx, incident)
    also = duplicates.following(ctx.tx, incident.number)
    return tuple(Post(f"{keys.card_key(each.number)}:told", said) for each in (incident, *also))


def following_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return what shows where the duplicates of an incident go on, now that this changed."""
    also = duplicates.following(ctx.tx, incident.number)
    return tuple(post for each in also for post in ended_posts(ctx, each))


def card_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the posts that show an incident's new state wherever it is shown."""
    incident_channels.follow(ctx, incident)
    shown = Post(keys.card_key(incident.number), card(ctx, incident))
    return (shown, *reminding.current(ctx, incident))


def ended_posts(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """As `card_posts`, and take back or edit every alarm: it needs nobody any more."""
    posts = [*card_posts(ctx, incident), *posting.settled_posts(ctx, incident)]
    told = [keys.top_key(incident.number), keys.rests_key(incident.number)]
    questions = {TimelineKind.ASKED: keys.asked_key, TimelineKind.CHECKING: keys.check_key}
    for each in incident_timeline.of(ctx.tx, incident.number):
        if each.kind in questions:
            told.append(questions[each.kind](incident.number, PersonId(each.detail)))
            posts += matters.settle(ctx, told[-1])
    for name in told:
        outbox.cancel(ctx.tx, name, "no longer needed")
        posts.append(Post(name, settled_alarm(ctx, incident)))
    return tuple(posts)


def renewed_alarms(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Return the alarms that wait for an answer anew, as when a question in them is answered."""
    if incident.state != IncidentState.OPEN or not (incident.unanswered or incident.silent):
        return ()
    live = _live(ctx, incident)
    sent = alarms.of(ctx.tx, incident.number)
    known = {each.position for each in sent}
    posts: list[Post] = []
    for position, each in live:
        if each.kind == TimelineKind.SILENT:  # it asks for news, and of no other incident
            continue
        minutes = int((each.at - live[0][1].at) / timedelta(minutes=1))
        first = position == live[0][0]
        why = wording.why_first(ctx, incident) if first else why_escalated(ctx, incident, minutes)
        name = keys.alarm_key(incident.number, position)
        waits = [a for a in sent if a.position == position and a.live and a.list is None]
        # One from before alarms were noted person by person is wherever it stands.
        people = [a.person for a in waits] if position in known else [NOBODY]
        for person in people:
            more = wording.pause_buttons(ctx, incident, person, position)
            message = alarm(ctx, incident, why, more)
            place = f"direct:{person}" if person else None
            otherwise = keys.escalation_key(incident.number)
            posts.append(Post(name, message, place, ParcelKind.ALARM, otherwise=otherwise))
    return tuple(posts)


def _live(ctx: Context, incident: Incident) -> list[tuple[int, Happening]]:
    """Return the alarms since it began to escalate anew, each with its position."""
    live: list[tuple[int, Happening]] = []
    position, begun = 0, incident.declared_at
    for each in incident_timeline.of(ctx.tx, incident.number):
        if each.kind in (TimelineKind.MOVED, TimelineKind.HANDED_ON, TimelineKind.REOPENED):
            begun = each.at
        if each.kind not in (TimelineKind.ALARMED, TimelineKind.SILENT):
            continue
        if each.kind == TimelineKind.SILENT or each.at == begun:
            live = []
        live.append((position, each))
        position += 1
    return live


def limit_of(ctx: Context, incident: Incident) -> timedelta:
    """Return how long each step waits: what the service says, half of it when it is serious."""
    service = ctx.service_of(incident.service)
    minutes = service.limit_minutes if service is not None else LIMIT
    return timedelta(minutes=minutes) / (2 if incident.severity == Severity.SERIOUS else 1)


def plan(ctx: Context, number: IncidentNumber, step: Escalation) -> None:
    """Set the one timer of an incident for its next step."""
    assert step.due is not None, "a step is planned for a moment"
    more: dict[str, Any] = {}
    if step.jump:
        more["jump"] = True
    if step.jumped is not None:
        more["jumped"] = step.jumped.isoformat()
    if step.fell:
        more["fell"] = True
    if step.missed:
        more["missed"] = ",".join(step.missed)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=IncidentTimer.ESCALATION,
        key=keys.escalation_key(number),
        due=step.due,
        number=number,
        level=step.level,
        since=step.since.isoformat(),
        planned=step.due.isoformat(),
        **more,
    )

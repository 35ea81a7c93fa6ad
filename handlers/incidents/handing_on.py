"""Incidents of somebody who left go to whoever is on duty, with a new alarm."""

from __future__ import annotations

from datetime import datetime

from handlers.attention import matters
from handlers.incidents import escalation, keys
from handlers.incidents.cards import label
from handlers.incidents.transitions import changing
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Known, known
from handlers.kit.messages import Button, Post, line
from handlers.kit.people import former, name
from handlers.kit.words import _
from handlers.on_call import duty
from storage import incidents
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.incidents import Incident, alarms
from storage.incidents import lists as incident_lists
from storage.incidents import people as incident_people
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import IncidentState, TimelineKind

feature = Feature(_("Incidents"))


@feature.follows(Event.CAME_BACK)
def came_back(ctx: Context, _person: str) -> tuple[Post, ...]:
    """Hand on what stayed with others because nobody at all was here."""
    return hand_on(ctx)


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    asked = [each for each in incident_lists.open_ones(ctx.tx) if each.proposed_to == person]
    return tuple(
        post
        for posts in (*(_asks_nobody(ctx, each, person) for each in asked), hand_on(ctx))
        for post in posts
    )


def _asks_nobody(ctx: Context, incident: Incident, person: PersonId) -> tuple[Post, ...]:
    """End the question to somebody who left, and tell who asked it: else they wait for nothing."""
    number = incident.number
    asked = [
        each
        for each in incident_timeline.of(ctx.tx, number)
        if each.kind == TimelineKind.ASKED and each.detail == person
    ]
    with changing(ctx, number, goes_on=(number,)):
        incidents.decline(ctx.tx, number, person)
    key = keys.asked_key(number, person)
    now = incidents.find(ctx.tx, number)
    assert now is not None
    posts: tuple[Post, ...] = (*matters.settle(ctx, key), *escalation.card_posts(ctx, now))
    if asked and asked[-1].person is not None:
        told = _(
            "{who} is no longer active and cannot take over {incident}. Please ask somebody else.",
            who=name(ctx, person),
            incident=label(number),
        )
        again = Button(_("Ask somebody"), call("assign", number=number), "primary")
        posts += matters.ask(ctx, asked[-1].person, f"{key}:left", line(told, again))
    return posts


@feature.holds(
    20, "incidents.responsible", "incidents.proposed_to", "incidents.acknowledged_by", left=_hand_on
)
def held(_ctx: Context, _person: str) -> list[Held]:
    """Return nothing to hand over by a tap: an incident never waits for one."""
    return []


def hand_on(ctx: Context) -> tuple[Post, ...]:
    """Make whoever is on duty responsible for what those who left have not ended.

    Who gets an open incident is alarmed; what is restored only changes hands.
    """
    posts: tuple[Post, ...] = ()
    for incident in sorted(incident_lists.open_ones(ctx.tx), key=lambda each: each.number):
        posts += _pass(ctx, incident)
    for person in incident_lists.undone_with(ctx.tx):
        while not duty.is_here(ctx, person):
            passed = [_pass(ctx, each) for each in incident_lists.undone(ctx.tx, person=person)]
            if not any(passed):
                break
            posts += tuple(post for each in passed for post in each)
    return posts


def _pass(ctx: Context, incident: Incident) -> tuple[Post, ...]:
    """Give an incident of somebody who left to whoever is on duty, if that is somebody else."""
    service = ctx.service_of(incident.service)
    assert service is not None, "an incident has a service, by constraint"
    before, to = incident.responsible, duty.on_duty(ctx, service)
    if duty.is_here(ctx, before) or to == before:  # nobody else is here; it goes on escalating
        return ()
    with changing(ctx, incident.number):
        if not incidents.hand_on(ctx.tx, incident.number, before, to, ctx.now):
            return ()
        incident_timeline.add(
            ctx.tx,
            incident.number,
            id=ctx.new_id(),
            at=ctx.now,
            kind=TimelineKind.HANDED_ON,
            person=before,
            detail=to,
        )
        now = incidents.find(ctx.tx, incident.number)
        assert now is not None
        if now.state != IncidentState.OPEN:
            return escalation.card_posts(ctx, now)
        posts = escalation.ended_posts(ctx, now)
        position = incidents.count_alarm(ctx.tx, incident.number)
        return (*posts, *escalation.start(ctx, now, position))


def _replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    incident_people.replace_person(tx, person, to)
    alarms.replace_person(tx, person, to)


@feature.knows(
    20,
    _("Incidents"),
    {
        "incidents": (
            "declared_by",
            "responsible",
            "proposed_to",
            "acknowledged_by",
            "news_by",
            "restored_by",
            "ended_by",
        ),
        "timeline": ("person",),
        "alarms": ("person",),
        "alarm_pauses": ("person",),
    },
    replace=_replace,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        [*incident_people.of_person(ctx.tx, person), *alarms.of_person(ctx.tx, person)],
        {
            "incidents.declared_by": _("Declared it"),
            "incidents.responsible": _("Responsible"),
            "incidents.proposed_to": _("Asked to take it"),
            "incidents.acknowledged_by": _("Looked after it"),
            "incidents.news_by": _("Posted an update"),
            "incidents.restored_by": _("Said that it works again"),
            "incidents.ended_by": _("Ended it"),
            "timeline.person": _("In its history"),
            "alarms.person": _("Was alerted"),
            "alarm_pauses.person": _("Paused own alerts"),
        },
    )


@feature.keeps(
    "timeline",
    what=_("Who was alerted when"),
    days=90,
    then=_("deleted, once the incident is over"),
)
def forget_alarms(ctx: Context, before: datetime) -> int:
    """Delete single alarm rows of incidents that are over."""
    return incident_people.forget_alarms(ctx.tx, before)


@feature.keeps(
    "incidents",
    what=_("Who declared, looked after, solved and ended an incident"),
    days=365,
    then=_("“former person” stands there; times and durations stay"),
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let names go from incidents that ended a year ago."""
    return incident_people.forget_people(ctx.tx, before, former(ctx))

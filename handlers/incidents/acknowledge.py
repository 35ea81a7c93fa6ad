"""Looking after an incident: acknowledge, promise news, ask somebody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from handlers import rights
from handlers.bans import cards as ban_cards
from handlers.incidents import escalation, keys
from handlers.incidents.cards import label, take, tell
from handlers.incidents.keys import IncidentTimer
from handlers.incidents.lookup import NEWS, Named, Ref, find, find_open, meant, not_open, note
from handlers.incidents.transitions import changing
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text, Title, Tone, line
from handlers.kit.people import person as named
from handlers.kit.readers import NumberReader, PersonReader
from handlers.kit.words import Who, _
from storage import incidents
from storage.delivery import places, timers
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import IncidentNumber
from storage.incidents import Incident, takings
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import IncidentState, TimelineKind
from storage.incidents.takings import Taking
from storage.people import Person

feature = Feature(_("Incidents"))

# docs/rules.md, incidents
CHIPS = (15, 30, 60)
NOT_ME = timedelta(minutes=2)


@feature.command(
    "ack", ("annehmen", "übernehmen"), help=_("Look after an incident: its alert stops escalating.")
)
def acknowledge(ctx: Context, number: Ref | None = None) -> Reply:
    incident = meant(ctx, "ack", number)
    rights.need_for(ctx, "ack", incident)
    if _mine_already(ctx, incident):
        return Reply(_yours(ctx, incident))
    next_news = ctx.now + NEWS[incident.severity]
    before = _before(ctx, incident)
    with changing(ctx, incident.number):
        if not incidents.acknowledge(ctx.tx, incident.number, ctx.person.id, ctx.now, next_news):
            raise _not_first(ctx, incident.number)  # which also lets the escalation go on
        takings.keep(ctx.tx, incident.number, before)
        if ctx.place is not None:
            places.remember_platform(ctx.tx, ctx.person.id, ctx.place.id.partition(":")[0])
        incident = note(ctx, incident.number, TimelineKind.ACKNOWLEDGED)
        escalation.wait_for_news(ctx, incident, next_news)
    return Reply(
        _yours(ctx, incident),
        posts=(*escalation.ended_posts(ctx, incident), *escalation.declarer_posts(ctx, incident)),
        subject=label(incident.number),
    )


def _before(ctx: Context, incident: Incident) -> Taking:
    """Return how an incident stands before the asker takes it, with its running timer."""
    running = timers.find(ctx.tx, keys.escalation_key(incident.number))
    payload, due = running if running is not None else ({}, None)
    return Taking(
        person=ctx.person.id,
        at=ctx.now,
        held_by=incident.responsible,
        held_since=incident.responsible_since,
        acknowledged_by=incident.acknowledged_by,
        acknowledged_at=incident.acknowledged_at,
        silent=incident.silent,
        timer=json.dumps(payload),
        due_at=due,
    )


@feature.command("not me", "nicht ich", help=_("It was not for me."), hidden=True)
def give_back(ctx: Context, number: Ref) -> Reply:
    if incidents.decline(ctx.tx, number, ctx.person.id):
        return _tell_declined(ctx, number)
    taking = takings.find(ctx.tx, number)
    mine = taking is not None and taking.person == ctx.person.id
    if taking is None or not mine or taking.at + NOT_ME < ctx.now:
        incident = find_open(ctx, number)
        raise Refusal(
            _(
                "That works for {n} minutes. You can ask somebody else to look after {incident}.",
                n=int(NOT_ME.total_seconds() // 60),
                incident=label(incident.number),
            ),
            buttons=(Button(_("Ask somebody"), call("assign", number=number)),),
        )
    with changing(ctx, number):
        if not takings.give_back(ctx.tx, number, taking):
            raise not_open(ctx, find(ctx, number))
        incident = note(ctx, number, TimelineKind.GIVEN_BACK)
        if taking.due_at is not None:
            timers.set(
                ctx.tx,
                id=ctx.new_id(),
                kind=IncidentTimer.ESCALATION,
                key=keys.escalation_key(number),
                due=max(taking.due_at, ctx.now),
                **json.loads(taking.timer),
            )
    said = _(
        "Good, somebody else. {incident} is waiting for {who} again; its alert "
        "goes on where it was.",
        incident=label(number),
        who=named(ctx, incident.responsible),
    )
    return Reply(
        line(said, take(number)),
        posts=(
            *escalation.card_posts(ctx, incident),
            *escalation.renewed_alarms(ctx, incident),
            *escalation.declarer_edits(ctx, incident),
        ),
        subject=label(number),
    )


def _tell_declined(ctx: Context, number: IncidentNumber) -> Reply:
    """Let whoever asked know that somebody does not take it over; nothing else changes."""
    incident = note(ctx, number, TimelineKind.DECLINED)
    said = _(
        "Thank you for saying so. {responsible} stays responsible for {incident}.",
        responsible=named(ctx, incident.responsible),
        incident=label(number),
    )
    told = _(
        "{who} does not take over {incident}. {responsible} stays responsible.",
        who=ctx.who,
        incident=label(number),
        responsible=named(ctx, incident.responsible),
    )
    posts = [Post(keys.asked_key(number, ctx.person.id), line(said, tone=Tone.QUIET))]
    asked = [
        each
        for each in incident_timeline.of(ctx.tx, number)
        if each.kind == TimelineKind.ASKED and each.detail == ctx.person.id
    ]
    if asked and asked[-1].person is not None:
        again = Button(_("Ask somebody"), call("assign", number=number))
        key = f"{keys.asked_key(number, ctx.person.id)}:declined:{len(asked)}"
        place = f"direct:{asked[-1].person}"
        posts.append(Post(key, line(told, again), place, ParcelKind.NOTE))
    return Reply(
        line(said), posts=(*posts, *escalation.card_posts(ctx, incident)), subject=label(number)
    )


def _mine_already(ctx: Context, incident: Incident) -> bool:
    return (
        incident.state == IncidentState.OPEN
        and incident.acknowledged_by == ctx.person.id
        and not incident.unanswered
        and not incident.silent
    )


def _not_first(ctx: Context, number: IncidentNumber) -> Refusal:
    incident = find(ctx, number)
    if incident.state != IncidentState.OPEN:
        return not_open(ctx, incident)
    if incident.responsible == ctx.person.id:
        return Refusal(
            _("An update on {incident} is due. How is it going?", incident=label(number)),
            buttons=(tell(number),),
        )
    return Refusal(
        _(
            "{who} already looks after {incident}.",
            who=named(ctx, incident.responsible),
            incident=label(number),
        )
    )


def _yours(ctx: Context, incident: Incident) -> Message:
    number = incident.number
    chips = tuple(
        Button(_("In {n} min", n=minutes), call("promise", number=number, minutes=minutes))
        for minutes in CHIPS
    )
    return Message(
        (
            Title(_("You look after {incident} now.", incident=label(number))),
            Text(incident.title),
            Text(
                _(
                    "When will you post an update? Unless you choose, I ask at {at:time}.",
                    at=incident.next_news_at,
                )
            ),
            Buttons((*chips, *_not_me(ctx, number))),
            *ban_cards.question(ctx, incident),
        ),
        Tone.ACTIVE,
    )


def _not_me(ctx: Context, number: IncidentNumber) -> tuple[Button, ...]:
    """Return the button that takes back a taking of these two minutes."""
    taking = takings.find(ctx.tx, number)
    if taking is None or taking.person != ctx.person.id or taking.at + NOT_ME < ctx.now:
        return ()
    return (_somebody_else(number),)


def _somebody_else(number: IncidentNumber) -> Button:
    return Button(_("Somebody else, please"), call("not me", number=number), "quiet")


@feature.command("promise", "zusagen", help=_("Say when the next update comes."), hidden=True)
def promise(
    ctx: Context,
    number: Ref,
    minutes: Annotated[int, NumberReader(5, 480), Ask(_("Minutes"))],
) -> Reply:
    due = ctx.now + timedelta(minutes=minutes)
    with changing(ctx, number):
        if not incidents.promise(ctx.tx, number, ctx.person.id, due):
            incident = find_open(ctx, number)
            raise Refusal(
                _(
                    "Only whoever is responsible can announce the next update on {incident}: "
                    "{who}.",
                    who=named(ctx, incident.responsible),
                    incident=label(number),
                )
            )
        incident = note(ctx, number, TimelineKind.PROMISED, str(minutes))
        escalation.wait_for_news(ctx, incident, due)
    return Reply(
        line(_("Good. If nothing is heard by {at:time}, I ask again.", at=due)),
        posts=escalation.ended_posts(ctx, incident),
        subject=label(number),
    )


def _is_there(ctx: Context, number: IncidentNumber) -> None:
    try:
        find(ctx, number)
    except Refusal as refusal:
        refusal.field = "number"
        raise


@feature.command(
    "assign",
    "zuweisen",
    help=_("Ask somebody to look after an incident; they accept by button."),
    checks=(_is_there,),
)
def assign(
    ctx: Context, number: Named, person: Annotated[Person, PersonReader(), Ask(_("Person"))]
) -> Reply:
    incident = find_open(ctx, number)
    rights.need_for(ctx, "assign", incident)
    asked = Who(person.id, person.name)
    if incident.responsible == person.id and not incident.unanswered:
        raise Refusal(_("{who} already looks after {incident}.", who=asked, incident=label(number)))
    incidents.propose(ctx.tx, number, person.id)
    incident = note(ctx, number, TimelineKind.ASKED, person.id)
    responsible = named(ctx, incident.responsible)
    question = Message(
        (
            Title(_("Will you look after {incident}?", incident=label(number))),
            Text(incident.title),
            Text(
                _(
                    "{who} asks you. Until you accept, {responsible} stays responsible.",
                    who=ctx.who,
                    responsible=responsible,
                )
            ),
            Buttons((take(number), _somebody_else(number))),
        )
    )
    said = _(
        "I have asked {who}. Until they accept, {responsible} stays responsible for {incident}.",
        who=asked,
        incident=label(number),
        responsible=responsible,
    )
    ask = Post(keys.asked_key(number, person.id), question, f"direct:{person.id}", ParcelKind.NOTE)
    return Reply(
        line(said), posts=(ask, *escalation.card_posts(ctx, incident)), subject=label(number)
    )

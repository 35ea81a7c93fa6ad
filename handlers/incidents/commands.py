"""Incidents: declare, say how serious, move, undo. Somebody is always responsible."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from handlers import rights
from handlers.bans import cards as ban_cards
from handlers.incidents import escalation, keys, transitions, triage
from handlers.incidents import recurrence as incident_recurrence
from handlers.incidents.cards import about_question, card, label, works_again
from handlers.incidents.lookup import (
    UNDO,
    Ref,
    declared_already,
    find,
    find_open,
    note,
    same_words,
    write_timeline,
)
from handlers.incidents.recurrence import Ahead
from handlers.kit.commands import UNASKED, Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title, line
from handlers.kit.people import person as named
from handlers.kit.readers import TextReader, titles
from handlers.kit.readers.emergencies import call_first, in_danger
from handlers.kit.readers.placeholders import is_placeholder
from handlers.kit.words import _
from handlers.on_call import duty
from handlers.rules import fields, meaning, routing
from handlers.services import lookup as service_lookup
from handlers.settings import definitions
from storage import incidents, rules, workspaces
from storage.delivery.places import PlaceKind, PlaceRole
from storage.engine.ids import IncidentNumber, ServiceId
from storage.incidents import Incident, offers
from storage.incidents.states import Severity, TimelineKind
from storage.rules import Led, Routing, Rule, RuleKind
from storage.services import Service

feature = Feature(_("Incidents"))


@feature.command(
    "incident",
    "störung",
    help=_("Declare an incident, in one line."),
    submit=_("Declare incident"),
    needs="declare",
    ahead=triage.look_ahead,
)
def declare(
    ctx: Context,
    title: Annotated[
        str,
        TextReader(titled=True),
        Ask(_("What does not work?"), partial(definitions.text, name="incident"), short=_("text")),
    ],
    *,
    service: service_lookup.ServiceOrNot = None,
    offer: Annotated[str, TextReader(long=False), UNASKED] = "",
    another: Annotated[str, TextReader(long=False), UNASKED] = "",
) -> Reply:
    title, body = titles.split(titles.with_source(title, ctx.source))
    ahead = triage.handed_in(ctx, title, service)
    proposed = ahead.service if ahead.sure else service
    meant = proposed or service_lookup.fallback(ctx)
    rule = ahead.rule
    number = IncidentNumber(workspaces.next_number(ctx.tx, "incident"))
    if not another:  # looked up only now: a twin of this moment has waited for its number
        _must_be_first(ctx, body or title, offer)
    incident = incidents.add(
        ctx.tx,
        number=number,
        title=title,
        body=body,
        service=meant.id,
        gap=proposed is None,
        severity=Severity.NORMAL,
        declared_by=ctx.person.id,
        declared_in=ctx.place.id if ctx.place else None,
        responsible=duty.on_duty(ctx, meant),
        now=ctx.now,
        guessed=_guessed(ahead, meant, rule),
    )
    if rule is not None and rule.target in (incident.service, incident.guessed):
        routing.lead(ctx, rule, Led.INCIDENT, str(number), title)
    if offer and not another:
        offers.use(ctx.tx, offer, number, ctx.now)
    write_timeline(ctx, number, TimelineKind.DECLARED)
    incident_recurrence.notice(ctx, incident, ahead.matches)
    escalation.foresee(ctx, incident)
    shown = [Post(keys.card_key(number), card(ctx, incident), PlaceRole.INCIDENTS)]
    if (
        ctx.place is not None
        and ctx.place.kind == PlaceKind.CHANNEL
        and ctx.place.role != PlaceRole.INCIDENTS
    ):
        shown.append(Post(keys.card_key(number), card(ctx, incident), ctx.place.id))
    return Reply(
        _declaration(ctx, incident, meant),
        posts=(*shown, *escalation.start(ctx, incident)),
        subject=label(number),
    )


def _guessed(ahead: Ahead, meant: Service, rule: Rule | None) -> ServiceId | None:
    """Return the service that somebody is asked about: a rule asks first, or only the meaning."""
    if rule is not None and not rule.straight:
        return ServiceId(rule.target) if rule.target != meant.id else None
    unsure = ahead.service is not None and not ahead.sure
    return ahead.service.id if ahead.service is not None and unsure else None


def _must_be_first(ctx: Context, text: str, offer: str) -> None:
    """Refuse the same words within two minutes, and an offer that was used."""
    number = offers.used_for(ctx.tx, offer) if offer else None
    twice = find(ctx, number) if number is not None else same_words(ctx, text)
    if twice is not None:
        raise declared_already(ctx, twice, text)


def _declaration(ctx: Context, incident: Incident, service: Service) -> Message:
    who = named(ctx, incident.responsible)
    values = {"who": who, "service": service.name}
    if incident.gap:
        said = _(
            "I recognised no service in it, so {who} has been alerted, as for everything else.",
            who=who,
        )
    elif incident.responsible == service.accountable:
        said = _("{who} is accountable for {service} and has been alerted.", **values)
    else:
        said = _("{who} stands in for {service} and has been alerted.", **values)
    number = incident.number
    danger = (call_first(),) if in_danger(incident.body or incident.title) else ()
    return Message(
        (
            *danger,
            Title(_("{incident} is declared.", incident=label(number))),
            Text(incident.title),
            *ban_cards.outage_question(ctx, incident),
            Text(said),
            *about_question(ctx, incident),
            *_says_nothing(incident),
            *_serious_here(service),
            Buttons(
                (
                    Button(_("It is serious"), call("serious", number=number)),
                    Button(_("Change service"), call("move", number=number)),
                    Button(_("Undo"), call("undo", number=number), "quiet"),
                )
            ),
        )
    )


def _says_nothing(incident: Incident) -> tuple[Part, ...]:
    """Ask for a title where only a placeholder was typed; the alarm waits for nobody."""
    if not is_placeholder(incident.title):
        return ()
    correct = Button(_("Correct the title"), call("retitle", number=incident.number))
    return (Text(_("The title does not say yet what does not work.")), Buttons((correct,)))


def _serious_here(service: Service) -> tuple[Text, ...]:
    if not service.serious_when:
        return ()
    return (Text(_("Serious here: {words}", words=service.serious_when), small=True),)


@feature.command("serious", "ernst", help=_("It is serious."), hidden=True)
def serious(ctx: Context, number: Ref) -> Reply:
    return _severity(ctx, number, Severity.SERIOUS)


@feature.command("normal", "normal", help=_("It is not serious."), hidden=True)
def normal(ctx: Context, number: Ref) -> Reply:
    return _severity(ctx, number, Severity.NORMAL)


def _severity(ctx: Context, number: IncidentNumber, severity: Severity) -> Reply:
    incident = find_open(ctx, number)
    rights.need_for(ctx, severity, incident)
    incident, posts = transitions.set_severity(ctx, number, severity)
    words = {
        "serious": _(
            "{incident} is serious now. The alert escalates faster.", incident=label(number)
        ),
        "normal": _("{incident} is not serious any more.", incident=label(number)),
    }
    back = Button(_("Not serious after all"), call("normal", number=number), "quiet")
    explain = Button(_("When is it serious?"), call("definition", name="serious"), "quiet")
    may = rights.may_for(ctx, "normal", incident)
    buttons = (*((back,) if may else ()), explain) if severity == Severity.SERIOUS else ()
    return Reply(
        line(words[severity], *buttons),
        posts=posts,
        subject=label(number),
    )


@feature.command(
    "move",
    "verschieben",
    help=_("Which service is it about?"),
    hidden=True,
    submit=_("Change service"),
    ahead=incident_recurrence.look_ahead,
)
def move(ctx: Context, number: Ref, service: service_lookup.ServiceRef) -> Reply:
    incident = find_open(ctx, number)
    rights.need_for(ctx, "move", incident)
    buttons, corrected = _settle_rule(ctx, number, service)
    incident, posts = _move(ctx, incident, service)
    meaning.learn(ctx, number, incident.title, service)
    said = _(
        "{incident} is about {service} now; {who} is responsible.",
        incident=label(number),
        service=service.name,
        who=named(ctx, incident.responsible),
    )
    shown = line(said, *buttons)
    if corrected is not None:
        by_rule = Text(routing.corrected_words(ctx, corrected), small=True)
        shown = Message((*shown.parts, by_rule))
    return Reply(shown, posts=posts, subject=label(number))


def _settle_rule(
    ctx: Context, number: IncidentNumber, service: Service
) -> tuple[tuple[Button, ...], Routing | None]:
    """Tell the rule that led it whether it was right; whoever answers may let it go on so.

    Return the button for that, and what was corrected.
    """
    led = rules.led(ctx.tx, Led.INCIDENT, str(number))
    if led is None:
        return (), None
    if led.target != service.id:
        return (), routing.correct(ctx, Led.INCIDENT, str(number), service.id)
    routing.stands(ctx, Led.INCIDENT, str(number))
    mine = routing.is_accountable(ctx, RuleKind.SERVICE, service.id)
    if led.straight or not mine or rules.find(ctx.tx, led.rule) is None:
        return (), None
    go_on = call("rule straight", id=led.rule)
    return (Button(_("From now on without asking"), go_on, "quiet"),), None


def _without_rule(ctx: Context, led: Routing) -> Service:
    """Return the service that was chosen, else the one for everything that nobody recognises."""
    rule = rules.find(ctx.tx, led.rule)
    id = ServiceId(fields.value(rule.words, fields.SERVICE)) if rule else None
    chosen = ctx.service_of(id) if id else None
    if chosen is None or chosen.retired_at is not None:
        return service_lookup.fallback(ctx)
    return chosen


def _move(ctx: Context, incident: Incident, service: Service) -> tuple[Incident, tuple[Post, ...]]:
    """Let an incident be about another service; whoever answers there gets the full time."""
    number = incident.number
    first = duty.on_duty(ctx, service)
    other = incident.unanswered and first != incident.responsible
    with transitions.changing(ctx, number, goes_on=() if other else (number,)):
        if not incidents.move(ctx.tx, number, service.id, first):
            raise Refusal(
                _(
                    "{incident} is about {service} already.",
                    incident=label(number),
                    service=service.name,
                )
            )
        incident = note(ctx, number, TimelineKind.MOVED, service.id)
        incident_recurrence.move(ctx, incident)
        if not other:
            return incident, escalation.card_posts(ctx, incident)
        posts = escalation.ended_posts(ctx, incident)  # the old alarm is taken back
        position = incidents.count_alarm(ctx.tx, number)
        return incident, (*posts, *escalation.start(ctx, incident, position))


@feature.command("not about", "nicht darum", help=_("It is about something else."), hidden=True)
def not_about(ctx: Context, number: Ref) -> Reply:
    incident = find_open(ctx, number)
    rights.need_for(ctx, "move", incident)
    led = rules.led(ctx.tx, Led.INCIDENT, str(number))
    by_rule = led is not None and led.straight and led.target == incident.service
    routing.correct(ctx, Led.INCIDENT, str(number))
    if incidents.forget_guess(ctx.tx, number):
        incident = find(ctx, number)
        posts = (*escalation.card_posts(ctx, incident), *escalation.renewed_alarms(ctx, incident))
    elif by_rule and led is not None:
        to = _without_rule(ctx, led)
        routing.correct(ctx, Led.INCIDENT, str(number), to.id)
        incident, posts = _move(ctx, incident, to)
    else:
        raise Refusal(_("Nothing is guessed about {incident} any more.", incident=label(number)))
    change = Button(_("Change service"), call("move", number=number))
    said = _(
        "Thank you. {incident} stays with {who}.",
        incident=label(number),
        who=named(ctx, incident.responsible),
    )
    return Reply(line(said, change), posts=posts, subject=label(number))


@feature.command("undo", "zurücknehmen", help=_("Take a declaration back."), hidden=True)
def undo(ctx: Context, number: Ref) -> Reply:
    incident = find(ctx, number)
    rights.need_for(ctx, "undo", incident)
    taken = transitions.withdraw(ctx, number, ctx.now - UNDO)
    if taken is None:
        raise Refusal(
            _(
                "Undo works for {n} minutes. {incident} can be marked as working again instead.",
                n=int(UNDO.total_seconds() // 60),
                incident=label(number),
            ),
            buttons=(works_again(number),),
        )
    return Reply(
        line(_("{incident} is withdrawn. Nobody is alerted any more.", incident=label(number))),
        posts=(
            *ctx.follow(Event.WITHDRAWN, str(number)),
            *escalation.ended_posts(ctx, taken),
        ),
        subject=label(number),
    )

"""Who is alarmed: the persons behind the roles of a step; never nobody."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.incidents.alarms import steps
from handlers.incidents.alarms.steps import Role
from handlers.kit.context import Context
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from storage.engine.ids import PersonId
from storage.incidents import Incident, alarms
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import TimelineKind

ROLES: dict[str, Sentence] = {
    "accountable": _("accountable"),
    "deputy": _("deputy"),
    "manager": _("manager"),
    "responsible": _("responsible"),
}


def of_levels(ctx: Context, incident: Incident, levels: Iterable[int]) -> list[PersonId]:
    """Return who is alarmed at any of these steps, each once, in the steps' order.

    At the second step also who is on duty for the service that only its meaning points at,
    while nobody has said whether it is about that.
    """
    guessed = ctx.service_of(incident.guessed) if incident.guessed else None
    found: dict[PersonId, None] = {}
    for level in levels:
        for role in steps.roles(level):
            person = behind(ctx, incident, role)
            if person is not None:
                found[person] = None
        if level == steps.SECOND and guessed is not None:
            found[duty.on_duty(ctx, guessed)] = None
    return list(found)


def behind(ctx: Context, incident: Incident, role: Role) -> PersonId | None:
    """Return who is alarmed as a role now: whoever stands in, if somebody is away."""
    service = ctx.service_of(incident.service)
    assert service is not None, "an incident has a service, by constraint"
    first = duty.acting(ctx, incident.responsible) or duty.on_duty(ctx, service)
    if role is Role.RESPONSIBLE:
        return first
    if role is Role.DEPUTY:
        return duty.second_responder(ctx, service, first)
    return duty.escalation_manager(ctx) or first


def awake(ctx: Context, incident: Incident, wanted: list[PersonId]) -> list[PersonId]:
    """Leave out who paused their alarms; when nobody is left, whoever of all did not, or all."""
    paused = alarms.paused(ctx.tx, incident.number, ctx.now)
    everybody = of_levels(ctx, incident, [steps.TOP + 1])
    for choice in (wanted, everybody):
        left = [each for each in choice if each not in paused]
        if left:
            return left
    return wanted


def everybody_else(ctx: Context, incident: Incident, but: Iterable[PersonId]) -> list[PersonId]:
    """Return everybody else who may act on an incident: its roles, whoever was asked, managers."""
    service = ctx.service_of(incident.service)
    named = [service.accountable, service.deputy] if service is not None else []
    if incident.proposed_to:
        named.append(incident.proposed_to)
    found = of_levels(ctx, incident, [steps.TOP + 1])
    found += [each for id in named if (each := duty.acting(ctx, id)) is not None]
    found += other_managers(ctx)
    return [each for each in dict.fromkeys(found) if each not in set(but)]


def other_managers(ctx: Context) -> list[PersonId]:
    """Return every manager, or who stands in for them."""
    return [
        each for manager in duty.managers(ctx) if (each := duty.acting(ctx, manager.id)) is not None
    ]


def roles_of(ctx: Context, incident: Incident, people: Iterable[PersonId]) -> list[Sentence]:
    """Return as what some people are alarmed, each role once: no names."""
    service = ctx.service_of(incident.service)
    found: dict[str, None] = {}
    for person in people:
        known = ctx.person_of(person)
        if service is not None and person in _both(ctx, service.accountable):
            found["accountable"] = None
        elif service is not None and person in _both(ctx, service.deputy):
            found["deputy"] = None
        elif known is not None and (known.manager or person == duty.escalation_manager(ctx)):
            found["manager"] = None
        else:
            found["responsible"] = None
    return [words for role, words in ROLES.items() if role in found]


def _both(ctx: Context, id: PersonId) -> tuple[PersonId, PersonId | None]:
    return id, duty.acting(ctx, id)


def alarmed(ctx: Context, incident: Incident) -> list[PersonId]:
    """Return who has been alarmed since it began to wait."""
    found: dict[PersonId, None] = {}
    for each in incident_timeline.of(ctx.tx, incident.number):
        if each.kind in (
            TimelineKind.MOVED,
            TimelineKind.HANDED_ON,
            TimelineKind.REOPENED,
            TimelineKind.ACKNOWLEDGED,
        ):
            found = {}
        elif each.kind == TimelineKind.ALARMED:
            found |= dict.fromkeys(PersonId(id) for id in each.detail.split(",") if id)
        elif each.kind == TimelineKind.SILENT:
            found |= {incident.responsible: None}
    return list(found) or [incident.responsible]  # whose alarm is just on its way


def unreached(ctx: Context, incident: Incident) -> list[tuple[PersonId, str]]:
    """Return who could not be reached since the incident began, and on which platform."""
    return [
        (PersonId(person), platform)
        for each in incident_timeline.of(ctx.tx, incident.number)
        if each.kind == TimelineKind.UNREACHED and each.at >= incident.begun_at
        for person, _colon, platform in [each.detail.rpartition(":")]
    ]

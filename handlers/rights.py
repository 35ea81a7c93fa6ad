"""Who may do what: one table, default deny. Asked inside the transaction of the change."""

from __future__ import annotations

from enum import StrEnum

from handlers.kit.context import Context
from handlers.kit.errors import Refusal, Unproven
from handlers.kit.messages import Button, Call
from handlers.kit.words import Who, _
from handlers.on_call import duty
from storage import closing as closings
from storage import people
from storage.engine.ids import PersonId, ServiceId
from storage.incidents import Incident
from storage.incidents.states import IncidentState
from storage.people import PersonKind
from storage.services import Service


class Tie(StrEnum):
    """How a person stands to a thing."""

    MEMBER = "member"  # everybody of the company; no guests, no externals
    OUTSIDE = "guest or external"
    NEW = "new"  # somebody whose profile the platform has not shown us yet
    DECLARER = "declarer"
    UNACKNOWLEDGED = "declarer of what nobody has acknowledged"
    RESPONSIBLE = "responsible"
    ACCOUNTABLE = "accountable"
    DEPUTY = "deputy"
    ASKED = "asked to take it"
    CHECKER = "asked to check it"
    FIXER = "fixes the cause"
    OWNER = "owner of the cause of a problem"
    WITNESS = "declared or looked after an incident of a problem"
    ANSWERER = "answers friction of an area"
    ROLE = "champion, process modeller or integrator of a pilot"
    MANAGER = "manager"


CONCERNED = frozenset({Tie.RESPONSIBLE, Tie.ACCOUNTABLE, Tie.DEPUTY, Tie.MANAGER})

RIGHTS: dict[str, frozenset[Tie]] = {
    # docs/rules.md, rights
    "declare": frozenset({Tie.MEMBER}),
    "help": frozenset({Tie.MEMBER, Tie.NEW}),
    "read": frozenset({Tie.MEMBER}),
    "update": frozenset({Tie.MEMBER}),
    "serious": frozenset({Tie.MEMBER}),
    "friction": frozenset({Tie.MEMBER}),
    "feedback": frozenset({Tie.MEMBER}),
    "language": frozenset({Tie.MEMBER}),
    "own data": frozenset({Tie.MEMBER, Tie.OUTSIDE}),
    "retitle": CONCERNED | {Tie.DECLARER},
    "remove words": frozenset({Tie.DECLARER, Tie.RESPONSIBLE, Tie.OWNER, Tie.MANAGER}),
    "ack": CONCERNED | {Tie.ASKED},
    "assign": CONCERNED,
    "normal": CONCERNED,
    "move": CONCERNED | {Tie.DECLARER},
    "restored": CONCERNED | {Tie.UNACKNOWLEDGED},
    "done": CONCERNED,
    "check": CONCERNED | {Tie.DECLARER, Tie.CHECKER},
    "close as": CONCERNED | {Tie.UNACKNOWLEDGED},
    "close anyway": frozenset({Tie.MANAGER, Tie.ACCOUNTABLE}),
    "reopen": CONCERNED | {Tie.DECLARER, Tie.CHECKER},
    "fixed": CONCERNED | {Tie.FIXER},
    "undo": frozenset({Tie.DECLARER}),
    "read mail": CONCERNED | {Tie.DECLARER, Tie.ASKED, Tie.CHECKER},
    "service": frozenset({Tie.MANAGER}),
    "service's own": frozenset({Tie.ACCOUNTABLE, Tie.MANAGER}),
    "settings": frozenset({Tie.MANAGER}),
    "pilot": frozenset({Tie.MEMBER}),
    "automation": frozenset({Tie.MEMBER}),
    "automation's own": frozenset({Tie.ACCOUNTABLE, Tie.DEPUTY}),
    "digest": frozenset({Tie.MEMBER}),
    "mandate": frozenset({Tie.MANAGER}),
    "answer friction": frozenset({Tie.MANAGER, Tie.ANSWERER}),
    "pilot's own": frozenset({Tie.MANAGER, Tie.ROLE}),
    "repeat": CONCERNED,
    "unlike": CONCERNED | {Tie.UNACKNOWLEDGED},
    "fold": CONCERNED | {Tie.UNACKNOWLEDGED},
    "unfold": CONCERNED,
    "problem": frozenset({Tie.OWNER, Tie.ACCOUNTABLE, Tie.DEPUTY, Tie.MANAGER}),
    "cause fixed": frozenset({Tie.OWNER, Tie.MANAGER}),
    "verify": frozenset({Tie.ACCOUNTABLE, Tie.DEPUTY, Tie.MANAGER, Tie.WITNESS}),
    "doubt": frozenset({Tie.MEMBER}),
    "part": frozenset({Tie.MANAGER}),
    "override ban": frozenset({Tie.MANAGER}),
    "override": frozenset({Tie.ACCOUNTABLE, Tie.MANAGER}),
    "change": frozenset({Tie.MEMBER}),
}


def general(ctx: Context) -> set[Tie]:
    """Return how the asker stands to the company."""
    ties: set[Tie] = set()
    if ctx.person.active and ctx.person.kind == PersonKind.NEW:
        ties.add(Tie.NEW)
    if ctx.person.active and ctx.person.kind in (PersonKind.GUEST, PersonKind.EXTERNAL):
        ties.add(Tie.OUTSIDE)
    if ctx.person.active and ctx.person.kind == PersonKind.MEMBER:
        ties.add(Tie.MEMBER)
        if ctx.person.manager:
            ties.add(Tie.MANAGER)
    return ties


def ties_to(ctx: Context, incident: Incident) -> set[Tie]:
    """Return how the asker stands to an incident; who stands in for somebody has their ties."""
    ties = general(ctx)
    if Tie.MEMBER not in ties:
        return set()
    service = ctx.service_of(incident.service)
    ties |= ties_to_service(ctx, service) if service is not None else set()
    guessed = ctx.service_of(incident.guessed) if incident.guessed else None
    if guessed is not None:  # they are alarmed beside the others
        ties |= ties_to_service(ctx, guessed)
    me = ctx.person.id
    mine = duty.acts_for(ctx, me)
    if incident.declared_by == me:
        ties.add(Tie.DECLARER)
        if incident.acknowledged_by is None:
            ties.add(Tie.UNACKNOWLEDGED)
    if incident.responsible in mine:
        ties.add(Tie.RESPONSIBLE)
    if incident.proposed_to == me:
        ties.add(Tie.ASKED)
    if incident.state in (IncidentState.RESTORED, IncidentState.DONE):
        closing = closings.find(ctx.tx, incident.number)
        if closing.checker in mine:
            ties.add(Tie.CHECKER)
        if closing.fixer in mine:
            ties.add(Tie.FIXER)
    return ties


def tied(ctx: Context, incident: Incident) -> bool:
    """Say whether the asker has to do with an incident, beyond being of the company."""
    return bool(ties_to(ctx, incident) - {Tie.MEMBER, Tie.NEW})


def ties_to_cause(ctx: Context, service: ServiceId, owner: PersonId | None = None) -> set[Tie]:
    """Return how the asker stands to a cause in a service, which `owner` owns."""
    found = ctx.service_of(service)
    ties = ties_to_service(ctx, found) if found is not None else general(ctx)
    if owner in duty.acts_for(ctx, ctx.person.id) and Tie.MEMBER in ties:
        ties.add(Tie.OWNER)
    return ties


def ties_to_service(ctx: Context, service: Service) -> set[Tie]:
    """Return how the asker stands to a service; who stands in for somebody has their ties."""
    ties = general(ctx)
    if Tie.MEMBER in ties:
        if ctx.person.id in (service.accountable, duty.acting(ctx, service.accountable)):
            ties.add(Tie.ACCOUNTABLE)
        if ctx.person.id in (service.deputy, duty.acting(ctx, service.deputy)):
            ties.add(Tie.DEPUTY)
    return ties


def may(action: str, ties: set[Tie]) -> bool:
    """Say whether the table permits `action`; what it does not name, nobody may."""
    return bool(RIGHTS.get(action, frozenset()) & ties)


def may_for(ctx: Context, action: str, incident: Incident) -> bool:
    """Say whether the asker may do `action` with this incident."""
    return may(action, ties_to(ctx, incident))


def need(ctx: Context, action: str) -> None:
    """Refuse kindly unless the asker may do `action`."""
    ties = general(ctx)
    if may(action, ties):
        return
    if Tie.NEW in ties:
        raise Unproven(_("I do not know yet who you are. I am asking; please try again soon."))
    if Tie.MEMBER not in ties:
        raise Refusal(
            _(
                "Lotse is only for people of this company. Please tell somebody of the "
                "company directly."
            )
        )
    managers = [Who(each.id, each.name) for each in people.managers(ctx.tx)]
    if duty.is_unmanaged(ctx):
        raise Refusal(
            _("Managers do this here, and none of them is active any more."),
            buttons=(Button(_("Who manages now?"), Call("settings", {})),),
        )
    if not managers:
        raise Refusal(_("Managers do this here, and nobody is one yet. Type “settings” to begin."))
    raise Refusal(_("Managers do this here. Please ask {who:or}.", who=managers))


def need_for(ctx: Context, action: str, incident: Incident) -> None:
    """Refuse kindly unless the asker may do `action` with this incident."""
    if may_for(ctx, action, incident):
        return
    if Tie.MEMBER not in general(ctx):
        need(ctx, action)
    raise Refusal(
        _(
            "For INC-{number} somebody else decides. Please ask {who:or}.",
            number=str(incident.number),
            who=concerned(ctx, incident),
        )
    )


def concerned(ctx: Context, incident: Incident) -> list[Who]:
    """Return the responsible, the accountable and the deputy, each once, active ones only."""
    service = ctx.service_of(incident.service)
    ids = [incident.responsible]
    if service is not None:
        ids += [service.accountable, service.deputy]
    found = [ctx.person_of(id) for id in dict.fromkeys(ids)]
    return [Who(each.id, each.name) for each in found if each is not None and each.active]

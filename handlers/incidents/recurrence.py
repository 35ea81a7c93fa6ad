"""What an incident looks like: noticed when it is declared, and kept true afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.kit.ahead import LookAhead
from handlers.kit.context import Context
from handlers.similarity import Match, find_similar
from storage import incidents
from storage import repeats as storage_repeats
from storage.engine.ids import ServiceId
from storage.incidents import Incident
from storage.repeats import SimilarIncident
from storage.rules import Rule
from storage.services import Service

SHOWN = 5
ELSEWHERE = 0.5  # score from which an incident of another service is asked about


def notice(ctx: Context, incident: Incident, found: Sequence[Match]) -> None:
    """Remember what an incident looks like; its card and its alarm ask about it."""
    storage_repeats.propose(
        ctx.tx,
        incident.number,
        [
            SimilarIncident(match.number, rank, match.same_service, match.device, match.words)
            for rank, match in enumerate(found)
            if match.number < incident.number and worth_asking(ctx, incident, match)
        ],
    )


def worth_asking(ctx: Context, incident: Incident, match: Match) -> bool:
    """Say whether it is likely enough: where both services are known and differ, more is needed."""
    if not match.sure:
        return match.device and match.same_service
    if incident.gap or match.same_service or match.score >= ELSEWHERE:
        return True
    then = ctx.service_of(match.service)
    return then is None or then.fallback


def _look(ctx: Context, number: int, service: Service) -> tuple[Match, ...]:
    """Return what an incident is like when it is about `service`, before anything is written."""
    incident = incidents.find(ctx.tx, number)
    return find_matches(ctx, incident, service.id) if incident is not None else ()


def _look_for_more(ctx: Context, number: int, earlier: int | None = None) -> tuple[Match, ...]:
    """Return what an incident is like where nobody has said what it is the same as."""
    incident = incidents.find(ctx.tx, number) if earlier is None else None
    return find_matches(ctx, incident, incident.service) if incident is not None else ()


look_ahead = LookAhead(_look)
look_ahead_for_more = LookAhead(_look_for_more)


def find_matches(ctx: Context, incident: Incident, service: ServiceId) -> tuple[Match, ...]:
    about = ctx.service_of(service)
    found = find_similar(
        ctx.tx,
        incident.title,
        service=service,
        now=ctx.now,
        limit=SHOWN,
        except_=incident.number,
        names=names_of(about),
    )
    return tuple(found)


def names_of(service: Service | None) -> tuple[str, ...]:
    """Return what a service is called."""
    return (service.name, *service.words) if service is not None and not service.fallback else ()


def move(ctx: Context, incident: Incident) -> None:
    """It is about another service: what it is like was looked up before; what people said stays."""
    storage_repeats.forget_proposals(ctx.tx, incident.number)
    notice(ctx, incident, look_ahead.found(ctx) or ())


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was found before a declaration wrote anything: the service too, and how surely.

    `rule` is the one that led to it, or one that asks first whether it is about its service.
    """

    matches: tuple[Match, ...]
    service: Service | None
    sure: bool
    rule: Rule | None = None

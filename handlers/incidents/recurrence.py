"""What an incident looks like: noticed when it is declared, and kept true afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.context import Context
from handlers.similarity import Match, find_similar
from storage import incidents, repeats
from storage import repeats as storage_repeats
from storage.incidents import Incident
from storage.services import Service

SHOWN = 5


ELSEWHERE = 0.5  # score from which an incident of another service is asked about


def notice(ctx: Context, incident: Incident, found: Sequence[Match]) -> None:
    """Remember what an incident looks like; its card and its alarm ask about it."""
    asked = [
        (rank, like)
        for rank, like in enumerate(found)
        if like.sure
        and (like.same_service or like.score >= ELSEWHERE)
        and like.number < incident.number
    ]
    if asked:
        storage_repeats.mark_compared(ctx.tx, incident.number)
    for rank, like in asked:
        repeats.propose(
            ctx.tx,
            earlier=like.number,
            later=incident.number,
            rank=rank,
            same_service=like.same_service,
            words=like.words,
        )


def look_ahead(ctx: Context, number: int, service: Service) -> tuple[Match, ...]:
    """Return what an incident is like when it is about `service`, before anything is written."""
    incident = incidents.find(ctx.tx, number)
    return _find(ctx, incident, service.id) if incident is not None else ()


def look_ahead_for_more(ctx: Context, number: int, earlier: int | None = None) -> tuple[Match, ...]:
    """Return what an incident is like where nobody has said what it is the same as."""
    incident = incidents.find(ctx.tx, number) if earlier is None else None
    return _find(ctx, incident, incident.service) if incident is not None else ()


def _find(ctx: Context, incident: Incident, service: str) -> tuple[Match, ...]:
    found = find_similar(
        ctx.tx, incident.title, service=service, now=ctx.now, limit=SHOWN, except_=incident.number
    )
    return tuple(found)


def moved(ctx: Context, incident: Incident) -> None:
    """It is about another service: what it is like was looked up before; what people said stays."""
    repeats.forget_proposals(ctx.tx, incident.number)
    notice(ctx, incident, found_ahead(ctx))


def found_ahead(ctx: Context) -> tuple[Match, ...]:
    """Return what was found before this command wrote anything; nothing when that took too long."""
    return ctx.ahead if isinstance(ctx.ahead, tuple) else ()

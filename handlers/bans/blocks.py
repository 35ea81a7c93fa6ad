"""What a repeat ban keeps from being closed, and who owns its cause."""

from __future__ import annotations

from handlers.bans import cards
from handlers.bans.cards import label
from handlers.kit.context import Context
from handlers.kit.people import name
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from storage import problems as storage_problems
from storage import repeats as storage_repeats
from storage.engine.ids import PersonId
from storage.incidents import Incident
from storage.problems import Problem
from storage.problems.states import ProblemState


def owner(ctx: Context, problem: Problem) -> PersonId:
    """Return who answers for the cause now: its owner, or whoever is on duty while away."""
    found = ctx.person_of(problem.owner)
    if found is not None and found.active:
        return problem.owner
    service = ctx.service_of(problem.service)
    return duty.on_duty(ctx, service) if service is not None else problem.owner


def blocks(ctx: Context, incident: Incident) -> Sentence | None:
    """Return why an incident cannot be closed: it belongs to a problem whose ban stands."""
    problem = storage_problems.of_group(ctx.tx, storage_repeats.root_of(ctx.tx, incident.number))
    if problem is None or cards.of_ban(ctx, problem):
        return None
    values = {"problem": label(problem.number), "who": name(ctx, owner(ctx, problem))}
    if problem.state == ProblemState.FIXED:
        return _(
            "This cannot be finished yet: {problem} keeps coming back. Somebody has to "
            "verify the fix first.",
            **values,
        )
    return _(
        "This cannot be finished yet: {problem} has been open since {at:day}. Its "
        "cause has to be fixed first; {who} looks after that.",
        at=problem.opened_at,
        **values,
    )

"""Who looks after the cause of a problem: said the same on its card and on those of incidents."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.people import name
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from storage.engine.ids import PersonId
from storage.problems import Problem


def owner(ctx: Context, problem: Problem) -> PersonId:
    """Return who answers for the cause now: its owner, or whoever is on duty while away."""
    found = ctx.person_of(problem.owner)
    if found is not None and found.active:
        return problem.owner
    service = ctx.service_of(problem.service)
    return duty.on_duty(ctx, service) if service is not None else problem.owner


def said(ctx: Context, problem: Problem) -> Sentence:
    """Return whose the cause is: accepted or not yet, who stands in, and who is asked."""
    who, now = name(ctx, problem.owner), owner(ctx, problem)
    if now != problem.owner:
        whose = _("{who} is no longer active; {now} stands in", who=who, now=name(ctx, now))
    elif problem.accepted_at is None and problem.proposed_to is None:
        whose = _("{who}, who has not accepted yet", who=who)
    else:
        whose = _("{who}", who=who)
    if problem.proposed_to:
        return _("{who}; asked: {asked}", who=whose, asked=name(ctx, problem.proposed_to))
    return whose


def looks_after(ctx: Context, problem: Problem) -> Sentence:
    """Return who looks after the cause, as the end of a sentence; no more than is agreed."""
    agreed = problem.accepted_at is not None and problem.proposed_to is None
    if agreed and owner(ctx, problem) == problem.owner:
        return _("{who} looks after it", who=name(ctx, problem.owner))
    return _("for the cause: {owner}", owner=said(ctx, problem))

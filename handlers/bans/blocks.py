"""What a repeat ban keeps from being closed, and who owns its cause."""

from __future__ import annotations

from handlers.bans import cards, owners
from handlers.bans.cards import label
from handlers.kit.context import Context
from handlers.kit.words import Sentence, _
from storage import problems as storage_problems
from storage import repeats as storage_repeats
from storage.incidents import Incident
from storage.problems.states import ProblemState


def blocks(ctx: Context, incident: Incident) -> Sentence | None:
    """Return why an incident cannot be closed: it belongs to a problem whose ban stands."""
    problem = storage_problems.of_group(ctx.tx, storage_repeats.root_of(ctx.tx, incident.number))
    if problem is None or cards.of_ban(ctx, problem):
        return None
    values: dict[str, object] = {"problem": label(problem.number)}
    if problem.state == ProblemState.FIXED:
        return _(
            "This cannot be finished yet: {problem} keeps coming back. Somebody has to "
            "verify the fix first.",
            **values,
        )
    return _(
        "This cannot be finished yet: {problem} has been open since {at:day}. Its "
        "cause has to be fixed first; {who}.",
        at=problem.opened_at,
        who=owners.looks_after(ctx, problem),
        **values,
    )

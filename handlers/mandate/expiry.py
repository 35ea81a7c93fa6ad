"""The mandate's end: managers hear of it fourteen days ahead."""

from __future__ import annotations

from datetime import time

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Button, Reply
from handlers.kit.words import _
from handlers.mandate import standing
from handlers.on_call import duty
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.mandate import drafts
from storage.mandate.drafts import Mandate

feature = Feature(_("Mandate"))

LOOK = time(6, 30)  # local time, before anybody is told anything


class ExpiryTimer(TimerKind):
    """When a mandate ends."""

    MANDATE_ENDS = "mandate ends"


def watch(ctx: Context, found: Mandate) -> None:
    """Let the managers hear of the end of a mandate ahead of it."""
    assert found.valid_until is not None
    due = calendar.at(found.valid_until - standing.WARNING, LOOK, ctx.workspace.zone)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=ExpiryTimer.MANDATE_ENDS,
        key="mandate:ends",
        due=max(due, ctx.now),
        mandate=found.id,
    )


@feature.waits(85)
def waiting(ctx: Context) -> list[Task]:
    """Return for managers that the mandate ends or has ended, once that was told."""
    found = standing.ending(ctx)
    if found is None or found.valid_until is None or not ctx.person.manager:
        return []
    if _key(found) in {each.key for each in matters.held_back(ctx, ctx.person.id)}:
        return []
    return [Task(standing.ends(ctx, found.valid_until), (_next(),))]


def _next() -> Button:
    return Button(_("Draft the next one"), call("mandate draft"))


def _key(found: Mandate) -> str:
    return f"mandate:{found.id}:ends"


@feature.timer(ExpiryTimer.MANDATE_ENDS)
def ends(ctx: Context, mandate: str) -> Reply:
    """Tell the managers, once each, that the mandate ends."""
    found = drafts.released(ctx.tx)
    if found is not None and found.id == mandate and found.valid_until is not None:
        words = standing.ends(ctx, found.valid_until)
        for each in duty.managers(ctx):
            matters.note(ctx, each.id, _key(found), words, _next())
    return Reply()

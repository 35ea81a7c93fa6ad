"""A pilot whose automation has passed the gate: now it is in operation, and is counted so."""

from __future__ import annotations

from handlers.attention import matters
from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.messages import Post
from storage import pilots
from storage.automations import Automation
from storage.pilots import Pilot, log
from storage.pilots.states import PilotEvent, PilotState


def gate_key(automation: Automation) -> str:
    """Return the key of what is said of an automation that is to go into operation."""
    return f"automation:{automation.id}:gate"


def arrive(ctx: Context, pilot: Pilot) -> None:
    """Write down that a pilot has reached operation; requirement D08."""
    day = calendar.day_of(ctx.now, ctx.workspace.zone)
    pilots.change(ctx.tx, pilot.id, operating_on=day)
    log.note(
        ctx.tx,
        id=ctx.new_id(),
        pilot=pilot.id,
        by=ctx.person.id,
        now=ctx.now,
        kind=PilotEvent.ARRIVED,
    )


def went_live(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    """Let the pilots arrive that were decided for operation; drop what was said of the gate."""
    for each in pilots.all(ctx.tx):
        decided = each.state is PilotState.OPERATING and each.operating_on is None
        if decided and each.automation == automation.id:
            arrive(ctx, each)
    return matters.settle(ctx, gate_key(automation))


def tried_in(ctx: Context, automation: Automation) -> Pilot | None:
    """Return the pilot that still tries an automation out; its decision comes first."""
    return next(
        (
            each
            for each in pilots.all(ctx.tx)
            if each.automation == automation.id and each.state is PilotState.RUNNING
        ),
        None,
    )

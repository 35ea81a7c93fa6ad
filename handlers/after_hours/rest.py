"""The company's working hours, and the rest after a night's work."""

from __future__ import annotations

from datetime import datetime

from handlers.kit import working_hours as kit_working_hours
from handlers.kit.context import Context
from handlers.kit.words import Sentence, _
from handlers.kit.working_hours import Hours
from storage import workspaces as storage_workspaces

HOURS = "hours"  # the settings' names


def working(ctx: Context) -> Hours:
    """Return the company's working hours."""
    kept = storage_workspaces.setting(ctx.tx, HOURS)
    return (kit_working_hours.read(kept) if kept else None) or kit_working_hours.USUAL


def is_outside(ctx: Context, moment: datetime) -> bool:
    """Say whether a moment lies outside the company's working hours."""
    return kit_working_hours.outside(moment, working(ctx), ctx.workspace.zone, ctx.workspace.region)


def rest_hint(ctx: Context) -> Sentence | None:
    """Return the hint about eleven hours of rest, for the asker alone; None by day."""
    zone, region = ctx.workspace.zone, ctx.workspace.region
    until = kit_working_hours.rested_at(ctx.now, working(ctx), zone, region)
    if until is None:
        return None
    return _(
        "It is late: eleven hours without work last until {at} (§ 5 ArbZG). Only you see this.",
        at=until,
    )

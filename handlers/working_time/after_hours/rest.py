"""The rest after a night's work."""

from __future__ import annotations

from handlers.kit import working_hours
from handlers.kit.context import Context
from handlers.kit.words import Sentence, _


def rest_hint(ctx: Context) -> Sentence | None:
    """Return the hint about eleven hours of rest, for the asker alone; None by day."""
    until = working_hours.company(ctx).rested_at(ctx.now)
    if until is None:
        return None
    return _(
        "It is late. Your eleven hours of rest last until {at} (§ 5 ArbZG). Only you see this.",
        at=until,
    )

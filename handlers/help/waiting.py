"""Everything that waits for one person."""

from __future__ import annotations

from handlers.kit.context import Context
from handlers.kit.doors import Task


def waiting(ctx: Context) -> list[Task]:
    """Return everything that waits for the asker, what is most urgent first."""
    doors = sorted(
        (each for feature in ctx.features for each in feature.all_waits),
        key=lambda each: each.rank,
    )
    return [task for each in doors for task in each.run(ctx)]

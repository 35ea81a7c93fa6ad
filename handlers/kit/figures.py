"""On which page of the figures one of them is explained."""

from __future__ import annotations

from handlers.kit.context import Context

PAGE = 26  # figures on one page


def page_of(ctx: Context, id: str) -> int:
    """Return the page that explains a figure, by its id."""
    found = [each.id for feature in ctx.features for each in feature.measures]
    return found.index(id) // PAGE + 1

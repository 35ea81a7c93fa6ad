"""Blocks: what keeps coming back, and may not be changed until its cause is fixed."""

from __future__ import annotations

from handlers.bans import listing
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Reply
from handlers.kit.words import _

feature = Feature(_("Problems and blocks"))


@feature.command(
    "bans", "sperren", help=_("What keeps coming back, and what is blocked by it."), reads=True
)
def bans(ctx: Context) -> Reply:
    return listing.overview(ctx)

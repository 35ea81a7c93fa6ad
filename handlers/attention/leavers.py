"""What was still to be told to people who left: it goes to who acts now, or ends with them."""

from __future__ import annotations

from datetime import datetime

from handlers.attention import matters
from handlers.kit.context import Context
from handlers.on_call import duty
from storage import attention as stored
from storage.attention import MatterKind
from storage.engine.ids import PersonId


def hand_on(ctx: Context, before: PersonId, to: PersonId | None) -> None:
    """Give what was to be told to somebody who left to whoever acts now, if anybody does.

    Taps, and what they alone could answer, just end.
    """
    for each in stored.open_of(ctx.tx, before):
        if each.kind == MatterKind.SURVEY or each.personal:
            stored.settle_of(ctx.tx, each.key, before)  # others are asked the same
        elif to not in (None, before):
            matters.give(ctx, each, to)


def hand_on_left(ctx: Context) -> None:
    """Give what waits with people who are gone to a manager, once there is one."""
    heirs = duty.managers(ctx)
    for left in _gone(ctx) if heirs else ():
        hand_on(ctx, left, heirs[0].id)


def forget(ctx: Context, before: datetime) -> int:
    """Delete what has waited since before a moment with people who are gone; return how many."""
    return sum(stored.forget_open(ctx.tx, each, before) for each in _gone(ctx))


def _gone(ctx: Context) -> list[PersonId]:
    """Return with whom something waits while nobody acts for them."""
    waits = sorted({each.person for each in stored.waiting(ctx.tx)})
    return [each for each in waits if duty.acting(ctx, each) is None]

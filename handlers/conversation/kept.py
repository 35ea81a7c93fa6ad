"""What is kept so that short lines can be understood, and for how long."""

from __future__ import annotations

from datetime import datetime

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.words import _
from storage import conversation
from storage.engine.ids import PersonId

feature = Feature(_("What is typed"))


@feature.knows(
    25,
    _("What is typed"),
    {
        "last_buttons": ("person",),
        "takings": ("person", "held_by", "acknowledged_by"),
    },
    replace=conversation.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell which buttons somebody was shown last, and what they took."""
    return known(
        conversation.of_person(ctx.tx, person),
        {
            "last_buttons.person": _("Buttons of the last message"),
            "takings.person": _("Took it"),
            "takings.held_by": _("Was responsible before"),
            "takings.acknowledged_by": _("Looked after it before"),
        },
    )


@feature.keeps(
    "last_buttons",
    "takings",
    "used_offers",
    what=_("Buttons shown last, offers that were used, and who took an incident"),
    days=30,
    then=_("deleted"),
)
def kept_here(ctx: Context, before: datetime) -> int:
    """Delete what nobody can press or take back any more."""
    return conversation.forget_here(ctx.tx, before)

"""The four things that IT looks at before a pilot goes into operation."""

from __future__ import annotations

from enum import StrEnum

from handlers.kit.context import Context
from handlers.kit.words import Words, _
from handlers.mandate.standing import valid
from handlers.on_call import duty
from storage.engine.ids import PersonId
from storage.pilots import Pilot


class Check(StrEnum):
    """What IT looks at; requirement B03."""

    SECURITY = "security"
    STABILITY = "stability"
    INTEGRATION = "integration"
    FEASIBILITY = "feasibility"


CHECKS: dict[str, Words] = {
    "security": _("Security is fine"),
    "stability": _("It runs stably"),
    "integration": _("It fits to what is there"),
    "feasibility": _("It can be done and kept up"),
}


def it_person(ctx: Context) -> PersonId | None:
    """Return who answers for the IT in the mandate that holds, if they are here."""
    holds = valid(ctx)
    if holds is None or holds.it_contact is None or not duty.is_here(ctx, holds.it_contact):
        return None
    return holds.it_contact


def answers_for_it(ctx: Context) -> bool:
    """Say whether the asker answers for the IT, or stands in for whoever does."""
    return it_person(ctx) in duty.acts_for(ctx, ctx.person.id)


def open_checks(pilot: Pilot) -> list[Words]:
    """Return what IT has not said yes to."""
    done = set(pilot.it_checks.split(","))
    return [label for value, label in CHECKS.items() if value not in done]

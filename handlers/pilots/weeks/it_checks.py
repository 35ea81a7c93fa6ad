"""The four things that IT looks at before a pilot goes into operation."""

from __future__ import annotations

from enum import StrEnum

from handlers.kit.words import Words, _
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


def open_checks(pilot: Pilot) -> list[Words]:
    """Return what IT has not said yes to."""
    done = set(pilot.it_checks.split(","))
    return [label for value, label in CHECKS.items() if value not in done]

"""The digest's own figures."""

from __future__ import annotations

from handlers.kit.commands import Feature
from handlers.kit.words import _

feature = Feature(_("Weekly digest"))

DECISIONS = feature.measure(
    "decisions",
    _("Decisions open"),
    _(
        "incidents that nobody looks after or is silent about, that are restored for three working "
        "days and not done, causes whose date is over, services that somebody left or "
        "that nobody has taken over for three working days, and automations that are possibly "
        "unused or have not been measured for a week"
    ),
    "incidents",
    "closings",
    "problems",
    "services",
    "automations",
)


USEFUL = feature.measure(
    "useful",
    _("Useful digest"),
    _(
        "who said yes or no about a week's digest until the next one came; shown from five on, "
        "and not where everybody said the same"
    ),
    "digest_rounds",
)

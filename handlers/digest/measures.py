"""The digest's own figures."""

from __future__ import annotations

from handlers.kit.commands import Feature
from handlers.kit.words import _

feature = Feature(_("Weekly digest"))

DECISIONS = feature.measure(
    "decisions",
    _("Decisions open"),
    _(
        "Incidents that nobody looks after, or whose next update is missing. "
        "Incidents that have worked again for three working days and are not done. "
        "Causes whose date has passed. Services that somebody left, and those that "
        "nobody has taken over for three working days. Automations that are "
        "possibly unused, or have not reported for a week"
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
        "who said yes or no about a week's digest until the next one came. Shown "
        "from five on, and not where everybody said the same"
    ),
    "digest_rounds",
)

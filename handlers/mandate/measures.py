"""The mandate's figures."""

from __future__ import annotations

from handlers.kit.commands import Feature
from handlers.kit.words import _

feature = Feature(_("Mandate"))

LINKED = feature.measure(
    "linked",
    _("Serve a goal"),
    _("pilots and automations that are linked to a business goal, of all that are not over"),
    "pilots",
    "automation_goals",
)
READ = feature.measure(
    "mandate read",
    _("Read the mandate"),
    _("people who said that they read it, without their names; shown from five on"),
    "mandate_reads",
)
ACTIONS = feature.measure(
    "actions",
    _("Who does what by when"),
    _("agreed for the mandate; late is what was to be done before today and is not"),
    "mandate_actions",
)
BOTTLENECK = feature.measure(
    "bottleneck",
    _("What holds us up"),
    _(
        "answers of managers in a quarter, once the fortnight is over; the three numbers only if "
        "five answered, somebody who was asked did not, and no answer holds everybody"
    ),
    "bottleneck_rounds",
)

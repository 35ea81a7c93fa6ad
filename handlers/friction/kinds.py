"""What kinds of friction there are, and what can become of it."""

from __future__ import annotations

from enum import StrEnum

from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Words, _
from handlers.rules.fields import HINTS


class Hint(StrEnum):
    """What kind of friction it is; requirements C03 to C06."""

    INTERRUPTS = "interrupts"
    UNLOVED = "unloved"
    AGAIN = "again"
    EXPERIENCE = "experience"


LABELS = HINTS
HINT = ChoiceReader(Hint, LABELS, {})


class Name(StrEnum):
    """Whether Lotse keeps the author, for the answer only."""

    WITH = "with"
    WITHOUT = "without"


NAME = ChoiceReader(
    Name,
    {"with": _("With my name, only for the answer"), "without": _("Without my name")},
    {},
)


class Which(StrEnum):
    """Which notes a list shows."""

    OPEN = "open"
    LATE = "late"
    ANSWERED = "answered"
    ALL = "all"


WHICH_LABELS: dict[str, Words] = {
    "open": _("Without an answer"),
    "late": _("Without an answer for ten working days"),
    "answered": _("Answered"),
    "all": _("All"),
}
WHICH = ChoiceReader(Which, WHICH_LABELS, {})

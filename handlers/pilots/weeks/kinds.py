"""What is for later, and what an improvement can be about."""

from __future__ import annotations

from enum import StrEnum

from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Words, _


class Kind(StrEnum):
    """What is for later."""

    POLISH = "polish"
    SPECIAL = "special"
    EXCEPTION = "exception"


KINDS: dict[str, Words] = {
    "polish": _("Polish"),
    "special": _("Special case"),
    "exception": _("Exception"),
}
KIND = ChoiceReader(Kind, KINDS, {})


class Change(StrEnum):
    """What was improved; requirement C25."""

    RULES = "rules"
    HANDOVER = "handover"
    RESULTS = "results"


CHANGES: dict[str, Words] = {
    "rules": _("Rules fit better"),
    "handover": _("Handovers are clearer"),
    "results": _("Results are easier to understand"),
}
CHANGE = ChoiceReader(Change, CHANGES, {})

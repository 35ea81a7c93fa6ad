"""What an id names, which the type checker minds; and how a person's is hidden."""

from __future__ import annotations

import hashlib
import hmac
from typing import NewType

PersonId = NewType("PersonId", str)
PlaceId = NewType("PlaceId", str)
ServiceId = NewType("ServiceId", str)
AutomationId = NewType("AutomationId", str)
PilotId = NewType("PilotId", str)
NoteId = NewType("NoteId", str)
PatternId = NewType("PatternId", str)
RuleId = NewType("RuleId", str)
HandoverId = NewType("HandoverId", str)
CoverId = NewType("CoverId", str)
GoalId = NewType("GoalId", str)
IncidentNumber = NewType("IncidentNumber", int)
ProblemNumber = NewType("ProblemNumber", int)

NOBODY = PersonId("")  # for a draft that nobody answers for, and in a question about everybody
NOWHERE = PlaceId("")  # in a direct chat, whichever it is


def hidden_voter(secret: str, person: PersonId) -> str:
    """Return 64 hex digits: the same for a person within a round, and nobody's without its secret.

    HMAC-SHA-256 (RFC 2104); whoever closes a round destroys its `secret` and with it the way back.
    """
    return hmac.new(secret.encode(), person.encode(), hashlib.sha256).hexdigest()

"""What an id names, so that the type checker notices one in another's room."""

from __future__ import annotations

from typing import NewType

PersonId = NewType("PersonId", str)
PlaceId = NewType("PlaceId", str)
ServiceId = NewType("ServiceId", str)

NOBODY = PersonId("")  # for a draft that nobody answers for, and in a question about everybody
NOWHERE = PlaceId("")  # in a direct chat, whichever it is

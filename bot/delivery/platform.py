"""What the courier needs of a platform, and the ways in which sending can go wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from handlers.kit.messages import Message
from storage.engine.ids import PlaceId


@dataclass(frozen=True, slots=True)
class Rate:
    """How many messages one place takes: `burst` at once, then one every `seconds`.

    `whole` is the same for all places of a workspace together, where there is such a limit.
    """

    seconds: float
    burst: int
    whole: Rate | None = None


class Platform(Protocol):
    """A chat that messages can be carried to.

    `name` is the part of a place's id before the colon. `idempotent` says that
    the same parcel id twice makes one message, so that an unknown outcome may
    simply be tried again. `finds` says that it can be looked up whether a message arrived.
    """

    name: str
    idempotent: bool
    finds: bool
    rate: Rate | None

    async def create(self, workspace: str, place: PlaceId, parcel: str, message: Message) -> str:
        """Post a new message and return the platform's id of it. `parcel` is our own id."""
        ...

    async def edit(
        self, workspace: str, place: PlaceId, external_id: str, message: Message
    ) -> None:
        """Replace what a message says."""
        ...

    async def find(
        self, workspace: str, place: PlaceId, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        """Return the id of the message that `parcel` became; None when it surely did not arrive.

        It was made at `since`; `near` is the id of another message in that place. Raises
        `Undelivered` when nobody can tell.
        """
        ...

    async def knock(self, workspace: str) -> None:
        """Ask something harmless; raises `Unanswered` when no answer comes."""
        ...


class Undelivered(Exception):
    """Sending went wrong; the subclass says how, the text says why (for the operator)."""


class Refused(Exception):
    """The platform does not let us in at all; the text says what to do."""


class NotAccepted(Undelivered):
    """It surely did not arrive, and may work later."""


class Unanswered(Undelivered):
    """There was no answer: perhaps the platform as a whole is away."""


class Away(NotAccepted, Unanswered):
    """The platform could not be reached, or says so itself; surely nothing arrived."""


class Wait(NotAccepted):
    """The platform asks us to wait: this place, or with `everywhere` its whole workspace.

    It is about what was tried: new messages, or edits.
    """

    def __init__(self, seconds: float, reason: str, *, everywhere: bool = False) -> None:
        super().__init__(reason)
        self.seconds = seconds
        self.everywhere = everywhere


class Uncertain(Unanswered):
    """Perhaps it arrived: a timeout after the sending, a cut connection, a 5xx."""


class Impossible(Undelivered):
    """It cannot be delivered there until somebody changes something."""


class Unfit(Impossible):
    """This very message is never taken, by a mistake of ours; the place is fine."""


class MessageGone(Undelivered):
    """The message to edit is not there any more; a new one has to be posted."""

"""What is heard from a place heals: it is reached again, or an uncertain card is found in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from handlers.kit.messages import Buttons, Call, Message, load
from storage.delivery import outbox, places, uncertain, waiting
from storage.engine import Tx
from storage.engine.ids import PlaceId


def unpark(tx: Tx, place: PlaceId, now: datetime) -> None:
    """Something was heard from a place, or it took something: what was parked there goes out."""
    if places.reopen(tx, place):
        waiting.release(tx, place, now)
        tx.signal()


def adopt(
    tx: Tx, place: PlaceId, external_id: str, fits: Callable[[Message], bool], now: datetime
) -> bool:
    """Somebody pressed a message that nobody knows here: is it one whose sending was uncertain?

    Then it is known from now on, and shows its newest state. `fits` says whether a stored
    message is the one that was pressed.
    """
    unsure = uncertain.unsure_at(tx, place)
    if not unsure or outbox.key_at(tx, place, external_id) is not None:
        return False
    found = {each.key for each in unsure if fits(load(each.message))}
    if len(found) != 1:
        return False
    uncertain.adopt(tx, place, found.pop(), external_id, now)
    tx.signal()
    return True


def carries(call: Call) -> Callable[[Message], bool]:
    """Say whether a message has a button with this very call."""

    def fits(message: Message) -> bool:
        return any(
            button.call == call
            for part in message.parts
            if isinstance(part, Buttons)
            for button in part.buttons
        )

    return fits

"""Looks after the channels that incidents have for themselves.

What is wanted stands in the store (`handlers/incidents/channels.py`). Each step that the platform
has taken is stored at once, so that whatever comes between, the next try goes on there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from bot.delivery.platform import Impossible
from storage import people
from storage.delivery.timers import Timer
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.incidents import channels as stored_channels
from storage.incidents.channels import Room

log = logging.getLogger("lotse.rooms")

T = TypeVar("T")


class RoomMaker(Protocol):
    """A platform that makes channels. Raises `Undelivered`, as sending does."""

    async def open_room(self, workspace: str, name: str) -> str:
        """Make a channel and return its place id; a name that is taken is varied."""
        ...

    async def set_topic(self, workspace: str, place: PlaceId, topic: str) -> None:
        """Show a topic."""
        ...

    async def invite(self, workspace: str, place: PlaceId, identities: Sequence[str]) -> None:
        """Ask people in; whoever cannot come is passed over."""
        ...

    async def close_room(self, workspace: str, place: PlaceId) -> None:
        """Archive a channel; one that is archived already is fine."""
        ...


class Rooms:
    """Brings the channels of incidents to what is wanted of them."""

    def __init__(self, database: Database, makers: Mapping[str, RoomMaker]) -> None:
        self._database = database
        self._makers = makers

    async def keep(self, timer: Timer) -> None:
        """Do what a `room` timer asks for; raises `Undelivered` when it should be tried again."""
        workspace, number = timer.workspace, int(timer.payload["number"])
        room = await self._do(workspace, lambda tx: stored_channels.find(tx, number))
        maker = self._makers.get(room.platform) if room is not None else None
        if room is None or maker is None or room.reason is not None or room.closed:
            return
        try:
            await self._settle(workspace, room, maker)
        except Impossible as error:
            reason = str(error)
            log.warning("No channel for an incident of its own: %s", reason)
            await self._do(workspace, lambda tx: stored_channels.mark_refused(tx, number, reason))

    async def _settle(self, workspace: str, room: Room, maker: RoomMaker) -> None:
        number, place = room.incident, room.place
        if place is None:
            if not room.open:
                return
            made = place = PlaceId(await maker.open_room(workspace, room.name))
            await self._do(workspace, lambda tx: stored_channels.mark_opened(tx, number, made))
        if room.topic != room.shown_topic:
            await maker.set_topic(workspace, place, room.topic)
            await self._do(
                workspace, lambda tx: stored_channels.mark_topic_shown(tx, number, room.topic)
            )
        new = tuple(each for each in room.people if each not in room.invited)
        if new and room.open:
            identities = await self._do(
                workspace, lambda tx: people.identities(tx, new, room.platform)
            )
            await maker.invite(workspace, place, identities)
            everybody = (*room.invited, *new)
            await self._do(
                workspace, lambda tx: stored_channels.mark_invited(tx, number, everybody)
            )
        if not room.open:
            await maker.close_room(workspace, place)
            await self._do(workspace, lambda tx: stored_channels.mark_closed(tx, number))

    async def _do(self, workspace: str, work: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(
            self._database.submit(lambda tx: work(tx.within(workspace)))
        )

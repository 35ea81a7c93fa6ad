"""The local page's side of the road out: a pretend chat server that keeps what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from bot.delivery.clock import Clock
from bot.delivery.ids import new_id
from bot.delivery.platform import Impossible, MessageGone, NotAccepted, Rate
from handlers.kit.context import LOTSE
from handlers.kit.messages import Message, dump, line
from storage import local, people
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import PersonId, PlaceId

T = TypeVar("T")


class Local:
    """A platform whose messages stand in our own database, and wake the pages that watch."""

    name = "local"
    idempotent = True
    finds = False  # nothing is ever uncertain
    rate: Rate | None = None

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._change = asyncio.Event()
        self.frames = 0  # goes up when something around the messages changed: names, channels

    async def open_room(self, workspace: str, name: str) -> str:
        def work(tx: Tx) -> str:
            # An id is for good, and a title is not: it holds the number and nothing that was typed.
            tx, called = tx.within(workspace), name
            id = PlaceId(f"{self.name}:{'-'.join(name.split('-')[:2])}")
            while places.find(tx, id) is not None:
                id, called = PlaceId(f"{id}-2"), f"{called}-2"
            places.ensure(tx, id, PlaceKind.CHANNEL, called)
            return id

        made = await self._carry(work)
        self.reframe()
        return made

    async def rename_room(self, workspace: str, place: PlaceId, name: str) -> None:
        self.reframe()  # the store has the name

    async def set_topic(self, workspace: str, place: PlaceId, topic: str) -> None:
        self.reframe()  # the page takes it from the store

    async def invite(self, workspace: str, place: PlaceId, identities: Sequence[str]) -> None:
        pass  # everybody reads every channel of the page

    async def close_room(self, workspace: str, place: PlaceId) -> None:
        self.reframe()

    async def find(
        self, workspace: str, place: PlaceId, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        raise Impossible("nothing is ever uncertain here")

    async def knock(self, workspace: str) -> None:
        pass  # our own store is always there, or nothing is

    async def create(self, workspace: str, place: PlaceId, parcel: str, message: Message) -> str:
        now = self._clock.now()

        def work(tx: Tx) -> str:
            tx = tx.within(workspace)
            found = places.find(tx, place)
            if found is None or found.id != place:
                raise Impossible(f"there is no place {place}")
            return local.add(
                tx,
                id=new_id(),
                place=place,
                author=LOTSE.id,
                body=dump(message),
                parcel=parcel,
                now=now,
            )

        return await self._carry(work)

    async def edit(
        self, workspace: str, place: PlaceId, external_id: str, message: Message
    ) -> None:
        now = self._clock.now()

        def work(tx: Tx) -> None:
            if not local.edit(tx.within(workspace), external_id, dump(message), now):
                raise MessageGone(f"there is no message {external_id} in {place}")

        await self._carry(work)

    async def keep(
        self,
        workspace: str,
        place: PlaceId,
        person: str,
        identity: str,
        typed: tuple[str, datetime] | None,
        answer: Message | None,
    ) -> str | None:
        """Keep what somebody typed (and when) and what Lotse answered, for their eyes only.

        Return the id of the answer's line, if there is an answer.
        """
        now = self._clock.now()

        def work(tx: Tx) -> str | None:
            tx = tx.within(workspace)
            if people.find(tx, PersonId(person)) is None:
                return None  # they were erased by this very request
            if typed is not None:
                local.add(
                    tx,
                    id=new_id(),
                    place=place,
                    author=person,
                    body=dump(line((typed[0],))),
                    parcel=f"{identity}:typed",
                    now=typed[1],
                    only_for=person,
                )
            if answer is None:
                return None
            return local.add(
                tx,
                id=new_id(),
                place=place,
                author=LOTSE.id,
                body=dump(answer),
                parcel=f"{identity}:answer",
                now=now,
                only_for=person,
            )

        answered = await asyncio.wrap_future(self._database.submit(work))
        self.tell_listeners()
        return answered

    def tell_listeners(self) -> None:
        """Wake every page: there may be something new to see."""
        self._change.set()
        self._change = asyncio.Event()

    def reframe(self) -> None:
        """Have all pages fetch again what stands around the messages."""
        self.frames += 1
        self.tell_listeners()

    def next_change(self) -> asyncio.Event:
        """Return what is set at the next change. Take it first, then look, then wait for it."""
        return self._change

    async def _carry(self, work: Callable[[Tx], T]) -> T:
        try:
            done = await asyncio.wrap_future(self._database.submit(work))
        except StorageError as error:
            raise NotAccepted(str(error)) from error
        self.tell_listeners()
        return done

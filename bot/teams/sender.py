"""Carrying messages to Teams: as what a message is posted, and where a conversation is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from botbuilder.schema import ActivityTypes, TextFormatTypes

from bot.delivery.platform import (
    Impossible,
    MessageGone,
    NotAccepted,
    Rate,
    Uncertain,
    Undelivered,
)
from bot.teams import cards
from bot.teams.connector import Blocked, Connector, Json, Lost
from handlers.kit.messages import Buttons, Call, Chart, Facts, Items, Message, Text, Title
from handlers.kit.words import Who, Words
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment
from storage.teams import conversations
from storage.teams.conversations import Conversation

T = TypeVar("T")

REFRESH = "refresh"  # a call that only asks for the reader's own view of a card
DIRECT = "teams:@"  # stands before the object id in somebody's direct place
VIEW = "history"  # the button by which a card is known as an incident's


class Teams:
    """The platform of one app. `bot` is its id in Teams' words (`28:…`)."""

    name = "teams"
    idempotent = False
    finds = False  # Teams gives nobody a look at what was said
    rate: Rate | None = Rate(1.0, 7, Rate(0.05, 20))  # docs/rules.md, Teams

    def __init__(self, connector: Connector, database: Database, bot: str) -> None:
        self.connector, self._database, self._bot = connector, database, bot

    async def create(self, workspace: str, place: PlaceId, parcel: str, message: Message) -> str:
        where, conversation = await self._way(workspace, place)
        viewers = await self._viewers(workspace, message)
        try:
            id = await self.connector.post(
                where.service_url, conversation, activity_of(message, viewers)
            )
        except Undelivered as error:
            await self._learn(workspace, where, error)
            raise _parked(error, where) from error
        return f"{conversation}|{id}"

    async def edit(
        self, workspace: str, place: PlaceId, external_id: str, message: Message
    ) -> None:
        conversation, _bar, id = external_id.rpartition("|")
        where = await self._read(workspace, lambda tx: conversations.find(tx, place))
        if where is None:
            raise Impossible("it is not known how to reach this place")
        if where.blocked:
            raise Impossible(where.blocked)
        viewers = await self._viewers(workspace, message)
        try:
            await self.connector.put(
                where.service_url, conversation, id, activity_of(message, viewers)
            )
        except Lost as error:
            raise MessageGone(str(error)) from error
        except Undelivered as error:
            await self._learn(workspace, where, error)
            raise

    async def find(
        self, workspace: str, place: PlaceId, parcel: str, since: datetime, near: str | None
    ) -> str | None:
        raise Impossible("Teams lets nobody look")

    async def knock(self, workspace: str) -> None:
        """Ask the connector whether we are in the place that was heard from last."""
        where = await self._read(workspace, conversations.latest) if workspace else None
        conversation = where.conversation if where is not None else None
        if where is None or conversation is None:
            await self.connector.token()
            return
        with contextlib.suppress(Lost, Blocked, Impossible, MessageGone):
            await self.connector.member(where.service_url, conversation, self._bot)

    async def _way(self, workspace: str, place: PlaceId) -> tuple[Conversation, str]:
        """Return how a place is reached, and its conversation, opened now if it never was."""
        where = await self._read(workspace, lambda tx: conversations.find(tx, place))
        if where is not None and where.blocked:
            raise Impossible(where.blocked)
        if where is not None and where.conversation:
            return where, where.conversation
        if where is not None and not place.startswith(DIRECT):
            return where, place.removeprefix("teams:")  # lost once; a channel's place names it
        if not place.startswith(DIRECT):
            raise Impossible("it is not known how to reach this place")
        user = place.removeprefix(DIRECT)
        if where is None:
            where = await self._read(workspace, conversations.latest)
            if where is None:
                raise Impossible("nobody in Teams has written to Lotse yet")
            url, tenant = where.service_url, where.tenant
            await self._write(
                workspace,
                lambda tx: conversations.hear(
                    tx,
                    place,
                    conversation=None,
                    service_url=url,
                    tenant=tenant,
                    member=None,
                    now=as_moment(tx.real_now()),
                ),
            )
            where = Conversation(
                place=place,
                conversation=None,
                service_url=url,
                tenant=tenant,
                member=None,
                blocked=None,
            )
        try:
            opened = await self.connector.open(
                where.service_url, where.tenant, where.member or user, self._bot
            )
        except Uncertain as error:  # opening twice opens one: nothing has been said yet
            raise NotAccepted(str(error)) from error
        except Undelivered as error:
            await self._learn(workspace, where, error)
            raise _parked(error, None) from error
        await self._write(workspace, lambda tx: conversations.keep_direct(tx, place, opened))
        return where, opened

    async def _learn(self, workspace: str, where: Conversation, error: Undelivered) -> None:
        """Keep what an error says of the conversation, so that it is not tried in vain again."""
        if isinstance(error, Blocked):
            reason = str(error)
            await self._write(workspace, lambda tx: conversations.block(tx, where.place, reason))
        elif isinstance(error, Lost):
            await self._write(workspace, lambda tx: conversations.lose(tx, where.place))

    async def _viewers(self, workspace: str, message: Message) -> list[str]:
        """Return Teams' ids of those whom an incident's card names, the first ones first."""
        if refresh_of(message) is None:
            return []
        named = list(dict.fromkeys(_people(message)))[: cards.VIEWERS]

        def look(tx: Tx) -> list[str]:
            found = [conversations.find(tx, PlaceId(f"teams:@{each}")) for each in named]
            return [each.member for each in found if each is not None and each.member]

        return await self._read(workspace, look)

    async def _read(self, workspace: str, look: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(
            self._database.submit_read(lambda tx: look(tx.within(workspace)))
        )

    async def _write(self, workspace: str, work: Callable[[Tx], None]) -> None:
        await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(workspace))))


def _parked(error: Undelivered, where: Conversation | None) -> Undelivered:
    """Return what an error means to the courier; a personal chat that is lost is opened anew."""
    if not isinstance(error, Lost):
        return error
    personal = where is not None and where.place.startswith("teams:@")
    return NotAccepted(str(error)) if personal else Impossible(str(error))


def activity_of(message: Message, viewers: Sequence[str] = ()) -> Json:
    """Return a message as an activity: a card, with its words for notifications, no text beside.

    The `viewers`, by Teams' own ids, get an incident's card in a view of their own.
    """
    shown = cards.card(message, refresh_of(message) if viewers else None, viewers)
    return {
        "type": ActivityTypes.message.value,
        "summary": cards.summary(message),
        "attachments": [cards.attachment(shown)],
    }


def spoken_line(text: str) -> Json:
    """Return a plain line as an activity."""
    return {
        "type": ActivityTypes.message.value,
        "text": text,
        "textFormat": TextFormatTypes.plain.value,
    }


def refresh_of(message: Message) -> Call | None:
    """Return the call by which somebody asks for their own view of an incident's card."""
    for part in message.parts:
        for button in part.buttons if isinstance(part, Buttons) else ():
            if button.call.word == VIEW:
                return Call(REFRESH, dict(button.call.args))
    return None


def _people(message: Message) -> Iterator[str]:
    """Give the object ids of those whom a message names, in its order."""
    for words in _phrases(message):
        for span in words if isinstance(words, tuple) else ():
            if isinstance(span, Who) and cards.ENTRA.fullmatch(span.id):
                yield span.id


def _phrases(message: Message) -> Iterator[Words]:
    for part in message.parts:
        match part:
            case Title(words) | Text(words):
                yield words
            case Facts(rows):
                yield from (value for _label, value in rows)
            case Items(items):
                yield from items
            case Buttons() | Chart():
                pass

"""Carrying messages to Teams: the connector's few calls, our own token, and every error sorted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
from botbuilder.schema import ActivityTypes, ChannelAccount, ConversationParameters, TextFormatTypes

from bot.delivery.platform import (
    Away,
    Impossible,
    MessageGone,
    NotAccepted,
    Rate,
    Uncertain,
    Undelivered,
    Unfit,
    Wait,
)
from bot.delivery.retry_after import retry_after
from bot.teams import cards
from bot.teams.tokens import Hosts
from handlers.kit.messages import Buttons, Call, Chart, Facts, Items, Message, Text, Title
from handlers.kit.words import Who, Words
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment
from storage.teams import conversations
from storage.teams.conversations import Conversation

log = logging.getLogger("lotse.teams")

Json = dict[str, Any]
T = TypeVar("T")

AHEAD = 600.0  # seconds before its end in which a token is renewed, in the background
LATEST = 30.0  # seconds before its end from which a token is not used any more
SHORTEST = 60.0  # seconds for which a token is kept whatever it says
SHUT_OUT = 60.0  # seconds until it is tried again whether our id and password are taken
REFRESH = "refresh"  # a call that only asks for the reader's own view of a card
DIRECT = "teams:@"  # stands before the object id in somebody's direct place
NOT_NOW = ("temporarily_unavailable", "server_error", "slow_down")  # no refusals, by OAuth
VIEW = "history"  # the button by which a card is known as an incident's


class Sort(Enum):
    """What an error of the connector means for the message."""

    AGAIN = auto()  # surely not accepted, may work later
    RECREATE = auto()  # the message to edit is gone
    LOST = auto()  # the conversation is not there any more
    BLOCKED = auto()  # nothing can be posted there until something is heard from there
    OURS = auto()  # our own mistake: the same message will never be taken


ERRORS: dict[tuple[int, str], Sort] = {
    # docs/rules.md, Teams
    (403, "MessageWritesBlocked"): Sort.BLOCKED,
    (403, "ConversationBlockedByUser"): Sort.BLOCKED,
    (403, "BotDisabledByAdmin"): Sort.BLOCKED,
    (403, "BotNotInConversationRoster"): Sort.BLOCKED,
    (403, "ForbiddenOperationException"): Sort.BLOCKED,
    (403, "Forbidden"): Sort.BLOCKED,
    (403, "InvalidBotApiHost"): Sort.OURS,
    (403, "NotEnoughPermissions"): Sort.BLOCKED,
    (401, "BotNotRegistered"): Sort.BLOCKED,
    (404, "ConversationNotFound"): Sort.LOST,
    (404, "ActivityNotFoundInConversation"): Sort.RECREATE,
    (404, "MessageNotFound"): Sort.RECREATE,
    (404, "TeamNotFound"): Sort.BLOCKED,
    (404, "ThreadNotFound"): Sort.BLOCKED,
    (400, "Bad argument"): Sort.OURS,
    (400, "BadArgument"): Sort.OURS,
    (400, "BadSyntax"): Sort.OURS,
    (412, "PreconditionFailed"): Sort.AGAIN,
    (413, "MessageSizeTooBig"): Sort.OURS,
}
STATUS: dict[int, Sort] = {
    # for codes that are not in the table
    400: Sort.OURS, 403: Sort.BLOCKED, 404: Sort.LOST, 405: Sort.OURS, 410: Sort.LOST,
    412: Sort.AGAIN, 413: Sort.OURS,
}  # fmt: skip


class Tokens:
    """Our own token: one request for all who wait, and renewed before it ends."""

    def __init__(
        self,
        session: Callable[[], aiohttp.ClientSession],
        url: str,
        form: Mapping[str, str],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`form` is what the token is asked for with: who we are, our password, the scope."""
        self._session, self._url, self._form, self._now = session, url, dict(form), now
        self._token, self._until, self._renew = "", float("-inf"), float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self.reason = ""  # why there is no token, for the operator

    async def get(self) -> str:
        """Return a token; raises `Undelivered` when there is none."""
        if self._now() >= self._until - LATEST:
            await asyncio.shield(self._ask())
        elif self._now() >= self._renew:
            self._ask()
        return self._token

    def refused(self, token: str) -> None:
        """Use this token no more: it was not taken."""
        if token == self._token:
            self._until = float("-inf")

    async def stop(self) -> None:
        """Let go of a request that is still on its way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _failed(self, error: Undelivered) -> Undelivered:
        self.reason = str(error)
        return error

    def _ask(self) -> asyncio.Task[None]:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._fetch(), name="teams token")
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return self._asking

    async def _fetch(self) -> None:
        try:
            async with self._session().post(
                self._url, data=self._form, allow_redirects=False
            ) as answer:
                said = await answer.json(content_type=None)
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise self._failed(Away(f"no token: {type(error).__name__}")) from error
        token = said.get("access_token") if isinstance(said, dict) else None
        if answer.status == 200 and isinstance(token, str) and token:
            self.reason = ""
        else:
            code = str(said.get("error", "") if isinstance(said, dict) else "")
            why = f"Microsoft gives us no token ({code or answer.status})"
            if answer.status == 429:
                raise self._failed(Wait(retry_after(answer.headers), why, everywhere=True))
            if 400 <= answer.status < 500 and code not in NOT_NOW:
                raise self._failed(ShutOut(why))
            raise self._failed(Away(why))
        try:
            lives = max(float(said["expires_in"]), SHORTEST)
        except (KeyError, TypeError, ValueError):
            lives = SHORTEST
        assert isinstance(token, str)
        self._token, self._until = token, self._now() + lives
        self._renew = self._until - min(AHEAD, lives / 2)


class NoTokens:
    """Stands in for `Tokens` on this machine's own loopback, where nobody asks for one."""

    reason = ""

    async def get(self) -> str:
        """Return nothing."""
        return ""

    def refused(self, token: str) -> None:
        """There is none to be refused."""

    async def stop(self) -> None:
        """There is nothing to let go of."""


class Connector:
    """The connector's calls that we need; raises what a failure means (`Undelivered`)."""

    def __init__(
        self, session: Callable[[], aiohttp.ClientSession], tokens: Tokens | NoTokens, hosts: Hosts
    ) -> None:
        self._session, self._tokens, self._hosts = session, tokens, hosts

    async def post(self, service_url: str, conversation: str, activity: Json) -> str:
        """Send an activity; return its id."""
        path = f"v3/conversations/{quote(conversation, safe='')}/activities"
        return _id(await self.call("POST", service_url, path, activity))

    async def put(self, service_url: str, conversation: str, id: str, activity: Json) -> None:
        """Replace an activity."""
        path = f"v3/conversations/{quote(conversation, safe='')}/activities/{quote(id, safe='')}"
        await self.call("PUT", service_url, path, {**activity, "id": id})

    async def open(self, service_url: str, tenant: str, member: str, bot: str) -> str:
        """Open the direct conversation with somebody; return its id."""
        wanted = ConversationParameters(
            is_group=False,
            bot=ChannelAccount(id=bot),
            members=[ChannelAccount(id=member)],
            tenant_id=tenant,
            channel_data={"tenant": {"id": tenant}},
        ).serialize()
        wanted["tenantId"] = wanted.pop("tenantID", tenant)
        return _id(await self.call("POST", service_url, "v3/conversations", wanted))

    async def member(self, service_url: str, conversation: str, id: str) -> Json:
        """Return what the roster says of somebody, by Teams' own id or by object id."""
        path = f"v3/conversations/{quote(conversation, safe='')}/members/{quote(id, safe='')}"
        return await self.call("GET", service_url, path)

    async def token(self) -> None:
        """Have a token; raises `Undelivered` when there is none."""
        await self._tokens.get()

    async def call(
        self, method: str, service_url: str, path: str, data: Json | None = None
    ) -> Json:
        """Call the connector of a service URL that is one of ours to send our token to."""
        if not self._hosts.allow(service_url):
            raise Impossible(f"{service_url} is not a host that our token may be sent to")
        url = f"{service_url.rstrip('/')}/{path}"
        token = await self._tokens.get()
        status, headers, body = await self._ask(method, url, data, token)
        if status == 401:  # once more, with a new token
            self._tokens.refused(token)
            token = await self._tokens.get()
            status, headers, body = await self._ask(method, url, data, token)
        if 200 <= status < 300:
            return _object(body) or {}
        raise sorted_out(status, _code(body), headers)

    async def _ask(
        self, method: str, url: str, data: Json | None, token: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = None if data is None else json.dumps(data, ensure_ascii=False).encode()
        try:
            async with self._session().request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status, answer.headers, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Away(f"Teams cannot be reached: {type(error).__name__}") from error
        except (TimeoutError, aiohttp.ClientError, ConnectionError) as error:
            raise Uncertain(f"Teams' answer was lost: {type(error).__name__}") from error


class ShutOut(Wait):
    """Microsoft does not take our id and password; our messages wait until it does."""

    def __init__(self, reason: str) -> None:
        super().__init__(SHUT_OUT, reason, everywhere=True)


class Lost(Undelivered):
    """The conversation is not there any more under this id."""


class Blocked(Impossible):
    """Nothing can be sent there until something is heard from there."""


def sorted_out(status: int, code: str, headers: Mapping[str, str]) -> Undelivered:
    """Return what an answer of the connector means; what is not known may have been accepted."""
    said = f"{status} {code}".strip()
    if status == 429:
        return Wait(retry_after(headers), said)
    match ERRORS.get((status, code)) or STATUS.get(status):
        case Sort.AGAIN:
            return NotAccepted(said)
        case Sort.RECREATE:
            return MessageGone(said)
        case Sort.LOST:
            return Lost(said)
        case Sort.BLOCKED:
            return Blocked(said)
        case Sort.OURS:
            return Unfit(said)
        case None:
            pass
    if status == 401:
        return ShutOut(said)
    return Uncertain(said)


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
            id = await self.connector.post(where.service_url, conversation, said(message, viewers))
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
            await self.connector.put(where.service_url, conversation, id, said(message, viewers))
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


def said(message: Message, viewers: Sequence[str] = ()) -> Json:
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


def _object(body: bytes) -> Json | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _id(answer: Json) -> str:
    if not isinstance(answer.get("id"), str) or not answer["id"]:
        raise Uncertain("Teams does not say where the message stands")
    return str(answer["id"])


def _code(body: bytes) -> str:
    error = (_object(body) or {}).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""

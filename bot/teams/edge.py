"""Microsoft Teams: one address for everything, checked, taken to the one road, and answered.

Everything is stored before Teams is answered. botbuilder reads the activities and leads
them to their handler; who may speak, and how we speak, is ours (docs/decisions/0013).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
from aiohttp import web
from botbuilder.schema import Activity, RoleTypes

from bot.delivery.answering import FIRST, LIFE, Answering
from bot.delivery.background import Background
from bot.delivery.clock import Clock
from bot.delivery.dedupe import Once
from bot.delivery.dispatch import Dispatcher
from bot.delivery.edge_texts import not_stored, welcome
from bot.delivery.ids import new_id
from bot.delivery.outages.pace import Pace
from bot.delivery.platform import Impossible, Refused, Undelivered
from bot.delivery.requests import Request, Response
from bot.http import limits
from bot.http.payload_limits import BODY_LIMIT, LARGEST, read_json, too_deep_json
from bot.teams import cards, payloads
from bot.teams import connector as teams_connector
from bot.teams import sender as teams_sender
from bot.teams.botbuilder import Reader, Turns
from bot.teams.connector import Connector, NoTokens, ShutOut, Tokens
from bot.teams.intake import Intake, hear
from bot.teams.invokes import Invokes
from bot.teams.payloads import Sender, Unreadable, Where
from bot.teams.rosters import People
from bot.teams.sender import Teams
from bot.teams.tokens import LOOPBACK, Auth, Cloud, Hosts, Keys, KeysAway, Loopback, Unauthorized
from handlers.kit.messages import Message, dump, spoken
from handlers.kit.words import _, text
from storage import people, workspaces
from storage import people as storage_people
from storage.delivery import outbox, places
from storage.delivery.outbox import ParcelKind
from storage.delivery.places import PlaceKind
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import PersonId
from storage.people import PersonKind
from storage.teams import conversations

log = logging.getLogger("lotse.teams")

ROUTE = "/api/messages"
LIMIT = 10.0  # seconds for one call of the connector
CONNECTIONS = 50
# Seconds for which a connection is used again. Where the other side ends it first, what we
# send meanwhile may or may not have arrived; many servers do so after five.
IDLE = 3.0
DEV = "lotse"  # our id while nobody checks it


@dataclass(frozen=True, slots=True)
class App:
    """Our registration with Microsoft; `loopback` stands for none, on this machine only."""

    id: str
    password: str
    single: bool
    tenants: tuple[str, ...]
    cloud: Cloud
    loopback: bool = False


class TeamsEdge:
    """One app in Teams, named by its id."""

    def __init__(
        self,
        *,
        dispatcher: Dispatcher,
        database: Database,
        workspace: str,
        app: App,
        clock: Clock,
        ids: Callable[[], str] = new_id,
        key_limit: float = 0.8,
        pace: Pace | None = None,
        answer_life: float = LIFE,
        answer_wait: float = FIRST,
    ) -> None:
        self._app, self._clock, self._ids = app, clock, ids
        self._session: aiohttp.ClientSession | None = None
        self._first = Once()
        hosts = Hosts(LOOPBACK if app.loopback else app.cloud.hosts)
        self.keys = Keys(self._web, app.cloud.openid, limit=key_limit)
        self.tokens = NoTokens() if app.loopback else Tokens(self._web, *_grant(app))
        self._auth = (
            Loopback(hosts)
            if app.loopback
            else Auth(app.id, frozenset(app.tenants), app.cloud, self.keys, hosts)
        )
        self.connector = Connector(self._web, self.tokens, hosts)
        self.platform = Teams(self.connector, database, f"28:{app.id or DEV}")
        self._answering = Answering(self.platform, pace, answer_life, answer_wait)
        self._people = People(database, self.connector, workspace, dispatcher.notice_leaving)
        self._intake = Intake(dispatcher, database, workspace, self._people)
        self._later = Background()
        self._reader = Reader()
        invokes = Invokes(self._intake, self._later)
        self._turns = Turns(
            self.connector, self._said, self._moved, self._installed, invokes.answer
        )

    def _web(self) -> aiohttp.ClientSession:
        assert self._session is not None, "it is started first"
        return self._session

    async def start(self) -> None:
        """Open the one session, and see whether Microsoft knows us.

        Raises `Refused` with a sentence when it does not.
        """
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=LIMIT),
            connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE),
        )
        if self._app.loopback:
            return
        self.keys.warm()
        try:
            await self.tokens.get()
        except ShutOut as error:
            await self.stop()
            raise Refused(
                f"{error}. Compare MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD and "
                "MICROSOFT_APP_TENANTID with the app registration; a password there has an end."
            ) from error
        except Undelivered as error:  # it is asked again as soon as there is something to say
            log.warning("Microsoft's sign-in cannot be reached yet: %s", error)

    async def stop(self) -> None:
        """Let what was begun come to its end, and close the session."""
        await self._later.stop()
        await self.keys.stop()
        await self.tokens.stop()
        if self._session is not None:
            await self._session.close()

    def trouble(self) -> str:
        """Say why Teams does not reach us or we do not reach Teams; empty while all is well."""
        if self._session is None:
            return "Teams is not started yet"
        return "" if self._app.loopback else self.tokens.reason or self.keys.reason

    async def introduce(self, workspace: str, about: str) -> None:
        """Look up who stands in `about`; raises `Undelivered` when the roster does not tell."""
        sender, where, named = payloads.about(about)
        try:
            await self._people.refresh(sender, where, named)
        except teams_connector.Lost as error:
            raise Impossible(str(error)) from error

    async def settle(self) -> None:
        """Wait until everything that follows an answer has been done."""
        await self._later.settle()

    def add_to(self, app: web.Application) -> None:
        """Add the one address."""
        app.router.add_post(ROUTE, self._received)

    async def _received(self, request: web.Request) -> web.Response:
        if self._session is None:  # not started yet; Teams sends it again
            return web.Response(status=503)
        try:
            activity = await self._let_in(request)
            status, body = await self._turns.run(activity)
        except KeysAway as error:
            log.warning("A request could not be checked: %s", error)
            return web.Response(status=503)
        except Unauthorized as error:
            log.warning("A request was refused: %s", error)
            return web.Response(status=401)
        except limits.Unread as error:
            return web.Response(status=error.status)
        except Unreadable as error:
            log.warning("A request could not be read: %s", error)
            return web.Response(status=400)
        except StorageError as error:
            log.error("Teams' request could not be stored: %s", error)
            return web.Response(status=503)
        if body is None:
            return web.Response(status=status)
        return web.json_response(body, status=status)

    async def _let_in(self, request: web.Request) -> Activity:
        """Return a request's activity, once its token has been checked."""
        proof = await self._auth.check(request.headers.getall("Authorization", []))
        raw = await limits.body(request, LARGEST, BODY_LIMIT)
        if request.content_type != "application/json" or too_deep_json(raw):
            raise Unreadable("no JSON, or too deep")
        try:
            data = read_json(raw)
        except ValueError as error:
            raise Unreadable("no JSON") from error
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            raise Unreadable("no object, or of no type")
        self._auth.agrees(proof, data)
        try:
            return self._reader.read(data)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise Unreadable("no activity") from error

    # --- what people say -------------------------------------------------------------

    async def _said(self, activity: Activity) -> None:
        sender = payloads.sender_of(activity)
        where = payloads.where_of(activity, sender)
        if activity.from_property.role == RoleTypes.bot:
            return
        if isinstance(activity.value, dict):
            await self._pressed(activity, sender, where, activity.value)
            return
        words = payloads.typed(activity)
        if not where.personal and not words.addressed:
            return
        words = await self._people.named(words, sender, where)
        request = self._intake.said(activity, sender, where, words)
        await self._answer(request, sender, where, words.text)

    async def _pressed(
        self, activity: Activity, sender: Sender, where: Where, data: Mapping[str, Any]
    ) -> None:
        """Carry out a button of an older client, which sends a message instead of asking."""
        try:
            call = cards.call_of(dict(data))
        except ValueError:
            return
        await self._answer(
            self._intake.pressed(activity, sender, where, call), sender, where, call.word
        )

    async def _answer(self, request: Request, sender: Sender, where: Where, said: str) -> None:
        """Carry out a message, and answer it with one."""
        try:
            answer = await self._intake.dispatcher.handle(request)
        except StorageError as error:
            # Teams may not send a message again, so whoever typed it has to know.
            log.error("A message could not be stored: %s", error)
            await self._not_stored(where, said)
            return
        if answer.held:
            self._later.soon(self._once_known(request, answer, sender, where))
            return
        if answer.unproven:  # not kept: it waits for the roster here
            answer = await self._intake.handle_known(request, answer, sender, where)
        if self._first(request.identity):
            self._later.soon(self._tell(answer, sender, where, request))
        self._later.soon(self._intake.look_up(request, sender, where))

    async def _once_known(
        self, request: Request, answer: Response, sender: Sender, where: Where
    ) -> None:
        """Look at the roster, then carry out what had to wait for that."""
        if self._first(request.identity):
            answer = await self._intake.handle_known(request, answer, sender, where)
            await self._tell(answer, sender, where, request)

    async def _not_stored(self, where: Where, said: str) -> None:
        """Say at once that nothing was stored; without that, Teams is told that we failed."""
        message = not_stored(said if where.personal else "…")
        try:
            await self._send(where.service_url, where.conversation, message)
        except Undelivered as error:
            raise StorageError("nor can it be told") from error

    async def _tell(self, answer: Response, sender: Sender, where: Where, request: Request) -> None:
        """Answer for the asker's eyes only: in the personal chat, which a channel is told of.

        What finds no way is kept for them.
        """
        message = answer.message
        if answer.form is not None:
            message = await self._intake.reopening(answer, sender)
        if message is None:
            return
        give = partial(self._answering.give, self._intake.workspace)
        here = partial(self._send, where.service_url, where.conversation, message)
        if where.personal:
            if not await give(where.place, here) and not answer.secret:
                await self._intake.dispatcher.keep_lost(request)
            return
        directly = partial(self.platform.create, self._intake.workspace, sender.direct, "", message)
        said = _("The answer is in your personal chat with me.")
        if not sender.direct or not await give(sender.direct, directly):
            said = _("Please open a personal chat with me: there I can answer you privately.")
            if not answer.secret:
                await self._intake.dispatcher.keep_lost(request)
        line = teams_sender.spoken_line(text(said, answer.language))
        post = partial(self.connector.post, where.service_url, where.conversation, line)
        await give(where.place, post)

    async def _send(self, service_url: str, conversation: str, message: Message) -> None:
        await self.connector.post(service_url, conversation, teams_sender.activity_of(message))

    # --- who comes and goes ----------------------------------------------------------

    async def _installed(self, activity: Activity) -> None:
        """Come to a place, or leave it."""
        match activity.action:
            case "add" | "add-upgrade":
                await self._come(activity)
            case "remove" | "remove-upgrade":
                await self._gone(activity)
            case _:
                pass

    async def _moved(self, activity: Activity) -> None:
        """Follow who comes to a place and who leaves it, we among them."""
        users, we = payloads.come(activity)
        if we:
            await self._come(activity)
        left, us = payloads.gone(activity)
        if us:
            await self._gone(activity)
        sender = payloads.sender_of(activity)
        await self._people.came(users, sender)
        await self._people.left(left, sender, payloads.where_of(activity, sender))

    async def _come(self, activity: Activity) -> None:
        """Know the place from now on, say hello there once, and send what waited for it."""
        sender = payloads.sender_of(activity)
        where = payloads.where_of(activity, sender)
        now = self._clock.now()

        def work(tx: Tx) -> None:
            person = storage_people.find_or_create(
                tx,
                sender.identity,
                sender.name or sender.user,
                now=now,
                key=self._ids(),
                id=PersonId(sender.identity.rpartition(":")[2]),
                kind=PersonKind.EXTERNAL if sender.external else PersonKind.NEW,
            )
            if not people.managers(tx) and not sender.external:
                people.set_admin(tx, person.id)  # whoever installs it first may begin
            if where.personal:
                places.ensure(tx, where.place, PlaceKind.DIRECT, person.name, person=person.id)
            else:
                places.ensure(tx, where.place, PlaceKind.CHANNEL, where.name or "")
            hear(tx, sender, where, now, inside=True)
            if not conversations.welcome(tx, where.place, now):
                return
            company = workspaces.get(tx)
            language = (person.language if where.personal else None) or company.language
            hello = spoken(welcome(personal=where.personal), language, company.zone)
            outbox.add(
                tx,
                id=self._ids(),
                place=where.place,
                key="welcome",
                kind=ParcelKind.NOTE,
                message=dump(hello),
                now=now,
            )
            tx.signal()

        await self._intake.write(work)
        self._later.soon(self._people.refresh(sender, where))

    async def _gone(self, activity: Activity) -> None:
        """Send nothing there any more; what is on its way finds another one."""
        where = payloads.where_of(activity, payloads.sender_of(activity))

        def work(tx: Tx) -> None:
            conversations.block(tx, where.place, "Lotse was removed there")
            places.park(tx, where.place, "Lotse was removed there")

        await self._intake.write(work)


def _grant(app: App) -> tuple[str, dict[str, str]]:
    """Return where our token comes from, and what it is asked for with."""
    tenant = app.tenants[0] if app.single else "botframework.com"
    return f"{app.cloud.login}/{tenant}/oauth2/v2.0/token", {
        "grant_type": "client_credentials",
        "client_id": app.id,
        "client_secret": app.password,
        "scope": app.cloud.scope,
    }

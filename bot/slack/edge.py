"""The Slack edge: one way in, behind the guard, for every workspace that installed the app.

HTTP or Socket Mode brings a request; it is found out which installation it belongs
to, without asking Slack; Bolt hands it to its listener (`slack/listeners.py`), and what
follows an answer is done after it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from aiohttp import web
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.answering import FIRST, LIFE, Answering
from bot.delivery.background import Background
from bot.delivery.dispatch import Dispatcher
from bot.delivery.outages import healing
from bot.delivery.outages.pace import Pace
from bot.http import limits
from bot.http.payload_limits import BODY_LIMIT, LARGEST
from bot.slack import blocks, payloads
from bot.slack.answers import FORM_LIMIT, Answers, not_installed
from bot.slack.channels import SlackRooms
from bot.slack.home_tab import SETTLE, HomeTabs
from bot.slack.installations import (
    FIRST_WAIT,
    KNOCK,
    PATIENT,
    Installation,
    Installations,
    OAuth,
)
from bot.slack.listeners import INSTALLATION, Listeners
from bot.slack.oauth import InstallPages
from bot.slack.payloads import Json
from bot.slack.profiles import People
from bot.slack.sender import Slack
from bot.slack.signature import Guard
from bot.slack.socket_mode import Sockets
from bot.slack.web_api import ShutOut, WebApi
from handlers.settings import platform_notices
from storage.engine import Database, StorageError, Tx
from storage.engine.ids import PlaceId
from storage.workspaces import Workspace

log = logging.getLogger("lotse.slack")

T = TypeVar("T")

ANY = re.compile(".*", re.DOTALL)
OURS = (
    "event_callback", "block_actions", "block_suggestion", "view_submission", "shortcut",
    "message_action", "app_rate_limited",
)  # fmt: skip
SAID_AGAIN = 3600.0  # seconds after which the log says again that a team is unknown
MOST_STRANGERS = 1000


class SlackEdge:
    """The app in Slack, in one workspace or in many.

    `workspace` is the main one, whose bot token the environment holds. With `oauth`,
    others install the app at `address`; each becomes a workspace like `company`.
    """

    def __init__(
        self,
        *,
        dispatcher: Dispatcher,
        database: Database,
        workspace: str,
        now: Callable[[], datetime],
        token: str = "",
        signing_secret: str = "",
        app_token: str = "",
        api_url: str = "",
        oauth: OAuth | None = None,
        address: str = "",
        company: Workspace | None = None,
        sockets: Callable[[AsyncApp, AsyncWebClient, str], Sockets] = Sockets,
        settle: float = SETTLE,
        knock: float = KNOCK,
        patience: float = PATIENT,
        first_wait: float = FIRST_WAIT,
        form_limit: float = FORM_LIMIT,
        pace: Pace | None = None,
        answer_life: float = LIFE,
        answer_wait: float = FIRST,
    ) -> None:
        self._dispatcher = dispatcher
        self._database = database
        self._now = now
        self._app_token = app_token
        self._guard = Guard(signing_secret) if signing_secret else None
        self._sockets = sockets
        self._later = Background()
        self._listening: Sockets | None = None
        self._strangers: dict[str, float] = {}
        self._api = WebApi(api_url)
        self.installations = Installations(
            database=database,
            api=self._api,
            main=workspace,
            token=token,
            oauth=oauth,
            knock=knock,
            patience=patience,
            first_wait=first_wait,
        )
        self.platform = Slack(self._api, self.installations)
        self.rooms = SlackRooms(self.platform, self.installations)
        self._home_tabs = HomeTabs(dispatcher, self.platform, self._later, settle)
        people = People(database, self.platform, dispatcher.notice_leaving)
        self._people = people
        self.platform.lost = lambda at, user: self._later.soon(people.ask_again(at, user))
        self._listeners = Listeners(
            dispatcher,
            Answers(
                dispatcher,
                self.platform,
                Answering(self.platform, pace, answer_life, answer_wait),
                form_limit,
            ),
            self._home_tabs,
            people,
            self._later,
        )
        self._pages: InstallPages | None = None
        if oauth is not None:
            assert company is not None, "an installation becomes a company"
            self._pages = InstallPages(
                database=database,
                api=self._api,
                installed=self.installations,
                oauth=oauth,
                address=address,
                company=company,
                now=now,
            )
        self.app = self._bolt()

    async def start(self) -> None:
        """Open the one session, and learn which team and bot each token belongs to.

        Raises `Refused` with a sentence when Slack does not let us in. Where Slack does not
        answer, it is asked on; until it does, nothing that it sends is taken.
        """
        await self._api.start()
        try:
            await self.installations.start()
        except BaseException:
            await self.installations.stop()
            await self._api.stop()
            raise

    async def identify_us(self) -> None:
        """Wait until Slack has said who we are; raises `Refused` when it does not let us in."""
        await self.installations.identify_us()

    @property
    def over_http(self) -> bool:
        """Say whether Slack's requests come to our own address."""
        return self._guard is not None

    @property
    def over_socket(self) -> bool:
        """Say whether we go and fetch Slack's requests (Socket Mode)."""
        return bool(self._app_token)

    async def listen(self) -> None:
        """Hear Slack over Socket Mode until cancelled."""
        await self.installations.identify_us()
        self._listening = self._sockets(self.app, self._api.client, self._app_token)
        await self._listening.run()

    def trouble(self) -> str:
        """Say why Slack does not reach us or we do not reach Slack; empty while all is well."""
        if not self.installations.known:
            return self.installations.reason or "Slack has not said yet who we are"
        if self._listening is not None and not self._listening.connected:
            return self._listening.reason or "there is no connection to Slack (Socket Mode)"
        return ""

    async def introduce(self, workspace: str, about: str) -> None:
        """Ask Slack about who stands in `about`; raises `Undelivered` when it does not tell."""
        sender, named = payloads.about(about)
        await self._people.refresh(await self.installations.of_workspace(workspace), sender, named)

    def refresh_home_tabs(self) -> None:
        """Something was committed: home tabs that were opened lately may have changed."""
        self._home_tabs.refresh_home_tabs()

    async def settle(self) -> None:
        """Wait until everything that follows an answer has been done."""
        await self._later.settle()

    async def stop(self) -> None:
        """Let what was begun come to its end, and close the session."""
        await self._home_tabs.stop()
        await self._later.stop()
        await self.installations.stop()
        await self._api.stop()

    # --- the way in --------------------------------------------------------------

    def add_to(self, app: web.Application) -> None:
        """Add the one route for everything of Slack's, behind the guard, and the install pages."""
        if self._guard is not None:
            app.router.add_post("/slack/events", self._received)
            app.router.add_get("/slack/events", _looked_at)
        if self._pages is not None:
            self._pages.add_to(app)

    async def _received(self, request: web.Request) -> web.Response:
        assert self._guard is not None
        try:
            raw = await limits.body(request, LARGEST, BODY_LIMIT)
        except limits.Unread as refusal:
            return web.Response(status=refusal.status)
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        refused = self._guard.refuses(headers, raw)
        if refused is not None:
            return web.Response(status=refused)
        try:
            bolt = AsyncBoltRequest(
                body=raw.decode(), headers={k: list(v) for k, v in headers.items()}
            )
            if not isinstance(bolt.body, dict) or not bolt.body:
                return web.Response(status=400)
            answer = await self.dispatch(bolt)
        except payloads.UNREADABLE as error:
            payloads.unreadable(error)
            return web.Response(status=400)
        except StorageError as error:
            log.error("Slack's request could not be stored: %s", error)
            self._guard.forget(headers)
            return web.Response(status=503)  # events come again; forms and buttons show an error
        if answer.status == 503:
            self._guard.forget(headers)
        kind = answer.headers.get("content-type", ["text/plain"])[0]
        return web.Response(
            status=answer.status, text=answer.body or "", headers={"Content-Type": kind}
        )

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Hand a request to its listener; a payload that nobody listens to is acknowledged."""
        answer = await self.app.async_dispatch(request)
        if answer.status == 404 and request.body.get("ssl_check") == "1":
            return BoltResponse(status=200, body="")  # Slack looks whether our certificate is good
        if answer.status == 404:
            payload = isinstance(request.body.get("type"), str)
            return BoltResponse(status=200 if payload else 400, body="")
        return answer

    def _bolt(self) -> AsyncApp:
        quiet = logging.getLogger("lotse.bolt")
        quiet.setLevel(logging.CRITICAL)  # it would log whole bodies

        async def authorize(context: AsyncBoltContext) -> AuthorizeResult:
            at: Installation | None = context.get(INSTALLATION)  # found already, nobody is asked
            return AuthorizeResult(
                enterprise_id=None,
                team_id=at.team if at else None,
                bot_token=at.token if at else None,
                bot_user_id=at.bot_user if at else None,
            )

        app = AsyncApp(
            logger=quiet,
            client=self._api.client,
            before_authorize=self._found,
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=False,  # the guard has done it, before parsing
            ssl_check_enabled=False,
            attaching_function_token_enabled=False,
            raise_error_for_unhandled_request=False,
        )

        @app.error
        async def failed(error: Exception) -> None:
            raise error  # to whoever received the request: nothing was acknowledged

        listeners = self._listeners
        app.command(ANY)(listeners.typed)
        app.action(ANY)(listeners.pressed)
        app.view("form")(listeners.submitted)
        app.options(ANY)(listeners.searched)
        app.shortcut(ANY)(listeners.shortcut)
        app.event("app_mention")(listeners.mention)
        app.event("message")(listeners.messaged)
        app.event("app_home_opened")(listeners.home)
        app.event("user_change")(listeners.changed_user)
        app.event("member_joined_channel")(self._joined)
        app.event("channel_unarchive")(self._unarchived)
        app.event("group_unarchive")(self._unarchived)
        app.event("app_uninstalled")(self._removed)
        app.event("tokens_revoked")(self._removed)
        return app

    # --- whose request it is -----------------------------------------------------

    async def _found(
        self, body: Json, context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Find the installation of a request, before anything is done with it."""
        if body.get("type") not in OURS and "command" not in body:
            await next()
            return None
        team = payloads.team_of(body)
        try:
            at = await self.installations.of_team(team)
        except ShutOut:  # which is logged: its token does not open
            at = None
        if at is None and not self.installations.known:
            return BoltResponse(status=503, body="")  # whose it is, is not known yet
        if at is None:
            return self._stranger(team, body)
        if body.get("type") == "app_rate_limited":
            await self._held_back(at)
            return BoltResponse(status=200, body="")
        context[INSTALLATION] = at
        await next()
        return None

    def _stranger(self, team: str, body: Json) -> BoltResponse:
        """Acknowledge a request of a team without an installation; nothing is stored."""
        now = time.monotonic()
        if now - self._strangers.get(team, -SAID_AGAIN) >= SAID_AGAIN:
            if len(self._strangers) > MOST_STRANGERS:
                self._strangers.clear()
            self._strangers[team] = now
            log.warning(
                "Slack's team %s sends requests, but has not installed Lotse here", team[:20]
            )
        if "command" in body:
            said = blocks.private(not_installed())
        elif body.get("type") == "view_submission":
            shown = blocks.answer_view(not_installed(), "OK")
            said = {"response_action": "update", "view": shown}
        else:
            return BoltResponse(status=200, body="")
        return BoltResponse(
            status=200, body=json.dumps(said), headers={"content-type": ["application/json"]}
        )

    # --- what Slack tells of itself ----------------------------------------------

    async def _held_back(self, at: Installation) -> None:
        """Slack holds events back: told to the operator here, and once an hour to a manager."""
        log.error("Slack holds back events of team %s: more than 30,000 in an hour", at.team)
        await self._dispatcher.fire_timer(at.workspace, platform_notices.PlatformTimer.HELD_BACK)

    async def _joined(self, event: Json, context: AsyncBoltContext) -> None:
        at: Installation = context[INSTALLATION]
        if event.get("user") == at.bot_user:
            await self._reached(at, PlaceId(f"slack:{event['channel']}"))

    async def _unarchived(self, event: Json, context: AsyncBoltContext) -> None:
        await self._reached(context[INSTALLATION], PlaceId(f"slack:{event['channel']}"))

    async def _reached(self, at: Installation, place: PlaceId) -> None:
        """A place takes messages again: what waited for it goes out."""
        now = self._now()
        await self._write(at, lambda tx: healing.unpark(tx, place, now))

    async def _removed(self, event: Json, context: AsyncBoltContext) -> None:
        revoked = event.get("tokens")
        if revoked is None or revoked.get("bot"):  # tokens of users are none of ours
            await self.installations.park(context[INSTALLATION], event["type"])

    async def _write(self, at: Installation, work: Callable[[Tx], T]) -> T:
        inside = at.workspace
        return await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(inside))))


async def _looked_at(request: web.Request) -> web.Response:
    """Slack looks from time to time whether an address is there and its certificate good."""
    return web.Response(status=200 if request.query.get("ssl_check") == "1" else 405)

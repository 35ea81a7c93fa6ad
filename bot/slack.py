"""Slack: Bolt's listeners, each a few lines, on the one road in.

Everything is stored before Slack is answered (`process_before_response`). Inside
the three seconds that Slack gives, the only call to Slack is the opening of a form.
Who somebody is, Slack is asked afterwards; what had to wait for that is done then.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot import door, slack_blocks, slack_in, slack_out
from bot.answers import missing, not_stored, reopening, words_of
from bot.depth import BODY_LIMIT, LARGEST
from bot.dispatch import Answer, Dispatcher, Named, Request
from bot.plain import shortened
from bot.platform import Impossible, Refused, Undelivered
from bot.shortcuts import shortcut
from bot.slack_guard import Guard
from bot.slack_in import Json, Sender, Typed
from bot.slack_out import ERRORS, Slack, Sort
from bot.slack_people import People
from bot.slack_socket import Sockets
from handlers.kit.messages import Call, Message
from handlers.kit.words import _, text
from storage import places, workspaces
from storage.engine import Database, StorageError, Tx

log = logging.getLogger("lotse.slack")

T = TypeVar("T")

FORM_LIMIT = 2.0  # seconds for views.open (docs/rules.md, Slack)
KNOCK = 60.0  # seconds between two tries with a token that was refused
SETTLE = 1.0  # seconds in which changes are gathered before home tabs are shown anew
LOOKED_AT = 3600.0  # seconds for which a home tab is kept current after it was opened
MOST_HOMES = 50
MOST_ANSWERED = 10_000
ANY = re.compile(".*", re.DOTALL)


NOTHING = Typed("", ())


class SlackEdge:
    """One installation of the app in one Slack workspace, named by its bot token."""

    def __init__(
        self,
        *,
        dispatcher: Dispatcher,
        database: Database,
        workspace: str,
        token: str,
        signing_secret: str = "",
        app_token: str = "",
        api_url: str = "",
        sockets: Callable[[AsyncApp, AsyncWebClient, str], Sockets] = Sockets,
        settle: float = SETTLE,
        knock: float = KNOCK,
        form_limit: float = FORM_LIMIT,
    ) -> None:
        self._dispatcher = dispatcher
        self._database = database
        self._workspace = workspace
        self._token = token
        self._app_token = app_token
        self._api_url = api_url or AsyncWebClient.BASE_URL
        self._guard = Guard(signing_secret) if signing_secret else None
        self._session: aiohttp.ClientSession | None = None
        self._later: set[asyncio.Task[None]] = set()
        self._sockets = sockets
        self._settle, self._knock, self._form_limit = settle, knock, form_limit
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._homes: OrderedDict[str, tuple[Sender, float]] = OrderedDict()
        self._shown: dict[str, str] = {}
        self._stirring: asyncio.Task[None] | None = None
        self._knocking: asyncio.Task[None] | None = None
        self.bot_user = ""
        self.team = ""
        quiet = logging.getLogger("lotse.webapi")
        quiet.setLevel(logging.WARNING)  # more talkative, the library logs whole messages
        self.client = AsyncWebClient(
            token, base_url=self._api_url, timeout=10, retry_handlers=[], logger=quiet,
            trust_env_in_session=False,
        )  # fmt: skip
        self.platform = Slack(self.client, self._park)
        self.people = People(database, self.platform, workspace)
        self.app = self._bolt()

    async def start(self) -> None:
        """Open the one session, and learn which team and bot the token belongs to.

        Raises `Refused` with a sentence when Slack does not let us in.
        """
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=10), auto_decompress=True
        )
        self.client.session = self._session
        try:
            who = await self.platform.call("auth.test")
        except Undelivered as error:
            await self._session.close()
            if ERRORS.get(str(error)) is Sort.TEAM:
                raise Refused(
                    f"Slack refuses SLACK_BOT_TOKEN ({error}). Copy the Bot User OAuth Token from "
                    "the app's page “OAuth & Permissions” again."
                ) from error
            raise Refused(f"Slack cannot be reached ({error}).") from error
        self.team, self.bot_user = str(who.get("team_id", "")), str(who.get("user_id", ""))
        await self._write(lambda tx: workspaces.set_state(tx, "active"))

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
        await self._sockets(self.app, self.client, self._app_token).run()

    async def settled(self) -> None:
        """Wait until everything that follows an answer has been done."""
        while self._later:
            await asyncio.wait(self._later)

    async def stop(self) -> None:
        """Let what was begun come to its end, and close the session."""
        ending = [each for each in (self._stirring, self._knocking) if each is not None]
        for each in ending:
            each.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._later:
            await asyncio.wait(self._later, timeout=5)
        if self._session is not None:
            await self._session.close()

    def add_to(self, app: web.Application) -> None:
        """Add the one route for commands, interactivity and events, behind the guard."""
        app.router.add_post("/slack/events", self._received)

    async def _received(self, request: web.Request) -> web.Response:
        assert self._guard is not None
        try:
            raw = await door.body(request, LARGEST, BODY_LIMIT)
        except door.Unread as error:
            return web.Response(status=error.status)
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        refused = self._guard.refuses(headers, raw)
        if refused is not None:
            return web.Response(status=refused)
        try:
            body = raw.decode()
            bolt = AsyncBoltRequest(body=body, headers={k: list(v) for k, v in headers.items()})
            if not isinstance(bolt.body, dict) or not bolt.body:
                return web.Response(status=400)
            answer = await self.dispatch(bolt)
        except slack_in.UNREADABLE as error:
            slack_in.unreadable(error)
            return web.Response(status=400)
        except StorageError as error:
            log.error("Slack's request could not be stored: %s", error)
            self._guard.forget(headers)
            return web.Response(status=503)  # events come again; forms and buttons show an error
        kind = answer.headers.get("content-type", ["text/plain"])[0]
        return web.Response(
            status=answer.status, text=answer.body or "", headers={"Content-Type": kind}
        )

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Hand a request to its listener; a payload that nobody listens to is acknowledged."""
        answer = await self.app.async_dispatch(request)
        if answer.status == 404:
            payload = isinstance(request.body.get("type"), str)
            return BoltResponse(status=200 if payload else 400, body="")
        return answer

    # --- Bolt --------------------------------------------------------------------

    def _bolt(self) -> AsyncApp:
        quiet = logging.getLogger("lotse.bolt")
        quiet.setLevel(logging.CRITICAL)  # it would log whole bodies

        async def authorize() -> AuthorizeResult:  # known since the start, nobody is asked
            return AuthorizeResult(
                enterprise_id=None, team_id=self.team, bot_token=self._token,
                bot_user_id=self.bot_user, bot_id=None,
            )  # fmt: skip

        app = AsyncApp(
            logger=quiet,
            client=self.client,
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

        app.command(ANY)(self._typed)
        app.action(ANY)(self._pressed)
        app.view("form")(self._submitted)
        app.shortcut(ANY)(self._shortcut)
        app.event("app_mention")(self._mention)
        app.event("message")(self._messaged)
        app.event("app_home_opened")(self._home)
        app.event("member_joined_channel")(self._joined)
        app.event("app_uninstalled")(self._removed)
        app.event("tokens_revoked")(self._removed)
        app.event("user_change")(self._changed_user)
        return app

    # --- what people do ----------------------------------------------------------

    async def _typed(self, ack: AsyncAck, body: Json) -> None:
        sender, words = slack_in.sender_of(body), slack_in.command_words(body)
        named = [user for _name, user in words.mentions]
        request = self._request(slack_in.command_key(body), sender, body, words=words)
        try:
            answer = await self._dispatcher.handle(request)
        except StorageError as error:
            # Slack does not send a command again, so whoever typed it has to know.
            log.error("A command could not be stored: %s", error)
            await ack(**slack_blocks.private(not_stored(words.text)))
            return
        if answer.unproven:
            await ack()
            self._soon(self._once_known(request, sender, body, named))
            return
        first = self._first(request.identity)
        message = await self._shown_now(answer, sender, body) if first else answer.message
        await ack(**slack_blocks.private(message))
        self._soon(self.people.refresh(sender, named))

    async def _pressed(self, ack: AsyncAck, body: Json, action: Json) -> None:
        sender = slack_in.sender_of(body)
        if action.get("type") == "users_select":
            await ack()
            self._soon(self._look_up(sender, action.get("selected_user") or ""))
            return
        try:
            call = slack_in.pressed(action)
        except ValueError:
            await ack()
            return
        request = self._request(slack_in.action_key(body, action), sender, body, call=call)
        await self._answer(ack, request, sender, body)
        if (body.get("view") or {}).get("type") == "home":
            self._soon(self._publish(sender))

    async def _shortcut(self, ack: AsyncAck, body: Json) -> None:
        said = slack_in.typed((body.get("message") or {}).get("text", ""))
        call = shortcut(body.get("callback_id", ""), said.text)
        if call is None:
            await ack()
            return
        sender = slack_in.sender_of(body)
        request = self._request(slack_in.shortcut_key(body), sender, body, call=call)
        await self._answer(ack, request, sender, body)

    async def _mention(self, ack: AsyncAck, body: Json, event: Json) -> None:
        if spoken_by_a_person(event):
            await self._said(ack, body, event)

    async def _messaged(self, ack: AsyncAck, body: Json, event: Json) -> None:
        if event.get("channel_type") == "im" and spoken_by_a_person(event):
            await self._said(ack, body, event)

    async def _said(self, ack: AsyncAck, body: Json, event: Json) -> None:
        sender = slack_in.sender_of(body)
        words = slack_in.mention_words(event.get("text", ""), self.bot_user)
        request = self._request(slack_in.event_key(body), sender, body, words=words)
        await self._answer(ack, request, sender, body, [user for _name, user in words.mentions])

    async def _answer(
        self, ack: AsyncAck, request: Request, sender: Sender, body: Json, named: Iterable[str] = ()
    ) -> None:
        """Carry out what is answered by a message of its own, not by the response."""
        answer = await self._dispatcher.handle(request)
        if answer.unproven:
            await ack()
            self._soon(self._once_known(request, sender, body, named))
            return
        message = None
        if self._first(request.identity):
            message = await self._shown_now(answer, sender, body)
        await ack()
        if message is not None:
            self._soon(self._tell(body, sender, message, answer))
        self._soon(self.people.refresh(sender, named))

    async def _once_known(
        self, request: Request, sender: Sender, body: Json, named: Iterable[str]
    ) -> None:
        """Ask Slack who somebody is, then carry out what had to wait for that."""
        await self._asked(sender, named)
        request = replace(request, identity=f"{request.identity}:known")
        answer = await self._dispatcher.handle(request)
        if self._first(request.identity):
            message = await self._shown_now(answer, sender, body)
            if message is not None:
                await self._tell(body, sender, message, answer)

    async def _asked(self, sender: Sender, named: Iterable[str] = ()) -> None:
        try:
            await self.people.refresh(sender, named)
        except Undelivered as error:  # then whoever it is may do what strangers may
            log.warning("Slack does not say who somebody is: %s", error)

    async def _submitted(self, ack: AsyncAck, body: Json, view: Json) -> None:
        sender = slack_in.sender_of(body)
        call, place = slack_in.submitted(view)
        chosen = slack_blocks.chosen_users(view.get("state", {}))
        request = self._request(
            slack_in.view_key(body), sender, body, call=call, submitted=True, place=place,
            named=[(user, user) for user in chosen],
        )  # fmt: skip
        answer = await self._dispatcher.handle(request)
        field = asked_for(view, answer.field)
        if field is not None and answer.message is not None:
            said = shortened(words_of(answer.message), 500)
            await ack(response_action="errors", errors={field: said})
        elif answer.form is not None:
            shown = await self._view(answer, place)
            await ack(response_action="update", view=shown)
        elif answer.message is not None:
            shown = slack_blocks.answer_view(answer.message, close(answer))
            await ack(response_action="update", view=shown)
        else:
            await ack()
        self._soon(self.people.refresh(sender, chosen))

    async def _home(self, event: Json, body: Json) -> None:
        if event.get("tab", "home") == "home":
            self._soon(self._welcome(slack_in.sender_of(body)))

    async def _joined(self, body: Json, event: Json) -> None:
        if event.get("user") == self.bot_user:
            place = f"slack:{event['channel']}"
            await self._write(lambda tx: places.reopen(tx, place))

    async def _removed(self, event: Json) -> None:
        revoked = event.get("tokens")
        if revoked is None or revoked.get("bot"):  # tokens of users are none of ours
            await self._park(event["type"])

    async def _changed_user(self, event: Json) -> None:
        await self.people.learn(event["user"], self.team)

    # --- answering ---------------------------------------------------------------

    def _request(
        self, identity: str, sender: Sender, body: Json, *, words: Typed = NOTHING,
        call: Call | None = None, submitted: bool = False, place: str = "",
        named: Iterable[tuple[str, str]] = (),
    ) -> Request:  # fmt: skip
        people = [
            Named(shown, f"slack:{sender.team}:{user}", slack_in.direct(user))
            for shown, user in (*words.mentions, *named)
        ]
        # Another team's people are none of ours, whatever team they say that they belong to.
        stranger = sender.external or sender.team != self.team
        return Request(
            identity, self._workspace, sender.identity, sender.name,
            place or slack_in.place_of(body), words.text, call, submitted, tuple(people),
            "external" if stranger else "new", slack_in.direct(sender.user),
            None if place else slack_in.channel_name(body),
        )  # fmt: skip

    def _first(self, identity: str) -> bool:
        """Say whether this delivery has not been answered yet; Slack may send one twice."""
        if identity in self._answered:
            return False
        self._answered[identity] = None
        if len(self._answered) > MOST_ANSWERED:
            self._answered.popitem(last=False)
        return True

    async def _shown_now(self, answer: Answer, sender: Sender, body: Json) -> Message | None:
        """Open the form if there is one; return the message that is still to be shown.

        When the form does not open, that is one with a button that opens it again.
        """
        if answer.form is None:
            return answer.message
        trigger = body.get("trigger_id")
        if trigger is None:  # an event opens nothing: a button does
            return await self._reopening(answer, sender)
        inside = (body.get("view") or {}).get("type") == "modal"
        shown = await self._view(answer, slack_in.place_of(body))
        try:
            async with asyncio.timeout(self._form_limit):
                method = "views.push" if inside else "views.open"
                await self.platform.call(method, trigger_id=trigger, view=shown)
        except (Undelivered, TimeoutError) as error:
            log.warning("A form did not open: %s", type(error).__name__)
            return await self._reopening(answer, sender)
        return answer.message

    async def _view(self, answer: Answer, place: str) -> Json:
        assert answer.form is not None
        private = slack_blocks.private_call(answer.form.call, place)
        return slack_blocks.view(answer.form, private, text(_("Cancel"), answer.language))

    async def _reopening(self, answer: Answer, sender: Sender) -> Message:
        assert answer.form is not None
        call = await self._dispatcher.keep(
            self._workspace, sender.identity, reopening(answer.form)
        )  # fmt: skip
        return missing(call, answer.language)

    async def _tell(self, body: Json, sender: Sender, message: Message, answer: Answer) -> None:
        """Answer for the asker's eyes only: in the modal, in the channel, or directly."""
        view = body.get("view") or {}
        if view.get("type") == "modal":
            shown = slack_blocks.answer_view(message, close(answer))
            await self.platform.call("views.update", view_id=view["id"], view=shown)
            return
        words = slack_out.body(message)
        channel = slack_in.place_of(body).partition(":")[2]
        if not channel.startswith("@"):
            thread = slack_in.thread_of(body)
            here = {
                "channel": channel,
                "user": sender.user,
                **({"thread_ts": thread} if thread else {}),
            }
            try:
                await self.platform.call("chat.postEphemeral", **here, **words)
                return
            except Impossible as error:  # we are not in that channel
                log.info("Answering directly instead: %s", error)
        await self.platform.call("chat.postMessage", channel=sender.user, **words)

    async def _look_up(self, sender: Sender, user: str) -> None:
        """Ask Slack who was chosen in a form, so that it is known when the form is sent."""
        if user:
            named = Named(user, f"slack:{sender.team}:{user}", slack_in.direct(user))
            await self._dispatcher.meet(self._workspace, named)
            await self.people.refresh(sender, [user])

    # --- home --------------------------------------------------------------------

    async def _welcome(self, sender: Sender) -> None:
        """Show the home tab to somebody who opened it, and keep it current from now on."""
        stranger = sender.external or sender.team != self.team
        named = Named(sender.name, sender.identity, slack_in.direct(sender.user))
        await self._dispatcher.meet(self._workspace, named, "external" if stranger else "new")
        await self._asked(sender)
        self._homes[sender.identity] = (sender, time.monotonic())
        self._homes.move_to_end(sender.identity)
        if len(self._homes) > MOST_HOMES:
            forgotten, _who = self._homes.popitem(last=False)
            self._shown.pop(forgotten, None)
        await self._publish(sender)

    def stir(self) -> None:
        """Something was committed: home tabs that were opened lately may have changed."""
        if self._homes and (self._stirring is None or self._stirring.done()):
            self._stirring = asyncio.create_task(self._show_homes())

    async def _show_homes(self) -> None:
        await asyncio.sleep(self._settle)
        for identity, (sender, opened) in list(self._homes.items()):
            if time.monotonic() - opened > LOOKED_AT:
                del self._homes[identity]
                self._shown.pop(identity, None)
            else:
                self._soon(self._publish(sender, changed=True))

    async def _publish(self, sender: Sender, *, changed: bool = False) -> None:
        """Show the home tab as it is now; with `changed`, only if it looks different."""
        answer = await self._dispatcher.look(self._workspace, sender.identity, "home")
        if answer is None or answer.message is None:
            return
        view = slack_blocks.home_view(answer.message)
        looks = json.dumps(view)
        if changed and self._shown.get(sender.identity) == looks:
            return
        await self.platform.call("views.publish", user_id=sender.user, view=view)
        if sender.identity in self._homes:
            self._shown[sender.identity] = looks

    # --- odds and ends -----------------------------------------------------------

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something after the answer; what fails is logged and lost, it is no promise."""

        async def guarded() -> None:
            try:
                await work
            except Undelivered as error:
                log.warning("An answer could not be shown: %s", error)
            except StorageError as error:
                log.error("What follows an answer could not be stored: %s", error)
            except Exception:
                log.exception("What follows an answer went wrong")

        task = asyncio.create_task(guarded())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _park(self, reason: str) -> None:
        if self._knocking is not None and not self._knocking.done():
            return
        self._knocking = asyncio.create_task(self._try_again())
        log.error("Slack shut us out (%s): messages wait until the token works again", reason)
        await self._write(lambda tx: workspaces.set_state(tx, "parked"))

    async def _try_again(self) -> None:
        """Knock until Slack lets us in; then everything that waited goes out."""
        while True:
            await asyncio.sleep(self._knock)
            try:
                await self.platform.call("auth.test")
            except Undelivered:
                continue
            await self._write(lambda tx: workspaces.set_state(tx, "active"))
            return

    async def _write(self, work: Callable[[Tx], T]) -> T:
        inside = self._workspace
        return await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(inside))))


def spoken_by_a_person(event: Json) -> bool:
    """Say whether an event is a new message of a person: no edit, no preview, no bot."""
    plain = event.get("subtype") in (None, "file_share", "thread_broadcast")
    return plain and not event.get("bot_id") and not event.get("edited") and bool(event.get("user"))


def asked_for(view: Json, field: str | None) -> str | None:
    """Return the field to show an error at: the one it is about, else the form's first."""
    names = [each.get("block_id") for each in view.get("blocks", []) if each["type"] == "input"]
    if field is None or not names:
        return None
    return field if field in names else names[0]


def close(answer: Answer) -> str:
    """Return the word on the button that closes an answer."""
    return text(_("Close"), answer.language)

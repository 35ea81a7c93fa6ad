"""Slack: Bolt's listeners, each a few lines, on the one road in.

Everything is stored before Slack is answered (`process_before_response`). Inside
the three seconds that Slack gives, the only call to Slack is the opening of a form.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import aiohttp
from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import slack_blocks, slack_in
from bot.dispatch import Answer, Dispatcher, Request
from bot.platform import Refused, Undelivered
from bot.slack_guard import LARGEST, Guard
from bot.slack_in import Json, Sender, Typed
from bot.slack_out import Slack
from bot.slack_people import People
from bot.slack_socket import Sockets
from handlers.kit.messages import Button, Call, Message, Text, Title, line, spoken
from handlers.kit.words import _, flat, text
from storage import places, workspaces
from storage.engine import Database, StorageError, Tx

log = logging.getLogger("lotse.slack")

T = TypeVar("T")

FORM_LIMIT = 2.0  # seconds for views.open (docs/rules.md, Slack)
ANY = re.compile(".*", re.DOTALL)
SHORTCUTS = {
    # callback id -> the command that its form completes, and the value that the message fills
    "report": ("incident", ""),
    "note": ("friction", ""),
    "report_message": ("incident", "title"),
    "note_message": ("friction", "sentence"),
    "belongs_message": ("belongs", "text"),
}


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
        self.bot_user = ""
        self.team = ""
        self.client = AsyncWebClient(
            token, base_url=self._api_url, timeout=10, retry_handlers=[], trust_env_in_session=False
        )
        self.platform = Slack(self.client, self._park)
        self.people = People(database, self.client, workspace)
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
            who = await self.client.auth_test()
        except SlackApiError as error:
            await self._session.close()
            code = error.response.get("error", "?")
            raise Refused(
                f"Slack refuses SLACK_BOT_TOKEN ({code}). Copy the Bot User OAuth Token from "
                "the app's page “OAuth & Permissions” again."
            ) from error
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            await self._session.close()
            raise Refused(f"Slack cannot be reached ({type(error).__name__}).") from error
        self.team, self.bot_user = str(who["team_id"]), str(who["user_id"])
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
        await Sockets(self.app, self.client, self._app_token).run()

    async def stop(self) -> None:
        """Let what was begun come to its end, and close the session."""
        if self._later:
            await asyncio.wait(self._later, timeout=5)
        if self._session is not None:
            await self._session.close()

    def add_to(self, app: web.Application) -> None:
        """Add the one route for commands, interactivity and events, behind the guard."""
        app.router.add_post("/slack/events", self._received)

    async def _received(self, request: web.Request) -> web.Response:
        assert self._guard is not None
        raw = bytearray()
        async for chunk in request.content.iter_chunked(16384):
            raw += chunk
            if len(raw) > LARGEST:
                return web.Response(status=413)
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        refused = self._guard.refuses(headers, bytes(raw))
        if refused is not None:
            return web.Response(status=refused)
        try:
            body = raw.decode()
            bolt = AsyncBoltRequest(body=body, headers={k: list(v) for k, v in headers.items()})
            if not isinstance(bolt.body, dict) or not bolt.body:
                return web.Response(status=400)
            answer = await self.app.async_dispatch(bolt)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return web.Response(status=400)  # signed, and still not a payload that Slack makes
        except StorageError:
            log.exception("Slack's request could not be stored")
            return web.Response(status=503)  # events come again; commands show an error
        kind = answer.headers.get("content-type", ["text/plain"])[0]
        return web.Response(
            status=answer.status, text=answer.body or "", headers={"Content-Type": kind}
        )

    # --- Bolt --------------------------------------------------------------------

    def _bolt(self) -> AsyncApp:
        quiet = logging.getLogger("lotse.bolt")
        quiet.setLevel(logging.CRITICAL)  # it would log whole bodies
        app = AsyncApp(
            logger=quiet,
            client=self.client,
            authorize=self._authorize,
            process_before_response=True,
            request_verification_enabled=False,  # the guard has done it, before parsing
            ssl_check_enabled=False,
            attaching_function_token_enabled=False,
            raise_error_for_unhandled_request=False,
        )

        @app.error
        async def failed(error: Exception) -> None:
            raise error

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

    async def _authorize(self, **_given: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=self.team, bot_token=self._token,
            bot_user_id=self.bot_user, bot_id=None,
        )  # fmt: skip

    # --- what people do ----------------------------------------------------------

    async def _typed(self, ack: AsyncAck, body: Json) -> None:
        sender = slack_in.sender_of(body)
        words = slack_in.command_words(body)
        place = slack_in.place_of(body)
        name = body.get("channel_name", "") if place.startswith("slack:C") else ""
        request = self._request(slack_in.command_key(body), sender, place, words, name=name)
        answer = await self._handle(request)
        message = answer.message
        if answer.form is not None:
            message = await self._opened(answer, body["trigger_id"], place)
        await ack(**slack_blocks.private(message))
        self._soon(self.people.refresh(sender, [user for _name, user in words.mentions]))

    async def _pressed(self, ack: AsyncAck, body: Json, action: Json) -> None:
        sender = slack_in.sender_of(body)
        try:
            call = slack_in.pressed(action)
        except (ValueError, KeyError):
            await ack()
            return
        place = slack_in.place_of(body)
        request = self._request(slack_in.action_key(body, action), sender, place, call=call)
        answer = await self._handle(request)
        message = answer.message
        if answer.form is not None:
            message = await self._opened(answer, body["trigger_id"], place, body)
        await ack()
        if message is not None:
            self._soon(self._tell(body, sender, place, message, answer))
        if (body.get("view") or {}).get("type") == "home":
            self._soon(self._publish(sender))
        self._soon(self.people.refresh(sender))

    async def _submitted(self, ack: AsyncAck, body: Json, view: Json) -> None:
        sender = slack_in.sender_of(body)
        call, place = slack_in.submitted(view)
        chosen = slack_blocks.chosen_users(view.get("state", {}))
        mentions = tuple((user, f"slack:{sender.team}:{user}") for user in chosen)
        request = self._request(
            slack_in.view_key(body), sender, place, call=call, submitted=True, mentions=mentions
        )
        answer = await self._handle(request)
        if answer.field is not None and answer.message is not None:
            said = slack_blocks.shortened(words_of(answer.message), 500)
            await ack(response_action="errors", errors={answer.field: said})
        elif answer.message is not None:
            shown = slack_blocks.answer_view(answer.message, close(answer))
            await ack(response_action="update", view=shown)
        else:
            await ack()
        self._soon(self.people.refresh(sender, chosen))

    async def _shortcut(self, ack: AsyncAck, body: Json) -> None:
        known = SHORTCUTS.get(body.get("callback_id", ""))
        if known is None:
            await ack()
            return
        word, fills = known
        said = slack_in.typed((body.get("message") or {}).get("text", ""))
        sender, place = slack_in.sender_of(body), slack_in.place_of(body)
        call = Call("form", {"word": word, **({fills: said.text[:3000]} if fills else {})})
        request = self._request(slack_in.shortcut_key(body), sender, place, call=call)
        answer = await self._handle(request)
        message = answer.message
        if answer.form is not None:
            message = await self._opened(answer, body["trigger_id"], place, body)
        await ack()
        if message is not None:
            self._soon(self._tell(body, sender, place, message, answer))

    async def _mention(self, body: Json, event: Json) -> None:
        if not spoken_by_a_person(event):
            return
        words = slack_in.mention_words(event.get("text", ""), self.bot_user)
        await self._said(body, event, words)

    async def _messaged(self, body: Json, event: Json) -> None:
        if event.get("channel_type") != "im" or not spoken_by_a_person(event):
            return
        await self._said(body, event, slack_in.typed(event.get("text", "")))

    async def _said(self, body: Json, event: Json, words: Typed) -> None:
        sender, place = slack_in.sender_of(body), slack_in.place_of(body)
        request = self._request(slack_in.event_key(body), sender, place, words)
        answer = await self._handle(request)
        message = answer.message
        if answer.form is not None:  # an event opens nothing: a button does
            message = reopening(answer)
        if message is not None:
            self._soon(self._say(sender, place, message))
        self._soon(self.people.refresh(sender, [user for _name, user in words.mentions]))

    async def _home(self, body: Json, event: Json) -> None:
        if event.get("tab", "home") == "home":
            self._soon(self._publish(slack_in.sender_of(body)))

    async def _joined(self, body: Json, event: Json) -> None:
        if event.get("user") == self.bot_user:
            place = f"slack:{event['channel']}"
            await self._write(lambda tx: places.reopen(tx, place))

    async def _removed(self, body: Json) -> None:
        await self._park(self._workspace, body["event"]["type"])

    async def _changed_user(self, event: Json) -> None:
        await self.people.learn(event["user"], self.team)

    # --- answering ---------------------------------------------------------------

    async def _handle(self, request: Request) -> Answer:
        return await self._dispatcher.handle(request)

    def _request(
        self, identity: str, sender: Sender, place: str, words: Typed | None = None, *,
        call: Call | None = None, submitted: bool = False, name: str = "",
        mentions: tuple[tuple[str, str], ...] = (),
    ) -> Request:  # fmt: skip
        named = tuple(
            (shown, f"slack:{sender.team}:{user}") for shown, user in (words or NOTHING).mentions
        )
        return Request(
            identity, self._workspace, sender.identity, sender.name, place,
            (words or NOTHING).text, call, submitted, named or mentions,
            "external" if sender.external else "", slack_in.direct(sender.user), name,
        )  # fmt: skip

    async def _opened(
        self, answer: Answer, trigger: str, place: str, body: Json | None = None
    ) -> Message | None:
        """Open the form; when that fails, return a message with a button that opens it again."""
        assert answer.form is not None
        shown = slack_blocks.view(
            answer.form, slack_blocks.private_call(answer.form.call, place), close(answer)
        )
        inside = ((body or {}).get("view") or {}).get("type") == "modal"
        try:
            async with asyncio.timeout(FORM_LIMIT):
                method = "views.push" if inside else "views.open"
                await self.client.api_call(method, json={"trigger_id": trigger, "view": shown})
        except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("A form did not open: %s", type(error).__name__)
            return reopening(answer)
        return answer.message

    async def _tell(
        self, body: Json, sender: Sender, place: str, message: Message, answer: Answer
    ) -> None:
        """Answer a press, for the presser's eyes only."""
        view = body.get("view") or {}
        if view.get("type") == "modal":
            shown = slack_blocks.answer_view(message, close(answer))
            await self.client.api_call(
                "views.update", json={"view_id": view["root_view_id"], "view": shown}
            )
            return
        await self._say(sender, place, message)

    async def _say(self, sender: Sender, place: str, message: Message) -> None:
        """Answer in a place, for the sender's eyes only; in the direct place nobody else reads."""
        blocks = slack_blocks.render(message)
        words = {"text": slack_blocks.alternative(message), "blocks": blocks}
        channel = place.partition(":")[2]
        if channel.startswith("@"):
            await self.client.api_call(
                "chat.postMessage", json={"channel": channel[1:], **words, "unfurl_links": False}
            )
        else:
            await self.client.api_call(
                "chat.postEphemeral", json={"channel": channel, "user": sender.user, **words}
            )

    async def _publish(self, sender: Sender) -> None:
        """Show the home tab as it is now."""
        answer = await self._dispatcher.look(self._workspace, sender.identity, "home")
        if answer is not None and answer.message is not None:
            await self.client.api_call(
                "views.publish",
                json={"user_id": sender.user, "view": slack_blocks.home_view(answer.message)},
            )

    # --- odds and ends -----------------------------------------------------------

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something after the answer; what fails is logged and lost, it is no promise."""

        async def guarded() -> None:
            try:
                await work
            except (SlackClientError, aiohttp.ClientError, TimeoutError, Undelivered) as error:
                log.warning("An answer could not be shown: %s", type(error).__name__)

        task = asyncio.create_task(guarded())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _park(self, workspace: str, reason: str) -> None:
        log.error("Slack shut us out (%s): messages wait until the token works again", reason)
        await self._write(lambda tx: workspaces.set_state(tx, "parked"))

    async def _write(self, work: Callable[[Tx], T]) -> T:
        inside = self._workspace
        return await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(inside))))


def spoken_by_a_person(event: Json) -> bool:
    """Say whether an event is a new message of a person: no edit, no preview, no bot."""
    plain = event.get("subtype") in (None, "file_share", "thread_broadcast")
    return plain and not event.get("bot_id") and not event.get("edited") and bool(event.get("user"))


def reopening(answer: Answer) -> Message:
    """Return a message with a button that opens the form, with what is in it already."""
    assert answer.form is not None
    given = {each.name: each.value for each in answer.form.fields if each.value}
    call = Call("form", {"word": answer.form.call.word, **answer.form.call.args, **given})
    said = line(
        _("Something is still missing. What you typed is kept in the form."),
        Button(_("Open the form"), call, "primary"),
    )
    return spoken(said, answer.language, "UTC")


def words_of(message: Message) -> str:
    """Return a message's words as one text, for a form's error."""
    words = [flat(each.words) for each in message.parts if isinstance(each, Title | Text)]
    return " ".join(words)


def close(answer: Answer) -> str:
    """Return the word on the button that closes a form."""
    return text(_("Close"), answer.language)

"""What people do in Slack: Bolt's listeners, each a few lines, on the one road in.

Everything is stored before Slack is answered. Inside the three seconds that Slack
gives, the only call to Slack is the opening of a form. Who somebody is, Slack is
asked afterwards; what had to wait for that is done then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bot.delivery.background import Background
from bot.delivery.dispatch import Dispatcher
from bot.delivery.edge_texts import not_stored, words_of
from bot.delivery.outages import healing
from bot.delivery.platform import Impossible, Undelivered
from bot.delivery.requests import Named, Request, Response
from bot.delivery.shortcuts import shortcut
from bot.slack import blocks, payloads
from bot.slack.answers import Answers, asked_for, close, form_view
from bot.slack.home_tab import HomeTabs
from bot.slack.installations import Installation
from bot.slack.payloads import Json, Sender, Typed
from bot.slack.profiles import People
from handlers.kit.messages import Call
from handlers.kit.readers.titles import with_source
from handlers.kit.words import shortened
from storage.engine import StorageError, Tx
from storage.engine.ids import NOWHERE, PlaceId
from storage.people import PersonKind

log = logging.getLogger("lotse.slack")

INSTALLATION = "installation"  # under which name the context of a request holds it
NOTHING = Typed("", ())
MOMENT = 1.5  # seconds that an answer waits for a profile (of the three that Slack gives)


class Listeners:
    """Hears commands, buttons, forms, shortcuts and messages, of every workspace."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        answers: Answers,
        home_tabs: HomeTabs,
        people: People,
        later: Background,
    ) -> None:
        self._dispatcher = dispatcher
        self._answers = answers
        self._home_tabs = home_tabs
        self._people = people
        self._later = later

    async def typed(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """A slash command."""
        at: Installation = context[INSTALLATION]
        sender, words = payloads.sender_of(body), payloads.command_words(body)
        named = [user for _name, user in words.mentions]
        request = made(at, payloads.command_key(body), sender, body, words=words)
        try:
            request, answer = await self._carried_out(at, request, sender, named)
        except StorageError as error:
            # Slack does not send a command again, so whoever typed it has to know.
            log.error("A command could not be stored: %s", error)
            await ack(**blocks.private(not_stored(words.text)))
            return
        if answer.held:
            await ack()
            self._later.soon(self._once_known(at, request, answer, sender, body, named))
            return
        message = answer.message
        if self._answers.first(request.identity):
            message = await self._answers.shown_now(at, answer, sender, body)
        await ack(**blocks.private(message))
        self._later.soon(self._people.refresh(at, sender, named))

    async def pressed(
        self, ack: AsyncAck, body: Json, action: Json, context: AsyncBoltContext
    ) -> None:
        """A button, or somebody chosen in a form."""
        at: Installation = context[INSTALLATION]
        sender = payloads.sender_of(body)
        if action.get("type") == "users_select":
            await ack()
            self._later.soon(self._look_up(at, sender, action.get("selected_user") or ""))
            return
        try:
            call = payloads.pressed(action)
        except ValueError:
            await ack()
            return
        request = made(at, payloads.action_key(body, action), sender, body, call=call)
        await self._answer(ack, at, request, sender, body)
        if (body.get("view") or {}).get("type") == "home":
            self._later.soon(self._home_tabs.publish(at, sender))

    async def shortcut(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """A shortcut, from everywhere or at a message."""
        message = body.get("message") or {}
        enclosed = payloads.enclosed(message)
        link = enclosed.link if enclosed is not None else ""
        said = with_source(payloads.event_words(message, "").text, link)
        call = shortcut(body.get("callback_id", ""), said)
        if call is None:
            await ack()
            return
        at: Installation = context[INSTALLATION]
        sender = payloads.sender_of(body)
        request = made(at, payloads.shortcut_key(body), sender, body, call=call)
        await self._answer(ack, at, request, sender, body)

    async def mention(
        self, ack: AsyncAck, body: Json, event: Json, context: AsyncBoltContext
    ) -> None:
        """“@Lotse …” in a channel."""
        if spoken_by_a_person(event):
            await self._said(ack, body, event, context[INSTALLATION])

    async def messaged(
        self, ack: AsyncAck, body: Json, event: Json, context: AsyncBoltContext
    ) -> None:
        """A direct message."""
        if event.get("channel_type") == "im" and spoken_by_a_person(event):
            await self._said(ack, body, event, context[INSTALLATION])

    async def submitted(
        self, ack: AsyncAck, body: Json, view: Json, context: AsyncBoltContext
    ) -> None:
        """A form that was filled in."""
        at: Installation = context[INSTALLATION]
        sender = payloads.sender_of(body)
        call, place = payloads.submitted(view)
        chosen = blocks.chosen_users(view.get("state", {}))
        request = made(
            at,
            payloads.view_key(body),
            sender,
            body,
            call=call,
            submitted=True,
            place=place,
            named=[(user, user) for user in chosen],
        )
        request, answer = await self._carried_out(at, request, sender, chosen)
        await ack(**_after(answer, view, place))
        self._later.soon(self._people.refresh(at, sender, chosen))

    async def searched(self, ack: AsyncAck, body: Json, context: AsyncBoltContext) -> None:
        """Somebody types in a field with many choices; what fits is read, nothing is stored."""
        at: Installation = context[INSTALLATION]
        sender = payloads.sender_of(body)
        call, _place = blocks.read_private((body.get("view") or {})["private_metadata"])
        found = await self._dispatcher.form_of(at.workspace, sender.identity, call)
        fields = found.form.fields if found is not None and found.form is not None else ()
        field = next((each for each in fields if each.name == body.get("block_id")), None)
        typed = str(body.get("value") or "")
        await ack(options=blocks.found_options(field, typed) if field is not None else [])

    async def home(self, event: Json, body: Json, context: AsyncBoltContext) -> None:
        """Somebody opened the home tab."""
        if event.get("tab", "home") == "home":
            self._later.soon(self._welcome(context[INSTALLATION], payloads.sender_of(body)))

    async def changed_user(self, event: Json, context: AsyncBoltContext) -> None:
        """A profile is another one now."""
        await self._people.learn(context[INSTALLATION], event["user"])

    # --- carrying out ------------------------------------------------------------

    async def _said(self, ack: AsyncAck, body: Json, event: Json, at: Installation) -> None:
        sender = payloads.sender_of(body)
        words = payloads.event_words(event, at.bot_user)
        request = made(at, payloads.event_key(body), sender, body, words=words)
        request = replace(request, enclosed=payloads.enclosed(event))
        named = [user for _name, user in words.mentions]
        await self._answer(ack, at, request, sender, body, named)

    async def _answer(
        self,
        ack: AsyncAck,
        at: Installation,
        request: Request,
        sender: Sender,
        body: Json,
        named: Iterable[str] = (),
    ) -> None:
        """Carry out what is answered by a message of its own, not by the response."""
        request, answer = await self._carried_out(at, request, sender, named)
        if answer.held:
            await ack()
            self._later.soon(self._once_known(at, request, answer, sender, body, named))
            return
        message = None
        if self._answers.first(request.identity):
            message = await self._answers.shown_now(at, answer, sender, body)
        await ack()
        if message is not None:
            self._later.soon(self._answers.tell(at, body, sender, message, answer, request))
        self._later.soon(self._people.refresh(at, sender, named))

    async def _carried_out(
        self, at: Installation, request: Request, sender: Sender, named: Iterable[str]
    ) -> tuple[Request, Response]:
        """Carry out a request; return it as it was carried out, with its answer.

        What is not kept while a profile is missing waits here for a moment.
        """
        answer = await self._dispatcher.handle(request)
        if not answer.unproven or answer.held:
            return request, answer
        try:
            async with asyncio.timeout(MOMENT):
                await self._people.refresh(at, sender, named)
        except (Undelivered, TimeoutError) as error:
            log.warning("Slack does not say in time who somebody is: %s", error)
            return request, answer
        request = request.once_known(answer)
        return request, await self._dispatcher.handle(request)

    async def _once_known(
        self,
        at: Installation,
        request: Request,
        answer: Response,
        sender: Sender,
        body: Json,
        named: Iterable[str],
    ) -> None:
        """Ask Slack who somebody is, then carry out what had to wait for that.

        While Slack does not tell, it goes on waiting; whoever sent it hears that.
        """
        try:
            await self._people.refresh(at, sender, named)
        except Impossible as error:  # then whoever it is may do what strangers may
            log.warning("Slack does not know who somebody is: %s", error)
        except Undelivered as error:
            log.warning("Slack does not say who somebody is: %s", error)
            if answer.message is not None and self._answers.first(request.identity):
                await self._answers.tell(at, body, sender, answer.message, answer, request)
            return
        request = request.once_known(answer)
        answer = await self._dispatcher.handle(request)
        if self._answers.first(request.identity):
            message = await self._answers.shown_now(at, answer, sender, body)
            if message is not None:
                await self._answers.tell(at, body, sender, message, answer, request)

    async def _asked(self, at: Installation, sender: Sender) -> None:
        try:
            await self._people.refresh(at, sender)
        except Undelivered as error:  # then whoever it is may do what strangers may
            log.warning("Slack does not say who somebody is: %s", error)

    async def _welcome(self, at: Installation, sender: Sender) -> None:
        named = Named(sender.name, sender.identity, payloads.direct(sender.user))
        kind = PersonKind.EXTERNAL if sender.external else PersonKind.NEW
        await self._dispatcher.identify(at.workspace, named, kind)
        await self._asked(at, sender)
        await self._home_tabs.opened(at, sender)

    async def _look_up(self, at: Installation, sender: Sender, user: str) -> None:
        """Ask Slack who was chosen in a form, so that it is known when the form is sent."""
        if user:
            named = Named(user, f"slack:{sender.team}:{user}", payloads.direct(user))
            await self._dispatcher.identify(at.workspace, named)
            await self._people.refresh(at, sender, [user])


def made(
    at: Installation,
    identity: str,
    sender: Sender,
    body: Json,
    *,
    words: Typed = NOTHING,
    call: Call | None = None,
    submitted: bool = False,
    place: PlaceId = NOWHERE,
    named: Iterable[tuple[str, str]] = (),
) -> Request:
    """Return what was done in an installation as a request."""
    people = [
        Named(shown, f"slack:{sender.team}:{user}", payloads.direct(user))
        for shown, user in (*words.mentions, *named)
    ]
    return Request(
        identity=identity,
        workspace=at.workspace,
        person=sender.identity,
        name=sender.name,
        place=place or payloads.place_of(body),
        text=words.text,
        call=call,
        submitted=submitted,
        mentions=tuple(people),
        kind=PersonKind.EXTERNAL if sender.external else PersonKind.NEW,
        direct=payloads.direct(sender.user),
        place_name=None if place else payloads.channel_name(body),
        thread=payloads.thread_root(body),
        direct_name=words.direct_name,
        beside=partial(
            _beside, identity, payloads.direct(sender.user), payloads.place_of(body), body
        ),
        about=payloads.asking_about(sender, (each.identity.rpartition(":")[2] for each in people)),
    )


def _beside(
    identity: str, direct: PlaceId, place: PlaceId, body: Json, tx: Tx, now: datetime
) -> str:
    """Let heal what this request shows to be well: whoever sends it, and what was pressed."""
    healing.unpark(tx, direct, now)
    pressed, said = payloads.pressed_on(body)
    if pressed:
        healing.adopt(tx, place, pressed, lambda each: blocks.alternative(each) == said, now)
    return identity


def _after(answer: Response, view: Json, place: PlaceId) -> Json:
    """Return what stands in a form's place once it was sent; nothing closes it."""
    field = asked_for(view, answer.field)
    if field is not None and answer.message is not None:
        said = shortened(words_of(answer.message), 500)
        others = {
            name: shortened(words, 500)
            for name, words in answer.faults
            if asked_for(view, name) == name
        }
        return {"response_action": "errors", "errors": {**others, field: said}}
    if answer.form is not None:
        return {"response_action": "update", "view": form_view(answer, place)}
    if answer.message is not None:
        shown = blocks.answer_view(answer.message, close(answer))
        return {"response_action": "update", "view": shown}
    return {}


def spoken_by_a_person(event: Json) -> bool:
    """Say whether an event is a new message of a person: no edit, no preview, no bot."""
    plain = event.get("subtype") in (None, "file_share", "thread_broadcast")
    return plain and not event.get("bot_id") and not event.get("edited") and bool(event.get("user"))

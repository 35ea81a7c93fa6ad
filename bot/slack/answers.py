"""Answering in Slack: a form, a private line, or a modal, whichever the asker has open."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from bot.delivery.answering import Answering, Way
from bot.delivery.dedupe import Once
from bot.delivery.dispatch import Dispatcher
from bot.delivery.edge_texts import filled_in, missing, reopening
from bot.delivery.platform import Undelivered
from bot.delivery.requests import Request, Response
from bot.slack import blocks, payloads
from bot.slack import sender as slack_sender
from bot.slack.installations import Installation
from bot.slack.payloads import Json, Sender
from bot.slack.sender import Slack
from handlers.kit.messages import Message, Text
from handlers.kit.words import _, speak, text
from storage.engine.ids import PlaceId

log = logging.getLogger("lotse.slack")

FORM_LIMIT = 2.0  # seconds for views.open (docs/rules.md, Slack)


class Answers:
    """Shows people what dispatch answered."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        slack: Slack,
        answering: Answering,
        form_limit: float = FORM_LIMIT,
    ) -> None:
        self._dispatcher = dispatcher
        self._slack = slack
        self._answering = answering
        self._form_limit = form_limit
        self.first = Once()

    async def shown_now(
        self, at: Installation, answer: Response, sender: Sender, body: Json
    ) -> Message | None:
        """Open the form if there is one; return the message that is still to be shown.

        When the form does not open, that is one with a button that opens it again.
        """
        if answer.form is None:
            return answer.message
        trigger = body.get("trigger_id")
        if trigger is None:  # an event opens nothing: a button does
            return await self._reopening(at, answer, sender)
        shown = form_view(answer, payloads.place_of(body))
        try:
            async with asyncio.timeout(self._form_limit):
                await self._open(at, trigger, body.get("view") or {}, shown)
        except (Undelivered, TimeoutError) as error:
            log.warning("A form did not open: %s", type(error).__name__)
            return await self._reopening(at, answer, sender)
        return answer.message

    async def _open(self, at: Installation, trigger: str, inside: Json, shown: Json) -> None:
        """Open a form: upon the modal that it is asked for in, or in its place when it is full."""
        if inside.get("type") != "modal":
            await self._slack.call(at, "views.open", trigger_id=trigger, view=shown)
        elif inside.get("previous_view_id") in (None, inside.get("root_view_id")):
            await self._slack.call(at, "views.push", trigger_id=trigger, view=shown)
        else:  # Slack piles up three: the answer on top has done its work
            await self._slack.call(at, "views.update", view_id=inside["id"], view=shown)

    async def _reopening(self, at: Installation, answer: Response, sender: Sender) -> Message:
        assert answer.form is not None
        call = await self._dispatcher.keep(at.workspace, sender.identity, reopening(answer.form))
        return missing(call, answer.language, typed=filled_in(answer.form))

    async def tell(
        self,
        at: Installation,
        body: Json,
        sender: Sender,
        message: Message,
        answer: Response,
        request: Request,
    ) -> None:
        """Answer for the asker's eyes only: in the modal, in the channel, or directly.

        What finds no way is kept for them.
        """
        ways = self._ways(at, body, sender, message, answer)
        place = payloads.place_of(body)
        if not await self._answering.give(at.workspace, place, *ways) and not answer.secret:
            await self._dispatcher.keep_lost(request)

    def _ways(
        self, at: Installation, body: Json, sender: Sender, message: Message, answer: Response
    ) -> list[Way]:
        """Return the ways to whoever asked, the nearest first."""
        words = slack_sender.body(message)
        directly = partial(self._slack.call, at, "chat.postMessage", channel=sender.user, **words)
        view = body.get("view") or {}
        if view.get("type") == "modal":
            shown = blocks.answer_view(message, close(answer))
            update = partial(self._slack.call, at, "views.update", view_id=view["id"], view=shown)
            return [update, directly]
        channel = payloads.place_of(body).partition(":")[2]
        ways: list[Way] = []
        if url := payloads.response_url(body):
            ways.append(partial(self._slack.respond, url, blocks.private(message)))
        if not channel.startswith("@"):
            thread = payloads.thread_of(body)
            here = {
                "channel": channel,
                "user": sender.user,
                **({"thread_ts": thread} if thread else {}),
            }
            ways.append(partial(self._slack.call, at, "chat.postEphemeral", **here, **words))
        return [*ways, directly]


def form_view(answer: Response, place: PlaceId) -> Json:
    """Return a form as a modal; `place` is where it was asked for."""
    assert answer.form is not None
    private = blocks.private_call(answer.form.call, place)
    return blocks.view(answer.form, private, text(_("Cancel"), answer.language))


def asked_for(view: Json, field: str | None) -> str | None:
    """Return the field to show an error at: the one it is about, else the form's first."""
    names = [each.get("block_id") for each in view.get("blocks", []) if each["type"] == "input"]
    if field is None or not names:
        return None
    return field if field in names else names[0]


def not_installed() -> Message:
    """Return what is said in a workspace that has not installed Lotse; of no language either."""
    said = _(
        "Lotse is not installed in this workspace, so nothing was stored. Whoever "
        "administers the workspace can install it."
    )
    return Message(tuple(Text(each) for each in (speak(said, "de"), speak(said, "en"))))


def close(answer: Response) -> str:
    """Return the word on the button that closes an answer."""
    return text(_("Close"), answer.language)

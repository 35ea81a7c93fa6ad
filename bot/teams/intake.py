"""Where everything from Teams becomes a request: who asks, where, and what is kept beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from botbuilder.schema import Activity

from bot.delivery.dispatch import Dispatcher
from bot.delivery.edge_texts import filled_in, missing, reopening
from bot.delivery.outages import healing
from bot.delivery.platform import Impossible, Undelivered
from bot.delivery.requests import Named, Request, Response
from bot.teams import payloads
from bot.teams.payloads import Sender, Typed, Where
from bot.teams.rosters import People
from bot.teams.sender import Lost
from handlers.kit.commands import by_name
from handlers.kit.messages import Call, Message
from storage.engine import Database, Tx
from storage.engine.ids import NOWHERE, PlaceId
from storage.people import PersonKind
from storage.teams import button_presses, conversations

log = logging.getLogger("lotse.teams")

T = TypeVar("T")

# Teams repeats an action under new ids within half a minute or so (botbuilder-dotnet#5005).
TWICE = timedelta(minutes=2)


class Intake:
    """Takes what people say and do to the one road in."""

    def __init__(
        self, dispatcher: Dispatcher, database: Database, workspace: str, people: People
    ) -> None:
        self.dispatcher, self.workspace, self.people = dispatcher, workspace, people
        self._database = database

    def said(self, activity: Activity, sender: Sender, where: Where, words: Typed) -> Request:
        """Return the request of a message: its place is known, and how to reach it, from now on."""
        identity = payloads.activity_key(activity, sender)

        def beside(tx: Tx, now: datetime) -> str:
            hear(tx, sender, where, now, inside=True)
            return identity

        request = self._request(identity, sender, where, words.mentions, beside)
        about = payloads.asking_about(sender, where, _users(request))
        text = words.text if words.text.strip() else payloads.forwarded_words(activity)
        enclosed = payloads.enclosed(activity)
        return replace(request, text=text, place_name=where.name, about=about, enclosed=enclosed)

    def pressed(
        self,
        activity: Activity,
        sender: Sender,
        where: Where,
        call: Call,
        *,
        submitted: bool = False,
        chosen: Iterable[str] = (),
        place: PlaceId = NOWHERE,
    ) -> Request:
        """Return the request of a button or a form.

        The same thing done with the same card is the same delivery, also under a new id.
        From where such things come, we need not be: nothing is learnt of the place.
        """
        identity = payloads.activity_key(activity, sender)
        card, what = payloads.press_key(
            activity, payloads.data_of(activity), call.args.get("number", "")
        )
        command = by_name(call.word, self.dispatcher.features)
        reads = command is not None and command.reads

        def beside(tx: Tx, now: datetime) -> str:
            hear(tx, sender, where, now, inside=False)
            pressed_on = payloads.pressed_on(activity, where)
            if pressed_on and not where.personal:  # answers stand there alone, not in channels
                healing.adopt(tx, where.place, pressed_on, healing.carries(call), now)
            if reads:  # a look is a look, however often
                return identity
            return button_presses.same(
                tx,
                card=card,
                sender=sender.identity,
                what=what,
                identity=identity,
                now=now,
                since=now - TWICE,
            )

        mentions = tuple(payloads.Mention(each, "", each) for each in chosen)
        request = self._request(identity, sender, where, mentions, beside)
        about = payloads.asking_about(sender, where, _users(request))
        return replace(
            request, call=call, submitted=submitted, place=place or request.place, about=about
        )

    def _request(
        self,
        identity: str,
        sender: Sender,
        where: Where,
        mentions: tuple[payloads.Mention, ...],
        beside: Callable[[Tx, datetime], str],
    ) -> Request:
        named = tuple(
            Named(each.shown, f"teams:{sender.tenant}:{each.user}", payloads.direct(each.user))
            for each in mentions
        )
        return Request(
            identity,
            self.workspace,
            sender.identity,
            sender.name or "?",
            where.place,
            mentions=named,
            kind=PersonKind.EXTERNAL if sender.external else PersonKind.NEW,
            direct=sender.direct,
            thread=payloads.thread_of(where),
            beside=beside,
        )

    async def handle(self, request: Request, sender: Sender, where: Where) -> Response:
        """Carry out a request, once more when it had to wait for a look at the roster."""
        answer = await self.dispatcher.handle(request)
        if not answer.unproven:
            return answer
        return await self.handle_known(request, answer, sender, where)

    async def handle_known(
        self, request: Request, answer: Response, sender: Sender, where: Where
    ) -> Response:
        """Carry out what had to wait for a look at the roster; `answer` is what was said before.

        While the roster does not tell, it goes on waiting, and that answer stands.
        """
        if not await self.look_up(request, sender, where):
            return answer
        return await self.dispatcher.handle(request.once_known(answer))

    async def look_up(self, request: Request, sender: Sender, where: Where) -> bool:
        """Look at the roster for whoever asks and whoever is named, where that is not fresh.

        Says whether it told: also that it does not know somebody.
        """
        try:
            await self.people.refresh(sender, where, _users(request))
        except (Impossible, Lost) as error:  # then whoever it is may do what strangers may
            log.warning("Teams does not know who somebody is: %s", error)
        except Undelivered as error:
            log.warning("Teams does not say who somebody is: %s", error)
            return False
        return True

    async def reopening(self, answer: Response, sender: Sender) -> Message:
        """Return a message with a button that opens a form that could not open."""
        assert answer.form is not None
        call = await self.dispatcher.keep(self.workspace, sender.identity, reopening(answer.form))
        return missing(call, answer.language, typed=filled_in(answer.form))

    async def read(self, look: Callable[[Tx], T]) -> T:
        """Read in the workspace."""
        inside = self.workspace
        return await asyncio.wrap_future(
            self._database.submit_read(lambda tx: look(tx.within(inside)))
        )

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Write in the workspace, in one transaction."""
        inside = self.workspace
        return await asyncio.wrap_future(self._database.submit(lambda tx: work(tx.within(inside))))


def _users(request: Request) -> list[str]:
    return [each.identity.rpartition(":")[2] for each in request.mentions]


def hear(tx: Tx, sender: Sender, where: Where, now: datetime, *, inside: bool) -> None:
    """Keep how to reach a place that something came from, and whoever said it.

    With `inside` we are a member there ourselves. What had waited for a place to let us in
    again goes out.
    """
    if inside:
        member = sender.member if where.personal else None
        _keep(
            tx=tx,
            place=where.place,
            conversation=where.conversation,
            member=member,
            sender=sender,
            where=where,
            now=now,
        )
    if sender.direct and not (inside and where.personal):
        _keep(
            tx=tx,
            place=sender.direct,
            conversation=None,
            member=sender.member,
            sender=sender,
            where=where,
            now=now,
        )


def _keep(
    tx: Tx,
    place: PlaceId,
    conversation: str | None,
    member: str | None,
    sender: Sender,
    where: Where,
    now: datetime,
) -> None:
    conversation = conversation and payloads.channel_of(conversation)
    found = conversations.find(tx, place)
    if found is not None:
        told = (
            conversation or found.conversation,
            where.service_url,
            sender.tenant,
            member or found.member,
        )
        known = (found.conversation, found.service_url, found.tenant, found.member)
        if told == known and not (found.blocked and conversation):
            if conversation:
                healing.unpark(tx, place, now)
            return
    conversations.hear(
        tx,
        place,
        conversation=conversation,
        service_url=where.service_url,
        tenant=sender.tenant,
        member=member,
        now=now,
    )
    if conversation:
        healing.unpark(tx, place, now)

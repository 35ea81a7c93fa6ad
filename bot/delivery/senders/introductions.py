"""What somebody sends whom no profile has shown yet: kept until the platform says who it is.

It stands as a row from the first commit on, with a timer. Usually the edge that heard it asks its
platform at once, carries it out and answers. Where that process ends, or the platform does not
tell, the timer does so, and the answer is a direct message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.delivery import replies
from bot.delivery.clock import Clock
from bot.delivery.edge_texts import filled_in, missing, reopening
from bot.delivery.platform import Impossible, Undelivered, Wait
from bot.delivery.requests import Request, Response, kept, read_request
from handlers.kit.context import Context
from handlers.kit.messages import dump, line, spoken
from handlers.kit.words import _
from handlers.settings.platform_notices import PlatformTimer
from storage.delivery import held_requests, outbox, timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.timers import Timer
from storage.engine import Database
from storage.engine.ids import PlaceId
from storage.people import PersonKind

log = logging.getLogger("lotse.introductions")

SOON = timedelta(seconds=30)  # for which who heard it has it alone
AGAIN = 30.0  # seconds until a platform that does not tell is asked again
LONGEST = timedelta(days=1)  # then whoever it is may do what strangers may

Ask = Callable[[str, str], Awaitable[None]]  # workspace, and what the edge wrote into `about`
Handle = Callable[[Request], Awaitable[Response]]


def wait(ctx: Context, request: Request, answer: Response, *, keep: bool) -> Response:
    """Keep a request that was refused only because a profile is missing; return its answer.

    With `keep` unset it leaves no trace, and with a form its words stand there still: these
    wait no longer than their answer.
    """
    answer = replace(answer, waits=request.identity)
    if not keep or request.submitted or not request.about:
        return answer
    identity = request.identity
    held_requests.add(ctx.tx, identity, ctx.person.id, kept(request), ctx.now)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=PlatformTimer.INTRODUCE,
        key=_key(identity),
        due=ctx.now + SOON,
        identity=identity,
    )
    said = (
        _(
            "I am still asking who you are. What you sent is kept, and I carry it out as soon as "
            "I know."
        )
        if ctx.person.kind is PersonKind.NEW
        else _(
            "I am still asking about the person whom you named. What you sent is kept, and I "
            "carry it out as soon as I know."
        )
    )
    return replace(answer, held=True, message=spoken(line(said), ctx.language, ctx.zone))


def carried_out(ctx: Context, request: Request, answer: Response) -> None:
    """Let go of what had waited; where nobody waits any more, the answer goes out by itself."""
    waited = held_requests.take(ctx.tx, request.after)
    timers.cancel(ctx.tx, _key(request.after))
    if not waited or not request.late or not request.direct or answer.secret:
        return
    message = answer.message
    if answer.form is not None:
        call = replies.short(ctx, reopening(answer.form))
        message = missing(call, answer.language, typed=filled_in(answer.form))
    if message is not None:
        key = f"answer:{request.after}"
        outbox.add(
            ctx.tx,
            id=ctx.new_id(),
            place=PlaceId(request.direct),
            key=key,
            kind=ParcelKind.NOTE,
            message=dump(message),
            now=ctx.now,
        )
        ctx.tx.signal()


def _key(identity: str) -> str:
    return f"{PlatformTimer.INTRODUCE} {identity}"


class Introductions:
    """Asks the platforms about those whose requests still wait, and carries these out."""

    def __init__(
        self, database: Database, handle: Handle, clock: Clock, asks: Mapping[str, Ask]
    ) -> None:
        """`asks` are the platforms' questions who somebody is, by the platform's name."""
        self._database, self._handle, self._clock, self._asks = database, handle, clock, asks

    async def keep(self, timer: Timer) -> None:
        """Carry out what a timer stands for; raises `Undelivered` when it still has to wait."""
        identity = str(timer.payload["identity"])
        held = await asyncio.wrap_future(
            self._database.submit_read(
                lambda tx: held_requests.find(tx.within(timer.workspace), identity)
            )
        )
        if held is None:
            return
        request = read_request(held.request)
        ask = self._asks.get(request.person.partition(":")[0])
        try:
            if ask is not None:
                await ask(timer.workspace, request.about)
        except Impossible as error:
            log.warning("Nobody knows who sent something: %s", error)
        except Undelivered as error:
            if self._clock.now() - held.at < LONGEST:
                raise Wait(AGAIN, str(error)) from error
        await self._handle(request.once_known(Response("", waits=identity), late=True))

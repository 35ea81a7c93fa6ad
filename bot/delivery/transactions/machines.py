"""The road in for the clock and for machines: timers that are due, and hooks that are called."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from bot.delivery.enqueue import store_posts
from bot.delivery.requests import Response
from bot.delivery.transactions.contexts import Contexts
from handlers.kit.ahead import Hook, Read
from handlers.kit.context import LOTSE, Context
from storage import audit
from storage.delivery import timers
from storage.delivery.timers import Timer, TimerKind
from storage.engine import Foreseeing, Question, StorageError, Tx
from storage.engine.ids import PersonId

log = logging.getLogger("lotse.dispatch")
T = TypeVar("T")


class Machines(Contexts):
    """Carries timers and hooks through their transactions."""

    async def fire_timer(self, workspace: str, kind: TimerKind) -> None:
        """Let the timer `kind` be due now: an edge has noticed what it stands for."""

        def work(tx: Tx) -> None:
            inside = tx.within(workspace)
            timers.set(inside, id=self._new_id(), kind=kind, key=kind, due=self._clock.now())

        await asyncio.wrap_future(self._database.submit(work))
        self._committed()

    async def run_timer(self, timer: Timer) -> None:
        """Carry out a due timer, and mark it done in the same transaction."""
        ahead = await self._ahead_of_timer(timer)
        await asyncio.wrap_future(
            self._database.submit(
                lambda tx: self._run_timer(tx, timer, ahead), timer.workspace, patient=True
            )
        )
        self._committed()

    async def _ahead_of_timer(self, timer: Timer) -> Read[Any] | None:
        """Read what a timer wants to know before it writes, however long it takes."""
        look = self._timers[timer.kind].ahead if timer.kind in self._timers else None
        if look is None:
            return None

        def read(tx: Tx) -> Read[Any]:
            ctx = self._context(tx.within(timer.workspace), LOTSE, None, self._clock.now())
            return look.read(ctx, timer.payload)

        try:
            return await asyncio.wrap_future(self._database.submit_read(read))
        except StorageError:
            raise
        except Exception:
            return None  # it fails once more where that is kept, and is tried again from there

    async def run_hook(
        self, hook: Hook, secret: str, identity: str | None, query: Mapping[str, str]
    ) -> Response | None:
        """Carry out what a machine reports; None when nobody has this address.

        `identity` is the machine's own run id, if it gave one: the same twice counts once.
        Whoever guesses addresses makes us read, and never write.
        """
        now = self._clock.now()
        look = self._database.submit_read(lambda tx: hook.locate(tx, secret, now))
        if await asyncio.wrap_future(look) is None:
            return None
        answer = await asyncio.wrap_future(
            self._database.submit(lambda tx: self._run_hook(tx, hook, secret, identity, query))
        )
        self._committed()
        return answer

    async def ask(self, question: Question[T]) -> T | None:
        """Ask for a machine that calls; what others ask at the same time may go with it."""
        return await asyncio.wrap_future(self._database.submit_read(question))

    async def report(
        self, hook: Hook, workspace: str, subject: str, query: Mapping[str, str]
    ) -> None:
        """Carry out what a machine reports of a thing that was found before.

        It may share its commit with others, and so be tried again: `id` proves that it was done.
        """
        values = {"id": self._new_id(), **query}

        def carry_out(tx: Tx) -> None:
            inside = tx.within(workspace)
            self._carry_out_hook(inside, hook, subject, values)

        work: Callable[[Tx], None] = carry_out
        if hook.foresees is not None and subject:
            work = Foreseeing(carry_out, hook.foresees(subject, self._clock.now()))
        await asyncio.wrap_future(self._database.submit(work, workspace))
        self._committed()

    def _run_timer(self, tx: Tx, timer: Timer, ahead: Read[Any] | None = None) -> None:
        tx = tx.within(timer.workspace)
        now = self._clock.now()
        # First of all: a timer that was cancelled or taken over meanwhile does nothing.
        if not timers.finish(tx, timer):
            return
        ctx = self._context(tx, LOTSE, None, now, ahead=ahead)
        outcome = "done"
        subject = _traced(ctx, timer)
        try:
            with tx.savepoint():
                reply = self._timers[timer.kind].run(ctx, **timer.payload)
                if timer.muted:
                    timers.mute(tx, timer.key)
                else:
                    store_posts(ctx, reply.posts)
        except StorageError:
            raise
        except Exception as error:
            outcome = "failed"
            log.exception("A timer failed: %s, try %d", timer.kind, timer.attempts)
            wait = timedelta(seconds=10 * 2**timer.attempts)
            timers.retry(tx, timer, now + wait, type(error).__name__)
        audit.add(
            tx,
            id=self._new_id(),
            at=now,
            person_key=LOTSE.person_key,
            command=timer.kind,
            subject=subject,
            outcome=outcome,
        )

    def _run_hook(
        self, tx: Tx, hook: Hook, secret: str, identity: str | None, query: Mapping[str, str]
    ) -> Response | None:
        found = hook.locate(tx, secret, self._clock.now())
        if found is None:
            return None
        workspace, subject = found
        values = {"id": self._new_id(), **query}
        if identity is not None:
            values["run"] = identity
        return self._carry_out_hook(tx.within(workspace), hook, subject, values)

    def _carry_out_hook(
        self, tx: Tx, hook: Hook, subject: str, values: Mapping[str, str]
    ) -> Response:
        now = self._clock.now()
        ctx = self._context(tx, LOTSE, None, now)
        reply = hook.run(ctx, subject, **values)
        store_posts(ctx, reply.posts)
        outcome = reply.outcome or "done"
        audit.add(
            tx,
            id=self._new_id(),
            at=now,
            person_key=LOTSE.person_key,
            command=hook.path,
            subject=reply.subject or subject,
            outcome=outcome,
        )
        return Response(outcome)


def _traced(ctx: Context, timer: Timer) -> str:
    """Return a timer's key for the audit trail: whom it is about by the key that erasing voids."""
    person = timer.payload.get("person")
    found = ctx.person_of(PersonId(str(person))) if person is not None else None
    return timer.key.replace(found.id, found.person_key) if found is not None else timer.key

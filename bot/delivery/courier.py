"""The courier: carries stored messages to their platforms, and again later when that fails.

What is known not to have arrived is tried again, with growing waits. What may
have arrived is treated by its kind (docs/rules.md, sending): an alarm goes out a
second time and then to the next person; anything else is not repeated and
looked for, or shown as uncertain. An edit may always be repeated. While a platform as a
whole does not answer, nothing is counted against a message (`outages/breaker.py`).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.delivery.clock import Clock
from bot.delivery.outages import healing
from bot.delivery.outages.breaker import Breaker
from bot.delivery.outages.catching_up import CatchingUp
from bot.delivery.outages.pace import Pace
from bot.delivery.platform import (
    Away,
    Impossible,
    MessageGone,
    NotAccepted,
    Platform,
    Unanswered,
    Undelivered,
    Unfit,
    Wait,
)
from handlers.kit.messages import load
from storage.delivery import claims, outbox, uncertain, waiting
from storage.delivery.outbox import Parcel, ParcelKind
from storage.engine import Database, StorageError, Tx

log = logging.getLogger("lotse.courier")

T = TypeVar("T")

LIMIT = 10.0  # seconds one sending may take
LONGEST_WAIT = 300.0
SECOND_COPY = timedelta(seconds=5)
COPIES = 2
TRIES = 20
POLL = 1.0
ROUND = 1.0  # seconds after which a round takes nothing more
LOOK_AFTER = timedelta(seconds=5)  # until it is looked for what may have arrived


class Courier:
    """Empties the outbox. Several may run, in one process or in many."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        clock: Clock,
        chance: random.Random | None = None,
        limit: float = LIMIT,
        follows: CatchingUp | None = None,
    ) -> None:
        """`follows` does what follows when a platform is back, or a place cannot be reached."""
        self._follows = follows
        self._breakers: dict[str, Breaker] = {}
        self._limit = limit
        self._database = database
        self._platforms = platforms
        self._clock = clock
        self._chance = chance or random.Random()
        self._woken = asyncio.Event()
        self._ending = False
        self.pace = Pace(clock.ticks)

    def wake(self) -> None:
        """There may be something to carry."""
        self._woken.set()

    async def run(self) -> None:
        """Carry until cancelled. What is just being sent is finished, the rest put back."""
        while True:
            carrying = asyncio.ensure_future(self._one_round())
            try:
                carried = await asyncio.shield(carrying)
            except asyncio.CancelledError:
                self._ending = True
                await carrying
                raise
            if not carried:
                await self._rest()

    async def _one_round(self) -> int:
        try:
            return await self.round()
        except StorageError as error:  # an outage is a line of the log, and nobody's bug
            log.error("The outbox waits until the store can be used: %s", error)
            return 0
        except Exception:
            # Nothing is lost: leases run out. Without a courier nobody would be alarmed.
            log.exception("The outbox could not be emptied; going on in a moment")
            return 0

    async def drain(self) -> None:
        """Carry until nothing is left that may go out now."""
        while await self.round():
            pass

    async def round(self) -> int:
        """Take what may go out now and carry it; return how many were taken."""
        now = self._clock.now()
        lost = await self._do(claims.expired)
        for parcel in lost:
            await self._unknown(parcel, "the courier vanished while sending")
        back = await self._look_at_those_away()
        busy, full = self._busy(), self.pace.full()
        started = self._clock.ticks()
        parcels: list[Parcel] = await self._do(lambda tx: claims.claim(tx, now, busy, full=full))
        parcels += await self._one_for_each_that_is_back(now)
        done = await asyncio.gather(
            *(self._carry_all(each, started) for each in parcels), return_exceptions=True
        )
        for each in done:  # only now: what fails in one place stops no other
            if isinstance(each, BaseException):
                raise each
        return len(parcels) + len(lost) + back

    # --- a platform that is away ---------------------------------------------------------

    @property
    def away(self) -> Mapping[str, tuple[datetime, str]]:
        """Return which platforms do not answer, since when, and why."""
        return {
            name: (each.since, each.reason)
            for name, each in self._breakers.items()
            if each.since is not None
        }

    async def _look_at_those_away(self) -> int:
        """Ask who was away whether they answer again; return how many do."""
        ticks, back = self._clock.ticks(), 0
        for name, each in self._breakers.items():
            since = each.since
            if since is None or not each.due(ticks):
                continue
            workspace = await self._do(partial(waiting.some_workspace, platform=f"{name}:"))
            if await each.look(workspace or "", ticks):
                back += 1
                if self._follows is not None:
                    work = partial(
                        self._follows.fold_waiting, platform=name, since=since, now=self._now()
                    )
                    await self._do(work)
        return back

    async def _one_for_each_that_is_back(self, now: datetime) -> list[Parcel]:
        """Take one message for each platform that answers again, to see whether all is well."""
        busy = self._busy(all_of_them=False)
        taken: list[Parcel] = []
        for name, each in self._breakers.items():
            if each.tries_one:
                there = ("", f"{name}:")
                taken += await self._do(
                    partial(claims.claim, now=now, busy=busy, limit=1, only=there)
                )
        return taken

    async def _is_away(self, platform: Platform, parcel: Parcel) -> bool:
        breaker = self._breakers.setdefault(platform.name, Breaker(platform, self._chance))
        was = breaker.open
        ticks = self._clock.ticks()
        away = await breaker.judge(parcel.workspace, parcel.place, self._now(), ticks)
        if away and not was:
            log.warning("%s does not answer: %s", platform.name, breaker.reason)
        return away

    def _note_answer(self, platform: Platform) -> None:
        breaker = self._breakers.get(platform.name)
        if breaker is not None and breaker.note_answer():
            log.warning("%s answers again", platform.name)

    async def _wait_for_platform(self, parcel: Parcel, error: Exception, reason: str) -> None:
        """The platform is away: wait for it, and count nothing against this message."""
        platform = self._platforms[parcel.place.partition(":")[0]]
        repeatable = parcel.external_id is not None or platform.idempotent
        now = self._now()
        if isinstance(error, NotAccepted):
            await self._put_back(parcel, 0, reason)
        elif repeatable:
            await self._repeat(parcel, now, reason, counts=False)
        elif parcel.copies + 1 < COPIES if parcel.kind == ParcelKind.ALARM else platform.finds:
            later = now + SECOND_COPY
            await self._do(
                lambda tx: outbox.again(
                    _in(tx, parcel), parcel, later, reason, copy=True, counts=False
                )
            )
        else:
            await self._do(
                lambda tx: outbox.uncertain(_in(tx, parcel), parcel, reason, now, hastens=False)
            )

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    async def _carry_all(self, first: Parcel, started: float) -> None:
        """Carry what waits for one place, one after the other, until there is trouble.

        Not for long: what has come meanwhile for other places waits for this round.
        """
        ends = started + ROUND
        parcels = [first]
        while parcels:
            parcel = parcels[0]
            external_id = await self._carry(parcel, started)
            if external_id is None:
                return
            started = self._clock.ticks()
            place = None if self._ending or started >= ends else (parcel.workspace, parcel.place)
            work = partial(self._note_arrival, parcel, external_id, self._busy(), place)
            parcels = await self._do(work)

    def _note_arrival(
        self,
        parcel: Parcel,
        external_id: str,
        busy: set[tuple[str, str]],
        place: tuple[str, str] | None,
        tx: Tx,
    ) -> list[Parcel]:
        """Note that it arrived, and take the next one for `place`."""
        now = self._now()
        inside = _in(tx, parcel)
        if outbox.mark_sent(inside, parcel, external_id, now):
            healing.unpark(inside, parcel.place, now)
        else:
            uncertain.came_late(inside, parcel, external_id, now)
        return claims.claim(tx, now, busy, 1, place, self.pace.full()) if place is not None else []

    async def _carry(self, parcel: Parcel, started: float) -> str | None:
        """Carry one parcel, claimed at `started`; return its id on the platform if it arrived."""
        platform = self._platforms.get(parcel.place.partition(":")[0])
        if platform is None:
            reason = f"there is no way to reach {parcel.place}"
            await self._do(lambda tx: outbox.park(_in(tx, parcel), parcel, reason, self._now()))
            return None
        if self._ending:
            await self._put_back(parcel, 0, "the process ended")
            return None
        edits = parcel.external_id is not None
        wait = self.pace.wait(platform, parcel.workspace, parcel.place, parcel.kind, edits=edits)
        if wait > 0:
            await self._put_back(parcel, wait, "pace")
            return None
        if self._clock.ticks() - started > claims.LEASE.total_seconds() - self._limit:
            # Too late to be sure that it stays ours until it is sent. If it is still ours
            # now, it surely was not sent.
            await self._put_back(parcel, 0, "those before it took too long")
            return None
        try:
            found = await self._look_for(platform, parcel)
            if found is None:
                return None
            arrived = await self._send(platform, found)
        except Undelivered as error:
            if not isinstance(error, Unanswered):
                self._note_answer(platform)
            elif await self._is_away(platform, parcel):
                await self._wait_for_platform(parcel, error, str(error))
                return None
            await self._went_wrong(parcel, error)
        except TimeoutError as error:
            reason = f"no answer within {self._limit:.0f} s"
            if await self._is_away(platform, parcel):
                await self._wait_for_platform(parcel, error, reason)
            else:
                await self._unknown(parcel, reason)
        except Exception as error:
            log.exception("A platform failed in a way that it does not name")
            await self._unknown(parcel, type(error).__name__)
        else:
            self._note_answer(platform)
            return arrived
        return None

    async def _went_wrong(self, parcel: Parcel, error: Undelivered) -> None:
        """The platform is there, and did not take this."""
        reason = str(error)
        if isinstance(error, Wait):
            await self._pause(parcel, error)
        elif isinstance(error, NotAccepted):
            await self._later(parcel, reason)
        elif isinstance(error, Impossible):
            ours = isinstance(error, Unfit)
            await self._do(lambda tx: self._park(tx, parcel, reason, ours=ours))
            log.warning("Parked: %s cannot be reached (%s)", parcel.place, reason)
        elif isinstance(error, MessageGone):
            await self._repost(parcel, reason)
        else:
            await self._unknown(parcel, reason)

    def _park(self, tx: Tx, parcel: Parcel, reason: str, *, ours: bool) -> None:
        """Let it lie until the place can be reached again; `ours` says it is not the place's."""
        inside, now = _in(tx, parcel), self._now()
        parked = outbox.park(inside, parcel, reason, now)
        if parked and not ours and self._follows is not None:
            self._follows.unreachable(inside, parcel.place, reason, now)

    async def _look_for(self, platform: Platform, parcel: Parcel) -> Parcel | None:
        """Return the parcel as it may be sent: as an edit, where an earlier copy stands.

        None when nobody can tell whether one does; then it is shown as uncertain.
        """
        if parcel.external_id is not None or parcel.kind == ParcelKind.ALARM or platform.idempotent:
            return parcel
        unsure = parcel.unsure or (parcel.id if parcel.copies else None)
        if unsure is None:
            return parcel
        reason = "it is not known whether the first copy arrived"
        if platform.finds:
            near = await self._do(lambda tx: uncertain.near(_in(tx, parcel), parcel.place))
            try:
                async with asyncio.timeout(self._limit):
                    found = await platform.find(
                        parcel.workspace, parcel.place, unsure, parcel.created_at, near
                    )
            except (Unanswered, TimeoutError) as error:  # nothing has been sent again yet
                raise Away(f"looking for it: {error or 'no answer in time'}") from error
            except Wait:
                raise
            except Undelivered as error:
                reason = f"{reason} ({error})"
            else:
                await self._do(
                    lambda tx: uncertain.settle(_in(tx, parcel), parcel.place, parcel.key, found)
                )
                return replace(parcel, external_id=found)
        await self._do(lambda tx: outbox.uncertain(_in(tx, parcel), parcel, reason, self._now()))
        log.warning("Uncertain: %s to %s (%s)", parcel.kind, parcel.place, reason)
        return None

    async def _send(self, platform: Platform, parcel: Parcel) -> str:
        message = load(parcel.message)
        async with asyncio.timeout(self._limit):
            if parcel.external_id is None:
                return await platform.create(parcel.workspace, parcel.place, parcel.id, message)
            await platform.edit(parcel.workspace, parcel.place, parcel.external_id, message)
            return parcel.external_id

    async def _unknown(self, parcel: Parcel, reason: str) -> None:
        """Nobody knows whether it arrived."""
        platform = self._platforms.get(parcel.place.partition(":")[0])
        repeatable = parcel.external_id is not None or (platform and platform.idempotent)
        if repeatable:
            await self._later(parcel, reason)
        elif parcel.kind == ParcelKind.ALARM and parcel.copies + 1 < COPIES:
            later = self._now() + SECOND_COPY
            await self._do(
                lambda tx: outbox.again(_in(tx, parcel), parcel, later, reason, copy=True)
            )
        elif parcel.kind != ParcelKind.ALARM and platform and platform.finds and not parcel.copies:
            later = self._now() + LOOK_AFTER
            await self._do(
                lambda tx: outbox.again(_in(tx, parcel), parcel, later, reason, copy=True)
            )
        else:
            await self._do(
                lambda tx: outbox.uncertain(_in(tx, parcel), parcel, reason, self._now())
            )
            log.warning("Uncertain: %s to %s (%s)", parcel.kind, parcel.place, reason)

    async def _later(self, parcel: Parcel, reason: str) -> None:
        if parcel.attempts >= TRIES:
            await self._do(lambda tx: outbox.bury(_in(tx, parcel), parcel, reason, self._now()))
            log.error("Given up: %s to %s (%s)", parcel.kind, parcel.place, reason)
            return
        seconds = min(2.0 ** (parcel.attempts - 1), LONGEST_WAIT) * self._chance.uniform(0.5, 1.5)
        await self._repeat(parcel, self._now() + timedelta(seconds=seconds), reason)

    async def _repeat(
        self, parcel: Parcel, later: datetime, reason: str, *, counts: bool = True
    ) -> None:
        """Do it again later; if it was no longer ours, it may stand over something newer."""

        def work(tx: Tx) -> None:
            inside = _in(tx, parcel)
            if not outbox.again(inside, parcel, later, reason, counts=counts):
                uncertain.came_late(inside, parcel, None, self._now())

        await self._do(work)

    async def _pause(self, parcel: Parcel, refusal: Wait) -> None:
        edits = parcel.external_id is not None
        self.pace.pause(parcel.workspace, parcel.place, refusal, edits=edits)
        await self._put_back(parcel, refusal.seconds, str(refusal))

    async def _put_back(self, parcel: Parcel, seconds: float, reason: str) -> None:
        """It was not tried; it goes out later."""
        later = self._now() + timedelta(seconds=seconds)
        await self._do(
            lambda tx: outbox.again(_in(tx, parcel), parcel, later, reason, counts=False)
        )

    async def _repost(self, parcel: Parcel, reason: str) -> None:
        if parcel.external_id is None:
            await self._later(parcel, reason)
            return

        def work(tx: Tx) -> None:
            inside = _in(tx, parcel)
            outbox.unparcel(inside, parcel.place, parcel.key)
            outbox.again(inside, parcel, self._now(), reason)

        await self._do(work)

    def _busy(self, *, all_of_them: bool = True) -> set[tuple[str, str]]:
        """Return what must wait; with `all_of_them` also the platforms that are away."""
        paused = self.pace.paused()
        if not all_of_them:
            return paused
        return paused | {("", f"{name}:") for name, each in self._breakers.items() if each.open}

    def _now(self) -> datetime:
        return self._clock.now()

    async def _do(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(self._database.submit(work, patient=True))


def _in(tx: Tx, parcel: Parcel) -> Tx:
    return tx.within(parcel.workspace)

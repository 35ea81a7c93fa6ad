"""The courier: carries stored messages to their platforms, and again later when that fails.

What is known not to have arrived is tried again, with growing waits. What may
have arrived is treated by its kind (docs/rules.md, sending): an alarm goes out a
second time and then to the next person; anything else is not repeated and
shown as uncertain. An edit may always be repeated.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot.delivery.clock import Clock
from bot.delivery.platform import (
    Impossible,
    MessageGone,
    NotAccepted,
    Platform,
    Rate,
    Uncertain,
    Wait,
)
from handlers.kit.messages import load
from storage.delivery import outbox
from storage.delivery.outbox import Parcel
from storage.engine import Database, Tx

log = logging.getLogger("lotse.courier")

T = TypeVar("T")

LIMIT = 10.0  # seconds one sending may take
LONGEST_WAIT = 300.0
SECOND_COPY = timedelta(seconds=5)
COPIES = 2
TRIES = 20
POLL = 1.0
ROUND = 1.0  # seconds after which a round takes nothing more
# What of a workspace's room a message leaves for those that matter more, as a share.
LEAVES = {"alarm": 0.0, "note": 0.1, "card": 0.25, "digest": 0.5}
MOST_BUCKETS = 10_000


@dataclass(slots=True)
class _Bucket:
    """The room of a place or a workspace: tokens that fill up again with time."""

    tokens: float
    at: float

    def wait(self, rate: Rate, now: float, leaves: float = 0.0) -> float:
        """Return after how many seconds there is a token, beyond those that are left."""
        gained = (now - self.at) / rate.seconds
        self.tokens, self.at = min(rate.burst, self.tokens + gained), now
        return max(1 + leaves - self.tokens, 0.0) * rate.seconds


class Courier:
    """Empties the outbox. Several may run, in one process or in many."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, Platform],
        clock: Clock,
        chance: random.Random | None = None,
        limit: float = LIMIT,
    ) -> None:
        self._limit = limit
        self._database = database
        self._platforms = platforms
        self._clock = clock
        self._chance = chance or random.Random()
        self._woken = asyncio.Event()
        self._ending = False
        self._paused: dict[tuple[str, str], float] = {}
        self._no_edits: dict[tuple[str, str], float] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}

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
        busy = self._busy()
        lost = await self._do(outbox.expired)
        for parcel in lost:
            await self._unknown(parcel, "the courier vanished while sending")
        started = self._clock.ticks()
        parcels: list[Parcel] = await self._do(lambda tx: outbox.claim(tx, now, busy))
        done = await asyncio.gather(
            *(self._carry_all(each, started) for each in parcels), return_exceptions=True
        )
        for each in done:  # only now: what fails in one place stops no other
            if isinstance(each, BaseException):
                raise each
        return len(parcels) + len(lost)

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
            work = partial(self._arrived, parcel, external_id, self._busy(), place)
            parcels = await self._do(work)

    def _arrived(
        self,
        parcel: Parcel,
        external_id: str,
        busy: set[tuple[str, str]],
        place: tuple[str, str] | None,
        tx: Tx,
    ) -> list[Parcel]:
        """Note that it arrived, and take the next one for `place`."""
        now = self._now()
        outbox.sent(_in(tx, parcel), parcel, external_id, now)
        return outbox.claim(tx, now, busy, 1, only=place) if place is not None else []

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
        wait = self._pause_left(parcel)
        if wait <= 0:
            wait = self._room(platform, parcel)
        if wait > 0:
            await self._put_back(parcel, wait, "pace")
            return None
        if self._clock.ticks() - started > outbox.LEASE.total_seconds() - LIMIT:
            # Too late to be sure that it stays ours until it is sent. If it is still ours
            # now, it surely was not sent.
            await self._put_back(parcel, 0, "those before it took too long")
            return None
        try:
            return await self._send(platform, parcel)
        except Wait as refusal:
            await self._pause(parcel, refusal)
        except NotAccepted as refusal:
            await self._later(parcel, str(refusal))
        except Impossible as refusal:
            reason = str(refusal)
            await self._do(lambda tx: outbox.park(_in(tx, parcel), parcel, reason, self._now()))
            log.warning("Parked: %s cannot be reached (%s)", parcel.place, reason)
        except MessageGone as refusal:
            await self._repost(parcel, str(refusal))
        except Uncertain as refusal:
            await self._unknown(parcel, str(refusal))
        except TimeoutError:
            await self._unknown(parcel, f"no answer within {self._limit:.0f} s")
        except Exception as error:
            log.exception("A platform failed in a way that it does not name")
            await self._unknown(parcel, type(error).__name__)
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
        elif parcel.kind == "alarm" and parcel.copies + 1 < COPIES:
            later = self._now() + SECOND_COPY
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
        later = self._now() + timedelta(seconds=seconds)
        await self._do(lambda tx: outbox.again(_in(tx, parcel), parcel, later, reason))

    async def _pause(self, parcel: Parcel, refusal: Wait) -> None:
        now = self._clock.ticks()
        until = now + refusal.seconds
        whole = _whole(parcel)
        if refusal.everywhere and parcel.external_id is not None:
            self._no_edits[whole] = until
        else:
            # Two places that wait at once: it is not the place that is too busy.
            storm = any(
                (workspace, _platform_of(place)) == whole
                and place not in (whole[1], parcel.place)
                and later > now
                for (workspace, place), later in self._paused.items()
            )
            where = whole if refusal.everywhere or storm else (parcel.workspace, parcel.place)
            self._paused[where] = until
            if where == whole:
                log.warning("All of %s waits for %.0f s (%s)", whole[1], refusal.seconds, refusal)
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

    def _room(self, platform: Platform, parcel: Parcel) -> float:
        """Return how many seconds this place still has to wait; 0 takes one token.

        Where the whole workspace is short of room, alarms have the last of it.
        """
        if platform.rate is None:
            return 0.0
        now = self._clock.ticks()
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.clear()
        buckets = [self._bucket(parcel.workspace, parcel.place, platform.rate, now)]
        wait = buckets[0].wait(platform.rate, now)
        whole = platform.rate.whole
        if whole is not None:
            buckets.append(self._bucket(parcel.workspace, platform.name, whole, now))
            wait = max(wait, buckets[1].wait(whole, now, LEAVES[parcel.kind] * whole.burst))
        if wait <= 0:
            for each in buckets:
                each.tokens -= 1
        return wait

    def _bucket(self, workspace: str, place: str, rate: Rate, now: float) -> _Bucket:
        return self._buckets.setdefault((workspace, place), _Bucket(rate.burst, now))

    def _pause_left(self, parcel: Parcel) -> float:
        """Return how many seconds the platform still wants to be left alone by this parcel."""
        where = ((parcel.workspace, parcel.place), _whole(parcel))
        until = [self._paused.get(each, 0.0) for each in where]
        if parcel.external_id is not None:
            until.append(self._no_edits.get(_whole(parcel), 0.0))
        return max(until) - self._clock.ticks()

    def _busy(self) -> set[tuple[str, str]]:
        now = self._clock.ticks()
        self._paused = {place: until for place, until in self._paused.items() if until > now}
        return set(self._paused)

    def _now(self) -> datetime:
        return self._clock.now()

    async def _do(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(self._database.submit(work, patient=True))


def _platform_of(place: str) -> str:
    """Return a place's platform with the colon (`slack:`), which stands for all its places."""
    return place.partition(":")[0] + ":"


def _whole(parcel: Parcel) -> tuple[str, str]:
    """Return what stands for all places of the parcel's workspace on its platform."""
    return parcel.workspace, _platform_of(parcel.place)


def _in(tx: Tx, parcel: Parcel) -> Tx:
    return tx.within(parcel.workspace)

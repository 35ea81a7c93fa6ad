"""The scheduler: looks which timers are due, and has each carried out in its transaction."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from bot.delivery.clock import Clock
from bot.delivery.platform import Undelivered, Wait
from handlers.kit.commands import Feature
from storage import conversation, workspaces
from storage import on_call as stand_ins
from storage.delivery import drafts, heartbeat, held_requests, inbox, lost_answers, outbox, timers
from storage.delivery.timers import Timer, TimerKind
from storage.engine import Database, StorageError, Tx
from storage.incidents import alarms, offers
from storage.slack import installations
from storage.slack.installations import Parked
from storage.teams import button_presses

log = logging.getLogger("lotse.scheduler")

POLL = 1.0  # seconds between two looks, at the most
CLEANING = 3600.0
ERRAND = 20.0  # seconds that an errand may take; a timer's lease lasts longer
ANSWERS_KEPT = timedelta(days=7)
HELD_KEPT = timedelta(days=2)
IDENTITIES_KEPT = timedelta(days=30)
TEXTS_KEPT = timedelta(days=14)
PARCELS_KEPT = timedelta(days=90)  # that they were delivered, without their text
TIMERS_KEPT = timedelta(days=90)  # that they ran
DRAFTS_KEPT = timedelta(days=7)
COVERS_KEPT = timedelta(days=30)
PRESSES_KEPT = timedelta(days=1)
STANDSTILLS_KEPT = timedelta(days=90)
PARKED_KEPT = timedelta(days=30)  # a company that took Lotse out of its only platform
ANNOUNCED = (14, 3)  # days before
ALARMS_KEPT = timedelta(days=7)  # settled ones, with who got them
CLEANED = {  # what `clean` lets go of, as docs/retention.md says it
    "answers to deliveries, answers that did not arrive": ANSWERS_KEPT,
    "that a delivery came": IDENTITIES_KEPT,
    "texts of messages that were delivered": TEXTS_KEPT,
    "that a message was delivered": PARCELS_KEPT,
    "timers that ran": TIMERS_KEPT,
    "unfinished drafts, and offers": DRAFTS_KEPT,
    "who stood in for whom, after its end": COVERS_KEPT,
    "alarms that are settled, with who got them": ALARMS_KEPT,
    "that a button was pressed twice": PRESSES_KEPT,
    "when Lotse did not run": STANDSTILLS_KEPT,
    "a company that took Lotse out of its Slack, and is in no Teams": PARKED_KEPT,
}


def long_timers(features: Iterable[Feature]) -> frozenset[TimerKind]:
    """Return the kinds of timers that wait until nothing else is due."""
    return frozenset(
        each.kind for feature in features for each in feature.timers if each.takes_long
    )


class Scheduler:
    """Runs due timers, also those that became due while nobody was running."""

    def __init__(
        self,
        database: Database,
        run_timer: Callable[[Timer], Awaitable[None]],
        clock: Clock,
        errands: Mapping[TimerKind, Callable[[Timer], Awaitable[None]]] = {},  # noqa: B006, never changed
        long: Collection[TimerKind] = (),
    ) -> None:
        """`errands` go to a platform before a timer of their kind is carried out.

        Those that take `long` wait until nothing else is due, one at a time.
        """
        self._long = sorted(long)
        self._database = database
        self._run_timer = run_timer
        self._clock = clock
        self._errands = {str(kind): errand for kind, errand in errands.items()}
        self._out: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._cleaned = 0.0
        self._beaten: datetime | None = None  # by the clock that people see
        self.looked: float | None = None  # monotonic time of the last look, for /health

    def wake(self) -> None:
        """A timer may have been set, or the clock been wound."""
        self._woken.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.round()
                await self._clean_sometimes()
            except StorageError as error:  # an outage is a line of the log, and nobody's bug
                log.error("The timers wait until the store can be used: %s", error)
            except Exception:
                # Nothing is lost: leases run out. Without a scheduler nothing would escalate.
                log.exception("The timers could not be carried out; going on in a moment")
            await self._rest()

    async def round(self) -> int:
        """Carry out everything that is due now; return how many timers that were."""
        count = 0
        while True:
            now = self._clock.now()
            await self._beat(now)
            claim = partial(timers.claim, now=now, others=self._long)
            due = await asyncio.wrap_future(self._database.submit(claim, patient=True))
            self.looked = time.monotonic()
            for timer in due:
                if timer.kind in self._errands:  # nobody's alarm waits for a platform
                    task = asyncio.create_task(self._go(timer))
                    self._out.add(task)
                    task.add_done_callback(self._out.discard)
                else:
                    await self._carry_out(timer)
            count += len(due)
            if due:
                continue
            if not await self._one_that_takes_long(now):
                return count
            count += 1

    async def _one_that_takes_long(self, now: datetime) -> bool:
        """Carry out one for which nobody waits, and say whether there was one."""
        if not self._long:
            return False
        claim = partial(timers.claim, now=now, limit=1, kinds=self._long)
        due = await asyncio.wrap_future(self._database.submit(claim, patient=True))
        for timer in due:
            await self._carry_out(timer)
        return bool(due)

    async def _beat(self, now: datetime) -> None:
        """Note once a minute that somebody looks, so that a standstill is known afterwards."""
        if self._beaten is not None and now - self._beaten < heartbeat.EVERY:
            return
        beat = partial(heartbeat.beat, now=now)
        await asyncio.wrap_future(self._database.submit(beat, patient=True))
        self._beaten = now

    async def wound(self, to: datetime) -> None:
        """The demo's clock is wound to a moment: nothing stood still until then."""
        await asyncio.wrap_future(self._database.submit(partial(heartbeat.keep, now=to)))
        self._beaten = to

    async def settle(self) -> None:
        """Wait until everybody who was sent to a platform is back."""
        while self._out:
            await asyncio.wait(self._out)

    async def _go(self, timer: Timer) -> None:
        """Go to a platform for a timer; what was set meanwhile is looked at afterwards."""
        try:
            await self._errand(timer)
            await self._do(timer, lambda tx: timers.back(tx, timer))
        except StorageError as error:
            log.error("The timers wait until the store can be used: %s", error)
        except Exception:  # its lease runs out, then it is tried again
            log.exception("An errand went wrong: %s", timer.kind)
        self.wake()

    async def _errand(self, timer: Timer) -> None:
        try:
            async with asyncio.timeout(ERRAND):
                await self._errands[timer.kind](timer)
        except Wait as refusal:
            await self._again(timer, refusal.seconds, str(refusal), counts=False)
        except (Undelivered, TimeoutError) as error:
            await self._again(timer, 10.0 * 2**timer.attempts, str(error) or "no answer in time")
        else:
            await self._carry_out(timer)

    async def _again(
        self, timer: Timer, seconds: float, reason: str, *, counts: bool = True
    ) -> None:
        later = self._clock.now() + timedelta(seconds=seconds)
        await self._do(timer, lambda tx: timers.retry(tx, timer, later, reason, counts=counts))

    async def _do(self, timer: Timer, work: Callable[[Tx], None]) -> None:
        await asyncio.wrap_future(
            self._database.submit(lambda tx: work(tx.within(timer.workspace)), patient=True)
        )

    async def _carry_out(self, timer: Timer) -> None:
        try:
            await self._run_timer(timer)
        except StorageError as error:
            log.error("The timers wait until the store can be used: %s", error)
        except Exception:  # its lease runs out, then it is tried again
            log.exception("A timer could not be carried out: %s", timer.kind)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    async def _clean_sometimes(self) -> None:
        if time.monotonic() - self._cleaned < CLEANING and self._cleaned:
            return
        self._cleaned = time.monotonic()
        now = self._clock.now()
        await asyncio.wrap_future(self._database.submit(lambda tx: clean(tx, now)))


def clean(tx: Tx, now: datetime) -> None:
    """Let go of what is kept no longer (docs/rules.md, privacy)."""
    inbox.forget(tx, now - ANSWERS_KEPT, now - IDENTITIES_KEPT)
    drafts.forget(tx, now - DRAFTS_KEPT)
    offers.forget(tx, now - DRAFTS_KEPT)
    conversation.forget(tx, now - ANSWERS_KEPT)
    lost_answers.forget(tx, now - ANSWERS_KEPT)
    held_requests.forget(tx, now - HELD_KEPT)
    outbox.forget(tx, now - TEXTS_KEPT, now - PARCELS_KEPT)
    timers.forget(tx, now - TIMERS_KEPT)
    stand_ins.forget(tx, now - COVERS_KEPT)
    button_presses.forget(tx, now - PRESSES_KEPT)
    alarms.forget(tx, now - ALARMS_KEPT, now)
    heartbeat.forget(tx, now - STANDSTILLS_KEPT)
    for company in installations.parked(tx):
        _let_go_of(tx, company, now)


def _let_go_of(tx: Tx, company: Parked, now: datetime) -> None:
    """Delete a company that was parked for long; before that announce it, twice, in the log."""
    inside = tx.within(company.workspace)
    goes = company.since + PARKED_KEPT
    if goes <= now:
        workspaces.delete(inside)
        log.warning("Team %s took Lotse out 30 days ago: all of it is deleted now", company.team)
        return
    told = workspaces.setting(inside, GOING)
    due = [days for days in ANNOUNCED if goes - now <= timedelta(days=days)]
    if due and told != str(due[-1]):
        workspaces.set_setting(inside, GOING, str(due[-1]))
        log.warning(
            "Team %s took Lotse out: unless it is installed there again, all of it is deleted "
            "on %s, in %d days at most",
            company.team,
            goes.date().isoformat(),
            due[-1],
        )


GOING = "deletion announced"  # a parked company's setting: how many days before that was

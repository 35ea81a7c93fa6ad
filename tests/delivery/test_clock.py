"""The clock: when the machine's is set back or forward, nothing is delayed and nothing repeated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.clock import Clock
from handlers.digest import schedule as digest_schedule
from handlers.incidents.keys import IncidentTimer
from storage.delivery import outbox, timers
from storage.delivery.outbox import ParcelKind
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from tests.pretend.stage import DEMO, MONDAY, Say, Stage, furnish

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SET = pytest.mark.parametrize("by", [-HOUR, -DAY, HOUR, DAY], ids=["-1h", "-1d", "+1h", "+1d"])


class Machine:
    """A machine with two clocks: one on the wall, which may be set, and one that only counts."""

    def __init__(self) -> None:
        self.wall = MONDAY.astimezone(UTC)
        self.ticks = 1000.0

    def goes_on(self, time: timedelta) -> None:
        """Let time pass."""
        self.wall += time
        self.ticks += time.total_seconds()

    def clock(self) -> Clock:
        """Return a clock that goes by this machine."""
        return Clock(wall=lambda: self.wall, ticks=lambda: self.ticks)


@pytest.fixture
def machine() -> Machine:
    """A machine whose clock is right, so far."""
    return Machine()


@pytest.fixture
def bot(database: Database, machine: Machine) -> Iterator[Stage]:
    """Everything wired together, by the machine's clock."""
    stage = Stage(database, machine.clock())
    database.transact(lambda tx: furnish(tx, DEMO, stage.clock.now()))
    yield stage
    stage.close()


def test_the_time_never_runs_backwards(machine: Machine) -> None:
    clock = machine.clock()
    before = clock.now()
    machine.wall -= DAY
    assert clock.now() == before
    machine.goes_on(HOUR)
    assert clock.now() == before + HOUR
    machine.wall += DAY  # somebody puts it right
    assert clock.now() == before + HOUR


def test_a_clock_set_forward_is_followed(machine: Machine) -> None:
    clock = machine.clock()
    before = clock.now()
    machine.wall += HOUR
    assert clock.now() == before + HOUR
    machine.goes_on(HOUR)
    assert clock.now() == before + 2 * HOUR


@SET
def test_a_jump_is_told_once(
    machine: Machine, by: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    clock = machine.clock()
    machine.goes_on(DAY)
    clock.now()
    machine.wall += timedelta(seconds=20)  # as clocks are put right every day
    clock.now()
    assert caplog.messages == []
    machine.wall += by
    for _each in range(3):
        clock.now()
    assert caplog.messages == [f"The machine's clock was set by {by.total_seconds():.0f} s"]


@SET
def test_an_incident_escalates_once_and_not_late_when_the_clock_is_set(
    bot: Stage, anna: Say, machine: Machine, by: timedelta
) -> None:
    anna("incident Kasse tot")
    bot.carry()
    machine.wall += by
    bot.carry()
    # Set forward, the limit is over by this clock: it escalates now, as after a pause.
    assert alarms(bot) == (2 if by > timedelta(0) else 1)
    for _each in range(2):
        machine.goes_on(timedelta(minutes=5))
        bot.carry()
    assert alarms(bot) == 2
    bot.carry()
    assert alarms(bot) == 2


def alarms(bot: Stage) -> int:
    """Return how often somebody was alarmed."""
    return len(bot.rows("select 1 as one from timeline where kind = 'alarmed'"))


@SET
def test_the_week_is_told_once_when_the_clock_is_set(
    bot: Stage, machine: Machine, by: timedelta
) -> None:
    begin = machine.wall
    bot.store(
        lambda tx: digest_schedule.plan(tx, id="p", now=begin, zone="Europe/Berlin", region="DE")
    )
    due = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
    machine.goes_on(due - begin - timedelta(minutes=5))
    bot.carry()
    machine.wall += by
    bot.carry()
    machine.goes_on(timedelta(minutes=6))
    bot.carry()
    assert len(bot.sees("leitung")) == 1
    machine.wall -= by
    bot.carry()
    machine.goes_on(DAY)
    bot.carry()
    assert len(bot.sees("leitung")) == 1


def test_a_lease_from_before_the_clock_was_set_back_is_over(database: Database) -> None:
    database.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    now = MONDAY.astimezone(UTC)

    def take(tx: Tx) -> None:
        inside = tx.within(DEMO)
        timers.set(inside, id="t", kind=IncidentTimer.ESCALATION, key="t", due=now)
        outbox.add(
            inside,
            id="o",
            place=PlaceId("local:@ben"),
            key="o",
            kind=ParcelKind.CARD,
            message="x",
            now=now,
        )
        assert timers.claim(tx, now)
        assert outbox.claim(tx, now, set())

    database.transact(take)
    assert database.transact(lambda tx: timers.claim(tx, now)) == []
    assert database.transact(outbox.expired) == []
    for table in ("timers", "outbox"):
        ahead = f"update {table} set lease_until = '2999-01-01T00:00:00.000000Z'"
        database.transact(lambda tx, sql=ahead: tx.run(sql))  # type: ignore[misc]
    assert [each.id for each in database.transact(lambda tx: timers.claim(tx, now))] == ["t"]
    assert [each.id for each in database.transact(outbox.expired)] == ["o"]

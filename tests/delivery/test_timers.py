"""Timers: one per key, taken by one worker, done in the transaction of their effect."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest

from handlers.incidents.keys import IncidentTimer
from storage import workspaces
from storage.delivery import timers
from storage.delivery.timers import Timer
from storage.engine import Database, Tx
from storage.engine.postgres import Postgres
from tests.pretend.stage import DEMO, MONDAY, furnish


@pytest.fixture
def store(database: Database) -> Database:
    """A store with the company in it."""
    database.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    return database


def put(store: Database, key: str, minutes: float = 0, **payload: Any) -> None:
    """Set a timer."""
    due = MONDAY + timedelta(minutes=minutes)
    store.transact(
        lambda tx: timers.set(
            tx.within(DEMO), id=key, kind=IncidentTimer.ESCALATION, key=key, due=due, **payload
        )
    )


def claim(store: Database, minutes: float = 0, limit: int = 20) -> list[Timer]:
    """Take what is due."""
    now = MONDAY + timedelta(minutes=minutes)
    return store.transact(lambda tx: timers.claim(tx, now, limit))


def finish(store: Database, timer: Timer) -> bool:
    """Mark it done."""
    return store.transact(lambda tx: timers.finish(tx.within(DEMO), timer))


def due_of(store: Database, key: str) -> datetime | None:
    """Return when it is due."""
    return store.read(lambda tx: timers.due_of(tx.within(DEMO), key))


def let_leases_run_out(store: Database) -> None:
    """Half a minute passes, and nobody came back."""
    store.transact(
        lambda tx: tx.run(
            """
            update timers set lease_until = '2000-01-01T00:00:00.000000Z'
            where lease_until is not null
            """
        )
    )


def test_a_timer_is_due_at_its_time_and_not_before(store: Database) -> None:
    put(store, "a", 10, number=7, words="Größe „7“")
    assert claim(store, 9.999) == []
    (timer,) = claim(store, 10)
    assert (timer.key, timer.kind, timer.attempts) == ("a", "climb", 1)
    assert timer.payload == {"number": 7, "words": "Größe „7“"}
    assert timer.due_at == MONDAY + timedelta(minutes=10)


def test_the_earliest_come_first_and_not_more_than_asked_for(store: Database) -> None:
    for n in (3, 1, 4, 2, 5, 7, 6):
        put(store, f"{n}", n)
    assert [each.key for each in claim(store, 9, limit=2)] == ["1", "2"]
    assert [each.key for each in claim(store, 9, limit=3)] == ["3", "4", "5"]
    assert [each.key for each in claim(store, 9)] == ["6", "7"]


def test_setting_a_timer_again_moves_it(store: Database) -> None:
    put(store, "a", 10, level=1)
    put(store, "a", 20, level=2)
    assert claim(store, 10) == []
    (timer,) = claim(store, 20)
    assert timer.payload == {"level": 2}


def test_setting_it_again_takes_it_from_whoever_holds_it(store: Database) -> None:
    put(store, "a")
    (held,) = claim(store)
    put(store, "a", 5)
    assert not finish(store, held)
    assert due_of(store, "a") == MONDAY + timedelta(minutes=5)
    (timer,) = claim(store, 5)
    assert timer.attempts == 1
    assert finish(store, timer)


def test_stopping_it_takes_it_from_whoever_holds_it(store: Database) -> None:
    put(store, "a")
    (held,) = claim(store)
    assert store.transact(lambda tx: timers.cancel(tx.within(DEMO), "a"))
    assert not finish(store, held)
    assert not store.transact(lambda tx: timers.cancel(tx.within(DEMO), "a")), "it ran no more"
    let_leases_run_out(store)
    assert claim(store, 60) == []
    put(store, "a", 70)
    assert len(claim(store, 70)) == 1, "and it can be set again"


def test_what_somebody_holds_nobody_else_gets_until_the_lease_runs_out(store: Database) -> None:
    put(store, "a")
    (first,) = claim(store)
    assert claim(store, 24 * 60) == [], "leases go by real time"
    let_leases_run_out(store)
    (second,) = claim(store)
    assert (second.attempts, second.fence) == (2, first.fence + 1)
    assert not finish(store, first), "the fence stops who comes too late"
    assert finish(store, second)
    assert not finish(store, second), "done is done"


def test_it_is_done_together_with_its_effect_or_not_at_all(store: Database) -> None:
    put(store, "a")
    (timer,) = claim(store)

    def effect(tx: Tx, *, fails: bool) -> None:
        assert timers.finish(tx.within(DEMO), timer)
        workspaces.set_setting(tx.within(DEMO), "effect", "there")
        if fails:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.transact(lambda tx: effect(tx, fails=True))
    assert due_of(store, "a") == MONDAY
    store.transact(lambda tx: effect(tx, fails=False))
    assert due_of(store, "a") is None


def test_a_timer_is_never_taken_twice_however_many_workers_come(store: Database) -> None:
    def fill(tx: Tx) -> None:
        for n in range(300):
            timers.set(
                tx.within(DEMO),
                id=f"{n:03}",
                kind=IncidentTimer.ESCALATION,
                key=f"{n:03}",
                due=MONDAY,
            )

    store.transact(fill)
    taken: list[str] = []
    barrier = threading.Barrier(4)

    def worker() -> None:
        barrier.wait(10)
        while found := claim(store, limit=7):
            taken.extend(each.key for each in found)

    workers = [threading.Thread(target=worker) for _each in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(30)
    taken.extend(each.key for each in claim(store, limit=300))
    assert sorted(taken) == [f"{n:03}" for n in range(300)]


def test_two_workers_at_the_same_timer_in_the_same_moment(postgres: Postgres) -> None:
    postgres.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    for n in range(40):
        put(postgres, f"{n}")
        barrier = threading.Barrier(3)

        def look(tx: Tx, barrier: threading.Barrier = barrier) -> int:
            tx.rows("select 1 as one")
            barrier.wait(10)
            return len(timers.claim(tx, MONDAY))

        both = [postgres.submit(look) for _each in range(3)]
        assert sorted(each.result(10) for each in both) == [0, 0, 1]


def test_one_that_fails_five_times_is_dead_and_stays_visible(store: Database) -> None:
    put(store, "poison")
    now = MONDAY
    for tries in range(1, 6):
        (timer,) = store.transact(lambda tx, now=now: timers.claim(tx, now))  # type: ignore[misc]
        assert timer.attempts == tries
        now += timedelta(minutes=1)

        def fail(tx: Tx, timer: Timer = timer, now: datetime = now) -> None:
            tx = tx.within(DEMO)
            assert timers.finish(tx, timer)
            timers.retry(tx, timer, now, "KeyError")  # which also undoes the finish

        store.transact(fail)
    assert claim(store, 24 * 60) == []
    rows = store.read(lambda tx: tx.rows("select state, reason from timers"))
    assert rows == [{"state": "dead", "reason": "KeyError"}]
    assert store.read(lambda tx: timers.health(tx, MONDAY)) == (0, 1)


def test_a_failure_says_nothing_about_what_was_set_meanwhile(store: Database) -> None:
    put(store, "a")
    (held,) = claim(store)
    put(store, "a", 5, level=2)
    store.transact(
        lambda tx: timers.retry(tx.within(DEMO), held, MONDAY + timedelta(hours=9), "late")
    )
    assert due_of(store, "a") == MONDAY + timedelta(minutes=5)


def test_a_timer_can_be_hastened_but_not_delayed_by_that(store: Database) -> None:
    put(store, "a", 10)
    sooner = MONDAY + timedelta(minutes=3)
    later = MONDAY + timedelta(minutes=30)
    assert store.transact(lambda tx: timers.hasten(tx.within(DEMO), "a", sooner))
    assert due_of(store, "a") == sooner
    assert not store.transact(lambda tx: timers.hasten(tx.within(DEMO), "a", later))
    assert due_of(store, "a") == sooner
    assert not store.transact(lambda tx: timers.hasten(tx.within(DEMO), "nothing", sooner))


def test_the_next_time_to_look_is_known(store: Database) -> None:
    assert store.read(timers.next_due) is None
    put(store, "a", 2)
    put(store, "b", 1)
    assert store.read(timers.next_due) == MONDAY + timedelta(minutes=1)


def test_what_is_overdue_by_a_minute_is_seen(store: Database) -> None:
    put(store, "a")

    def overdue(seconds: int) -> int:
        return store.read(lambda tx: timers.health(tx, MONDAY + timedelta(seconds=seconds)))[0]

    assert (overdue(60), overdue(61)) == (0, 1)


def test_at_the_latest_keeps_what_is_sooner_and_sets_what_does_not_wait(store: Database) -> None:
    def by(minutes: int) -> datetime | None:
        due = MONDAY + timedelta(minutes=minutes)
        store.transact(
            lambda tx: timers.at_the_latest(
                tx.within(DEMO), id=f"id{minutes}", kind=IncidentTimer.ESCALATION, key="b", due=due
            )
        )
        return due_of(store, "b")

    assert by(9) == MONDAY + timedelta(minutes=9), "it did not run"
    assert by(5) == MONDAY + timedelta(minutes=5)
    assert by(7) == MONDAY + timedelta(minutes=5)
    store.transact(lambda tx: timers.cancel(tx.within(DEMO), "b"))
    assert by(8) == MONDAY + timedelta(minutes=8), "what was cancelled is set anew"

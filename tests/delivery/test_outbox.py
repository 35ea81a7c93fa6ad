"""The outbox: what is stored there, who may take it, and what becomes of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
import pytest

from handlers.incidents.keys import IncidentTimer
from storage.delivery import outbox, timers
from storage.delivery.outbox import Parcel, ParcelKind
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from storage.engine.postgres import Postgres
from tests.pretend.stage import DEMO, MONDAY, furnish

BEN = "local:@ben"
Finish = Callable[[Tx, Parcel, str, datetime], bool]
CARLA = "local:@carla"
ROOM = "local:stoerungen"


@pytest.fixture
def store(database: Database) -> Database:
    """A store with the company in it."""
    database.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    return database


def put(
    store: Database,
    key: str,
    place: str = BEN,
    *,
    kind: ParcelKind = ParcelKind.ALARM,
    says: str = "hello",
    now: datetime = MONDAY,
    otherwise: str | None = None,
    id: str | None = None,
) -> None:
    """Store a message."""
    fresh = id or f"{key}@{place}#{says}"
    store.transact(
        lambda tx: outbox.add(
            tx.within(DEMO),
            id=fresh,
            place=PlaceId(place),
            key=key,
            kind=kind,
            message=says,
            now=now,
            otherwise=otherwise,
        )
    )


def claim(
    store: Database,
    now: datetime = MONDAY,
    *,
    busy: set[tuple[str, str]] | None = None,
    limit: int = 20,
) -> list[Parcel]:
    """Take what may go out."""
    return store.transact(lambda tx: outbox.claim(tx, now, busy or set(), limit))


def sent(store: Database, parcel: Parcel, id: str = "m1") -> bool:
    """The platform has it."""
    return store.transact(lambda tx: outbox.mark_sent(tx.within(DEMO), parcel, id, MONDAY))


def again(store: Database, parcel: Parcel, seconds: float = 5, *, copy: bool = False) -> bool:
    """Put it back for later."""
    later = MONDAY + timedelta(seconds=seconds)
    return store.transact(
        lambda tx: outbox.again(tx.within(DEMO), parcel, later, "because", copy=copy)
    )


def states(store: Database, key: str) -> list[tuple[str, str]]:
    """Return text and state of every row of a key, oldest first."""
    rows = store.read(
        lambda tx: tx.rows(
            "select message, state from outbox where key = :key order by id", key=key
        )
    )
    return [(row["message"], row["state"]) for row in rows]


def let_leases_run_out(store: Database) -> None:
    """Half a minute passes, and nobody came back."""
    store.transact(
        lambda tx: tx.run(
            "update outbox set lease_until = '2000-01-01T00:00:00.000000Z' where state = 'leased'"
        )
    )


def test_alarms_go_first_then_the_oldest(store: Database) -> None:
    second = MONDAY + timedelta(seconds=1)
    put(store, "digest", kind=ParcelKind.DIGEST)
    put(store, "late card", kind=ParcelKind.CARD, now=second)
    put(store, "card", kind=ParcelKind.CARD)
    put(store, "note", kind=ParcelKind.NOTE)
    put(store, "late alarm", now=second)
    put(store, "alarm")
    order = []
    while parcels := claim(store, second):
        (parcel,) = parcels
        order.append(parcel.key)
        assert sent(store, parcel)
    assert order == ["alarm", "late alarm", "note", "card", "late card", "digest"]

    for kind in map(ParcelKind, ("digest", "card", "alarm", "note")):
        put(store, kind, f"local:{kind}", kind=kind)
    assert [each.key for each in claim(store)] == ["alarm", "note", "card", "digest"]


def test_what_is_not_yet_on_its_way_is_replaced_by_what_is_newer(store: Database) -> None:
    put(store, "card", kind=ParcelKind.ALARM, says="old", id="1")
    put(store, "card", kind=ParcelKind.CARD, says="newer", id="2")
    put(store, "card", CARLA, kind=ParcelKind.CARD, says="elsewhere", id="3")
    parcels = claim(store)
    assert [(each.place, each.message) for each in parcels] == [
        (BEN, "newer"),
        (CARLA, "elsewhere"),
    ]
    assert states(store, "card") == [("newer", "leased"), ("elsewhere", "leased")]


def test_replacing_something_urgent_does_not_make_it_wait(store: Database) -> None:
    put(store, "a card", kind=ParcelKind.CARD)
    put(store, "alarm", kind=ParcelKind.ALARM, says="come")
    put(store, "alarm", kind=ParcelKind.CARD, says="come, it is serious")
    assert [each.key for each in claim(store, limit=1)] == ["alarm"]


def test_what_is_newer_waits_for_its_forerunner_and_then_edits_it(store: Database) -> None:
    put(store, "card", says="first", id="1")
    (first,) = claim(store)
    put(store, "card", says="second", id="2")
    put(store, "card", says="third", id="3")
    assert claim(store) == [], "the id is not known yet"
    assert sent(store, first, "m7")
    (second,) = claim(store)
    assert (second.message, second.external_id) == ("third", "m7")
    assert sent(store, second, "m7")
    assert states(store, "card") == [("first", "sent"), ("third", "sent")]


def test_of_each_place_one_goes_out_at_a_time(store: Database) -> None:
    put(store, "card", kind=ParcelKind.CARD)
    put(store, "alarm", now=MONDAY + timedelta(seconds=1))
    put(store, "card", CARLA, kind=ParcelKind.CARD)
    later = MONDAY + timedelta(seconds=2)
    first = claim(store, later)
    assert [(each.key, each.place) for each in first] == [("alarm", BEN), ("card", CARLA)]
    assert claim(store, later) == [], "nobody knows yet what became of those"
    assert sent(store, first[0])
    assert [(each.key, each.place) for each in claim(store, later)] == [("card", BEN)]


def test_what_is_put_off_holds_nothing_up(store: Database) -> None:
    put(store, "alarm")
    put(store, "card", kind=ParcelKind.CARD)
    (parcel,) = claim(store)
    assert again(store, parcel, 5)
    assert [each.key for each in claim(store)] == ["card"]


def test_one_place_can_be_looked_at_alone(store: Database) -> None:
    put(store, "card", BEN)
    put(store, "card", CARLA)
    only = store.transact(lambda tx: outbox.claim(tx, MONDAY, set(), only=(DEMO, CARLA)))
    assert [each.place for each in only] == [CARLA]


def test_nothing_is_taken_before_its_time(store: Database) -> None:
    put(store, "card")
    (parcel,) = claim(store)
    assert again(store, parcel, 5)
    assert claim(store, MONDAY + timedelta(seconds=4)) == []
    (parcel,) = claim(store, MONDAY + timedelta(seconds=5))
    assert (parcel.attempts, parcel.copies, parcel.again) == (2, 0, False)


def test_a_place_that_asked_for_a_pause_is_left_alone(store: Database) -> None:
    put(store, "a", BEN)
    put(store, "b", CARLA)
    put(store, "c", ROOM, kind=ParcelKind.CARD)
    (parcel,) = claim(store, busy={(DEMO, BEN), (DEMO, ROOM)})
    assert parcel.place == CARLA
    assert sent(store, parcel)
    put(store, "d", CARLA)
    assert claim(store, busy={(DEMO, "local:")}) == [], "the whole company pauses"
    elsewhere = {("another", "local:"), (DEMO, "local:elsewhere"), (DEMO, "teams:"), (DEMO, "loc:")}
    assert len(claim(store, busy=elsewhere)) == 3


def test_many_pauses_at_once_still_make_a_statement(store: Database) -> None:
    for most in (10, 100, 5000):
        put(store, f"{most}", BEN)
        busy = {(DEMO, f"local:{n}") for n in range(most)}
        (parcel,) = claim(store, busy=busy)
        assert parcel.place == BEN
        assert sent(store, parcel)


def test_nobody_takes_more_than_they_asked_for(store: Database) -> None:
    for n in range(30):
        put(store, f"{n:02}", f"local:{n:02}")
    assert len(claim(store, limit=2)) == 2
    assert len(claim(store, limit=20)) == 20
    let_leases_run_out(store)
    assert len(store.transact(lambda tx: outbox.expired(tx, 5))) == 5


def test_a_row_is_never_taken_twice_however_many_couriers_come(store: Database) -> None:
    def fill(tx: Tx) -> None:
        for n in range(400):
            outbox.add(
                tx.within(DEMO),
                id=f"{n:03}",
                place=PlaceId(f"local:{n % 7}"),
                key=f"{n}",
                kind=ParcelKind.CARD,
                message="x",
                now=MONDAY,
            )

    store.transact(fill)
    taken: list[str] = []
    barrier = threading.Barrier(4)

    def courier() -> None:
        barrier.wait(10)
        while len(taken) < 400:
            for each in claim(store, limit=7):
                taken.append(each.id)
                sent(store, each)

    couriers = [threading.Thread(target=courier) for _each in range(4)]
    for each in couriers:
        each.start()
    for each in couriers:
        each.join(30)
    assert sorted(taken) == [f"{n:03}" for n in range(400)]


def test_two_couriers_at_the_same_row_in_the_same_moment(postgres: Postgres) -> None:
    postgres.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    for n in range(40):
        put(postgres, f"{n}")
        barrier = threading.Barrier(3)

        def look(tx: Tx, barrier: threading.Barrier = barrier) -> int:
            tx.rows("select 1 as one")  # the transaction is open already
            barrier.wait(10)
            return len(outbox.claim(tx, MONDAY, set()))

        both = [postgres.submit(look) for _each in range(3)]
        assert sorted(each.result(10) for each in both) == [0, 0, 1]
        let_leases_run_out(postgres)
        (parcel,) = postgres.transact(outbox.expired)
        assert sent(postgres, parcel)


def test_a_courier_s_lease_holds_until_it_runs_out(store: Database) -> None:
    put(store, "card")
    claim(store)
    assert store.transact(outbox.expired) == []
    assert claim(store, MONDAY + timedelta(days=1)) == [], "leases go by real time"
    let_leases_run_out(store)
    (lost,) = store.transact(outbox.expired)
    assert (lost.key, lost.again) == ("card", True)
    assert store.transact(outbox.expired) == [], "it has a new owner now"


def test_the_fence_stops_a_courier_that_comes_too_late(store: Database) -> None:
    put(store, "card")
    (late,) = claim(store)
    let_leases_run_out(store)
    (owner,) = store.transact(outbox.expired)
    assert not sent(store, late, "too late")
    assert not again(store, late)
    for finish in (outbox.park, outbox.bury, outbox.uncertain):
        assert not store.transact(
            lambda tx, finish=finish: finish(tx.within(DEMO), late, "late", MONDAY)  # type: ignore[misc]
        )
    assert states(store, "card") == [("hello", "leased")]
    assert sent(store, owner, "in time")
    assert not again(store, owner), "what is sent is sent"
    put(store, "card", says="next")
    assert claim(store)[0].external_id == "in time"


def test_an_unsent_message_is_not_tried_again_when_something_newer_waits(store: Database) -> None:
    put(store, "card", says="old", id="1")
    (parcel,) = claim(store)
    put(store, "card", says="new", id="2")
    assert again(store, parcel)
    assert states(store, "card") == [("old", "cancelled"), ("new", "pending")]


def test_something_newer_may_come_in_the_very_moment_of_putting_back(postgres: Postgres) -> None:
    postgres.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    put(postgres, "card", says="old", id="1")
    (parcel,) = claim(postgres)
    added, go_on = threading.Event(), threading.Event()

    def newer(tx: Tx) -> None:
        outbox.add(
            tx.within(DEMO),
            id="2",
            place=PlaceId(BEN),
            key="card",
            kind=ParcelKind.ALARM,
            message="new",
            now=MONDAY,
        )
        tx.rows("select 1 as one")  # until something is asked, nothing is sent
        added.set()
        assert go_on.wait(10)

    adding = postgres.submit(newer)
    assert added.wait(10)
    back = postgres.submit(lambda tx: outbox.again(tx.within(DEMO), parcel, MONDAY, "because"))
    wait_until_somebody_waits(postgres.url)
    go_on.set()
    adding.result(10)
    assert back.result(10)
    assert states(postgres, "card") == [("old", "cancelled"), ("new", "pending")]


def wait_until_somebody_waits(url: str) -> None:
    """Return once a transaction waits for another one's lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            row = connection.execute("select count(*) from pg_locks where not granted").fetchone()
            if row and row[0]:
                return
            time.sleep(0.002)
    raise AssertionError("nobody waits")


def test_what_is_not_needed_any_more_is_taken_back(store: Database) -> None:
    put(store, "alarm", BEN, says="unsent")
    put(store, "alarm", CARLA, says="sent")
    (parcel,) = [each for each in claim(store) if each.place == CARLA]
    sent(store, parcel)
    let_leases_run_out(store)
    (bens,) = store.transact(outbox.expired)
    again(store, bens)
    put(store, "alarm", CARLA, says="sent, changed")
    assert store.transact(lambda tx: outbox.cancel(tx.within(DEMO), "alarm", "done")) == 1
    left = claim(store, MONDAY + timedelta(minutes=1))
    assert [(each.place, each.message) for each in left] == [(CARLA, "sent, changed")]
    where = store.read(lambda tx: outbox.places_of(tx.within(DEMO), "alarm"))
    assert where == [CARLA]


def test_what_may_have_arrived_is_told_the_end_of_the_story(store: Database) -> None:
    """Taken back while nobody knows whether its first copy arrived: it must not stay as it is."""
    put(store, "alarm", BEN, says="will you?", id="1")
    (parcel,) = claim(store)
    again(store, parcel, copy=True)

    def settle(tx: Tx) -> list[str]:
        outbox.cancel(tx.within(DEMO), "alarm", "no longer needed")
        return outbox.places_of(tx.within(DEMO), "alarm")

    assert store.transact(settle) == [BEN]
    put(store, "alarm", BEN, says="settled", id="2")
    (parcel,) = claim(store, MONDAY + timedelta(minutes=1))
    assert parcel.message == "settled", "and the question itself does not go out again"


def test_a_message_is_where_it_stands_or_is_on_its_way(store: Database) -> None:
    def where() -> list[str]:
        return store.read(lambda tx: outbox.places_of(tx.within(DEMO), "card"))

    assert where() == []
    put(store, "card", BEN)
    put(store, "card", ROOM)
    assert where() == [BEN, ROOM]
    parcels = claim(store)
    assert where() == [BEN, ROOM]
    for each in parcels:
        sent(store, each, each.place)
    assert where() == [BEN, ROOM]
    store.transact(lambda tx: outbox.unparcel(tx.within(DEMO), PlaceId(BEN), "card"))
    assert where() == [ROOM]


@pytest.mark.parametrize(
    ("finish", "state"),
    [(outbox.uncertain, "ambiguous"), (outbox.park, "parked"), (outbox.bury, "dead")],
)
def test_what_cannot_be_delivered_is_kept_with_its_reason_and_hastens_what_comes_next(
    store: Database, finish: Finish, state: str
) -> None:
    soon = MONDAY + timedelta(minutes=10)

    def prepare(tx: Tx) -> None:
        tx = tx.within(DEMO)
        for key in ("climb", "other"):
            timers.set(tx, id=key, kind=IncidentTimer.ESCALATION, key=key, due=soon)

    store.transact(prepare)
    put(store, "alarm", otherwise="climb")
    (parcel,) = claim(store)
    now = MONDAY + timedelta(seconds=3)
    assert store.transact(lambda tx: finish(tx.within(DEMO), parcel, "gone away", now))

    def look(tx: Tx) -> None:
        inside = tx.within(DEMO)
        (stuck,) = outbox.stuck(inside)
        assert (stuck.place, stuck.key, stuck.state, stuck.reason) == (
            BEN, "alarm", state, "gone away",
        )  # fmt: skip
        assert timers.due_of(inside, "climb") == now
        assert timers.due_of(inside, "other") == soon
        health = outbox.health(tx, now)
        expected = {"waiting": 0, "late": 0, "uncertain": 0, "parked": 0, "dead": 0, "held": 0}
        expected[{"ambiguous": "uncertain"}.get(state, state)] = 1
        assert health == expected

    store.read(look)
    assert claim(store, MONDAY + timedelta(days=1)) == []


def test_what_comes_next_is_not_hastened_when_something_newer_replaces_the_alarm(
    store: Database,
) -> None:
    """The alarm was answered meanwhile, and the same timer waits for something else now."""
    later = MONDAY + timedelta(minutes=60)
    put(store, "alarm", otherwise="climb")
    (parcel,) = claim(store)

    def answered(tx: Tx) -> None:
        tx = tx.within(DEMO)
        timers.set(tx, id="t", kind=IncidentTimer.ESCALATION, key="climb", due=later)
        outbox.add(
            tx,
            id="2",
            place=PlaceId(BEN),
            key="alarm",
            kind=ParcelKind.CARD,
            message="settled",
            now=MONDAY,
        )

    store.transact(answered)
    assert store.transact(lambda tx: outbox.park(tx.within(DEMO), parcel, "x", MONDAY))
    assert store.read(lambda tx: timers.due_of(tx.within(DEMO), "climb")) == later


def test_the_answer_may_come_in_the_very_moment_of_the_failure(postgres: Postgres) -> None:
    postgres.transact(lambda tx: furnish(tx, DEMO, MONDAY))
    later = MONDAY + timedelta(minutes=60)
    put(postgres, "alarm", otherwise="climb")
    postgres.transact(
        lambda tx: timers.set(
            tx.within(DEMO), id="t", kind=IncidentTimer.ESCALATION, key="climb", due=later
        )
    )
    (parcel,) = claim(postgres)
    stopped, go_on = threading.Event(), threading.Event()

    def answer(tx: Tx) -> None:
        tx = tx.within(DEMO)
        timers.cancel(tx, "climb")
        stopped.set()
        assert go_on.wait(10)
        timers.set(tx, id="t", kind=IncidentTimer.ESCALATION, key="climb", due=later)
        outbox.add(
            tx,
            id="2",
            place=PlaceId(BEN),
            key="alarm",
            kind=ParcelKind.CARD,
            message="settled",
            now=MONDAY,
        )

    answering = postgres.submit(answer)
    assert stopped.wait(10)
    parking = postgres.submit(lambda tx: outbox.park(tx.within(DEMO), parcel, "x", MONDAY))
    wait_until_somebody_waits(postgres.url)
    go_on.set()
    answering.result(10)
    assert parking.result(10)
    assert postgres.read(lambda tx: timers.due_of(tx.within(DEMO), "climb")) == later


def test_what_waits_too_long_is_seen(store: Database) -> None:
    put(store, "a")
    put(store, "b", now=MONDAY + timedelta(minutes=10))

    def late(minutes: int) -> object:
        now = MONDAY + timedelta(minutes=minutes)
        return store.read(lambda tx: outbox.health(tx, now))["late"]

    assert (late(10), late(11), late(21)) == (0, 1, 2)


def test_the_next_time_to_look_is_known(store: Database) -> None:
    assert store.read(outbox.next_due) is None
    put(store, "a", now=MONDAY + timedelta(minutes=2))
    put(store, "b", now=MONDAY + timedelta(minutes=1))
    assert store.read(outbox.next_due) == MONDAY + timedelta(minutes=1)


def test_texts_are_let_go_of_once_they_are_long_finished(store: Database) -> None:
    put(store, "old", says="secret", id="1")
    sent(store, claim(store)[0])
    put(store, "waits", says="kept", id="2")
    before = MONDAY + timedelta(seconds=1)
    assert store.transact(lambda tx: outbox.forget(tx, MONDAY, MONDAY)) == 0
    assert store.transact(lambda tx: outbox.forget(tx, before, MONDAY)) == 1
    assert states(store, "old") == [("", "sent")]
    assert store.transact(lambda tx: outbox.forget(tx, before, before)) == 1
    assert states(store, "old") == []
    assert states(store, "waits") == [("kept", "pending")]

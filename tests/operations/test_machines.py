"""Several machines on one PostgreSQL: woken at once, one clock, and an older program stays out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest

from handlers.incidents.keys import IncidentTimer
from storage.delivery import outbox, timers
from storage.delivery.outbox import ParcelKind
from storage.engine import NewerSchema, StorageError, Tx
from storage.engine.ids import PlaceId
from storage.engine.postgres import Postgres
from storage.engine.sql import as_moment
from tests.pretend import server
from tests.pretend.stage import DEMO, MONDAY, furnish


@pytest.fixture
def two(postgres: Postgres) -> Iterator[tuple[Postgres, Postgres]]:
    """Give two machines on one database."""
    with closing(Postgres(postgres.url)) as one, closing(Postgres(postgres.url)) as other:
        one.transact(lambda tx: furnish(tx, DEMO, MONDAY))
        yield one, other


def test_what_one_stores_wakes_the_other(two: tuple[Postgres, Postgres]) -> None:
    """A post is seen as soon as it is committed; the figure itself is measured in `make soak`."""
    one, other = two
    woken = threading.Event()
    other.listen(woken.set)
    for _try in range(200):  # until it listens
        one.transact(lambda tx: tx.signal())
        if woken.wait(0.05):
            break
    waits = []
    for _each in range(5):
        woken.clear()
        begin = time.monotonic()
        one.transact(lambda tx: tx.signal())
        assert woken.wait(5), "nobody was woken"
        waits.append(time.monotonic() - begin)
    assert min(waits) < 1.0, "this is polling, not waking"


def test_a_rolled_back_change_wakes_nobody(two: tuple[Postgres, Postgres]) -> None:
    one, other = two
    heard: list[int] = []
    listening = threading.Event()

    def hear() -> None:
        heard.append(1)
        listening.set()

    other.listen(hear)
    for _try in range(200):
        one.transact(lambda tx: tx.signal())
        if listening.wait(0.05):
            break

    def fails(tx: Tx) -> None:
        tx.signal()
        raise RuntimeError

    listening.clear()
    heard.clear()
    for _each in range(3):
        with pytest.raises(RuntimeError):
            one.transact(fails)
    marker = threading.Event()
    other.listen(marker.set)  # a later signal has passed all earlier ones
    for _try in range(200):
        one.transact(lambda tx: tx.signal())
        if marker.wait(0.05):
            break
    assert len(heard) <= _try + 1


def test_leases_go_by_the_database_s_clock_on_both(two: tuple[Postgres, Postgres]) -> None:
    one, other = two

    def post(tx: Tx) -> None:
        outbox.add(
            tx.within(DEMO), id="1", place=PlaceId("local:@ben"), key="k", kind=ParcelKind.NOTE,
            message="{}", now=MONDAY,
        )  # fmt: skip
        timers.set(tx.within(DEMO), id="t", kind=IncidentTimer.ESCALATION, key="t", due=MONDAY)

    one.transact(post)
    # The machine that claims is a day ahead with what it shows people: the lease is not.
    ahead = MONDAY + timedelta(days=1)
    (parcel,) = one.transact(lambda tx: outbox.claim(tx, ahead, set()))
    (timer,) = one.transact(lambda tx: timers.claim(tx, ahead))
    rows = other.read(
        lambda tx: tx.rows(
            "select lease_until from outbox union all select lease_until from timers "
            "where lease_until is not null"
        )
    )
    real = as_moment(other.read(lambda tx: tx.real_now()))
    for row in rows:
        left = as_moment(row["lease_until"]) - real
        assert timedelta(0) < left <= outbox.LEASE
    assert other.transact(lambda tx: outbox.claim(tx, ahead, set())) == []
    assert other.transact(outbox.expired) == []
    assert other.transact(lambda tx: timers.claim(tx, ahead)) == []
    assert parcel.fence == 1 and timer.fence == 1


def test_each_row_is_claimed_once_by_machines_that_run_at_the_same_moment(
    two: tuple[Postgres, Postgres],
) -> None:
    one, other = two
    rows = 60

    def fill(tx: Tx) -> None:
        for n in range(rows):
            outbox.add(
                tx.within(DEMO),
                id=f"{n:03}",
                place=PlaceId(f"local:{n}"),
                key="k",
                kind=ParcelKind.NOTE,
                message="{}",
                now=MONDAY,
            )

    one.transact(fill)
    taken: list[str] = []
    barrier = threading.Barrier(4)

    def claim(database: Postgres) -> None:
        barrier.wait()
        while found := database.transact(lambda tx: outbox.claim(tx, MONDAY, set(), limit=5)):
            taken.extend(each.id for each in found)

    threads = [threading.Thread(target=claim, args=(each,)) for each in (one, other) * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(taken) == [f"{n:03}" for n in range(rows)]


def test_an_older_program_stays_out_of_a_newer_database(postgres_url: str) -> None:
    """A rolling upgrade: the new one migrates, the old one that starts again refuses."""
    with server.database(postgres_url, "lotse_test_newer") as url:
        with closing(Postgres(url)) as running:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "insert into migrations values (9999, 'from the future', '2099')"
                )
            # What runs already goes on: it only knows less.
            running.transact(lambda tx: furnish(tx, DEMO, MONDAY))
            with pytest.raises(NewerSchema, match="9999"):
                Postgres(url)
        assert issubclass(NewerSchema, StorageError)


def test_a_server_that_forgets_is_refused(postgres_url: str) -> None:
    with server.database(postgres_url, "lotse_test_forgets") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute(f'alter database "{name}" set synchronous_commit = off'.encode())
        with pytest.raises(StorageError, match="synchronous_commit=off"):
            Postgres(url)

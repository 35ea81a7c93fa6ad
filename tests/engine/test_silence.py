"""PostgreSQL that is not there, that is silent, or whose address is odd; and whose time it is."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import app
from bot.config import BadSettings, Settings
from bot.delivery import clock
from handlers.incidents.keys import IncidentTimer
from storage import workspaces
from storage.delivery import timers
from storage.engine import StorageError, Tx, Unavailable
from storage.engine.address import Unreadable, read
from storage.engine.pool import Limits, ServerClock
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from storage.workspaces import Workspace
from tests.pretend.silent_proxy import SilentProxy, silent_proxy
from tests.pretend.stage import DEMO, MONDAY, furnish

SOON = Limits(answer=1.5, silence=0.4, unused=60.0, check=0.3, connect=2.0)


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[SilentProxy]:
    """Give a way to the empty database that can forget connections; workspace a is there."""
    postgres.transact(
        lambda tx: workspaces.ensure(tx, Workspace("a", "a", "de", "Europe/Berlin", "DE"), MONDAY)
    )
    with silent_proxy(postgres.url) as way:
        yield way


def note(name: str) -> Callable[[Tx], None]:
    """Return a piece of work that stores a setting in workspace a."""
    return lambda tx: workspaces.set_setting(tx.within("a"), name, "x")


def noted(database: Postgres) -> list[str]:
    """Return what was noted."""
    rows = database.read(lambda tx: tx.rows("select name from settings order by name"))
    return [row["name"] for row in rows]


# --- silence -----------------------------------------------------------------------------


def test_a_connection_that_died_silently_is_refused_in_time_and_replaced(
    proxy: SilentProxy,
) -> None:
    with closing(Postgres(proxy.url, limits=SOON)) as database:
        database.transact(note("before"))
        proxy.forget()
        with pytest.raises(Unavailable, match="no answer within"):
            database.submit(note("lost")).result(5)
        assert "no answer" in (database.trouble() or "")
        database.submit(note("after")).result(5)
        assert database.trouble() is None
        assert noted(database) == ["after", "before"]


def test_who_shares_a_commit_with_others_is_stored_over_a_new_connection(
    proxy: SilentProxy,
) -> None:
    started, go_on = threading.Event(), threading.Event()

    def first(tx: Tx) -> None:
        started.set()
        go_on.wait(10)

    with closing(Postgres(proxy.url, limits=SOON)) as database:
        before = database.submit(first, "a")
        assert started.wait(10)
        futures = [database.submit(note(f"{n}"), "a") for n in range(5)]
        go_on.set()
        before.result(5)
        for each in futures:
            each.result(5)
        lane = [database.submit(note(f"lane {n}"), "a") for n in range(3)]
        proxy.forget()
        for each in lane:
            assert isinstance(each.exception(5), Unavailable | None)
        assert set(noted(database)) >= {"0", "1", "2", "3", "4"}


def test_one_that_is_lost_makes_all_others_suspect(proxy: SilentProxy) -> None:
    barrier = threading.Barrier(3)
    with closing(Postgres(proxy.url, limits=SOON)) as database:
        meet = [database.submit(lambda tx: barrier.wait(10) and None) for _n in range(3)]
        for each in meet:
            each.result(10)
        database.read(lambda tx: tx.rows("select 1 as one"))
        proxy.forget()
        with pytest.raises(Unavailable):
            database.submit(note("lost")).result(5)
        for n in range(6):  # no other connection is tried that was open then
            database.submit(note(f"{n}")).result(5)
        assert noted(database) == [f"{n}" for n in range(6)]


def test_a_connection_that_was_idle_is_looked_at_before_it_is_used(proxy: SilentProxy) -> None:
    with closing(Postgres(proxy.url, limits=replace(SOON, unused=0.0))) as database:
        database.transact(note("before"))
        proxy.forget()
        database.submit(note("after")).result(5)
        assert noted(database) == ["after", "before"]


def test_a_server_that_takes_connections_and_says_nothing_is_told_in_time(
    proxy: SilentProxy,
) -> None:
    with closing(Postgres(proxy.url, limits=SOON)) as database:
        database.transact(note("before"))
        proxy.deaf = True
        proxy.forget()
        futures: list[Future[Any]] = [database.submit(note(f"{n}")) for n in range(12)]
        futures.append(database.submit_read(lambda tx: tx.rows("select 1 as one")))
        for each in futures:
            assert isinstance(each.exception(20), Unavailable)
        # A thread is silent for 0.4 s, then one connects for 2 s (libpq takes no less); whoever
        # waited behind that for longer than 1.5 s is told at once.
        assert proxy.unanswered <= 6
        assert database.trouble() is not None
        proxy.deaf = False
        database.submit(note("after")).result(10)
        assert noted(database) == ["after", "before"]


def test_while_a_server_refuses_nobody_waits_for_as_long_as_the_first(
    proxy: SilentProxy,
) -> None:
    limits = replace(SOON, answer=60.0, known=0.3)
    with closing(Postgres(proxy.url, limits=limits)) as database:
        database.transact(note("before"))
        proxy.deaf = True
        proxy.forget()
        assert isinstance(database.submit(note("first")).exception(30), Unavailable)
        assert database.trouble() is not None
        assert isinstance(database.submit(note("next")).exception(30), Unavailable)


def test_every_connection_has_the_limits_that_we_promise(postgres: Postgres) -> None:
    def look(tx: Tx) -> dict[str, str]:
        names = (
            "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
            "transaction_isolation", "transaction_read_only",
        )  # fmt: skip
        return {each: tx.rows(f"show {each}")[0][each] for each in names}

    writing = {
        "statement_timeout": "8s", "lock_timeout": "8s",
        "idle_in_transaction_session_timeout": "10s",
        "transaction_isolation": "read committed", "transaction_read_only": "off",
    }  # fmt: skip
    assert postgres.transact(look) == writing
    assert postgres.read(look) == {
        **writing, "transaction_isolation": "repeatable read", "transaction_read_only": "on"
    }  # fmt: skip
    kernel = Limits().parameters()
    assert (kernel["keepalives"], kernel["keepalives_idle"], kernel["tcp_user_timeout"]) == (
        1, 5, 5000
    )  # fmt: skip
    silent = kernel["keepalives_idle"] + kernel["keepalives_interval"] * kernel["keepalives_count"]
    assert silent < 10 and Limits().silence < 10 and Limits().answer < 10
    assert Limits().statement < Limits().silence, "the server itself speaks first"


def test_slow_readers_keep_nobody_from_writing(postgres: Postgres) -> None:
    postgres.transact(
        lambda tx: workspaces.ensure(tx, Workspace("a", "a", "de", "Europe/Berlin", "DE"), MONDAY)
    )
    go_on = threading.Event()
    slow = [postgres.submit_read(lambda tx: go_on.wait(30)) for _n in range(8)]
    try:
        for n in range(4):
            postgres.submit(note(f"{n}")).result(10)
    finally:
        go_on.set()
    for each in slow:
        each.result(10)
    assert noted(postgres) == ["0", "1", "2", "3"]


# --- whose time it is --------------------------------------------------------------------


def set_timer(key: str, due: datetime) -> Callable[[Tx], None]:
    """Return a piece of work that sets a timer."""
    return lambda tx: timers.set(
        tx.within(DEMO), id=key, kind=IncidentTimer.ESCALATION, key=key, due=due
    )


def test_a_worker_whose_clock_is_ahead_takes_nothing_early(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = timedelta(hours=2)

    class Ahead(datetime):
        """A machine's clock that was set wrongly."""

        @classmethod
        def now(cls, tz: object = None) -> Ahead:
            return super().now(UTC) + ahead

    monkeypatch.setattr(clock, "datetime", Ahead)
    assert clock.utc() - datetime.now(UTC) > ahead / 2
    lotse = app.build(Settings(), postgres, demo=False)
    server = postgres.read(lambda tx: tx.rows("select clock_timestamp() as now"))[0]["now"]
    postgres.transact(lambda tx: furnish(tx, DEMO, server))
    for key, minutes in (("in ten minutes", 10), ("a minute ago", -1)):
        due = server + timedelta(minutes=minutes)
        postgres.transact(set_timer(key, due))
    claimed = postgres.transact(lambda tx: timers.claim(tx, lotse.clock.now()))
    assert [each.key for each in claimed] == ["a minute ago"]
    assert abs(lotse.clock.now() - server) < timedelta(minutes=1)


def test_on_one_machine_its_own_clock_counts(sqlite: Sqlite) -> None:
    assert abs(sqlite.wall() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_server_s_time_goes_on_between_two_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = [100.0]
    monkeypatch.setattr("storage.engine.pool.time.monotonic", lambda: ticks[0])
    told = ServerClock()
    assert told.stale
    ticks[0] = 104.0
    told.hear(MONDAY, before=100.0)  # a slow answer is better than none
    assert told.reading() == MONDAY + timedelta(seconds=2)
    ticks[0] = 110.0
    told.hear(MONDAY, before=109.0)  # but not better than the one before it
    assert told.reading() == MONDAY + timedelta(seconds=8)
    told.hear(MONDAY + timedelta(seconds=9), before=109.98)
    assert told.reading() - MONDAY == timedelta(seconds=9.01)
    assert not told.stale
    ticks[0] = 150.0
    assert told.stale


# --- the address -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://me@db/lotse", {"user": "me", "host": "db", "dbname": "lotse"}),
        ("postgres://me:w%40rt@db:1/x", {"user": "me", "password": "w@rt", "host": "db",
                                         "port": "1", "dbname": "x"}),
        ("postgresql://me:w@rt#?:€+@db/x", {"user": "me", "password": "w@rt#?:€+", "host": "db",
                                            "dbname": "x"}),
        ("postgresql:///x?host=%2Ftmp%2Fa&sslmode=require", {"dbname": "x", "host": "/tmp/a",
                                                             "sslmode": "require"}),
        ("postgresql://[::1]:5433,b:1/x", {"host": "::1,b", "port": "5433,1", "dbname": "x"}),
        ("postgresql://db?ssl=true", {"host": "db", "sslmode": "require"}),
        ("postgresql://db/x?password=a+b", {"host": "db", "dbname": "x", "password": "a+b"}),
        ("postgresql://", {}),
    ],
)  # fmt: skip
def test_an_address_is_read_as_the_driver_would(url: str, found: dict[str, str]) -> None:
    assert read(url) == found


CANARY = "sEcReT"
ODD = [
    f"postgresql://me:{CANARY}/x@127.0.0.1:1/lotse",
    f"postgresql://me:1/{CANARY}@127.0.0.1:1/lotse",
    f"postgresql://me:1/{CANARY}?x@127.0.0.1:1/lotse",
    f"postgresql://me:100%{CANARY}@127.0.0.1:1/lotse",
    f"postgresql://me:{CANARY}%@127.0.0.1:1/lotse",
    f"postgresql://127.0.0.1:1/lotse?{CANARY}",
    f"postgresql://127.0.0.1:1/lotse?password=%{CANARY}",
    f"postgresql://127.0.0.1:{CANARY}/lotse",
]


@pytest.mark.parametrize("url", ODD)
def test_what_can_be_read_in_two_ways_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(url)
    assert CANARY not in str(refused.value)
    with pytest.raises(BadSettings) as mistakes:
        Settings.from_env({"DATABASE_URL": url})
    assert CANARY not in str(mistakes.value)
    assert "DATABASE_URL" in str(mistakes.value)
    with pytest.raises(StorageError) as told:
        Postgres(url, patience=0.1)
    assert CANARY not in str(told.value)


@pytest.mark.parametrize(
    "url",
    [
        *ODD,
        f"postgresql://me:{CANARY}@127.0.0.1:1/lotse",
        f"postgresql://me:x@{CANARY}@127.0.0.1:1/lotse",
        f"postgresql://127.0.0.1:1/lotse?password={CANARY}",
        f"postgresql://127.0.0.1:1/lotse?nonsense={CANARY}",
    ],
)
def test_no_log_and_no_error_holds_the_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(StorageError) as told:
        Postgres(url, patience=0.3)
    shown = "".join(traceback.format_exception(told.value))
    assert CANARY not in shown + caplog.text

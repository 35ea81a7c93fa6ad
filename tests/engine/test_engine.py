"""The engine: both stores keep the same promises."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
import pytest
import sqlite_utils
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import audit, people, services, workspaces
from storage import people as storage_people
from storage.engine import (
    AlreadyRunning,
    Database,
    NewerSchema,
    Row,
    StorageError,
    Tx,
    Unavailable,
    migrate,
)
from storage.engine import sqlite as sqlite_engine
from storage.engine.file import lock_file, refuse_network
from storage.engine.ids import PersonId
from storage.engine.postgres import Postgres, lane_of
from storage.engine.postgres_tx import PostgresTx
from storage.engine.sql import as_moment, as_text, pyformat
from storage.engine.sqlite import Sqlite
from storage.services import Service
from storage.workspaces import Workspace
from tests.pretend import server
from tests.pretend.stage import MONDAY, furnish

IntegrityErrors = (sqlite3.IntegrityError, psycopg.IntegrityError)
FOLDER = Path(__file__).parent.parent.parent


def found(database: Database, name: str = "a") -> None:
    """Store a workspace."""
    database.transact(
        lambda tx: workspaces.ensure(tx, Workspace(name, name, "de", "Europe/Berlin", "DE"), MONDAY)
    )


def note(name: str, value: str = "x") -> Callable[[Tx], None]:
    """Return a piece of work that stores a setting in workspace a."""
    return lambda tx: workspaces.set_setting(tx.within("a"), name, value)


def noted(database: Database) -> list[str]:
    """Return the names of what `note` stored."""
    rows = database.read(lambda tx: tx.rows("select name from settings order by name"))
    return [row["name"] for row in rows]


class Mistake(Exception):
    """A mistake in the work itself."""


# --- transactions ------------------------------------------------------------------------


def test_returning_commits_and_raising_leaves_nothing(database: Database) -> None:
    found(database)

    def fail(tx: Tx) -> None:
        note("lost")(tx)
        raise Mistake

    database.transact(note("kept"))
    with pytest.raises(Mistake):
        database.transact(fail)
    assert noted(database) == ["kept"]


def test_a_savepoint_undoes_what_is_inside_and_only_that(database: Database) -> None:
    found(database)

    def work(tx: Tx) -> None:
        note("before")(tx)
        with pytest.raises(Mistake), tx.savepoint():
            note("outer")(tx)
            with pytest.raises(Mistake), tx.savepoint():
                note("inner")(tx)
                raise Mistake
            note("still outer")(tx)
            raise Mistake
        with tx.savepoint():
            note("after")(tx)

    database.transact(work)
    assert noted(database) == ["after", "before"]


def test_a_broken_statement_inside_a_savepoint_spoils_nothing_else(database: Database) -> None:
    found(database)

    def work(tx: Tx) -> None:
        note("before")(tx)
        with pytest.raises(IntegrityErrors), tx.savepoint():
            workspaces.set_setting(tx.within("nobody"), "x", "x")
            tx.rows("select 1 as one")  # SQLite looks at foreign keys at once, like PostgreSQL
        note("after")(tx)

    database.transact(work)
    assert noted(database) == ["after", "before"]


def test_what_is_recalled_is_never_older_than_what_was_written(database: Database) -> None:
    found(database)

    def value(tx: Tx) -> object:
        asked = "select value from settings where workspace = :workspace and name = :name"
        rows = tx.within("a").recall(asked, name="it")
        row = rows[0] if rows else {"value": None}
        return row.pop("value")  # what the caller does with a row is the caller's own affair

    def work(tx: Tx) -> None:
        assert (value(tx), value(tx)) == (None, None)
        note("it", "1")(tx)
        assert (value(tx), value(tx)) == ("1", "1")
        with pytest.raises(Mistake), tx.savepoint():
            note("it", "2")(tx)
            assert value(tx) == "2"
            raise Mistake
        assert value(tx) == "1"
        tx.rows("update settings set value = '3' where name = 'it' returning name")
        assert value(tx) == "3"
        tx.run("delete from settings where name = 'it'")
        assert value(tx) is None
        tx.within("a").insert("settings", name="it", value="4")
        assert value(tx) == "4"

    database.transact(work)
    database.transact(note("it", "5"))
    assert database.transact(value) == "5", "the next transaction asks for itself"


def test_what_is_written_to_one_table_lets_nothing_be_forgotten_of_another(
    database: Database,
) -> None:
    found(database)
    made: list[Row] = []

    def make(row: Row) -> object:
        made.append(row)
        return row["value"]

    def work(tx: Tx) -> list[object]:
        inside = tx.within("a")
        asked = "select value from settings where workspace = :workspace and name = :name"
        note("it", "1")(tx)
        first = inside.recall_as(asked, make, name="it")
        inside.insert("counters", name="other", value=1)
        again = inside.recall_as(asked, make, name="it")
        assert (first, again, len(made)) == (["1"], ["1"], 1)
        first.clear()  # the list is the caller's own, what stands in it is not
        note("it", "2")(tx)
        return inside.recall_as(asked, make, name="it")

    assert database.transact(work) == ["2"]


ASKED = "select value from settings where workspace = :workspace and name = :name"


def values(tx: Tx, name: str) -> list[object]:
    return tx.recall_as(ASKED, _value, name=name)


def _value(row: Row) -> object:
    return row["value"]


def test_what_is_foreseen_is_never_older_than_what_was_written(database: Database) -> None:
    found(database)

    def work(tx: Tx) -> None:
        inside = tx.within("a")
        note("it", "1")(tx)
        inside.foresee(lambda tx: values(tx, "it"), lambda tx: values(tx, "none"))
        note("it", "2")(tx)  # after the question, and before it is sent
        assert values(inside, "it") == ["2"]
        assert values(inside, "none") == []
        inside.foresee(lambda tx: values(tx, "it"))
        with pytest.raises(Mistake), tx.savepoint():
            note("it", "3")(tx)
            inside.foresee(lambda tx: values(tx, "it"))
            inside.rows("select 1 as one")
            raise Mistake
        assert values(inside, "it") == ["2"]

    database.transact(work)


def test_what_is_foreseen_travels_with_the_next_question(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(postgres)
    sent: list[int] = []
    send = PostgresTx._send

    def counting(tx: PostgresTx) -> None:
        sent.append(len(tx._open.unsent))
        send(tx)

    def work(tx: Tx) -> object:
        inside = tx.within("a")
        note("one", "1")(tx)
        inside.foresee(*(partial(values, name=name) for name in ("one", "two")))
        monkeypatch.setattr(PostgresTx, "_send", counting)
        inside.rows("select 1 as one")
        return values(inside, "one"), values(inside, "two")

    assert postgres.transact(work) == (["1"], [])
    assert sent[0] == 4, "what was written, what was foreseen and the question"
    assert not any(sent[1:]), "nothing had to be asked after that"


def test_what_is_recalled_is_asked_once(postgres: Postgres) -> None:
    found(postgres)
    asked = "select count(*) as n from settings where workspace = :workspace"

    def watch(tx: Tx) -> tuple[object, object]:
        inside = tx.within("a")
        first = inside.recall(asked)[0]["n"]
        with psycopg.connect(postgres.url) as other:
            other.execute("insert into settings values ('a', 'theirs', 'x')")
        return first, inside.recall(asked)[0]["n"]

    assert postgres.transact(watch) == (0, 0)


def test_nothing_can_be_written_where_only_reading_is_allowed(
    database: Database, tmp_path: Path
) -> None:
    with closing(Sqlite(tmp_path / "lotse.db")) as file:
        for store in (database, file):
            found(store)
            with pytest.raises((StorageError, psycopg.errors.ReadOnlySqlTransaction)):
                store.read(note("sneaked"))
            store.transact(note("kept"))
            assert noted(store) == ["kept"]


def test_a_transaction_outside_any_workspace_cannot_name_one(database: Database) -> None:
    found(database)
    with pytest.raises(RuntimeError, match="not inside a workspace"):
        database.transact(lambda tx: workspaces.set_setting(tx, "x", "y"))
    assert noted(database) == []


def test_a_caller_cannot_smuggle_in_another_workspace(database: Database) -> None:
    found(database, "a")
    found(database, "b")

    def work(tx: Tx) -> None:
        tx = tx.within("a")
        tx.insert("settings", workspace="b", name="inserted", value="x")
        tx.run(
            "insert into settings (workspace, name, value) values (:workspace, 'run', 'x')",
            workspace="b",
        )

    database.transact(work)
    rows = database.read(lambda tx: tx.rows("select workspace, name from settings order by name"))
    assert [row["workspace"] for row in rows] == ["a", "a"]


def test_500_transactions_at_once_are_all_stored(database: Database) -> None:
    found(database)
    futures = [database.submit(note(f"{n:03}")) for n in range(500)]
    for future in futures:
        future.result(timeout=30)
    assert noted(database) == [f"{n:03}" for n in range(500)]


def test_a_counter_gives_every_number_once_however_many_count(database: Database) -> None:
    found(database)
    futures = [
        database.submit(lambda tx: workspaces.next_number(tx.within("a"), "incident"))
        for _each in range(200)
    ]
    assert sorted(future.result(timeout=30) for future in futures) == list(range(1, 201))


async def test_giving_up_waiting_for_a_transaction_harms_nobody(database: Database) -> None:
    found(database)
    for n in range(20):
        waiting = asyncio.wrap_future(database.submit(note(f"given up {n}")))
        waiting.cancel()
    await asyncio.wait_for(asyncio.wrap_future(database.submit(note("kept"))), 10)
    assert "kept" in noted(database)


def test_a_closed_store_says_so_at_once(tmp_path: Path, postgres: Postgres) -> None:
    for store in (Sqlite(), Sqlite(tmp_path / "lotse.db"), Postgres(postgres.url)):
        store.close()
        store.close()
        with pytest.raises(Unavailable):
            store.transact(lambda tx: tx.rows("select 1 as one"))
        with pytest.raises(Unavailable):
            store.read(lambda tx: tx.rows("select 1 as one"))


def test_what_was_handed_in_before_closing_is_still_done(tmp_path: Path) -> None:
    store = Sqlite(tmp_path / "lotse.db")
    found(store)
    futures = [store.submit(note(f"{n:03}")) for n in range(200)]
    store.close()
    assert all(future.done() and future.exception() is None for future in futures)
    with closing(Sqlite(tmp_path / "lotse.db")) as again:
        assert len(noted(again)) == 200


def test_moments_are_stored_as_text_that_sorts_and_comes_back(database: Database) -> None:
    first = datetime(2026, 3, 29, 1, 59, 59, 999999, tzinfo=UTC)
    second = datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    assert as_text(first) < as_text(second)
    assert as_moment(as_text(first)) == first
    assert as_moment(as_text(MONDAY)) == MONDAY
    assert len(as_text(second)) == len(as_text(first))
    real = database.transact(lambda tx: tx.real_now())
    assert abs((as_moment(real) - datetime.now(UTC)).total_seconds()) < 60
    assert len(real) == len(as_text(first))


# --- SQL written once --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "turned"),
    [
        ("select :a, :b", "select %(a)s, %(b)s"),
        ("select ':a'", "select ':a'"),
        ("select 'it''s :a', :b", "select 'it''s :a', %(b)s"),
        ("select '', :a, ''", "select '', %(a)s, ''"),
        ("select '09:30'::text, :at::text", "select '09:30'::text, %(at)s::text"),
        ("x like 'a%' and y = :y", "x like 'a%%' and y = %(y)s"),
        ("select 7 % 2, :next_news", "select 7 %% 2, %(next_news)s"),
        ("values (:a,:b)", "values (%(a)s,%(b)s)"),
        ("select '%(a)s', :a", "select '%%(a)s', %(a)s"),
    ],
)
def test_named_values_become_the_driver_s_and_quoted_text_stays(sql: str, turned: str) -> None:
    assert pyformat(sql) == turned


@settings(max_examples=60, deadline=None)
@given(
    literal=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)
def test_any_quoted_text_and_any_value_come_back_from_postgres(
    migrated: Postgres, literal: str, value: str
) -> None:
    quoted = literal.replace("'", "''")
    sql = f"select '{quoted}' as said, :value as given, 5 % 3 as rest, :value::text as cast_to"
    row = migrated.read(lambda tx: tx.rows(sql, value=value))[0]
    assert row == {"said": literal, "given": value, "rest": 2, "cast_to": value}


def test_one_value_may_stand_for_a_moment_and_for_text_in_one_statement(
    database: Database,
) -> None:
    found(database)

    def work(tx: Tx) -> str:
        tx.run(
            """
            update workspaces set created_at = :now,
                name = case when name = :now then name else :now end
            where id = :id
            """,
            now="2026-11-23T08:00:00.000000Z",
            id="a",
        )
        row = tx.rows("select created_at, name from workspaces")[0]
        assert row["created_at"] == row["name"]
        return str(row["name"])

    assert database.transact(work) == "2026-11-23T08:00:00.000000Z"


# --- constraints -------------------------------------------------------------------------


def test_the_audit_table_only_grows(database: Database) -> None:
    found(database)

    def line(id: str, outcome: str) -> Callable[[Tx], None]:
        return lambda tx: audit.add(
            tx.within("a"), id=id, at=MONDAY, person_key="k", command="ack", subject="INC-1",
            outcome=outcome,
        )  # fmt: skip

    database.transact(line("1", "done"))
    attempts = ["update audit set outcome = 'refused'", "delete from audit"]
    refused = "audit rows are (never|kept for a year)"  # only what is older may be taken away
    if isinstance(database, Postgres):
        attempts.append("truncate audit")
    else:
        attempts.append(
            """
            insert or replace into audit
                (workspace, id, at, person_key, command, subject, outcome)
            values ('a', '1', 'now', 'k', 'ack', 'INC-1', 'refused')
            """
        )
    for sql in attempts:
        with pytest.raises((sqlite3.DatabaseError, psycopg.DatabaseError), match=refused):
            database.transact(lambda tx, sql=sql: tx.run(sql))  # type: ignore[misc]
    database.transact(line("2", "done"))
    lines = database.read(lambda tx: audit.latest(tx.within("a")))
    assert [(each["id"], each["outcome"]) for each in lines] == [("2", "done"), ("1", "done")]


def test_a_service_has_exactly_one_accountable_person_and_a_deputy(database: Database) -> None:
    database.transact(lambda tx: furnish(tx, "a", MONDAY))

    def enter(
        accountable: str | None, deputy: str | None, *, fallback: bool = False
    ) -> Callable[[Tx], bool]:
        made = Service("new", "New", (), accountable, deputy, fallback)  # type: ignore[arg-type]
        return lambda tx: services.add(tx.within("a"), made, name_key="new", now=MONDAY)

    for accountable, deputy in (
        (None, "carla"),
        ("ben", None),
        ("ben", "ben"),
        ("nobody", "carla"),
        ("ben", "nobody"),
    ):
        with pytest.raises(IntegrityErrors):
            database.transact(enter(accountable, deputy))
    assert not database.transact(enter("ben", "carla", fallback=True)), "a second fallback"
    assert database.transact(enter("ben", "carla"))
    assert not database.transact(enter("carla", "ben")), "the same service again"
    for change in ("accountable = null", "accountable = 'nobody'", "deputy = accountable"):
        with pytest.raises(IntegrityErrors):
            database.transact(
                lambda tx, change=change: tx.run(  # type: ignore[misc]
                    f"update services set {change} where id = 'new'"
                )
            )


def test_nobody_becomes_somebody_else_because_their_ids_end_alike(database: Database) -> None:
    found(database)

    def meet(identity: str, name: str, key: str) -> Callable[[Tx], people.Person]:
        return lambda tx: storage_people.find_or_create(
            tx.within("a"),
            identity,
            name,
            id=PersonId("U1"),
            key=key,
            now=MONDAY,
            manager=name == "Boss",
        )

    boss = database.transact(meet("slack:T1:U1", "Boss", "key-1"))
    other = database.transact(meet("slack:T2:U1", "Other", "key-2"))
    assert (boss.name, other.name) == ("Boss", "Other")
    assert boss.id != other.id
    assert boss.manager
    assert not other.manager
    assert database.transact(meet("slack:T1:U1", "Boss", "key-3")) == boss
    assert database.transact(meet("slack:T2:U1", "Other", "key-4")) == other


def test_somebody_who_says_two_first_things_at_once_is_one_person(database: Database) -> None:
    found(database)
    met = [
        database.submit(
            lambda tx, n=n: storage_people.find_or_create(  # type: ignore[misc]
                tx.within("a"), "slack:T1:U1", "Eve", id=PersonId("U1"), key=f"key-{n}", now=MONDAY
            )
        )
        for n in range(8)
    ]
    assert len({each.result(timeout=10) for each in met}) == 1


# --- schema ------------------------------------------------------------------------------


def test_every_table_carries_the_workspace(database: Database) -> None:
    for table in tables(database):
        assert ("workspace" in column_names(database, table)) != (table in BEFORE_ANY), table


# They belong to no company: a browser on its way to install us has not told its company yet.
# Nor does the scheduler, which looks at the timers of all.
BEFORE_ANY = {"workspaces", "migrations", "slack_states", "scheduler_beats", "standstills",
              "instance"}  # fmt: skip


def tables(database: Database) -> list[str]:
    """Return the names of our tables."""
    if isinstance(database, Postgres):
        sql = "select tablename as name from pg_tables where schemaname = 'public'"
    else:
        sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    return [row["name"] for row in database.read(lambda tx: tx.rows(sql))]


def column_names(database: Database, table: str) -> set[str]:
    """Return the names of a table's columns."""
    if isinstance(database, Postgres):
        sql = f"""
            select column_name as name from information_schema.columns
            where table_name = '{table}'
        """
    else:
        sql = f"select name from pragma_table_info('{table}')"
    return {row["name"] for row in database.read(lambda tx: tx.rows(sql))}


def test_both_stores_have_the_same_tables_and_columns(sqlite: Sqlite, postgres: Postgres) -> None:
    assert sorted(tables(sqlite)) == sorted(tables(postgres))
    for table in tables(sqlite):
        assert column_names(sqlite, table) == column_names(postgres, table)


def test_an_older_database_is_brought_up_to_date_and_keeps_its_rows(
    old: tuple[int, Callable[[], Database]],
) -> None:
    made, reopen = old
    with closing(reopen()) as database:
        steps = [
            row["number"]
            for row in database.read(lambda tx: tx.rows("select number from migrations"))
        ]
        assert sorted(steps) == [step.number for step in migrate.known("sqlite")]
        assert len(steps) > made
        assert database.read(lambda tx: workspaces.get(tx.within("old"))).name == "Old"
    with closing(reopen()) as again:  # nothing is done twice
        assert again.read(lambda tx: workspaces.get(tx.within("old"))).name == "Old"


def test_an_older_program_refuses_a_newer_database(
    old: tuple[int, Callable[[], Database]],
) -> None:
    _made, reopen = old
    with closing(reopen()) as database:
        database.transact(
            lambda tx: tx.run("insert into migrations values (9999, 'the future', 'later')")
        )
        before = tables(database)
    with pytest.raises(NewerSchema, match=r"schema 9999.*Start the newer program"):
        reopen()
    assert before


def test_a_step_in_between_that_is_unknown_is_refused_too() -> None:
    known = [migrate.Migration(1, "a", ""), migrate.Migration(90, "z", "")]
    assert [each.number for each in migrate.pending({1}, known)] == [90]
    with pytest.raises(NewerSchema, match="schema 5"):
        migrate.pending({1, 5, 90}, known)


OLD = "insert into workspaces values ('old', 'Old', 'de', 'Europe/Berlin', 'DE', 'active', 'then')"


@pytest.fixture(params=["sqlite", "postgres"])
def old(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[int, Callable[[], Database]]]:
    """Give a database as the very first version left it, and a way to open it today."""
    steps = migrate.known(request.param)[:2]
    if request.param == "sqlite":
        path = tmp_path / "old.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.executescript(migrate.LEDGER)
            for step in steps:
                connection.executescript(step.sql)
                migrate.note(connection.execute, step, "then")
            connection.execute(OLD)
        yield len(steps), lambda: Sqlite(path)
        return
    with server.database(request.getfixturevalue("postgres_url"), "lotse_test_old") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(migrate.LEDGER)
            for step in steps:
                connection.execute(step.sql.encode())
                connection.execute(
                    "insert into migrations values (%s, %s, 'then')", (step.number, step.name)
                )
            connection.execute(OLD)
        yield len(steps), lambda: Postgres(url)


def test_two_machines_that_start_at_once_migrate_once(
    old: tuple[int, Callable[[], Database]],
) -> None:
    _made, reopen = old
    barrier = threading.Barrier(3)
    opened: list[Database | BaseException] = []

    def start() -> None:
        barrier.wait()
        try:
            opened.append(reopen())
        except AlreadyRunning as error:
            opened.append(error)

    threads = [threading.Thread(target=start) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    running = [each for each in opened if isinstance(each, Sqlite | Postgres)]
    assert len(opened) == 3
    assert len(running) == (3 if isinstance(running[0], Postgres) else 1)
    for each in running:
        each.close()


def test_migrations_are_numbered_once_and_known_to_both_stores() -> None:
    for dialect in ("sqlite", "postgres"):
        steps = migrate.known(dialect)
        numbers = [step.number for step in steps]
        assert numbers == sorted(set(numbers))
        assert [step.number for step in migrate.known("sqlite")] == numbers


def test_a_migration_that_fails_leaves_nothing_behind() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        db = sqlite_utils.Database(connection)
        sqlite_engine.bring_up_to_date(db)
        db.execute("delete from migrations where number = 2")
        before = db.table_names()
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            sqlite_engine.bring_up_to_date(db)
        assert not connection.in_transaction
        assert db.table_names() == before


# --- SQLite ------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Sqlite]:
    """Give an empty SQLite database in a file, with workspace a."""
    database = Sqlite(tmp_path / "lotse.db")
    found(database)
    yield database
    database.close()


@contextmanager
def held_up(database: Database) -> Iterator[None]:
    """Keep workspace a busy, so that what is submitted for it inside shares one commit."""
    started, go_on = threading.Event(), threading.Event()

    def wait(tx: Tx) -> None:
        started.set()
        go_on.wait(30)

    first = database.submit(wait, "a")
    started.wait(30)
    yield
    go_on.set()
    first.result(30)


@pytest.fixture(params=["file", "postgres"])
def shared(request: pytest.FixtureRequest) -> Database:
    """Give a store with workspace a, in which those who wait share a commit."""
    store: Database = request.getfixturevalue(request.param)
    found(store)
    return store


@contextmanager
def onlooker(database: Database) -> Iterator[Callable[[], int]]:
    """Give what counts the notes that somebody else can see."""
    counts = "select count(*) from settings"
    if isinstance(database, Sqlite):
        with closing(sqlite3.connect(database.path, check_same_thread=False)) as file:
            yield lambda: int(file.execute(counts).fetchone()[0])
        return
    assert isinstance(database, Postgres)
    with psycopg.connect(database.url, autocommit=True) as other:
        yield lambda: len(other.execute("select 1 from settings").fetchall())


def test_one_that_fails_takes_nobody_else_s_work_with_it(shared: Database) -> None:
    def fail(tx: Tx) -> None:
        note("lost")(tx)
        raise Mistake

    with held_up(shared):
        futures = [shared.submit(fail if n % 3 == 0 else note(f"{n:02}"), "a") for n in range(30)]
    for n, future in enumerate(futures):
        assert isinstance(future.exception(10), Mistake if n % 3 == 0 else type(None))
    assert noted(shared) == [f"{n:02}" for n in range(30) if n % 3]


def test_those_who_wait_share_one_commit(shared: Database) -> None:
    with onlooker(shared) as count:
        seen: list[int] = []

        def watch(tx: Tx) -> None:
            seen.append(count())
            note(f"{together}{len(seen):02}")(tx)

        for together in (True, False):
            seen.clear()
            with held_up(shared) if together else nullcontext():
                for _each in range(10):
                    future = shared.submit(watch, "a")
                    if not together:
                        future.result(10)
            future.result(10)
            assert len(set(seen)) == (1 if together else 10)


def test_nobody_is_told_before_the_commit(shared: Database) -> None:
    told: list[int] = []
    with onlooker(shared) as count:
        with held_up(shared):
            futures = [shared.submit(note(f"{n}"), "a") for n in range(10)]
            for each in futures:
                each.add_done_callback(lambda _future: told.append(count()))
        shared.submit(note("last"), "a").result(10)  # everybody before it has been told
    assert told == [10] * 10


def test_a_statement_that_fails_and_is_passed_over_harms_nobody_else(shared: Database) -> None:
    def careless(tx: Tx) -> None:
        note("careless")(tx)
        try:
            tx.rows("select nothing from nowhere")
        except Exception:
            note("after")(tx)  # PostgreSQL takes nothing more after an error

    with held_up(shared):
        before, bad, after = (shared.submit(each, "a") for each in (note("1"), careless, note("2")))
    assert before.exception(10) is None
    assert after.exception(10) is None
    stored = {"1", "2"} if bad.exception(10) else {"1", "2", "careless", "after"}
    assert set(noted(shared)) == stored


def test_every_connection_has_the_settings_that_we_promise(file: Sqlite) -> None:
    promised = {
        "synchronous": 2,
        "foreign_keys": 1,
        "journal_mode": "wal",
        "secure_delete": 1,
    }

    def look(tx: Tx) -> dict[str, object]:
        return {
            name: next(iter(tx.rows(f"pragma {name}")[0].values()))
            for name in (*promised, "busy_timeout", "query_only", "wal_autocheckpoint")
        }

    writing, reading = file.transact(look), file.read(look)
    assert {name: writing[name] for name in promised} == promised
    assert {name: reading[name] for name in promised} == promised
    # The writer looks in between who has waited for another program's lock for too long.
    assert (writing["busy_timeout"], reading["busy_timeout"]) == (100, 2000)
    assert (writing["query_only"], reading["query_only"]) == (0, 1)
    assert reading["wal_autocheckpoint"] == 0, "only the writer moves the log into the file"


def fill(tx: Tx) -> None:
    """Store more than fits into a file that may not grow."""
    workspaces.set_setting(tx.within("a"), "much", "x" * 3_000_000)


def limit(database: Database, pages: int) -> None:
    """Let the file grow no further than `pages` more; the disk is full then."""

    def work(tx: Tx) -> None:
        now = next(iter(tx.rows("pragma page_count")[0].values()))
        tx.rows(f"pragma max_page_count = {now + pages}")

    database.transact(work)


def test_a_full_disk_is_said_to_all_whom_it_concerns_and_to_nobody_else(file: Sqlite) -> None:
    limit(file, 20)
    with held_up(file):
        futures: list[Future[None]] = [
            file.submit(fill if n in (3, 4, 9) else note(f"{n:02}"), "a") for n in range(12)
        ]
    for n, future in enumerate(futures):
        error = future.exception(10)
        if n in (3, 4, 9):
            assert isinstance(error, Unavailable), error
            assert "full" in str(error)
        else:
            assert error is None
    assert noted(file) == [f"{n:02}" for n in range(12) if n not in (3, 4, 9)]


def test_a_full_disk_inside_a_savepoint_is_never_taken_for_a_mistake_in_the_work(
    file: Sqlite,
) -> None:
    limit(file, 20)

    def work(tx: Tx) -> None:
        note("before")(tx)
        try:
            with tx.savepoint():
                fill(tx)
        except StorageError:
            raise
        except Exception:  # as dispatch does with a handler's mistake
            note("after")(tx)

    with pytest.raises(Unavailable, match="full"):
        file.transact(work)
    assert noted(file) == []
    file.transact(note("later"))
    assert noted(file) == ["later"]


def test_work_that_spoils_its_transaction_cannot_leave_half_of_it(file: Sqlite) -> None:
    def spoil(tx: Tx) -> None:
        note("half")(tx)
        tx.run("rollback")  # as SQLite itself does after some failures of the disk
        note("other half")(tx)

    with held_up(file):
        before, bad, after = (file.submit(each) for each in (note("1"), spoil, note("2")))
    assert before.exception(10) is None
    assert isinstance(bad.exception(10), Unavailable)
    assert after.exception(10) is None
    assert noted(file) == ["1", "2"]


@contextmanager
def locked(path: str) -> Iterator[sqlite3.Connection]:
    """Hold the write lock, as a curious person with another program does."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("begin immediate")
        yield other


@pytest.mark.slow
def test_a_lock_that_is_held_for_long_is_told_to_all_and_nothing_is_half_written(
    file: Sqlite,
) -> None:
    with locked(file.path):
        # The first may wait alone; the others wait behind it, and then together.
        futures = [file.submit(note(f"{n}")) for n in range(20)]
        assert noted(file) == [], "reading goes on"
        for future in futures:
            assert isinstance(future.exception(6), Unavailable)
    assert noted(file) == []
    file.transact(note("later"))
    assert noted(file) == ["later"]


def test_a_lock_that_is_held_for_a_moment_only_delays(file: Sqlite) -> None:
    with locked(file.path) as other:
        future = file.submit(note("patient"))
        assert not future.done()
        other.execute("commit")
        assert future.exception(10) is None
    assert noted(file) == ["patient"]


def test_nobody_waits_behind_what_nobody_waits_for(file: Sqlite) -> None:
    ran: list[str] = []

    def run(name: str) -> Callable[[Tx], None]:
        return lambda _tx: ran.append(name)

    with held_up(file):
        timers = [file.submit(run("timer"), patient=True) for _each in range(50)]
        typed = [file.submit(run("typed")) for _each in range(2)]
    for each in (*typed, *timers):
        each.result(10)
    assert ran[:2] == ["typed", "typed"]
    assert ran.count("timer") == 50


def test_what_comes_while_timers_run_is_next(file: Sqlite) -> None:
    ran: list[str] = []
    begun, asked = threading.Event(), threading.Event()

    def timer(_tx: Tx) -> None:
        begun.set()
        asked.wait(10)
        ran.append("timer")

    with held_up(file):
        timers = [file.submit(timer, patient=True) for _each in range(50)]
    begun.wait(10)
    typed = file.submit(lambda _tx: ran.append("typed"))
    asked.set()
    for each in (typed, *timers):
        each.result(10)
    assert ran[:2] == ["timer", "typed"]
    assert ran.count("timer") == 50


def test_however_much_is_asked_timers_go_on(file: Sqlite) -> None:
    ran: list[str] = []

    def run(name: str) -> Callable[[Tx], None]:
        return lambda _tx: ran.append(name)

    with held_up(file):
        typed = [file.submit(run("typed")) for _each in range(200)]
        timers = [file.submit(run("timer"), patient=True) for _each in range(200)]
    for each in (*typed, *timers):
        each.result(10)
    assert ran[:200].count("timer") >= 64, "as many as of the others, commit by commit"


def test_a_second_process_refuses_with_a_plain_sentence(file: Sqlite, tmp_path: Path) -> None:
    def start() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", "migrate"],
            cwd=FOLDER,
            env={"PATH": os.environ["PATH"], "DATABASE_URL": f"sqlite:///{tmp_path / 'lotse.db'}"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    second = start()
    assert second.returncode == 1
    assert second.stderr.strip() == (
        "Another Lotse already uses lotse.db. Stop it first, or give this one another "
        "DATABASE_URL. (Several machines need PostgreSQL.)"
    )
    file.transact(note("the first one works on"))
    file.close()
    assert start().returncode == 0


def test_a_second_lock_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with closing(lock_file(tmp_path / "lotse.db")), pytest.raises(AlreadyRunning):
        lock_file(tmp_path / "lotse.db")
    lock_file(tmp_path / "lotse.db").close()


MOUNTS = """\
/dev/root / ext4 rw 0 0
server:/export /srv/shared nfs4 rw 0 0
/dev/disk /srv/shared/local\\040disk ext4 rw 0 0
//files/all /mnt/all cifs rw 0 0
tmpfs /srv/sharedbutnot tmpfs rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/shared/lotse.db", "nfs4"),
        ("/srv/shared/deep/er/lotse.db", "nfs4"),
        ("/mnt/all/lotse.db", "cifs"),
        ("/srv/shared/local disk/lotse.db", None),
        ("/srv/sharedbutnot/lotse.db", None),
        ("/var/lib/lotse.db", None),
    ],
)
def test_a_network_file_system_is_refused(tmp_path: Path, path: str, kind: str | None) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS, encoding="utf-8")
    if kind is None:
        refuse_network(Path(path), mounts)
        return
    with pytest.raises(StorageError, match=rf"network file system \({kind}\)"):
        refuse_network(Path(path), mounts)


def test_where_nobody_tells_about_mounts_nothing_is_refused(tmp_path: Path) -> None:
    refuse_network(Path("/srv/shared/lotse.db"), tmp_path / "missing")


def test_a_file_that_is_no_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lotse.db").write_bytes(b"this is not a database, and long enough to be none" * 99)
    for _again in range(2):  # and the lock is let go
        with pytest.raises(StorageError, match="could not be used"):
            Sqlite(tmp_path / "lotse.db")


def test_what_was_deleted_is_gone_from_the_file(file: Sqlite, tmp_path: Path) -> None:
    file.transact(note("canary", "the canary sings"))
    file.transact(lambda tx: tx.run("delete from settings"))
    file.close()
    assert b"canary sings" not in (tmp_path / "lotse.db").read_bytes()


# --- PostgreSQL --------------------------------------------------------------------------


def test_a_row_that_somebody_else_holds_is_told_and_nothing_is_half_written(
    postgres: Postgres,
) -> None:
    found(postgres)
    postgres.transact(note("held", "before"))

    def work(tx: Tx) -> None:
        tx.run("set local lock_timeout = '50ms'")
        note("first half")(tx)
        note("held", "after")(tx)

    with psycopg.connect(postgres.url) as other:
        other.execute("select * from settings for update")
        with pytest.raises(Unavailable):
            postgres.transact(work)
    assert noted(postgres) == ["held"]
    postgres.transact(work)
    assert noted(postgres) == ["first half", "held"]


def test_nobody_waits_for_a_lock_for_ever(postgres: Postgres) -> None:
    assert postgres.read(lambda tx: tx.rows("show lock_timeout")) == [{"lock_timeout": "8s"}]
    idle = postgres.read(lambda tx: tx.rows("show idle_in_transaction_session_timeout"))[0]
    assert idle == {"idle_in_transaction_session_timeout": "10s"}


@pytest.mark.parametrize("inside", [False, True])
def test_a_lost_connection_is_told_and_the_next_one_works(postgres: Postgres, inside: bool) -> None:
    found(postgres)

    def cut(tx: Tx) -> None:
        row = tx.rows("select pg_backend_pid() as pid")[0]
        with psycopg.connect(postgres.url, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", (row["pid"],))

    def work(tx: Tx) -> None:
        note("half")(tx)
        if not inside:
            cut(tx)
            note("other half")(tx)
            return
        try:
            with tx.savepoint():
                cut(tx)
                note("other half")(tx)
        except StorageError:
            raise
        except Exception:  # as dispatch does with a handler's mistake
            note("after")(tx)

    with pytest.raises(Unavailable):
        postgres.transact(work)
    assert noted(postgres) == []
    postgres.transact(note("later"))
    assert noted(postgres) == ["later"]


def test_two_that_wait_for_each_other_are_both_done_in_the_end(postgres: Postgres) -> None:
    found(postgres)
    postgres.transact(note("a", "0"))
    postgres.transact(note("b", "0"))
    barrier = threading.Barrier(2)
    tries: list[str] = []

    def change(first: str, second: str) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            tries.append(first)
            tx.run("set local deadlock_timeout = '20ms'")
            note(first, first)(tx)
            tx.rows("select 1 as one")  # what was written is sent with the next question
            if tries.count(first) == 1:
                barrier.wait(10)
            note(second, first)(tx)

        return work

    both = [postgres.submit(change("a", "b")), postgres.submit(change("b", "a"))]
    for each in both:
        each.result(30)
    assert len(tries) > 2, "one of the two was tried again, perhaps not only once"
    values = postgres.read(lambda tx: tx.rows("select value from settings"))
    assert len({row["value"] for row in values}) == 1, "one after the other, not mixed"


def test_a_savepoint_is_never_taken_for_an_earlier_one(postgres: Postgres) -> None:
    found(postgres)

    def careless(tx: Tx) -> None:
        note("before")(tx)
        with tx.savepoint():
            note("between")(tx)
            workspaces.set_setting(tx.within("nobody"), "it", "x")  # wrong, and not sent yet
            try:
                with tx.savepoint():
                    tx.rows("select 1 as one")
            except psycopg.IntegrityError:  # as dispatch does with a handler's mistake
                note("after")(tx)

    with held_up(postgres):
        futures = [postgres.submit(each, "a") for each in (note("1"), careless, note("2"))]
    first, bad, last = (each.exception(10) for each in futures)
    assert (first, last) == (None, None)
    assert isinstance(bad, psycopg.Error)
    assert noted(postgres) == ["1", "2"]


def test_what_is_held_up_holds_up_one_lane_only(postgres: Postgres) -> None:
    found(postgres)
    elsewhere = next(name for name in "bcdefg" if lane_of(name) != lane_of("a"))
    with held_up(postgres):
        behind = postgres.submit(note("behind"), "a")
        postgres.submit(note("beside"), elsewhere).result(10)
        assert noted(postgres) == ["beside"]
    behind.result(10)


def test_who_finds_somebody_else_before_them_looks_again(postgres: Postgres) -> None:
    found(postgres)
    first = threading.Event()

    def beaten(tx: Tx) -> str:
        inside = tx.within("a")
        if workspaces.setting(inside, "it") is None:
            if not first.is_set():
                first.set()
                with psycopg.connect(postgres.url) as other:
                    other.execute("insert into settings values ('a', 'it', 'theirs')")
            inside.insert("settings", name="it", value="ours")
        return workspaces.setting(inside, "it") or ""

    with held_up(postgres):
        futures = [postgres.submit(each, "a") for each in (note("1"), beaten, note("2"))]
    assert [each.result(10) for each in futures] == [None, "theirs", None]
    assert noted(postgres) == ["1", "2", "it"]


@pytest.mark.parametrize("together", [True, False])
def test_who_is_beaten_inside_a_savepoint_looks_again_too(
    postgres: Postgres, together: bool
) -> None:
    found(postgres)
    first = threading.Event()

    def beaten(tx: Tx) -> str:
        inside = tx.within("a")
        try:
            with tx.savepoint():
                if workspaces.setting(inside, "it") is None:
                    if not first.is_set():
                        first.set()
                        with psycopg.connect(postgres.url) as other:
                            other.execute("insert into settings values ('a', 'it', 'theirs')")
                    inside.insert("settings", name="it", value="ours")
        except StorageError:
            raise
        except Exception:  # as dispatch does with a handler's mistake
            return "failed"
        return workspaces.setting(inside, "it") or ""

    with held_up(postgres) if together else nullcontext():
        futures = [postgres.submit(each, "a") for each in (note("1"), beaten, note("2"))]
    assert [each.result(10) for each in futures] == [None, "theirs", None]
    assert noted(postgres) == ["1", "2", "it"]


def test_a_mistake_that_always_finds_a_row_is_told_in_the_end(postgres: Postgres) -> None:
    found(postgres)
    postgres.transact(note("it"))

    def mistaken(tx: Tx) -> str:
        try:
            with tx.savepoint():
                tx.within("a").insert("settings", name="it", value="ours")
        except StorageError:
            raise
        except psycopg.errors.UniqueViolation:
            return "failed"
        return "done"

    with held_up(postgres):
        futures = [postgres.submit(each, "a") for each in (note("1"), mistaken, note("2"))]
    assert [each.result(10) for each in futures] == [None, "failed", None]
    assert noted(postgres) == ["1", "2", "it"]


def test_a_transaction_that_was_idle_for_too_long_did_not_happen(postgres: Postgres) -> None:
    found(postgres)

    def dawdle(tx: Tx) -> None:
        note("half")(tx)
        tx.rows("select set_config('idle_in_transaction_session_timeout', '20ms', true)")
        tx.rows("select 1 as one")  # the server counts from the next answer on
        time.sleep(0.3)
        tx.rows("select 1 as one")

    with pytest.raises(Unavailable):
        postgres.transact(dawdle)
    assert noted(postgres) == []


@pytest.mark.parametrize("fault", ["lock", "connection"])
def test_a_store_that_fails_one_of_many_fails_nobody_else(postgres: Postgres, fault: str) -> None:
    found(postgres)
    postgres.transact(note("held"))

    def fails(tx: Tx) -> None:
        note("half")(tx)
        if fault == "lock":
            tx.run("set local lock_timeout = '50ms'")
            note("held", "after")(tx)
        else:
            row = tx.rows("select pg_backend_pid() as pid")[0]
            with psycopg.connect(postgres.url, autocommit=True) as other:
                other.execute("select pg_terminate_backend(%s)", (row["pid"],))
            note("other half")(tx)

    with psycopg.connect(postgres.url) as other:
        other.execute("select * from settings for update")
        with held_up(postgres):
            futures = [postgres.submit(fails if n == 2 else note(f"{n}"), "a") for n in range(5)]
        for n, future in enumerate(futures):
            assert isinstance(future.exception(10), Unavailable if n == 2 else type(None))
    assert noted(postgres) == ["0", "1", "3", "4", "held"]


def test_two_crowds_that_wait_for_each_other_are_both_done(postgres: Postgres) -> None:
    found(postgres)
    postgres.transact(note("x", "0"))
    postgres.transact(note("y", "0"))
    barrier = threading.Barrier(2)
    tries: list[str] = []

    def change(name: str, *, waits: bool) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            tries.append(name)
            tx.run("set local deadlock_timeout = '20ms'")
            note(name, "1")(tx)
            tx.rows("select 1 as one")
            if waits and tries.count(name) == 1:
                barrier.wait(10)

        return work

    with closing(Postgres(postgres.url)) as other, held_up(postgres), held_up(other):
        futures = [
            postgres.submit(change("x", waits=True), "a"),
            postgres.submit(note("y", "2"), "a"),
            other.submit(change("y", waits=True), "a"),
            other.submit(note("x", "2"), "a"),
        ]
    for each in futures:
        each.result(30)
    assert len(tries) > 2, "one of the two was tried again"


def test_a_server_that_could_lose_a_commit_is_refused(postgres: Postgres) -> None:
    careless = psycopg.conninfo.conninfo_to_dict(postgres.url)["dbname"]
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'alter database "{careless}" set synchronous_commit = off'.encode())
        try:
            with pytest.raises(StorageError, match="synchronous_commit=off"):
                Postgres(postgres.url)
        finally:
            connection.execute(f'alter database "{careless}" reset synchronous_commit'.encode())


def test_a_server_that_does_not_answer_is_told_with_a_sentence() -> None:
    with pytest.raises(StorageError, match="Check DATABASE_URL"):
        Postgres("postgresql://nobody@127.0.0.1:1/nothing", patience=0.3)


def test_work_is_signalled_to_other_processes_after_the_commit(postgres: Postgres) -> None:
    with closing(Postgres(postgres.url)) as other:
        woken = threading.Event()
        ready = threading.Event()

        def wake() -> None:
            ready.set()
            woken.set()

        other.listen(wake)
        while not ready.wait(0.02):  # until it listens
            postgres.transact(lambda tx: tx.signal())
        woken.clear()

        def change(tx: Tx) -> None:
            tx.signal()
            assert not woken.wait(0.05), "told before it is stored"

        postgres.transact(change)
        assert woken.wait(10)

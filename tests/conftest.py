"""What every test may ask for: a store of each kind, the company on its stage, and the log."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

import psycopg
import pytest
import sqlite_utils

from bot.delivery.clock import HandClock
from storage.engine import Database
from storage.engine import sqlite as sqlite_engine
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.parallel import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.pretend import server
from tests.pretend.stage import MONDAY, Chat, Ids, Say, Stage, furnish

STORES = ("sqlite", "postgres")
__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]  # hooks


# --- stores ------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give an empty PostgreSQL database: `TEST_POSTGRES_URL`, else a server of our own."""
    try:
        with server.postgres() as url:
            yield url
    except server.NoServer as error:
        pytest.skip(str(error))
    except SystemExit as error:
        pytest.exit(str(error), 2)


@pytest.fixture(scope="session")
def migrated(postgres_url: str) -> Iterator[Postgres]:
    """Give the one migrated PostgreSQL database of the whole run."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    database = Postgres(postgres_url)
    yield database
    database.close()


@pytest.fixture(scope="session", autouse=True)
def migrated_in_memory() -> Iterator[None]:
    """Migrate SQLite in memory once: each later database there begins as a copy of it.

    Opening still looks for missing migrations; databases in files make all of them.
    """
    connect = sqlite_engine.connect
    template = sqlite3.connect(sqlite_engine.MEMORY, isolation_level=None, check_same_thread=False)
    sqlite_engine.bring_up_to_date(sqlite_utils.Database(template))
    one_at_a_time = threading.Lock()

    def copied(path: str, *, writes: bool = True) -> sqlite_utils.Database:
        db = connect(path, writes=writes)
        if path == sqlite_engine.MEMORY:
            with one_at_a_time:
                template.backup(db.conn)
        return db

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_engine, "connect", copied)
        yield
    template.close()


@pytest.fixture
def sqlite() -> Iterator[Sqlite]:
    """Give an empty SQLite database in memory."""
    database = Sqlite()
    yield database
    database.close()


@pytest.fixture(scope="session")
def sweep(migrated: Postgres) -> Iterator[Callable[[], None]]:
    """Give what takes away every row. Much cheaper than a new database for each test.

    It keeps its connection: on a new one PostgreSQL would plan everything anew.
    """
    with psycopg.connect(migrated.url, autocommit=True) as connection:
        # As a replica, so that neither foreign keys nor the audit table's guard object.
        connection.execute("set session_replication_role = replica")
        yield lambda: empty(connection)


@pytest.fixture
def postgres(migrated: Postgres, sweep: Callable[[], None]) -> Postgres:
    """Give an empty PostgreSQL database."""
    sweep()
    migrated.beside.clear()
    return migrated


@pytest.fixture(params=STORES)
def database(request: pytest.FixtureRequest) -> Database:
    """Give an empty store, once of each kind."""
    store: Database = request.getfixturevalue(request.param)
    return store


def empty(connection: psycopg.Connection[object]) -> None:
    """Take away every row of every table but that of the migrations."""
    connection.execute(
        """
        do $$ declare name text; begin
            for name in select tablename from pg_tables
                where schemaname = 'public' and tablename <> 'migrations'
            loop execute format('delete from %I', name); end loop;
        end $$
        """
    )


# --- the company -------------------------------------------------------------------------


@pytest.fixture
def clock() -> HandClock:
    """Monday, nine o'clock, until it is wound."""
    return HandClock(MONDAY.astimezone(UTC))


@pytest.fixture
def new_id() -> Ids:
    """Ids that can be told in advance."""
    return Ids()


@pytest.fixture
def chat() -> Chat:
    """The pretend platform."""
    return Chat()


@pytest.fixture
def bot(database: Database, clock: HandClock, chat: Chat) -> Iterator[Stage]:
    """Everything wired together, with the company in the store."""
    stage = Stage(database, clock, chat)
    database.transact(lambda tx: furnish(tx, stage.workspace, clock.now()))
    yield stage
    stage.close()
    assert not stage.unwatched(), "open incidents without a timer"
    assert not chat.planned, f"{chat.planned} planned faults never happened"


@pytest.fixture
def anna(bot: Stage) -> Say:
    """Anna, a member; English."""
    return Say(bot, "anna")


@pytest.fixture
def ben(bot: Stage) -> Say:
    """Ben, accountable for Kasse and Etikettendrucker; German."""
    return Say(bot, "ben")


@pytest.fixture
def carla(bot: Stage) -> Say:
    """Carla, Ben's deputy, accountable for the Webshop; German."""
    return Say(bot, "carla")


@pytest.fixture
def chris(bot: Stage) -> Say:
    """Chris, the manager; English."""
    return Say(bot, "chris")


@pytest.fixture
def wind(bot: Stage) -> Callable[..., None]:
    """Let time pass: `wind(minutes=10)`, `wind(to="10:30")`, `wind(to="2026-11-30 08:30")`."""
    return bot.wind


# --- the log -----------------------------------------------------------------------------


@dataclass(slots=True)
class Logged(logging.Handler):
    """Keeps what is logged as an error; a test takes what it expects."""

    records: list[logging.LogRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        logging.Handler.__init__(self, logging.ERROR)

    __hash__ = object.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def take(self, words: str) -> logging.LogRecord:
        """Return the one error that says `words`; it was expected."""
        found = [each for each in self.records if words in each.getMessage()]
        assert len(found) == 1, f"“{words}” was logged {len(found)} times"
        self.records.remove(found[0])
        return found[0]


@pytest.fixture(autouse=True)
def logged() -> Iterator[Logged]:
    """Fail every test that logs an error which it did not expect."""
    handler = Logged()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    left = [each.getMessage() for each in handler.records]
    assert not left, f"errors were logged: {left}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder on the local disk."""
    return tmp_path

"""PostgreSQL, for several machines: a small pool, each transaction in a thread of ours."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.adapt import AdaptersMap
from psycopg.rows import dict_row
from psycopg.types.string import StrDumper
from psycopg_pool import ConnectionPool, PoolTimeout

from storage.engine import Row, StorageError, Tx, Unavailable, migrate
from storage.engine.sql import SqlTx, as_text, pyformat

T = TypeVar("T")

CONNECTIONS = 4
AGAIN = 5  # tries of a transaction that met another one
CHANNEL = "lotse"
MIGRATION_LOCK = 7_068_373  # any number, the same in every process
OPTIONS = "-c lock_timeout=8s -c idle_in_transaction_session_timeout=10s"

# Every text is sent as `text`. Left to guess, PostgreSQL refuses a value that one
# statement uses both for a moment's column and inside a `case`.
ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_dumper(str, StrDumper)


class _Met(StorageError):
    """Two transactions met; this one has to be tried again from the start."""


class PostgresTx(SqlTx):
    """A transaction on one pooled connection."""

    skip_locked = "for update skip locked"

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        workspace: str | None = None,
        memory: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(workspace, memory)
        self._connection = connection

    def within(self, workspace: str) -> PostgresTx:
        return PostgresTx(self._connection, workspace, self.memory)

    def real_now(self) -> str:
        row = self._rows("select clock_timestamp() as now", {})[0]
        return as_text(row["now"])

    def signal(self) -> None:
        self._run(f"notify {CHANNEL}", {})

    def _rows(self, sql: str, values: dict[str, object]) -> list[Row]:
        return list(self._execute(sql, values).fetchall())

    def _run(self, sql: str, values: dict[str, object]) -> int:
        return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, object]) -> psycopg.Cursor[Any]:
        try:
            return self._connection.execute(pyformat(sql), values)
        except (errors.SerializationFailure, errors.DeadlockDetected) as error:
            raise _Met(str(error)) from error
        except psycopg.OperationalError as error:
            raise Unavailable(f"PostgreSQL could not be used: {error}") from error


@contextlib.contextmanager
def glance(url: str, patience: int = 10) -> Iterator[tuple[Tx, int]]:
    """Look into a database without changing or migrating it.

    Gives a reading transaction and how many migrations are missing.
    Raises `StorageError` when the database cannot be used, or is set up to forget.
    """
    try:
        connection = psycopg.connect(
            url, connect_timeout=patience, options=OPTIONS, row_factory=dict_row, context=ADAPTERS
        )
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL could not be used: {error}") from error
    except (psycopg.ProgrammingError, UnicodeError):
        raise StorageError("DATABASE_URL cannot be read as an address of PostgreSQL.") from None
    with connection:
        connection.read_only = True
        refuse_forgetting(connection)
        found = connection.execute("select to_regclass('migrations') as it").fetchone()
        rows: list[Row] = []
        if found is not None and found["it"] is not None:
            rows = connection.execute("select number from migrations").fetchall()
        missing = migrate.missing({row["number"] for row in rows}, "postgres")
        yield PostgresTx(connection), missing


def refuse_forgetting(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Raise `StorageError` when the server answers before a commit is on its disk."""
    durable = connection.execute("show synchronous_commit").fetchone()
    if durable is not None and next(iter(durable.values())) == "off":
        raise StorageError(
            "PostgreSQL runs with synchronous_commit=off: an answer could be lost "
            "after we gave it. Switch it on for Lotse's database or role."
        )


class Postgres:
    """A PostgreSQL database, named by its URL."""

    def __init__(self, url: str, patience: float = 10.0) -> None:
        """Connect within `patience` seconds, or raise `StorageError`."""
        self.url = url
        self.memory: dict[str, Any] = {}
        self._pool: ConnectionPool[psycopg.Connection[dict[str, Any]]] = ConnectionPool(
            url,
            min_size=1,
            max_size=CONNECTIONS,
            kwargs={"options": OPTIONS, "row_factory": dict_row, "context": ADAPTERS},
            timeout=patience,
            open=False,
        )
        try:
            self._pool.open(wait=True, timeout=patience)
            self._bring_up_to_date()
        except PoolTimeout:
            self._pool.close()
            raise StorageError(
                f"PostgreSQL does not answer within {patience:.0f} seconds. Check DATABASE_URL "
                "and that the server runs."
            ) from None
        except BaseException:
            self._pool.close()
            raise
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="lotse-postgres")
        self._stop = threading.Event()
        self._listener: threading.Thread | None = None

    def submit(self, work: Callable[[Tx], T]) -> Future[T]:
        return self._put(work, read_only=False)

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.submit(work).result()

    def submit_read(self, work: Callable[[Tx], T]) -> Future[T]:
        return self._put(work, read_only=True)

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.submit_read(work).result()

    def listen(self, wake: Callable[[], None]) -> None:
        self._listener = threading.Thread(
            target=self._listen_loop, args=(wake,), name="lotse-listener", daemon=True
        )
        self._listener.start()

    def close(self) -> None:
        self._stop.set()
        self._threads.shutdown(wait=True)
        if self._listener is not None:
            self._listener.join(timeout=3)
        self._pool.close()

    def _put(self, work: Callable[[Tx], T], *, read_only: bool) -> Future[T]:
        try:
            return self._threads.submit(self._attempt, work, read_only)
        except RuntimeError as error:  # the threads are gone
            raise Unavailable("The database is closed.") from error

    def _attempt(self, work: Callable[[Tx], T], read_only: bool) -> T:
        for left in reversed(range(AGAIN)):
            try:
                with self._pool.connection() as connection:
                    if read_only:
                        connection.execute("set transaction read only")
                    return work(PostgresTx(connection, memory=self.memory))
            except (_Met, errors.SerializationFailure, errors.DeadlockDetected) as error:
                if not left:
                    raise Unavailable(f"PostgreSQL could not order this change: {error}") from error
            except errors.UniqueViolation:
                # Somebody else was first, after we had looked: look again. A mistake of
                # ours would fail each time.
                if not left:
                    raise
            except (psycopg.OperationalError, PoolTimeout) as error:
                raise Unavailable(f"PostgreSQL could not be used: {error}") from error
        raise AssertionError("the loop above returns or raises")

    def _bring_up_to_date(self) -> None:
        with self._pool.connection() as connection:
            refuse_forgetting(connection)
            # One process at a time; the others find the work done.
            connection.execute("select pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
            connection.execute(migrate.LEDGER)
            rows = connection.execute("select number from migrations").fetchall()
            applied = {row["number"] for row in rows}
            for step in migrate.pending(applied, migrate.known("postgres")):
                connection.execute(step.sql.encode())
                migrate.note(
                    lambda sql, values: connection.execute(sql.replace("?", "%s").encode(), values),
                    step,
                    as_text(datetime.now(UTC)),
                )

    def _listen_loop(self, wake: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(self.url, autocommit=True) as connection:
                    connection.execute(f"listen {CHANNEL}".encode())
                    while not self._stop.is_set():
                        for _ in connection.notifies(timeout=1.0, stop_after=1):
                            wake()
            except psycopg.Error:
                self._stop.wait(1.0)  # polling goes on meanwhile

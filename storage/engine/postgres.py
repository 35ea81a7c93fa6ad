"""PostgreSQL, for several machines: a small pool, each transaction in a thread of ours.

Commands that wait at the same time are committed together, each inside a savepoint of
its own. Those of one workspace would wait for one another anyway, for the row that
counts incidents; like this they wait for one commit instead of one each.
"""

from __future__ import annotations

import contextlib
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.adapt import AdaptersMap
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.string import StrDumper
from psycopg_pool import ConnectionPool, PoolTimeout

from storage.engine import Row, StorageError, Tx, Unavailable, migrate
from storage.engine.jobs import TOGETHER, Job
from storage.engine.sql import Memory, SqlTx, as_text, pyformat

T = TypeVar("T")

CONNECTIONS = 4
LANES = CONNECTIONS - 1  # of them for commands; one is left for looking and for carrying
AGAIN = 5  # tries of a transaction that met another one
CHANNEL = "lotse"
RELEASE = "release savepoint lotse"
MIGRATION_LOCK = 7_068_373  # any number, the same in every process
OPTIONS = "-c lock_timeout=8s -c idle_in_transaction_session_timeout=10s"

# Every text is sent as `text`. Left to guess, PostgreSQL refuses a value that one
# statement uses both for a moment's column and inside a `case`.
ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_dumper(str, StrDumper)


class _Met(StorageError):
    """Two transactions met; this one has to be tried again from the start."""


class _Beaten(_Met):
    """Somebody else's row was there first, after we had looked."""


class _Silent(Unavailable):
    """No connection could be had within the time that we wait."""


@dataclass(slots=True, eq=False)
class _Statement:
    sql: str
    values: dict[str, object] | None = None


@dataclass(slots=True)
class _Open:
    """An open transaction: its cursor, what is still to be sent, and what to signal.

    `last` says that it is not tried again: then a row that is there already is a mistake.
    """

    cursor: psycopg.Cursor[Row]
    last: bool = False
    unsent: list[_Statement] = field(default_factory=list)
    signals: set[str] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)


class PostgresTx(SqlTx):
    """A transaction on one pooled connection.

    What is only written waits until something is asked, and travels with it.
    """

    skip_locked = "for update skip locked"

    def __init__(self, open: _Open, workspace: str | None = None) -> None:
        super().__init__(workspace, open.memory)
        self._open = open

    def within(self, workspace: str) -> PostgresTx:
        return PostgresTx(self._open, workspace)

    @contextlib.contextmanager
    def savepoint(self) -> Iterator[None]:
        unsent = self._open.unsent
        if any(each.values is not None for each in unsent):
            self._send()  # what is wrong with that is not undone by going back to here
        begin = _Statement("savepoint lotse")
        unsent.append(begin)
        try:
            yield
            self._send()
        except Unavailable:
            raise  # there may be nothing left to go back to, and nobody may go on
        except BaseException:
            self._memory.clear()
            if begin in unsent:
                del unsent[unsent.index(begin) :]
            else:
                # What was written inside need not be sent; what ends savepoints inside must be.
                unsent[:] = [each for each in unsent if each.values is None]
                unsent += [_Statement("rollback to savepoint lotse"), _Statement(RELEASE)]
            raise
        unsent.append(_Statement(RELEASE))

    def real_now(self) -> str:
        row = self._rows("select clock_timestamp() as now", {})[0]
        return as_text(row["now"])

    def signal(self) -> None:
        self._open.signals.add(CHANNEL)

    def ending(self) -> None:
        """Send the signals, once each however often they were asked for; then commit.

        PostgreSQL commits nothing after an error that was passed over, and says so to nobody.
        """
        for channel in self._open.signals:
            self._write(f"notify {channel}", {})
        self._send()
        if self._open.cursor.connection.info.transaction_status == TransactionStatus.INERROR:
            raise Unavailable("The transaction was lost.")

    def _rows(self, sql: str, values: dict[str, object]) -> list[Row]:
        self._write(sql, values)
        self._send()
        return self._open.cursor.fetchall()

    def _run(self, sql: str, values: dict[str, object]) -> int:
        self._write(sql, values)
        self._send()
        return self._open.cursor.rowcount

    def _write(self, sql: str, values: dict[str, object]) -> None:
        self._open.unsent.append(_Statement(pyformat(sql), values))

    def _send(self) -> None:
        """Send what waits, in one go; the cursor then holds what the last statement gave."""
        cursor, unsent = self._open.cursor, self._open.unsent[:]
        self._open.unsent.clear()
        together = cursor.connection.pipeline() if len(unsent) > 1 else contextlib.nullcontext()
        try:
            with together:
                for each in unsent:
                    cursor.execute(each.sql, each.values)
        except (errors.SerializationFailure, errors.DeadlockDetected) as error:
            raise _Met(str(error)) from error
        except errors.UniqueViolation as error:
            if self._open.last:
                raise
            raise _Beaten(str(error)) from error
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError) or cursor.connection.closed:
                raise Unavailable(f"PostgreSQL could not be used: {error}") from error
            raise


def lane_of(workspace: str) -> int:
    """Return the lane in which a workspace waits, always the same: it never meets itself."""
    return zlib.crc32(workspace.encode()) % LANES


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
        yield PostgresTx(_Open(connection.cursor())), missing


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
        self.beside: dict[str, Any] = {}
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
        self._lanes: dict[int, list[Job]] = {}  # what waits in each lane that is being worked
        self._door = threading.Lock()
        self._stop = threading.Event()
        self._listener: threading.Thread | None = None

    def submit(self, work: Callable[[Tx], T], workspace: str | None = None) -> Future[T]:
        if workspace is None:
            return self._put(work, read_only=False)
        job = Job(work)
        lane = lane_of(workspace)
        with self._door:
            waiting = self._lanes.get(lane)
            if waiting is not None:
                waiting.append(job)
            else:
                self._start(self._carry, lane)
                self._lanes[lane] = [job]
        return job.done

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

    def _start(self, work: Callable[..., T], *values: object) -> Future[T]:
        try:
            return self._threads.submit(work, *values)
        except RuntimeError as error:  # the threads are gone
            raise Unavailable("The database is closed.") from error

    def _put(self, work: Callable[[Tx], T], *, read_only: bool) -> Future[T]:
        return self._start(self._attempt, work, read_only)

    def _carry(self, lane: int) -> None:
        """Carry out what waits in a lane, then let others have the thread."""
        with self._door:
            waiting = self._lanes[lane]
            batch, self._lanes[lane] = waiting[:TOGETHER], waiting[TOGETHER:]
        self._commit(batch)
        with self._door:
            if not self._lanes[lane]:
                del self._lanes[lane]
                return
            with contextlib.suppress(Unavailable):
                self._start(self._carry, lane)
                return
        self._carry(lane)  # closing: nobody else comes

    def _commit(self, batch: list[Job]) -> None:
        """Carry out several in one transaction, and those that this does not suit each alone."""
        try:
            left = self._together(batch) if len(batch) > 1 else batch
        except BaseException:
            left = batch  # the others were only in the same boat
        gone: Unavailable | None = None
        for job in left:
            job.result, job.error = None, gone
            try:
                if gone is None:
                    job.result = self._attempt(job.work, read_only=False)
            except _Silent as error:  # the others would only wait as long again
                job.error = gone = error
            except BaseException as error:
                job.error = error
            job.settle()

    def _together(self, batch: list[Job]) -> list[Job]:
        """Carry them out and commit; return those who found somebody else before them."""
        beaten = []
        with self._pool.connection() as connection, connection.cursor() as cursor:
            tx = PostgresTx(_Open(cursor, memory=Memory(self.beside)))
            for job in batch:
                try:
                    with tx.savepoint():
                        job.result = job.work(tx)
                except _Beaten:
                    beaten.append(job)
                except StorageError:
                    raise  # nobody in this batch may be told "stored"
                except BaseException as error:
                    job.error = error
            tx.ending()
        for job in batch:
            if job not in beaten:
                job.settle()
        return beaten

    def _attempt(self, work: Callable[[Tx], T], read_only: bool) -> T:
        for left in reversed(range(AGAIN)):
            try:
                with self._pool.connection() as connection, connection.cursor() as cursor:
                    if read_only:
                        cursor.execute("set transaction read only")
                    tx = PostgresTx(_Open(cursor, not left, memory=Memory(self.beside)))
                    result = work(tx)
                    tx.ending()
                    return result
            except (_Met, errors.SerializationFailure, errors.DeadlockDetected) as error:
                if not left:
                    raise Unavailable(f"PostgreSQL could not order this change: {error}") from error
            except PoolTimeout as error:
                raise _Silent(f"PostgreSQL could not be used: {error}") from error
            except psycopg.OperationalError as error:
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

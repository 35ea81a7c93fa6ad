"""SQLite, the embedded default: one file, one process, one writing connection.

Transactions that arrive while another one is being written are committed
together, each inside a savepoint of its own: one wait for the disk serves them
all, and one that fails takes nobody else's work with it.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TypeVar

import sqlite_utils

from storage.engine import AlreadyRunning, Row, StorageError, Tx, Unavailable, migrate
from storage.engine.jobs import TOGETHER, Job
from storage.engine.sql import SqlTx, as_text

T = TypeVar("T")

MEMORY = ":memory:"
STORE_FAILED = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}  # fmt: skip
NETWORK_FILE_SYSTEMS = {
    "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip


class SqliteTx(SqlTx):
    """A transaction on the writing connection, or a look at a reading one."""

    skip_locked = ""

    def __init__(
        self, db: sqlite_utils.Database, workspace: str | None = None, *, writes: bool = True
    ) -> None:
        super().__init__(workspace)
        self._db = db
        self._writes = writes

    def within(self, workspace: str) -> SqliteTx:
        return SqliteTx(self._db, workspace, writes=self._writes)

    def real_now(self) -> str:
        return as_text(datetime.now(UTC))

    def signal(self) -> None:
        """One process only: whoever committed wakes its own workers."""

    def _rows(self, sql: str, values: dict[str, object]) -> list[Row]:
        cursor = self._execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _run(self, sql: str, values: dict[str, object]) -> int:
        return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, object]) -> sqlite3.Cursor:
        # A full or failing disk makes SQLite throw the transaction away by itself. What
        # came after would be stored at once and for good, without what came before.
        if self._writes and not self._db.conn.in_transaction:
            raise Unavailable("The transaction was lost.")
        try:
            return self._db.execute(sql, values)
        except sqlite3.DatabaseError as error:
            failure = plainly(error)
            if failure is error:
                raise
            raise failure from error


class Sqlite:
    """A database in one file, or in memory (for tests)."""

    def __init__(self, path: str | Path = MEMORY) -> None:
        self.path = str(path)
        self._lock: IO[str] | None = None
        if self.path != MEMORY:
            file = Path(self.path).resolve()
            file.parent.mkdir(parents=True, exist_ok=True)
            refuse_network(file)
            self._lock = lock_file(file)
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._reader: threading.Thread | None = None
        self._door = threading.Lock()  # nothing comes in behind the one who closes
        self._closed = False
        started: Future[None] = Future()
        self._writer = threading.Thread(
            target=self._write_loop, args=(started,), name="lotse-writer", daemon=True
        )
        self._writer.start()
        try:
            started.result()
        except BaseException:
            self._unlock()
            raise

    def submit(self, work: Callable[[Tx], T], workspace: str | None = None) -> Future[T]:
        return self._put(self._jobs, work)

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.submit(work).result()

    def submit_read(self, work: Callable[[Tx], T]) -> Future[T]:
        return self._put(self._jobs if self.path == MEMORY else self._reads, work, reads=True)

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.submit_read(work).result()

    def listen(self, wake: Callable[[], None]) -> None:
        """Nobody else can write to this file."""

    def close(self) -> None:
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
            self._reads.put(None)
        self._writer.join()
        if self._reader is not None:
            self._reader.join()
        self._unlock()

    def _put(
        self, line: queue.SimpleQueue[Job | None], work: Callable[[Tx], T], *, reads: bool = False
    ) -> Future[T]:
        job = Job(work, reads)
        with self._door:
            if self._closed:
                raise Unavailable("The database is closed.")
            if line is self._reads and self._reader is None:
                self._reader = threading.Thread(
                    target=self._read_loop, name="lotse-reader", daemon=True
                )
                self._reader.start()
            line.put(job)
        return job.done

    def _write_loop(self, started: Future[None]) -> None:
        try:
            db = connect(self.path)
            bring_up_to_date(db)
        except BaseException as error:
            started.set_exception(plainly(error))
            return
        started.set_result(None)
        while (batch := self._next_batch()) is not None:
            self._commit(db, batch)
        with contextlib.suppress(sqlite3.Error):
            db.execute("pragma wal_checkpoint(truncate)")
        db.close()

    def _next_batch(self) -> list[Job] | None:
        job = self._jobs.get()
        if job is None:
            return None
        batch = [job]
        while len(batch) < TOGETHER:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # close after this batch
                break
            batch.append(job)
        return batch

    def _commit(self, db: sqlite_utils.Database, batch: list[Job]) -> None:
        tx = SqliteTx(db)
        try:
            # Immediate: we wait for the write lock here, not half way through.
            db.execute("begin immediate")
        except BaseException as error:
            for job in batch:  # alone each would only wait as long again
                job.settle(plainly(error))
            return
        try:
            for job in batch:
                try:
                    with (
                        tx.savepoint(),
                        only_reading(db) if job.reads else contextlib.nullcontext(),
                    ):
                        job.result = job.work(tx)
                except Unavailable:
                    raise  # the store itself failed: nobody in this batch may be told "stored"
                except BaseException as error:
                    job.error = error
            db.execute("commit")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                db.execute("rollback")
            if len(batch) > 1:  # the others were only in the same boat: each alone
                for job in batch:
                    job.result, job.error = None, None
                    self._commit(db, [job])
                return
            batch[0].settle(plainly(error))
            return
        for job in batch:
            job.settle()

    def _read_loop(self) -> None:
        db: sqlite_utils.Database | None = None
        while (job := self._reads.get()) is not None:
            try:
                db = db or connect(self.path, writes=False)
                job.result = job.work(SqliteTx(db, writes=False))
            except BaseException as error:
                job.error = plainly(error)
            job.settle()
        if db is not None:
            db.close()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def connect(path: str, *, writes: bool = True) -> sqlite_utils.Database:
    """Open `path` with the settings we promise: WAL, full sync, foreign keys, no waiting reads."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=2.0, cached_statements=512)
    db = sqlite_utils.Database(connection)
    if writes and path != MEMORY:
        db.execute("pragma journal_mode = wal").fetchall()
    for pragma in (
        "synchronous = full",
        "foreign_keys = on",
        "busy_timeout = 2000",
        "secure_delete = on",
        *(() if writes else ("query_only = on", "wal_autocheckpoint = 0")),
    ):
        db.execute(f"pragma {pragma}").fetchall()
    return db


def version() -> str:
    """Return the version of SQLite itself."""
    return sqlite3.sqlite_version


@contextlib.contextmanager
def glance(path: str) -> Iterator[tuple[Tx, int]]:
    """Look into a file, also while a Lotse uses it: nothing is locked, changed or migrated.

    Gives a reading transaction and how many migrations are missing.
    Raises `StorageError` when the file cannot be used.
    """
    uri = f"{Path(path).resolve().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=2.0)
        with contextlib.closing(connection):
            db = sqlite_utils.Database(connection)
            db.execute("pragma query_only = on")
            found = db.execute("select 1 from sqlite_master where name = 'migrations'").fetchall()
            rows = db.execute("select number from migrations").fetchall() if found else []
            missing = migrate.missing({row[0] for row in rows}, "sqlite")
            yield SqliteTx(db, writes=False), missing
    except sqlite3.Error as error:
        raise plainly(error) from error


def try_writing(path: str) -> None:
    """Begin a change and take it back.

    Raises `AlreadyRunning` beside a running Lotse, `StorageError` where nothing can be
    written, and OSError when the file's folder cannot be.
    """
    file = Path(path).resolve()
    refuse_network(file)
    with lock_file(file):
        try:
            connection = sqlite3.connect(file, isolation_level=None, timeout=2.0)
            with contextlib.closing(connection):
                connection.execute("begin immediate")
                connection.execute("rollback")
        except sqlite3.Error as error:
            raise plainly(error) from error


@contextlib.contextmanager
def only_reading(db: sqlite_utils.Database) -> Iterator[None]:
    """Let nothing be written inside, on a connection that otherwise may.

    Costly: the pragma makes SQLite compile every statement of the connection anew.
    """
    db.execute("pragma query_only = on")
    try:
        yield
    finally:
        db.execute("pragma query_only = off")


def bring_up_to_date(db: sqlite_utils.Database) -> None:
    """Make the missing migrations, each in a transaction of its own."""
    db.execute(migrate.LEDGER)
    applied = {row[0] for row in db.execute("select number from migrations").fetchall()}
    for step in migrate.pending(applied, migrate.known("sqlite")):
        db.execute("begin immediate")
        try:
            for statement in migrate.statements(step.sql):
                db.execute(statement)
            migrate.note(db.execute, step, as_text(datetime.now(UTC)))
            db.execute("commit")
        except BaseException:
            db.execute("rollback")
            raise


def plainly(error: BaseException) -> BaseException:
    """Turn the store's own failures (full, locked, unreadable) into `Unavailable`.

    Everything else, a mistake in our SQL included, stays what it is.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in STORE_FAILED:
        return Unavailable(f"The database could not be used: {error}.")
    return error


def lock_file(file: Path) -> IO[str]:
    """Hold `<file>.lock` as long as the process lives.

    Raises `AlreadyRunning` when another process holds it.
    """
    handle = (file.parent / f"{file.name}.lock").open("a")
    try:
        _lock(handle)
    except OSError:
        handle.close()
        raise AlreadyRunning(
            f"Another Lotse already uses {file.name}. Stop it first, or give this one "
            "another DATABASE_URL. (Several machines need PostgreSQL.)"
        ) from None
    return handle


def _lock(handle: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def refuse_network(file: Path, mounts: Path = Path("/proc/mounts")) -> None:
    """Raise `StorageError` when `file` lies on a network file system, whose locks are unreliable.

    Only Linux tells (`/proc/mounts`); elsewhere nothing is checked.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    best, kind = "", ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = file.is_relative_to(point)
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    if kind in NETWORK_FILE_SYSTEMS:
        raise StorageError(
            f"{file.name} lies on a network file system ({kind}), where SQLite's locks are "
            "unreliable. Use a local disk, or PostgreSQL through DATABASE_URL."
        )

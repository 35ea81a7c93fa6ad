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
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar

import sqlite_utils

from storage.engine import Locked, Tx, Unavailable, migrate
from storage.engine.file import Standing, lock_file, refuse_network
from storage.engine.jobs import TOGETHER, Job
from storage.engine.sql import Memory, as_text
from storage.engine.sqlite_tx import SqliteTx, plainly

T = TypeVar("T")

MEMORY = ":memory:"
WAIT = 1.5  # seconds that somebody who waits for an answer waits for another program's lock
PATIENCE = 20.0  # as much for work that nobody waits for; shorter than a courier's lease
BUSY = 100  # milliseconds between two looks who has waited for too long
READERS = 3
UNUSABLE = "{} cannot be used as Lotse's database; DATABASE_URL or LOTSE_DATA says where it lies."
BESIDE = 4  # what nobody waits for, and yet goes with what somebody waits for


class Sqlite:
    """A database in one file, or in memory (for tests)."""

    def __init__(self, path: str | Path = MEMORY, wait: float = WAIT) -> None:
        """`wait`: how many seconds somebody waits for another program's lock."""
        self.path = str(path)
        self.beside: dict[str, Any] = {}
        self._wait = wait
        self._lock: IO[str] | None = None
        if self.path != MEMORY:
            file = Path(self.path).resolve()
            self.path = str(file)
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                refuse_network(file)
                self._lock = lock_file(file)
            except OSError as error:
                raise Unavailable(f"{UNUSABLE.format(file)} ({error.strerror}).") from error
        self._file: Standing | None = None
        self._failure: BaseException | None = None  # of the last commit
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        # Of them, what the writer knows of: where somebody waits for an answer, and the rest.
        self._urgent: deque[Job] = deque()
        self._patient: deque[Job] = deque()
        self._last = False  # nobody comes after those
        self._reads: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._readers: list[threading.Thread] = []
        self._door = threading.Lock()  # nothing comes in behind the one who closes
        self._closed = False
        started: Future[None] = Future()
        self._writer = threading.Thread(
            target=self._write_loop, args=(started,), name="lotse-writer", daemon=True
        )
        self._writer.start()
        try:
            started.result()
        except BaseException as error:
            self._unlock()
            if type(error) is Unavailable:
                raise Unavailable(f"{UNUSABLE.format(self.path)} {error}") from error
            raise

    def submit(
        self, work: Callable[[Tx], T], workspace: str | None = None, *, patient: bool = False
    ) -> Future[T]:
        due = time.monotonic() + (PATIENCE if patient else self._wait)
        return self._put(self._jobs, Job(work, due, patient=patient))

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.submit(work).result()

    def submit_read(self, work: Callable[[Tx], T]) -> Future[T]:
        job = Job(work, time.monotonic() + self._wait, reads=True)
        return self._put(self._jobs if self.path == MEMORY else self._reads, job)

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.submit_read(work).result()

    def listen(self, wake: Callable[[], None]) -> None:
        """Nobody else can write to this file."""

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def trouble(self) -> str | None:
        try:
            self._check()
        except Unavailable as lost:
            return str(lost)
        failure = self._failure
        return None if failure is None else str(failure)

    def sweep(self) -> None:
        """Write the file anew and empty the log.

        `secure_delete` overwrites what is deleted, but where rows move from page to page their
        old bytes stay between two rows. Nobody is refused meanwhile: whoever writes waits.
        """
        if self.path == MEMORY:
            return
        alone = Job(lambda _tx: None, time.monotonic() + PATIENCE, alone=True)
        self._put(self._jobs, alone).result()
        with contextlib.closing(connect(self.path)) as db:
            try:
                db.execute("pragma busy_timeout = 5000").fetchall()
                db.execute("pragma wal_checkpoint(truncate)").fetchall()
            except sqlite3.Error as error:
                raise plainly(error) from error

    def close(self) -> None:
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
            for _reader in self._readers:
                self._reads.put(None)
        self._writer.join()
        for reader in self._readers:
            reader.join()
        self._unlock()

    def _check(self) -> None:
        """Raise `DatabaseLost` if our file is not there any more."""
        if self._file is not None:
            self._file.check()

    def _put(self, line: queue.SimpleQueue[Job | None], job: Job) -> Future[Any]:
        with self._door:
            if self._closed:
                raise Unavailable("The database is closed.")
            if line is self._reads and len(self._readers) < READERS:
                reader = threading.Thread(target=self._read_loop, name="lotse-reader", daemon=True)
                self._readers.append(reader)
                reader.start()
            line.put(job)
        return job.done

    def _write_loop(self, started: Future[None]) -> None:
        try:
            db = connect(self.path)
            bring_up_to_date(db)
        except BaseException as error:
            started.set_exception(plainly(error))
            return
        if self.path != MEMORY:
            self._file = Standing(Path(self.path))
        started.set_result(None)
        while batch := self._next_batch():
            if together := [job for job in batch if not job.alone]:
                self._commit(db, together)
            for job in batch:
                if job.alone:
                    self._write_anew(db, job)
        with contextlib.suppress(sqlite3.Error):
            db.execute("pragma wal_checkpoint(truncate)")
        db.close()

    def _write_anew(self, db: sqlite_utils.Database, job: Job) -> None:
        try:
            self._check()
            db.execute("vacuum")
        except BaseException as error:
            job.settle(plainly(error))
        else:
            job.settle()

    def _next_batch(self) -> list[Job]:
        """Wait for work; return some, or nothing at the end.

        First what somebody waits for, and with it as much of the rest, but `BESIDE` at least:
        nobody waits behind many timers, and under any load timers and messages go on.
        """
        self._gather(wait=not self._urgent and not self._patient)
        urgent = _first(self._urgent, TOGETHER)
        beside = max(len(urgent), BESIDE) if urgent else TOGETHER
        return urgent + _first(self._patient, beside)

    def _gather(self, *, wait: bool = False) -> None:
        """Let in who waits."""
        while not self._last:
            try:
                job = self._jobs.get(block=wait)
            except queue.Empty:
                return
            wait = False
            if job is None:
                self._last = True
            else:
                (self._patient if job.patient else self._urgent).append(job)

    def _somebody_waits(self) -> bool:
        self._gather()
        return bool(self._urgent)

    def _begin(self, db: sqlite_utils.Database, batch: list[Job]) -> list[Job]:
        """Begin a transaction; return for whom, all others were told that there is none.

        Immediate: we wait for another program's lock here, not half way through. Who has
        waited for it for too long is refused, also who came while we waited.
        """
        while batch:
            try:
                self._check()
                db.execute("begin immediate")
                return batch
            except BaseException as error:
                failure = self._failure = plainly(error)
            if not isinstance(failure, Locked):
                for job in batch:
                    job.settle(failure)
                return []
            self._gather()
            for job in (*batch, *self._urgent, *self._patient):
                if job.overdue:
                    job.settle(failure)
            batch = [job for job in batch if not job.done.done()]
            self._urgent = deque(job for job in self._urgent if not job.done.done())
            self._patient = deque(job for job in self._patient if not job.done.done())
        return []

    def _commit(self, db: sqlite_utils.Database, batch: list[Job]) -> None:
        tx = SqliteTx(db, memory=Memory(self.beside))
        reading = SqliteTx(db, memory=Memory(self.beside), writes=False)
        batch = self._begin(db, batch)
        if not batch:
            return
        try:
            for n, job in enumerate(batch):
                if n and batch[0].patient and self._somebody_waits():
                    self._patient.extendleft(reversed(batch[n:]))
                    batch = batch[:n]
                    break
                try:
                    with (
                        tx.savepoint(),
                        only_reading(db) if job.reads else contextlib.nullcontext(),
                    ):
                        job.result = job.work(reading if job.reads else tx)
                except Unavailable:
                    raise  # the store itself failed: nobody in this batch may be told "stored"
                except BaseException as error:
                    job.error = error
            db.execute("commit")
            self._check()  # stored where nobody finds it again is not stored
            self._failure = None
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                db.execute("rollback")
            if len(batch) > 1:  # the others were only in the same boat: each alone
                for job in batch:
                    job.result, job.error = None, None
                    self._commit(db, [job])
                return
            self._failure = plainly(error)
            batch[0].settle(self._failure)
            return
        for job in batch:
            job.settle()

    def _read_loop(self) -> None:
        db: sqlite_utils.Database | None = None
        while (job := self._reads.get()) is not None:
            try:
                self._check()
                db = db or connect(self.path, writes=False)
                db.execute("begin")  # all of it as of one moment
                try:
                    seen = Memory(self.beside)
                    job.result = job.work(SqliteTx(db, memory=seen, writes=False, settled=True))
                finally:
                    with contextlib.suppress(sqlite3.Error):
                        db.execute("rollback")
            except BaseException as error:
                job.error = plainly(error)
            job.settle()
        if db is not None:
            db.close()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _first(line: deque[Job], most: int) -> list[Job]:
    return [line.popleft() for _each in range(min(most, len(line)))]


def connect(path: str, *, writes: bool = True) -> sqlite_utils.Database:
    """Open `path` with the settings we promise: WAL, full sync, foreign keys, no waiting reads."""
    # Who reads makes no file where there is none any more.
    place = path if writes else f"{Path(path).resolve().as_uri()}?mode=rw"
    connection = sqlite3.connect(
        place, uri=not writes, isolation_level=None, timeout=2.0, cached_statements=512
    )
    db = sqlite_utils.Database(connection)
    if writes and path != MEMORY:
        db.execute("pragma journal_mode = wal").fetchall()
    for pragma in (
        "synchronous = full",
        "foreign_keys = on",
        f"busy_timeout = {BUSY if writes else 2000}",
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

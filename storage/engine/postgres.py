"""PostgreSQL, for several machines: a small pool, each transaction in a thread of ours.

Commands that wait at the same time are committed together, each inside a savepoint of
its own. Those of one workspace would wait for one another anyway, for the row that
counts incidents; like this they wait for one commit instead of one each.
"""

from __future__ import annotations

import contextlib
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from storage.engine import Question, Row, StorageError, Tx, Unavailable, migrate
from storage.engine.jobs import TOGETHER, Job, alike
from storage.engine.pool import Limits, Pool, ServerClock, Silent, Standing, connect
from storage.engine.postgres_tx import CHANNEL, Beaten, Met, Open, PostgresTx
from storage.engine.sql import Memory, as_text

T = TypeVar("T")

WRITERS = 4
LANES = WRITERS - 1  # of them for commands; one is left for carrying
READERS = 2
SWEEP = 600.0  # seconds that sweeping may take
PATIENCE = 25.0  # seconds that work is tried for which nobody waits
AGAIN = 5  # tries of a transaction that met another one
LIMITS = Limits()
MIGRATION_LOCK = 7_068_373  # any number, the same in every process


def lane_of(workspace: str) -> int:
    """Return the lane in which a workspace waits, always the same: it never meets itself."""
    return zlib.crc32(workspace.encode()) % LANES


def _questions_of(jobs: list[Job]) -> list[Question[Any]]:
    """Return their questions, each once."""
    return list(dict.fromkeys(job.question for job in jobs if job.question is not None))


@contextlib.contextmanager
def glance(url: str, limits: Limits = LIMITS) -> Iterator[tuple[Tx, int]]:
    """Look into a database without changing or migrating it.

    Gives a reading transaction and how many migrations are missing.
    Raises `StorageError` when the database cannot be used, or is set up to forget.
    """
    try:
        connection = connect(url, limits)
    except psycopg.OperationalError as error:
        raise Unavailable(f"PostgreSQL could not be used: {error}") from error
    with connection:
        connection.read_only = True
        refuse_forgetting(connection)
        found = connection.execute("select to_regclass('migrations') as it").fetchone()
        rows: list[Row] = []
        if found is not None and found["it"] is not None:
            rows = connection.execute("select number from migrations").fetchall()
        missing = migrate.missing({row["number"] for row in rows}, "postgres")
        yield PostgresTx(Open(connection.cursor())), missing


def refuse_forgetting(connection: psycopg.Connection[Row]) -> None:
    """Raise `StorageError` when the server answers before a commit is on its disk."""
    durable = connection.execute("show synchronous_commit").fetchone()
    if durable is not None and next(iter(durable.values())) == "off":
        raise StorageError(
            "PostgreSQL runs with synchronous_commit=off: an answer could be lost "
            "after we gave it. Switch it on for Lotse's database or role."
        )


class Postgres:
    """A PostgreSQL database, named by its URL."""

    def __init__(self, url: str, patience: float = 10.0, limits: Limits = LIMITS) -> None:
        """Connect within `patience` seconds, or raise `StorageError`."""
        self.url = url
        self.beside: dict[str, Any] = {}
        self._limits = limits
        self._clock = ServerClock()
        self._standing = Standing()
        self._writing = Pool(url, limits, self._standing)
        self._reading = Pool(url, limits, self._standing, reads=True)
        try:
            with self._writing.unlimited(time.monotonic() + patience) as line:
                self._bring_up_to_date(line)
        except Silent as error:
            raise StorageError(
                f"PostgreSQL does not answer within {patience:.0f} seconds. Check DATABASE_URL "
                f"and that the server runs. ({error.__cause__})"
            ) from None
        except psycopg.OperationalError as error:
            raise Unavailable(f"PostgreSQL could not be used: {error}") from error
        self._threads = ThreadPoolExecutor(WRITERS, thread_name_prefix="lotse-postgres")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="lotse-reader")
        self._lanes: dict[int, list[Job]] = {}  # what waits in each lane that is being worked
        self._asked: list[Job] = []  # questions that nobody has gone to ask yet
        self._door = threading.Lock()
        self._stop = threading.Event()
        self._listener: threading.Thread | None = None

    def submit(
        self, work: Callable[[Tx], T], workspace: str | None = None, *, patient: bool = False
    ) -> Future[T]:
        job = Job(work, self._due(patient), workspace=workspace)
        if workspace is None:
            self._start(self._threads, self._alone, job)
            return job.done
        lane = lane_of(workspace)
        with self._door:
            waiting = self._lanes.get(lane)
            if waiting is not None:
                waiting.append(job)
            else:
                self._start(self._threads, self._carry, lane)
                self._lanes[lane] = [job]
        return job.done

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.submit(work).result()

    def submit_read(self, work: Callable[[Tx], T]) -> Future[T]:
        job = Job(work, self._due(patient=False), reads=True)
        if not isinstance(work, Question):
            self._start(self._readers, self._alone, job)
            return job.done
        with self._door:
            if not self._asked:
                self._start(self._readers, self._answer)
            self._asked.append(job)
        return job.done

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.submit_read(work).result()

    def listen(self, wake: Callable[[], None]) -> None:
        self._listener = threading.Thread(
            target=self._listen_loop, args=(wake,), name="lotse-listener", daemon=True
        )
        self._listener.start()

    def wall(self) -> datetime:
        return self._clock.reading()

    def trouble(self) -> str | None:
        trouble = self._standing.trouble
        return None if trouble is None else f"PostgreSQL could not be used: {trouble}"

    def sweep(self) -> None:
        """Vacuum: rows that were deleted or changed lie in the files until then."""
        try:
            with connect(self.url, replace(self._limits, statement=0, silence=SWEEP)) as connection:
                connection.autocommit = True
                connection.execute("vacuum")
        except psycopg.Error as error:
            raise Unavailable(f"PostgreSQL could not be swept: {error}") from error

    def close(self) -> None:
        self._stop.set()
        for pool in (self._writing, self._reading):
            pool.stop()
        for threads in (self._threads, self._readers):
            threads.shutdown(wait=True)
        if self._listener is not None:
            self._listener.join(timeout=3)
        for pool in (self._writing, self._reading):
            pool.close()

    def _due(self, patient: bool) -> float:
        if patient:
            return time.monotonic() + PATIENCE
        known = self.trouble() is not None  # then nobody's answer is kept for what may come
        return time.monotonic() + (self._limits.known if known else self._limits.answer)

    def _start(self, threads: ThreadPoolExecutor, work: Callable[..., None], *values: Any) -> None:
        try:
            threads.submit(work, *values)
        except RuntimeError as error:  # the threads are gone
            raise Unavailable("The database is closed.") from error

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
                self._start(self._threads, self._carry, lane)
                return
        self._carry(lane)  # closing: nobody else comes

    def _commit(self, batch: list[Job]) -> None:
        """Carry out several in one transaction, and those that this does not suit each alone."""
        trouble = self.trouble()
        if trouble is not None:
            for job in batch:
                if job.overdue:
                    job.settle(Unavailable(trouble))
            batch = [job for job in batch if not job.done.done()]
        try:
            left = self._shared(batch) if len(batch) > 1 else batch
        except BaseException:
            left = batch  # the others were only in the same boat
        self._each(left)

    def _answer(self) -> None:
        """Ask all at once what several want to know, else each alone."""
        with self._door:
            batch, self._asked = self._asked[:TOGETHER], self._asked[TOGETHER:]
            goes_on = bool(self._asked)
            if goes_on:
                with contextlib.suppress(Unavailable):
                    self._start(self._readers, self._answer)
                    goes_on = False
        kinds: dict[object, list[Job]] = {}
        for job in batch:
            assert job.question is not None, "nothing else comes here"
            kinds.setdefault(job.question.read, []).append(job)
        for jobs in kinds.values():
            self._answer_alike(jobs)
        if goes_on:
            self._answer()  # closing: nobody else comes

    def _answer_alike(self, jobs: list[Job]) -> None:
        """Ask what several want to know of one kind, in one statement."""
        questions = _questions_of(jobs)
        together = Job(lambda tx: questions[0].read(tx, questions), jobs[0].due, reads=True)
        try:
            answers = self._attempt(together)
        except BaseException:
            self._each(jobs)
            return
        for job in jobs:
            job.result = answers.get(job.question.key) if job.question else None
            job.settle()

    def _each(self, jobs: list[Job]) -> None:
        """Carry out several, each alone."""
        gone: Unavailable | None = None
        for job in jobs:
            if gone is not None:
                job.settle(gone)
                continue
            self._alone(job)
            if isinstance(job.error, Silent):  # the others would only wait as long again
                gone = job.error

    def _alone(self, job: Job) -> None:
        """Carry out one in a transaction of its own."""
        job.result, job.error = None, None
        try:
            trouble = self.trouble()
            if trouble is not None and job.overdue:
                raise Unavailable(trouble)
            job.result = self._attempt(job)
        except BaseException as error:
            job.error = error
        job.settle()

    def _shared(self, batch: list[Job]) -> list[Job]:
        """Carry them out in one transaction; return those whom that does not suit.

        At first without savepoints: what one writes then travels with what the next one asks.
        Where one of them fails, nothing has happened, and each gets a savepoint of its own.
        """
        due = min(job.due for job in batch)
        try:
            with self._writing.transaction(due) as connection, connection.cursor() as cursor:
                tx = self._tx(cursor)
                for jobs in alike(batch):
                    self._foresee(tx, jobs)
                    for job in jobs:
                        job.result = job.work(tx)
                tx.ending()
        except Unavailable:
            raise
        except BaseException:
            return self._together(batch)
        for job in batch:
            job.settle()
        return []

    def _foresee(self, tx: PostgresTx, jobs: list[Job]) -> None:
        """Ask at once what each of them is going to ask."""
        found = _questions_of(jobs)
        if len(found) > 1 and jobs[0].workspace is not None:
            tx.within(jobs[0].workspace).ask_ahead(found)

    def _together(self, batch: list[Job]) -> list[Job]:
        """Carry them out and commit; return those who found somebody else before them."""
        beaten = []
        due = min(job.due for job in batch)
        with self._writing.transaction(due) as connection, connection.cursor() as cursor:
            tx = self._tx(cursor)
            for job in batch:
                try:
                    with tx.savepoint():
                        job.result = job.work(tx)
                except Beaten:
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

    def _attempt(self, job: Job) -> Any:
        pool = self._reading if job.reads else self._writing
        for left in reversed(range(AGAIN)):
            try:
                with pool.transaction(job.due) as connection, connection.cursor() as cursor:
                    tx = self._tx(cursor, last=not left, settled=job.reads)
                    result = job.work(tx)
                    tx.ending()
                    return result
            except (Met, errors.SerializationFailure, errors.DeadlockDetected) as error:
                if not left:
                    raise Unavailable(f"PostgreSQL could not order this change: {error}") from error
            except psycopg.OperationalError as error:
                raise Unavailable(f"PostgreSQL could not be used: {error}") from error
        raise AssertionError("the loop above returns or raises")

    def _tx(
        self, cursor: psycopg.Cursor[Row], *, last: bool = False, settled: bool = False
    ) -> PostgresTx:
        open = Open(cursor, last, settled, self._clock, memory=Memory(self.beside))
        tx = PostgresTx(open)
        if self._clock.stale:
            tx.real_now()
        return tx

    def _bring_up_to_date(self, connection: psycopg.Connection[Row]) -> None:
        with connection.transaction():
            refuse_forgetting(connection)
            PostgresTx(Open(connection.cursor(), clock=self._clock)).real_now()
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
                    as_text(self.wall()),
                )

    def _listen_loop(self, wake: Callable[[], None]) -> None:
        while not self._stop.is_set():
            try:
                with connect(self.url, self._limits) as connection:
                    connection.autocommit = True
                    connection.execute(f"listen {CHANNEL}".encode())
                    while not self._stop.is_set():
                        for _ in connection.notifies(timeout=1.0, stop_after=1):
                            wake()
            except psycopg.Error:
                self._stop.wait(1.0)  # polling goes on meanwhile

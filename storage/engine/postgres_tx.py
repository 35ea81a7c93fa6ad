"""A transaction on PostgreSQL, and what its failures mean."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg import errors
from psycopg.pq import TransactionStatus

from storage.engine import OnlyReading, Row, StorageError, Tx, Unavailable
from storage.engine.pool import ServerClock
from storage.engine.sql import M, Memory, SqlTx, as_text, pyformat

CHANNEL = "lotse"
RELEASE = "release savepoint lotse"


class Met(StorageError):
    """Two transactions met; this one has to be tried again from the start."""


class Beaten(Met):
    """Somebody else's row was there first, after we had looked."""


@dataclass(slots=True, eq=False)
class _Statement:
    sql: str
    values: dict[str, object] | None = None
    keep: Callable[[list[Row]], None] | None = (
        None  # what happens with the rows of what is foreseen
    )


@dataclass(slots=True)
class Open:
    """An open transaction: its cursor, what is still to be sent, and what to signal.

    `last` says that it is not tried again: then a row that is there already is a mistake.
    `settled` says that it only reads, and so sees nothing that may be undone.
    """

    cursor: psycopg.Cursor[Row]
    last: bool = False
    settled: bool = False
    clock: ServerClock = field(default_factory=ServerClock)
    unsent: list[_Statement] = field(default_factory=list)
    signals: set[str] = field(default_factory=set)
    memory: Memory = field(default_factory=Memory)


class PostgresTx(SqlTx):
    """A transaction on one pooled connection.

    What is only written waits until something is asked, and travels with it.
    """

    skip_locked = "for update skip locked"
    company_tables = """
        select table_name as name from information_schema.columns
        where column_name = 'workspace' and table_schema = current_schema()
        """

    def __init__(self, open: Open, workspace: str | None = None) -> None:
        super().__init__(workspace, open.memory, settled=open.settled)
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

    def foresee(self, *asks: Callable[[Tx], object]) -> None:
        ahead = _Foreseeing(self._open, self._workspace)
        for each in asks:
            each(ahead)

    def real_now(self) -> str:
        self._send()
        before = time.monotonic()
        now: datetime = self._rows("select clock_timestamp() as now", {})[0]["now"]
        self._open.clock.hear(now, before)
        return as_text(now)

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
        foreseen: list[tuple[Callable[[list[Row]], None], psycopg.Cursor[Row]]] = []
        together = cursor.connection.pipeline() if len(unsent) > 1 else contextlib.nullcontext()
        try:
            with together:
                for each in unsent:
                    if each.keep is None:
                        cursor.execute(each.sql, each.values)
                    else:
                        asked = cursor.connection.cursor()
                        foreseen.append((each.keep, asked))
                        asked.execute(each.sql, each.values)
            for keep, asked in foreseen:
                keep(asked.fetchall())
                asked.close()
        except (errors.SerializationFailure, errors.DeadlockDetected) as error:
            raise Met(str(error)) from error
        except errors.UniqueViolation as error:
            if self._open.last:
                raise
            raise Beaten(str(error)) from error
        except errors.ReadOnlySqlTransaction as error:
            raise OnlyReading(str(error)) from error
        except psycopg.Error as error:
            if isinstance(error, psycopg.OperationalError) or cursor.connection.closed:
                raise Unavailable(f"PostgreSQL could not be used: {error}") from error
            raise


class _Foreseeing(PostgresTx):
    """The same transaction, in which recalling only puts the question with what is to be sent."""

    def recall_as(self, sql: str, make: Callable[[Row], M], **values: object) -> list[M]:
        values = self._named(sql, values)
        key = (make, sql, *values.items())
        if self._memory.foresee(key, sql):

            def keep(rows: list[Row]) -> None:
                self._memory.answer(key, [make(row) for row in rows])

            self._open.unsent.append(_Statement(pyformat(sql), values, keep))
        return []

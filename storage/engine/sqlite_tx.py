"""A transaction on SQLite, and what its failures mean."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime, timedelta

import sqlite_utils

from storage.engine import Locked, OnlyReading, Row, Unavailable
from storage.engine.sql import Memory, SqlTx, as_text

STARTED, TICKS = datetime.now(UTC), time.monotonic()
STORE_FAILED = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
}  # fmt: skip


class SqliteTx(SqlTx):
    """A transaction on the writing connection, or a look at a reading one."""

    skip_locked = ""
    company_tables = """
        select m.name as name from sqlite_schema m join pragma_table_info(m.name) c
        where m.type = 'table' and c.name = 'workspace'
        """

    def __init__(
        self,
        db: sqlite_utils.Database,
        workspace: str | None = None,
        memory: Memory | None = None,
        *,
        writes: bool = True,
        settled: bool = False,
    ) -> None:
        super().__init__(workspace, memory or Memory(), settled=settled)
        self._db = db
        self._writes = writes

    def within(self, workspace: str) -> SqliteTx:
        return SqliteTx(
            self._db, workspace, self._memory, writes=self._writes, settled=self.settled
        )

    def real_now(self) -> str:
        # Only this process writes: a clock that is set lets none of its leases run out.
        return as_text(STARTED + timedelta(seconds=time.monotonic() - TICKS))

    def signal(self) -> None:
        """One process only: whoever committed wakes its own workers."""

    def _rows(self, sql: str, values: dict[str, object]) -> list[Row]:
        cursor = self._execute(sql, values)
        found = cursor.fetchall()
        if not found:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def _run(self, sql: str, values: dict[str, object]) -> int:
        return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, object]) -> sqlite3.Cursor:
        # A full or failing disk makes SQLite throw the transaction away by itself. What
        # came after would be stored at once and for good, without what came before.
        if self._writes and not self._db.conn.in_transaction:
            raise Unavailable("The transaction was lost.")
        try:
            return self._db.conn.execute(sql, values)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_READONLY and not self._writes:
                raise OnlyReading(str(error)) from error
            failure = plainly(error)
            if failure is error:
                raise
            raise failure from error


def plainly(error: BaseException) -> BaseException:
    """Turn the store's own failures (full, locked, unreadable) into `Unavailable`.

    Everything else, a mistake in our SQL included, stays what it is.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Locked(f"Another program held the database for too long: {error}.")
    if code is not None and code & 0xFF in STORE_FAILED:
        return Unavailable(f"The database could not be used: {error}.")
    return error

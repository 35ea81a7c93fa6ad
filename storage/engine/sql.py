"""What both stores share: one way to run SQL, written once with `:name` values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from storage.engine import Row, Tx, Unavailable

M = TypeVar("M")


class Cursor(Protocol):
    """The part of a driver's cursor that we use."""

    @property
    def rowcount(self) -> int: ...


class Memory:
    """What a transaction has read and may be asked again; `beside` outlives it."""

    def __init__(self, beside: dict[str, Any] | None = None) -> None:
        self.beside = {} if beside is None else beside
        self._known: dict[tuple[object, ...], list[Any]] = {}
        self._by_table: dict[str, set[tuple[object, ...]]] = {}
        self._foreseen: set[tuple[object, ...]] = set()  # asked, and not answered yet

    def find(self, key: tuple[object, ...]) -> list[Any] | None:
        """Return what was made of an answer, None if it was not asked."""
        return self._known.get(key)

    def keep(self, key: tuple[object, ...], sql: str, made: list[Any]) -> None:
        """Remember what was made of the answer to `sql`."""
        self._known[key] = made
        self._note(key, sql)

    def foresee(self, key: tuple[object, ...], sql: str) -> bool:
        """Say whether `sql` is to be asked now, because it will be wanted; `answer` keeps it."""
        if key in self._known or key in self._foreseen:
            return False
        self._foreseen.add(key)
        self._note(key, sql)
        return True

    def answer(self, key: tuple[object, ...], made: list[Any]) -> None:
        """Remember what was foreseen, unless something was written meanwhile that changes it."""
        if key in self._foreseen:
            self._foreseen.discard(key)
            self._known[key] = made

    def _note(self, key: tuple[object, ...], sql: str) -> None:
        for table in tables_read(sql):
            self._by_table.setdefault(table, set()).add(key)

    def written(self, tables: frozenset[str]) -> None:
        """Forget what was read of tables that are changed."""
        for table in tables:
            for key in self._by_table.pop(table, ()):
                self._known.pop(key, None)
                self._foreseen.discard(key)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()
        self._foreseen.clear()
        self._by_table.clear()


class SqlTx:
    """A transaction on one connection. Stores say how a statement is executed."""

    def __init__(self, workspace: str | None, memory: Memory, *, settled: bool = False) -> None:
        self._workspace = workspace
        self._memory = memory
        self._settled = settled

    @property
    def settled(self) -> bool:
        return self._settled

    @property
    def workspace(self) -> str:
        if self._workspace is None:
            raise RuntimeError("This transaction is not inside a workspace.")
        return self._workspace

    @property
    def beside(self) -> dict[str, Any]:
        return self._memory.beside

    def rows(self, sql: str, **values: object) -> list[Row]:
        return self._rows(sql, self._named(sql, values))

    def recall(self, sql: str, **values: object) -> list[Row]:
        return [dict(row) for row in self.recall_as(sql, _as_it_is, **values)]

    def recall_as(self, sql: str, make: Callable[[Row], M], **values: object) -> list[M]:
        values = self._named(sql, values)
        key = (make, sql, *values.items())
        found = self._memory.find(key)
        if found is None:
            found = [make(row) for row in self._rows(sql, values)]
            self._memory.keep(key, sql, found)
        return found[:]

    def foresee(self, *asks: Callable[[Tx], object]) -> None:
        """Here a question costs no way to a server."""

    def run(self, sql: str, **values: object) -> int:
        return self._run(sql, self._named(sql, values))

    def write(self, sql: str, **values: object) -> None:
        self._write(sql, self._named(sql, values))

    def insert(self, table: str, **record: object) -> None:
        if self._workspace is not None:
            record["workspace"] = self._workspace
        sql = insert_statement(table, tuple(record))
        self._memory.written(frozenset((table,)))
        self._write(sql, record)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._run("savepoint lotse", {})
        try:
            yield
        except Unavailable:
            raise  # there may be nothing left to go back to, and nobody may go on
        except BaseException:
            self._memory.clear()
            self._run("rollback to savepoint lotse", {})
            self._run("release savepoint lotse", {})
            raise
        self._run("release savepoint lotse", {})

    def _named(self, sql: str, values: dict[str, object]) -> dict[str, object]:
        inside, tables = known_of(sql)
        if tables:
            self._memory.written(tables)
        if inside:
            values["workspace"] = self.workspace
        return values

    def _rows(self, sql: str, values: dict[str, object]) -> list[Row]:
        raise NotImplementedError

    def _run(self, sql: str, values: dict[str, object]) -> int:
        raise NotImplementedError

    def _write(self, sql: str, values: dict[str, object]) -> None:
        self._run(sql, values)


def _as_it_is(row: Row) -> Row:
    return row


@lru_cache(maxsize=1024)
def tables_read(sql: str) -> frozenset[str]:
    """Return the tables that a question looks into."""
    return frozenset(re.findall(r"\b(?:from|join)\s+([a-z_]+)", sql))


@lru_cache(maxsize=2048)
def known_of(sql: str) -> tuple[bool, frozenset[str]]:
    """Return whether a statement names its workspace, and the tables that it changes."""
    changed = re.findall(r"\b(?:insert into|update|delete from)\s+([a-z_]+)", sql)
    return ":workspace" in sql, frozenset(changed)


@lru_cache(maxsize=256)
def insert_statement(table: str, columns: tuple[str, ...]) -> str:
    """Return `insert into table (…) values (:…)`; names come from code, never from input."""
    names = ", ".join(columns)
    holders = ", ".join(f":{column}" for column in columns)
    return f"insert into {table} ({names}) values ({holders})"


@lru_cache(maxsize=1024)
def pyformat(sql: str) -> str:
    """Turn `:name` into psycopg's `%(name)s`, leaving quoted text and `::casts` alone."""
    pieces = re.split(r"('(?:[^']|'')*')", sql.replace("%", "%%"))
    turned = [
        piece if piece.startswith("'") else re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", piece)
        for piece in pieces
    ]
    return "".join(turned)


@lru_cache(maxsize=64)  # one request writes its one moment many times
def as_text(moment: datetime) -> str:
    """Write a moment as it is stored: UTC, microseconds, a trailing Z; sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def as_moment(text: str) -> datetime:
    """Read a stored moment back; the opposite of `as_text`."""
    return datetime.fromisoformat(text)


def letters(number: int) -> str:
    """Write a small number in letters, for the name of a value."""
    return chr(ord("a") + number // 26) + chr(ord("a") + number % 26)

"""What both stores share: one way to run SQL, written once with `:name` values."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast

from storage.engine import Question, Row, Tx, Unavailable

M = TypeVar("M")
V = TypeVar("V")


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
        self._answers: dict[tuple[str | None, Question[Any]], Any] = {}

    def keep_answers(
        self,
        workspace: str | None,
        questions: list[Question[Any]],
        answers: Mapping[Hashable, Any],
    ) -> None:
        """Keep answers until they are asked for; a second asker of the same asks anew."""
        self._answers = {(workspace, each): answers.get(each.key) for each in questions}

    def take_answer(self, workspace: str | None, question: Question[V]) -> tuple[V | None] | None:
        """Take the answer to a question out; None when it was not asked ahead."""
        key = (workspace, question)
        return (self._answers.pop(key),) if key in self._answers else None

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
        self._answers.clear()


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

    def ask(self, question: Question[V]) -> V | None:
        found = self._memory.take_answer(self._workspace, question)
        return question(cast(Tx, self)) if found is None else found[0]

    def ask_ahead(self, questions: list[Question[Any]]) -> None:
        """Ask several of one kind in one statement, for whoever asks them later."""
        answers = questions[0].read(cast(Tx, self), questions)
        self._memory.keep_answers(self._workspace, questions, answers)

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


def listed(rows: Sequence[Sequence[object]]) -> tuple[str, dict[str, object]]:
    """Return `(:l_aa, :l_ab), (:l_ac, :l_ad)` for values in rows, and the values by these names.

    Empty texts fill it up to a power of two: few statements, which the server knows by then.
    """
    width, size = len(rows[0]), 1 << (len(rows) - 1).bit_length()
    given = [*rows, *[("",) * width] * (size - len(rows))]
    names = [[f"l_{letters(n * width + at)}" for at in range(width)] for n in range(size)]
    written = ", ".join("(" + ", ".join(f":{name}" for name in row) + ")" for row in names)
    return written, {
        name: value
        for named, row in zip(names, given, strict=True)
        for name, value in zip(named, row, strict=True)
    }

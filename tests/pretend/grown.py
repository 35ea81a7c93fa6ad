"""A company's past many times over, each an hour earlier, and what statements have to do for it.

Time on a busy machine says nothing. SQLite tells how many steps of its own machine a statement
took: the same for the same rows, whoever else uses the processor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from storage.engine import Row, Tx
from storage.engine.sql import as_moment, as_text, insert_statement
from storage.engine.sqlite_tx import SqliteTx

APART = 1_000  # between the numbers of one copy and those of the next
NUMBERS = ("number", "incident", "earlier", "later", "root", "version", "closed_into")
IDS = ("id", "identity", "parcel")
KEYS = ("key", "otherwise", "list", "subject")
COPIED = (
    "incidents", "timeline", "likeness", "likenesses", "repeats", "closings", "alarms", "timers",
    "outbox", "messages", "deliveries", "audit", "matters",
)  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT.*Z")
STAY = ("timers",)  # what is still to come stays to come
FINE = 10  # steps between two counts


def grow(tx: Tx, times: int) -> None:
    """Let everything that happened in a company have happened so many times more, before."""
    for table in COPIED:
        rows = tx.rows(f"select * from {table} where workspace = :workspace")
        for copy in range(1, times + 1):
            for row in rows:
                made = _copied(row, copy, timedelta(hours=0 if table in STAY else copy))
                tx.run(insert_statement(table, tuple(made)), **made)


def _copied(row: Row, copy: int, earlier: timedelta) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in row.items():
        if value is None:
            made[name] = None
        elif name in NUMBERS:
            made[name] = value + copy * APART
        elif name in IDS:
            made[name] = f"{value}-{copy}"
        elif name in KEYS:
            made[name] = _moved(str(value), copy)
        elif isinstance(value, str) and MOMENT.fullmatch(value):
            made[name] = as_text(as_moment(value) - earlier)
        else:
            made[name] = value
    return made


def _moved(key: str, copy: int) -> str:
    """Return a key about the copy's incident; what is about none, or several, is another one."""
    moved, times = re.subn(
        r"(?<=^incident:)\d+", lambda found: str(int(found[0]) + copy * APART), key
    )
    return moved if times else f"{key}-{copy}"


@dataclass(slots=True)
class Steps:
    """How many steps statements took, each and all together; by the statement's first words."""

    of: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)  # how often each was asked

    @property
    def all(self) -> int:
        """Return how many they were in all."""
        return sum(self.of.values())

    def grown(self, before: Steps) -> list[str]:
        """Return the statements that took more than before, the dearest first, for a message."""
        more = [(steps - before.of[sql], sql) for sql, steps in self.of.items()]
        return [f"+{n}: {sql[:120]}" for n, sql in sorted(more, reverse=True)[:5] if n > 0]


@contextmanager
def counted() -> Iterator[Steps]:
    """Count the steps of every statement on SQLite while the block runs."""
    steps = Steps()
    asked, ran = SqliteTx._rows, SqliteTx._run

    @contextmanager
    def counting(tx: SqliteTx, sql: str) -> Iterator[None]:
        taken = 0

        def another() -> int:
            nonlocal taken
            taken += FINE
            return 0

        tx._db.conn.set_progress_handler(another, FINE)
        try:
            yield
        finally:
            tx._db.conn.set_progress_handler(None, 0)
            steps.of[" ".join(sql.split())] += taken
            steps.times[" ".join(sql.split())] += 1

    def rows(self: SqliteTx, sql: str, values: dict[str, object]) -> list[Row]:
        with counting(self, sql):
            return asked(self, sql, values)

    def run(self: SqliteTx, sql: str, values: dict[str, object]) -> int:
        with counting(self, sql):
            return ran(self, sql, values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SqliteTx, "_rows", rows)
        patched.setattr(SqliteTx, "_run", run)
        yield steps

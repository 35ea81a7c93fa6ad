"""How storage works: two small protocols, kept by SQLite and by PostgreSQL.

A transaction is a function. It is handed a `Tx`; returning commits, raising
rolls back. So it cannot be held across an await and cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
V = TypeVar("V")
Row = dict[str, Any]


class StorageError(Exception):
    """The store cannot be used; the message is a sentence for the operator."""


class Unavailable(StorageError):
    """This transaction did not happen (disk full, locked, connection lost)."""


class Locked(Unavailable):
    """Another program held the database for longer than we wait; nothing was done."""


class DatabaseLost(Unavailable):
    """The database's file was deleted or replaced while we used it."""


class OnlyReading(StorageError):
    """Something was to be written where only reading is allowed."""


class NewerSchema(StorageError):
    """The database was written by a newer program than this one."""


class AlreadyRunning(StorageError):
    """Another process owns this SQLite file."""


class Tx(Protocol):
    """One open transaction, seen from inside one workspace.

    `:workspace` is filled in by the transaction itself, in `rows`, `run` and
    `insert` alike, so no caller can name somebody else's.
    """

    @property
    def workspace(self) -> str:
        """The workspace this transaction works in; an error when it has none."""
        ...

    @property
    def skip_locked(self) -> str:
        """The clause that lets several workers claim rows side by side (empty on SQLite)."""
        ...

    @property
    def company_tables(self) -> str:
        """The question for the names of all tables that hold rows of companies."""
        ...

    @property
    def settled(self) -> bool:
        """Whether all that it sees is stored for good; else what it saw may be undone."""
        ...

    @property
    def beside(self) -> dict[str, Any]:
        """What this process keeps beside the store, for all transactions; never the truth."""
        ...

    def within(self, workspace: str) -> Tx:
        """Return the same transaction, bound to `workspace`."""
        ...

    def rows(self, sql: str, **values: object) -> list[Row]:
        """Run `sql` and return its rows, each a dict by column name."""
        ...

    def recall(self, sql: str, **values: object) -> list[Row]:
        """As `rows`, from memory if this transaction asked the same before.

        Several commands may share a transaction, and ask for the same people and places.
        What is written to a table that was read lets it forget.
        """
        ...

    def recall_as(self, sql: str, make: Callable[[Row], T], **values: object) -> list[T]:
        """As `recall`, each row made into something once, that nobody may change."""
        ...

    def foresee(self, *asks: Callable[[Tx], object]) -> None:
        """Say what will be recalled soon: it may be asked together with the next question.

        Each of `asks` recalls something from the transaction that it is given, and has to do
        with no rows there.
        """
        ...

    def ask(self, question: Question[V]) -> V | None:
        """Return the answer to a question, once for all if it was asked ahead with others'."""
        ...

    def run(self, sql: str, **values: object) -> int:
        """Run `sql` and return how many rows it changed."""
        ...

    def write(self, sql: str, **values: object) -> None:
        """Run `sql` without asking what came of it.

        It may be sent together with the next question; what is wrong with it is said
        there, or at the end of the savepoint or transaction.
        """
        ...

    def insert(self, table: str, **record: object) -> None:
        """Insert one row; its workspace is added. As `write`."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo everything inside when the block raises, and only that."""
        ...

    def real_now(self) -> str:
        """The store's real time as text (`2026-11-20T09:00:00.000000Z`), for leases."""
        ...

    def signal(self) -> None:
        """Tell workers in other processes, after the commit, that there is work."""
        ...


@dataclass(frozen=True, slots=True)
class Question(Generic[V]):
    """One of many of its kind: `read` answers several of them by their keys, in one statement.

    It is work for a reading transaction by itself. `since` is for `read` and not compared: the
    earliest of those that are asked together holds, so an answer may hold more than was asked.
    """

    read: Callable[[Tx, Sequence[Question[V]]], Mapping[Hashable, V]]
    key: Hashable
    since: str = field(default="", compare=False)

    def __call__(self, tx: Tx) -> V | None:
        """Ask this one alone."""
        return self.read(tx, [self]).get(self.key)


@dataclass(frozen=True, slots=True)
class Foreseeing(Generic[T]):
    """Work that is going to ask a question; a store may ask it before, with those of others.

    What the answer tells of must be changed by nothing but work that foresees the same
    question, or none at all: work of either kind that came earlier is done first.
    """

    work: Callable[[Tx], T]
    question: Question[Any]

    def __call__(self, tx: Tx) -> T:
        """Carry it out."""
        return self.work(tx)


class Database(Protocol):
    """A store. Functions handed in run in its own threads, one transaction each.

    `beside` is what this process keeps beside it, for all transactions.
    """

    beside: dict[str, Any]

    def submit(
        self, work: Callable[[Tx], T], workspace: str | None = None, *, patient: bool = False
    ) -> Future[T]:
        """Run `work` in a writing transaction; the future is done after the commit.

        While the store cannot be had it is refused after some seconds, since somebody waits
        for the answer. `patient` work, for which nobody waits, is tried for longer.

        What is for a `workspace` may share its commit with what waits at the same time,
        each in a savepoint of its own: one that fails takes nobody else's work with it.
        It may then run more than once, also after it was committed: only for work that
        proves by its identity that it was done.
        """
        ...

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a writing transaction and wait for the commit."""
        ...

    def submit_read(self, work: Callable[[Tx], T]) -> Future[T]:
        """Run `work` where nothing can be written, on what was stored at one moment.

        It waits for no writing transaction, and none waits for it.
        """
        ...

    def read(self, work: Callable[[Tx], T]) -> T:
        """As `submit_read`, and wait."""
        ...

    def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` (from another thread) whenever another process signalled work."""
        ...

    def wall(self) -> datetime:
        """Return the time that what is due goes by: the server's, else this machine's."""
        ...

    def trouble(self) -> str | None:
        """Return a sentence about why nothing can be stored now, None while all is well."""
        ...

    def sweep(self) -> None:
        """Let nothing of what was deleted or changed remain in the files; takes its time."""
        ...

    def close(self) -> None:
        """Finish what is running and let go of the files or connections."""
        ...

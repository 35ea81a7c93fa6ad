"""Connections to PostgreSQL, one for each of our threads, that notice when nobody answers.

A firewall that forgets a connection, or a server that hangs, says nothing. So every exchange
has its limit: on the server (`statement_timeout`), in the kernel (keepalives, unanswered
bytes), and at last in our own waiting. One connection that is lost makes all others suspect.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.adapt import AdaptersMap
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.string import StrDumper

from storage.engine import Row, StorageError, Unavailable, address

INTERVAL = 0.1  # seconds between two looks whether we are to be interrupted
PAUSE = 0.2  # seconds between two tries to connect, at first
LONGEST_PAUSE = 1.0
NARROW = 0.1  # seconds that asking for the time may take, so that the answer is kept
STALE = 30.0  # seconds after which the server is asked for its time anew

# Every text is sent as `text`. Left to guess, PostgreSQL refuses a value that one
# statement uses both for a moment's column and inside a `case`.
ADAPTERS = AdaptersMap(psycopg.adapters)
ADAPTERS.register_dumper(str, StrDumper)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds what may take.

    `answer`: what is handed in is done or refused within this, when the server gets into
    trouble; `known`: while it is. `silence`: one exchange, in our own waiting; longer than
    `statement`, which the server minds itself. `lock`: waiting for somebody's row.
    `idle`: doing nothing inside a transaction. `unused`: after this a connection is looked at
    first, for `check`.
    """

    answer: float = 9.0
    known: float = 1.5
    silence: float = 9.0
    statement: float = 8.0
    lock: float = 8.0
    idle: float = 10.0
    unused: float = 5.0
    check: float = 2.0
    connect: float = 3.0

    def parameters(self) -> dict[str, Any]:
        """Return them as parameters of a connection."""
        minded = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return {
            "options": " ".join(f"-c {name}={int(s * 1000)}" for name, s in minded.items()),
            "connect_timeout": max(2, round(self.connect)),  # libpq takes no less
            "keepalives": 1,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5000,  # milliseconds that sent bytes may stay unanswered
        }


class Silent(Unavailable):
    """No connection could be had within the time that we wait."""


class Line(psycopg.Connection[Row]):
    """A connection that waits for no answer longer than its limit, and is closed then."""

    limit: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
        limit = self.limit if timeout is None else timeout
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if limit is None or self.info.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.close()  # it is in the middle of something that nobody will ever end
            raise psycopg.OperationalError(f"no answer within {limit:.0f} seconds") from None


def parameters(url: str) -> dict[str, Any]:
    """Return what a `DATABASE_URL` says, as parameters of a connection.

    Raises `StorageError`, which repeats nothing of it.
    """
    try:
        found = address.read(url)
        make_conninfo("", **found)
    except address.Unreadable as wrong:
        raise StorageError(f"DATABASE_URL cannot be read. It takes {wrong}.") from None
    except (psycopg.Error, UnicodeError):
        raise StorageError("DATABASE_URL cannot be read as an address of PostgreSQL.") from None
    return found


def connect(url: str, limits: Limits) -> Line:
    """Open a connection with the settings that we promise."""
    given, ours = parameters(url), limits.parameters()
    ours["options"] = f"{given.pop('options', '')} {ours['options']}".strip()
    line: Line = Line.connect(**{**given, **ours}, row_factory=dict_row, context=ADAPTERS)
    line.limit = limits.silence
    return line


class ServerClock:
    """The server's time: told by it now and then, and by our monotonic clock in between.

    So a machine whose clock is ahead or behind alarms nobody early or late.
    """

    def __init__(self) -> None:
        self._heard: tuple[datetime, float] | None = None

    @property
    def stale(self) -> bool:
        """Say whether the server should be asked again."""
        return self._heard is None or time.monotonic() - self._heard[1] > STALE

    def hear(self, moment: datetime, before: float) -> None:
        """Note what the server said to a question that was asked at `before`."""
        now = time.monotonic()
        if self._heard is None or now - before < NARROW:
            self._heard = (moment, (now + before) / 2)

    def reading(self) -> datetime:
        """Return the server's time."""
        assert self._heard is not None, "who connects asks for the time first"
        moment, heard = self._heard
        return moment + timedelta(seconds=time.monotonic() - heard)


@dataclass(slots=True)
class Standing:
    """How it stands with a server, for all pools of it.

    `trouble`: what was wrong, while nothing has gone well since. A connection of an older
    `generation` is suspect, because another one was lost.
    """

    trouble: str | None = None
    generation: int = 0

    def lost(self, trouble: str) -> None:
        """A connection was lost: whoever has another one opens it anew."""
        self.trouble = trouble
        self.generation += 1


@dataclass(slots=True, eq=False)
class _Held:
    line: Line
    generation: int
    used: float


class Pool:
    """Gives every thread that asks a connection of its own, with a transaction on it."""

    def __init__(
        self, url: str, limits: Limits, standing: Standing, *, reads: bool = False
    ) -> None:
        """`reads`: nothing can be written, and everything is seen as of one moment."""
        self._url = url
        self._standing = standing
        self._limits = limits
        self._reads = reads
        self._mine = threading.local()
        self._lines: set[Line] = set()
        self._door = threading.Lock()
        self._stop = threading.Event()

    @contextlib.contextmanager
    def transaction(self, due: float) -> Iterator[Line]:
        """Give a connection with a transaction that commits, or rolls back when the block raises.

        Raises `Silent` when there is none by `due`, of the monotonic clock.
        """
        held = self._ready(due)
        line = held.line
        try:
            yield line
            line.commit()
            self._standing.trouble = None
        except BaseException as error:
            with contextlib.suppress(psycopg.Error):
                line.rollback()
            if line.closed:
                self._standing.lost(str(error))
            raise
        finally:
            held.used = time.monotonic()
            if line.info.transaction_status != TransactionStatus.IDLE:
                self._drop(held)

    @contextlib.contextmanager
    def unlimited(self, due: float) -> Iterator[Line]:
        """Give a connection, once, for what may take as long as it takes; there by `due`."""
        held = self._ready(due)
        try:
            held.line.limit = None
            held.line.execute("set statement_timeout = 0")
            held.line.execute("set lock_timeout = 0")
            held.line.commit()
            yield held.line
        finally:
            self._drop(held)

    def stop(self) -> None:
        """From now on nobody waits for a server that is away."""
        self._stop.set()

    def close(self) -> None:
        """Close all connections; nobody uses them any more."""
        self._stop.set()
        with self._door:
            for line in self._lines:
                line.close()
            self._lines.clear()

    def _ready(self, due: float) -> _Held:
        """Return this thread's connection, which was looked at if it was idle for a while."""
        held: _Held | None = getattr(self._mine, "held", None)
        if held is not None and (held.line.closed or held.generation != self._standing.generation):
            self._drop(held)
            held = None
        if held is not None and time.monotonic() - held.used > self._limits.unused:
            held = self._looked_at(held)
        return held or self._open(due)

    def _looked_at(self, held: _Held) -> _Held | None:
        line = held.line
        try:
            line.limit = self._limits.check
            line.autocommit = True
            line.execute("")
            line.autocommit = False
            line.limit = self._limits.silence
        except psycopg.Error as error:
            self._standing.lost(str(error))
            self._drop(held)
            return None
        return held

    def _open(self, due: float) -> _Held:
        pause = PAUSE
        while True:
            generation = self._standing.generation
            try:
                line = connect(self._url, self._limits)
            except psycopg.OperationalError as error:
                self._standing.trouble = str(error)
                left = due - time.monotonic()
                if left <= pause or self._stop.wait(pause):
                    raise Silent(f"PostgreSQL could not be used: {error}") from error
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            if self._reads:
                line.read_only = True
                line.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            held = _Held(line, generation, time.monotonic())
            self._mine.held = held
            with self._door:
                self._lines.add(line)
            return held

    def _drop(self, held: _Held) -> None:
        held.line.close()
        self._mine.held = None
        with self._door:
            self._lines.discard(held.line)

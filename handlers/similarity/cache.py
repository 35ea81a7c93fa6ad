"""The indexes that this process keeps beside its database, one for each workspace in use.

The database stays the truth: before each search the index reads what changed since, also
by another process. It is read in backwards, the newest incidents first, a part with each
search, so that nobody waits for the whole of a large company. Nothing else is stored.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from handlers.similarity.index import Hit, Index, Seen
from storage import similarity
from storage.engine import Tx
from storage.engine.ids import ServiceId
from storage.similarity import Change

PART = 5_000  # incidents that are read in with one search at most
MOST = 150_000  # incidents that are kept in all; who was not asked for longest is let go
DAY = 86_400.0


class Held:
    """One workspace's index, and how far it has read: from `low` to the `last` change."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Know nothing."""
        self.index = Index()
        self.last: Change | None = None
        self.low = 0

    def read_on(self, tx: Tx) -> None:
        """Read what changed since, and the next part of what was before."""
        if self.last is not None:
            changes = similarity.since(tx, self.last.version)
            # What was read in a transaction that then failed never was: begin anew.
            if not any(each == self.last or each.number == self.last.number for each in changes):
                self.clear()
            elif len(changes) > 1 or changes[0] != self.last:
                self._take(changes)
                self.last = changes[-1]
        if self.last is None:
            changes = similarity.before(tx, None, PART)
            self._take(changes)
            self.last = changes[0] if changes else None
            self.low = changes[-1].version if changes else 0
        elif self.low > 1 and len(self.index) < MOST:
            changes = similarity.before(tx, self.low, PART)
            self._take(changes)
            self.low = changes[-1].version if changes else 0

    def _take(self, changes: list[Change]) -> None:
        for each in changes:
            if each.gone:
                self.index.remove(each.number)
            else:
                day = each.at.timestamp() / DAY
                self.index.add(each.number, _said(each), each.service, day)


def _said(change: Change) -> str:
    """Return the title and below it the rest of the text, so that the title counts as one."""
    rest = change.body.removeprefix(change.title.removesuffix("…"))
    return f"{change.title}\n{rest}" if change.body else change.title


class Kept:
    """All indexes of one database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Held] = OrderedDict()

    def of(self, workspace: str) -> Held:
        """Return a workspace's index, used last from now on."""
        with self._lock:
            held = self._held.setdefault(workspace, Held())
            self._held.move_to_end(workspace)
            return held

    def let_go(self) -> None:
        """Let go of those that were not used for longest, until it is not too much in all."""
        with self._lock:
            while (
                len(self._held) > 1 and sum(len(each.index) for each in self._held.values()) > MOST
            ):
                self._held.popitem(last=False)


def search(
    tx: Tx,
    text: str,
    service: ServiceId | None,
    now: datetime,
    limit: int,
    except_: int | None,
    names: Sequence[str] = (),
) -> list[Hit]:
    """Search the index of the transaction's workspace for like ones, after reading what is new."""
    with _current(tx) as index:
        return index.search(text, service, now.timestamp() / DAY, limit, except_, names)


def look(tx: Tx, text: str, now: datetime, limit: int) -> list[Seen]:
    """Look for what says these words, after reading what is new."""
    with _current(tx) as index:
        return index.look(text, now.timestamp() / DAY, limit)


@contextmanager
def _current(tx: Tx) -> Iterator[Index]:
    kept: Kept = tx.beside.setdefault("likeness", Kept())
    held = kept.of(tx.workspace)
    with held.lock:
        before = len(held.index)
        held.read_on(tx)
        yield held.index
    if len(held.index) > before:
        kept.let_go()

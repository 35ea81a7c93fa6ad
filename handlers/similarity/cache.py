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
from handlers.similarity.meaning import BESIDE, Bytes, Meanings, coarse, from_text, told_by
from storage import similarity
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, ServiceId
from storage.similarity import Change

PART = 5_000  # incidents that are read in with one search at most
AT_ONCE = 32  # vectors that a search makes itself
FILLED = 1_000  # vectors that it looks for in the store
MOST = 150_000  # incidents that are kept in all; who was not asked for longest is let go
DAY = 86_400.0


class Held:
    """One workspace's index, and how far it has read: from `low` to the `last` change."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.meanings: Meanings | None = None
        self.clear()

    def clear(self) -> None:
        """Know nothing."""
        self.index = Index()
        # By number: the version, and what has no vector.
        self.blank: dict[IncidentNumber, tuple[int, str]] = {}
        self.last: Change | None = None
        self.stored = False  # whether that is stored for good
        self.low = 0

    def read_on(self, tx: Tx) -> None:
        """Read what changed since, and the next part of what was before.

        Who looks at an older moment than the index knows searches it as it is.
        """
        if self.last is not None:
            changes = similarity.since(tx, self.last.version)
            if not changes and self.stored and tx.settled:
                return
            # What was read in a transaction that then failed never was: begin anew.
            if not any(each == self.last or each.number == self.last.number for each in changes):
                self.clear()
            elif len(changes) > 1 or changes[0] != self.last:
                self._take(changes)
                self.last = changes[-1]
                self.stored = tx.settled
            else:
                self.stored |= tx.settled
        if self.last is None:
            changes = similarity.before(tx, None, PART)
            self._take(changes)
            self.last = changes[0] if changes else None
            self.stored = tx.settled
            self.low = changes[-1].version if changes else 0
        elif self.low > 1 and len(self.index) < MOST:
            changes = similarity.before(tx, self.low, PART)
            self._take(changes)
            self.low = changes[-1].version if changes else 0

    def _take(self, changes: list[Change]) -> None:
        for each in changes:
            self.blank.pop(each.number, None)
            if each.gone:
                self.index.remove(each.number)
                continue
            vector = None
            if self.meanings is not None and each.meaning:
                vector = from_text(each.meaning)
            elif self.meanings is not None:
                self.blank[each.number] = (each.version, told_by(each.title))
            day = each.at.timestamp() / DAY
            self.index.add(each.number, _said(each), each.service, day, vector)

    def fill(self, tx: Tx) -> None:
        """Take up vectors that were stored meanwhile, and make a few, for those without one.

        The rest waits for the next search: nobody waits for thousands.
        """
        if self.meanings is None or not self.blank:
            return
        newest = sorted(self.blank.items(), key=lambda each: -each[1][0])[:FILLED]
        stored = similarity.meanings(tx, newest[-1][1][0], newest[0][1][0])
        made: dict[IncidentNumber, Bytes] = {}
        for number, (version, _title) in newest:
            if version in stored:
                made[number] = from_text(stored[version])
        rest = [(number, told) for number, (_v, told) in newest if number not in made][:AT_ONCE]
        if rest:
            rows = coarse(self.meanings.vectors([told for _number, told in rest]))
            made |= {number: row for (number, _told), row in zip(rest, rows, strict=True)}
        for number, vector in made.items():
            self.index.point(number, vector)
            del self.blank[number]


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
    sure: float = 0.0,
) -> list[Hit]:
    """Search the index of the transaction's workspace for like ones, after reading what is new.

    Whether nothing but the device agrees is told from a score of `sure` on.
    """
    meanings: Meanings | None = tx.beside.get(BESIDE)
    vector = coarse(meanings.vectors([told_by(text)])[0]) if meanings is not None else None
    with _current(tx) as index:
        return index.search(
            text,
            service,
            now.timestamp() / DAY,
            limit,
            except_=except_,
            names=names,
            vector=vector,
            sure=sure,
        )


def look(tx: Tx, text: str, now: datetime, limit: int) -> list[Seen]:
    """Look for what says these words, after reading what is new."""
    with _current(tx) as index:
        return index.look(text, now.timestamp() / DAY, limit)


@contextmanager
def _current(tx: Tx) -> Iterator[Index]:
    kept: Kept = tx.beside.setdefault("similarity", Kept())
    held = kept.of(tx.workspace)
    with held.lock:
        meanings = tx.beside.get(BESIDE)
        if held.meanings is not meanings:  # switched on or off: read everything anew
            held.meanings = meanings
            held.clear()
        before = len(held.index)
        held.read_on(tx)
        held.fill(tx)
        yield held.index
    if len(held.index) > before:
        kept.let_go()

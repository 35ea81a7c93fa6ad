"""Who is connected, and who makes place: each question costs the same, however many there are.

Nobody is looked for: whoever comes, asks, rests or goes is moved within orders that are kept,
so that two thousand slow connections cost a real client nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

Connection = TypeVar("Connection", bound=Hashable)


class _Came(NamedTuple):
    since: float
    address: str


class Connections(Generic[Connection]):
    """The connections that stand: new ones, those whose request is not whole, those that rest."""

    def __init__(self, each: int) -> None:
        self._each = each  # how many of one address may be not whole
        self._open: dict[Connection, _Came] = {}
        # Both end in the order in which they began: the first is the first to be late.
        self._new: OrderedDict[Connection, float] = OrderedDict()  # has not asked yet; until when
        self._resting: OrderedDict[Connection, float] = OrderedDict()  # answered; until when
        self._not_whole: dict[str, OrderedDict[Connection, None]] = {}  # by address
        # How many an address has changes by one at a time, so the most is always at hand.
        self._addresses: dict[int, OrderedDict[str, None]] = {}  # by how many are not whole
        self._most = 0

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, connection: object) -> bool:
        return connection in self._open

    def came(self, connection: Connection, address: str, now: float, until: float) -> None:
        """Note a new connection, which has to ask until then."""
        self._open[connection] = _Came(now, address)
        self._new[connection] = until
        self.begins(connection)

    def begins(self, connection: Connection) -> None:
        """Count what is not whole on a connection against its address."""
        came = self._open.get(connection)
        if came is None:
            return
        same = self._not_whole.setdefault(came.address, OrderedDict())
        if connection not in same:
            same[connection] = None
            self._moved(came.address, len(same) - 1, len(same))

    def is_whole(self, connection: Connection) -> None:
        """Count a connection no longer against its address."""
        came = self._open.get(connection)
        same = self._not_whole.get(came.address) if came is not None else None
        if came is None or same is None or connection not in same:
            return
        del same[connection]
        self._moved(came.address, len(same) + 1, len(same))
        if not same:
            del self._not_whole[came.address]

    def asks(self, connection: Connection) -> None:
        """Note that a request has come: it is neither new nor at rest."""
        self._new.pop(connection, None)
        self._resting.pop(connection, None)
        self.is_whole(connection)

    def rests(self, connection: Connection, until: float) -> None:
        """Note that all has been answered; the next request has to come until then."""
        self.is_whole(connection)
        if connection in self._open:
            self._resting[connection] = until

    def gone(self, connection: Connection) -> None:
        """Forget a connection, whoever ended it."""
        self.asks(connection)
        self._open.pop(connection, None)

    def least_needed(self) -> Connection | None:
        """Return who makes place for somebody new; None if everybody is at work.

        That is who has been answered and rests, then the oldest of the address with too many
        that are not whole, then who has been silent for longest; else one address pushes out
        whoever has just come, before a word of theirs can have arrived.
        """
        if self._resting:
            return next(iter(self._resting))
        if self._most > self._each:
            return next(iter(self._not_whole[next(iter(self._addresses[self._most]))]))
        return next(iter(self._new), None)

    def late(self, now: float) -> list[Connection]:
        """Return those who should have asked by now."""
        found = []
        for waiting in (self._new, self._resting):
            for connection, until in waiting.items():
                if until > now:
                    break
                found.append(connection)
        return found

    def too_many(self, now: float, moment: float) -> list[Connection]:
        """Return the oldest of each address that has too many which are not whole.

        Many that come at once from one proxy have a moment to ask.
        """
        return [
            connection
            for number in range(self._most, self._each, -1)
            for address in self._addresses.get(number, ())
            for connection in islice(self._not_whole[address], number - self._each)
            if now - self._open[connection].since >= moment
        ]

    def _moved(self, address: str, before: int, now: int) -> None:
        """Keep an address among those that have as many as it."""
        if before:
            same = self._addresses[before]
            del same[address]
            if not same:
                del self._addresses[before]
        if now:
            self._addresses.setdefault(now, OrderedDict())[address] = None
        if now > self._most or self._most not in self._addresses:
            self._most = now

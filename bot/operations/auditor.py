"""The auditor: asks each minute whether something is as it must never be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.clock import Clock
from handlers.kit.commands import Feature
from handlers.kit.doors import Invariant
from handlers.kit.words import text
from storage import operations
from storage.engine import Database, Tx


@dataclass(frozen=True, slots=True)
class Finding:
    """An invariant that does not hold, and how often."""

    invariant: Invariant
    count: int

    def said(self) -> str:
        """Return it as a line for whoever operates Lotse."""
        return f"{text(self.invariant.words, 'en')}: {self.count}"


class Auditor:
    """Looks at every invariant that a feature declares.

    What is found once may pass; what is found twice in a row is `confirmed`.
    """

    def __init__(self, database: Database, features: Sequence[Feature], clock: Clock) -> None:
        self._database = database
        self._invariants = [each for feature in features for each in feature.invariants]
        self._clock = clock
        self.found: tuple[Finding, ...] = ()
        self.confirmed: tuple[Finding, ...] = ()

    async def look(self) -> bool:
        """Look once; return whether something else is confirmed than before.

        Raises `StorageError`.
        """
        now = self._clock.now()
        found = await asyncio.wrap_future(
            self._database.submit_read(lambda tx: self._count(tx, now))
        )
        before = {each.invariant.key for each in self.found}
        confirmed = tuple(each for each in found if each.invariant.key in before)
        known = {each.invariant.key for each in self.confirmed}
        changed = known != {each.invariant.key for each in confirmed}
        self.found, self.confirmed = found, confirmed
        return changed

    async def note(self) -> bool:
        """Write down what is confirmed; False when another machine has told just this."""
        said = json.dumps({each.invariant.key: each.count for each in self.confirmed})
        keys = sorted(each.invariant.key for each in self.confirmed)

        def work(tx: Tx) -> bool:
            told = json.loads(operations.noted(tx, operations.CHECK) or "{}")
            operations.note(tx, operations.CHECK, said)
            return sorted(told) != keys

        return await asyncio.wrap_future(self._database.submit(work))

    def _count(self, tx: Tx, now: datetime) -> tuple[Finding, ...]:
        counted = [Finding(each, each.count(tx, now)) for each in self._invariants]
        return tuple(each for each in counted if each.count)

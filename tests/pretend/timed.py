"""What the stages of both platforms share: time that passes by hand, and a look into the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.delivery.clock import HandClock
from bot.delivery.dispatch import Dispatcher
from storage.engine import Database, Row
from tests.pretend.stage import BERLIN

MAIN = "main"


class Timed:
    """A stage whose time is given."""

    clock: HandClock
    database: Database
    dispatcher: Dispatcher

    async def carry(self) -> None:
        """Carry out what is due now, and deliver what may be delivered now."""
        raise NotImplementedError

    async def wind(self, *, minutes: float = 0, to: datetime | str | None = None) -> None:
        """Let time pass while everything runs: each thing happens when it is due."""
        goal = self._goal(minutes, to)
        while (soon := self._next_due()) is not None and soon <= goal:
            self.clock.wind(soon)
            await self.carry()
        self.clock.wind(goal)
        await self.carry()

    def now(self) -> datetime:
        """Return the moment, in Berlin."""
        return self.clock.now().astimezone(BERLIN)

    def _goal(self, minutes: float, to: datetime | str | None) -> datetime:
        if to is None:
            return self.clock.now() + timedelta(minutes=minutes)
        if isinstance(to, datetime):
            return to.astimezone(UTC)
        hour, minute = to.split(":")
        goal = self.now().replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
        return (goal if goal > self.now() else goal + timedelta(days=1)).astimezone(UTC)

    def _next_due(self) -> datetime | None:
        found = self.database.read(
            lambda tx: tx.rows(
                """
                select min(due) as due from (
                    select min(due_at) as due from timers
                    where state = 'pending' and due_at > :now
                    union all
                    select min(not_before) as due from outbox
                    where state = 'pending' and not_before > :now
                ) soon
                """,
                now=self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            )
        )
        return datetime.fromisoformat(found[0]["due"]) if found[0]["due"] else None

    # --- looking ---------------------------------------------------------------------

    def rows(self, sql: str, **values: object) -> list[Row]:
        """Look into the store."""
        return self.database.read(lambda tx: tx.within(MAIN).rows(sql, **values))

    def count(self, table: str) -> int:
        """Return how many rows of ours a table has."""
        return int(
            self.rows(f"select count(*) as n from {table} where workspace = :workspace")[0]["n"]
        )

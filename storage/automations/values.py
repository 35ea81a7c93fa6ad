"""What people enter of an automation's own figures: a value a day for each."""

from __future__ import annotations

from dataclasses import dataclass

from storage.engine import Tx
from storage.engine.ids import AutomationId


@dataclass(frozen=True, slots=True)
class Value:
    """What was measured: of which figure (1 to 3), on which day; a number as text."""

    number: int
    day: str
    value: str


def put(tx: Tx, automation: AutomationId, value: Value) -> None:
    """Keep a value; one of the same day is corrected by it."""
    tx.write(
        """
        insert into automation_values (workspace, automation, number, day, value)
        values (:workspace, :automation, :number, :day, :value)
        on conflict (workspace, automation, number, day) do update set value = excluded.value
        """,
        automation=automation,
        number=value.number,
        day=value.day,
        value=value.value,
    )


def of(tx: Tx, automation: AutomationId) -> list[Value]:
    """Return the values of an automation, the latest first."""
    rows = tx.rows(
        """
        select number, day, value from automation_values
        where workspace = :workspace and automation = :automation
        order by day desc, number
        """,
        automation=automation,
    )
    return [Value(**row) for row in rows]


def forget(tx: Tx, before: str) -> int:
    """Delete the values of days before one."""
    return tx.run(
        "delete from automation_values where workspace = :workspace and day < :before",
        before=before,
    )

"""What an automation told lately: every call of a machine asks for it, and many at once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storage.automations import COLUMNS, Automation, _automation
from storage.automations.states import RunKind
from storage.engine import Tx
from storage.engine.ids import AutomationId
from storage.engine.questions import Question
from storage.engine.sql import as_text, listed


@dataclass(frozen=True, slots=True)
class Told:
    """A call that counted; without a kind a burst."""

    id: str
    kind: RunKind | None
    key: str | None = None


CALL = ("call_id", "call_kind", "call_key", "burst_id")


class Called(NamedTuple):
    """An automation, and its calls since a moment, the first one first.

    A burst that went on until then stands at the end, without a kind.
    """

    automation: Automation
    calls: list[Told]


def called(automation: AutomationId, since: datetime) -> Question[Called]:
    """Ask for an automation and its calls since a moment.

    One statement for both: every call of a machine asks this, and each question is a way to the
    server and back.
    """
    return Question(_called, automation, as_text(since))


def _called(tx: Tx, questions: Sequence[Question[Called]]) -> dict[Hashable, Called]:
    wanted, values = listed([(each.key, each.since) for each in questions])
    rows = tx.rows(
        f"""
        with wanted (wanted, since) as (values {wanted})
        select {COLUMNS}, call_id, call_kind, call_key, (
            select max(o.id) from automation_odd_calls o
            where o.workspace = :workspace and o.automation = wanted and o.why = 'burst'
            and o.at > since
        ) as burst_id
        from wanted join automations on id = wanted
        left join (
            select automation as call_of, id as call_id, kind as call_kind, at as call_at,
                run_key as call_key
            from automation_runs where workspace = :workspace
        ) calls on call_of = wanted and call_at > since
        where workspace = :workspace
        order by id, call_at, call_id
        """,
        **values,
    )
    found: dict[Hashable, Called] = {}
    bursts: dict[Hashable, str] = {}
    for row in rows:
        id, kind, key, burst = (row.pop(each) for each in CALL)
        if row["id"] not in found:
            found[row["id"]] = Called(_automation(row), [])
        if id is not None:
            found[row["id"]].calls.append(Told(id, RunKind(kind), key))
        if burst is not None:
            bursts[row["id"]] = burst
    for each, burst in bursts.items():
        found[each].calls.append(Told(burst, None))
    return found

"""The states of ten thousand automations in one tick, against one scan of a year of runs."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.size import Size
from handlers import FEATURES
from handlers.automations import escalation
from handlers.kit.context import LOTSE, Context
from storage import workspaces
from storage.automations.states import AutomationKind
from storage.engine import Tx
from storage.engine.sql import as_text
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, Ids, furnish

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)  # in the morning all of them are looked at
DAYS = 365
RHYTHMS = (
    "every 1 day",
    "cron 0 2 * * 1-5",
    "rule 0 mon",
    "every 1 week",
    "cron 0 6 15 * *",
    "rule 1 sat",
    "every 1 month",
    "",
)
FILL = """
insert into automations (workspace, id, name, name_key, purpose, accountable, deputy, rhythm_days,
    registered_at, last_run_at, phase, kind, rhythm, first_report_at, last_report_at,
    last_useful_at, last_result, gaps, look_at, slug)
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :count)
select :workspace, 'a' || i, 'Automation ' || i, 'automation ' || i, 'x', 'ben', 'carla', 1,
    :born, :last, 'operation', :kind, :rhythm, :born, :last, :last, 'ok',
    '1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1', :now, 'a-' || i
from n where i % :kinds = :number
"""
RUNS = """
insert into automation_days (workspace, automation, day, kind, count, seconds)
with recursive n(d) as (select 0 union all select d + 1 from n where d + 1 < :days)
select :workspace, a.id, date(:start, '+' || d || ' days'), 'ok', 1, 60
from automations a cross join n where a.workspace = :workspace
"""
SCAN = """
select count(*) as n, sum(count) as runs, max(day) as last, sum(seconds) as seconds
from automation_days where workspace = :workspace
"""


def measure(size: Size) -> Iterator[str]:
    """Give the lines of a table: the scan, and the tick."""
    with tempfile.TemporaryDirectory() as folder, closing(Sqlite(Path(folder) / "d.db")) as store:
        _fill(store, size.automations)
        scan, tick = [], []
        for _round in range(size.rounds):
            scan.append(_took(store, lambda tx: tx.rows(SCAN)))
            store.transact(_again)
            tick.append(_took(store, _tick))
        base, ours = statistics.median(scan), statistics.median(tick)
        yield f"The states of {size.automations:,} automations with a year of runs, SQLite:\n"
        yield "| what | ms | / one scan of the runs |"
        yield "| --- | --- | --- |"
        yield f"| one scan of the sums of their days | {base * 1000:.0f} | 1 |"
        yield f"| one tick of the scheduler (aim 5) | {ours * 1000:.0f} | {ours / base:.1f} |"


def _fill(store: Sqlite, count: int) -> None:
    def fill(tx: Tx) -> None:
        furnish(tx, DEMO, NOW)
        tx = tx.within(DEMO)
        for number, rhythm in enumerate(RHYTHMS):
            # Most have run yesterday; one in eight has been silent for six weeks.
            last = NOW - timedelta(days=42 if number == 2 else 1)
            tx.run(
                FILL,
                count=count,
                kinds=len(RHYTHMS),
                number=number,
                rhythm=rhythm,
                kind=AutomationKind.SCHEDULED if rhythm else AutomationKind.DEMAND,
                born=as_text(NOW - timedelta(days=DAYS)),
                last=as_text(last),
                now=as_text(NOW),
            )
        tx.run(RUNS, days=DAYS, start=(NOW - timedelta(days=DAYS)).date().isoformat())
        tx.run("analyze")

    store.transact(fill)


def _again(tx: Tx) -> None:
    """Let all of them be looked at anew, as each morning; what is asked already stays asked."""
    tx.within(DEMO).run(
        "update automations set look_at = :now where workspace = :workspace", now=as_text(NOW)
    )


def _tick(tx: Tx) -> object:
    ids = Ids()
    ctx = Context(tx, workspaces.get(tx), LOTSE, None, NOW, ids, ids, "", FEATURES)
    return escalation.look(ctx)


def _took(store: Sqlite, work: object) -> float:
    assert callable(work)
    began = time.perf_counter()
    store.transact(lambda tx: work(tx.within(DEMO)))
    return time.perf_counter() - began

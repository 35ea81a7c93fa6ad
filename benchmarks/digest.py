"""The digest over many incidents, against one covering scan of the same store."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from benchmarks.size import Size
from handlers import FEATURES
from handlers.digest import decisions
from handlers.digest.writing import compose
from handlers.kit import calendar
from handlers.kit.context import LOTSE, Context
from handlers.kit.doors import Week
from handlers.kit.messages import spoken
from storage import workspaces
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO, Ids, furnish

ROOMS = {"handlers.incidents.digest", "handlers.closing.digest", "handlers.ownership.digest"}
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SPAN = 365  # days over which they were declared
FILL = """
insert into incidents (workspace, number, title, service, gap, severity, state, declared_by,
    declared_at, responsible, responsible_since, acknowledged_by, acknowledged_at, restored_by,
    restored_at, ended_at)
with recursive n(i) as (select 1 union all select i + 1 from n where i < :count)
select :workspace, i, 'Kasse ' || i || ' druckt nicht',
    case i % 3 when 0 then 'kasse' when 1 then 'drucker' else 'webshop' end, i % 50 = 0, 'normal',
    'done', 'anna', at, 'ben', at, 'ben', at, 'ben', at, at
from (select i, strftime('%Y-%m-%dT%H:%M:%f000Z', :start, '+' || (i * :step) || ' seconds') as at
    from n)
"""
CLOSE = """
insert into closings (workspace, incident, ending, ending_since, runbook, runbook_since, done_at)
select workspace, number, case number % 4 when 0 then 'fixed' else 'workaround' end, ended_at,
    'https://wiki.example/till', ended_at, ended_at
from incidents where workspace = :workspace
"""
SCAN = """
select count(*) as n, sum(gap) as gaps, min(declared_at) as first, max(service) as last
from incidents where workspace = :workspace
"""


def measure(size: Size) -> Iterator[str]:
    """Give the lines of a table: the incidents' part, then all of it."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "d.db"
        store = stack.enter_context(closing(Sqlite(path)))
        _fill(store, size.told)
        week = calendar.after(calendar.week_of(NOW, "Europe/Berlin"), -1)
        scan = _median(store, size, lambda ctx: ctx.tx.rows(SCAN))
        part = _median(store, size, lambda ctx: _part(ctx, week))
        whole = _median(store, size, lambda ctx: _whole(ctx, week))
        yield f"The digest on one of {SPAN // 7} weeks, {size.told:,} incidents, SQLite:\n"
        yield "| what | ms | / one covering scan |"
        yield "| --- | --- | --- |"
        yield f"| covering scan | {scan * 1000:.1f} | 1 |"
        yield f"| the incidents' part (aim 0.5) | {part * 1000:.1f} | {part / scan:.2f} |"
        yield f"| the whole digest (aim 2) | {whole * 1000:.1f} | {whole / scan:.2f} |"
        store.close()  # one process at a time uses a file
        grown = _memory(path, week)
        yield "\nResident memory that its incidents' part adds to a process at the highest, "
        yield f"MiB (aim 30): {grown:.1f}"


def _fill(store: Sqlite, count: int) -> None:
    def fill(tx: Tx) -> None:
        furnish(tx, DEMO, NOW)
        tx = tx.within(DEMO)
        start = (NOW - timedelta(days=SPAN)).strftime("%Y-%m-%d %H:%M:%S")
        tx.run(FILL, count=count, start=start, step=SPAN * 86_400 / count)
        tx.run(CLOSE)
        tx.run("analyze")

    store.transact(fill)


def _context(tx: Tx) -> Context:
    ids = Ids()
    tx = tx.within(DEMO)
    ours = workspaces.get(tx)
    person = replace(LOTSE, id="chris", kind="member", manager=True)
    return Context(tx, ours, person, None, NOW, ids, ids, "https://lotse.example", FEATURES)


def _part(ctx: Context, week: str) -> object:
    asked = Week(week, *calendar.bounds(week, "Europe/Berlin"))
    rooms = tuple(
        feature
        for feature in FEATURES
        if any(each.run.__module__ in ROOMS for each in feature.all_sections)
    )
    assert len(rooms) == len(ROOMS)
    return decisions.sections(replace(ctx, features=rooms), asked)


def _whole(ctx: Context, week: str) -> object:
    return spoken(compose(ctx, week, []), "de", "Europe/Berlin")


def _median(store: Sqlite, size: Size, work: Callable[[Context], object]) -> float:
    taken = []
    for _round in range(size.rounds + 1):
        began = time.perf_counter()
        store.read(lambda tx: work(_context(tx)))
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])  # the first one warms up


def _memory(path: Path, week: str) -> float:
    """Return by how many MiB a process of its own grows at the highest, over what it had before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_grown, str(path), week).result()


def _grown(path: str, week: str) -> float:
    with closing(Sqlite(Path(path))) as store:
        store.read(lambda tx: _context(tx))  # what any command needs, too
        before = _resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        store.read(lambda tx: _part(_context(tx), week))
        return (_resident("VmHWM") - before) / 1024


def _resident(kind: str) -> int:
    """Return the memory that is in use (VmRSS), or was at the highest (VmHWM), in KiB.

    As the system counts it: with SQLite's pages, which no counter of Python's sees.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(each.split()[1]) for each in lines if each.startswith(f"{kind}:"))

"""The digest over much of everything, against one covering scan of the incidents."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from benchmarks import machine, road
from benchmarks.size import Size
from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.ids import new_id
from bot.delivery.requests import Request
from handlers import FEATURES
from handlers.digest import decisions
from handlers.digest.writing import compose
from handlers.kit import calendar
from handlers.kit.context import LOTSE, Context
from handlers.kit.doors import Week
from handlers.kit.messages import spoken
from storage import friction, pilots, workspaces
from storage.engine import Database, Tx
from storage.engine.ids import NoteId, PatternId, PersonId, PilotId, PlaceId
from storage.engine.opening import open_database
from storage.engine.sql import as_text
from storage.friction import patterns
from storage.people import PersonKind
from storage.pilots import Pilot
from storage.pilots import log as pilot_log
from storage.pilots.states import PilotState
from tests.pretend.stage import DEMO, Ids, furnish

ROOMS = {"handlers.incidents.digest", "handlers.closing.digest", "handlers.ownership.digest"}
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SPAN = 365  # days over which they were declared
AUTOMATIONS = 500
PART = 100_000  # rows in one statement
PILOTS, PATTERNS, NOTES = 20, 50, 2_000
MOMENT = {  # the i-th moment after :start, as it is stored
    "SQLite": "strftime('%Y-%m-%dT%H:%M:%f000Z', :start, '+' || (i * :step) || ' seconds')",
    "PostgreSQL": """to_char(cast(cast(:start as text) as timestamp)
        + i * cast(cast(:step as text) as double precision) * interval '1 second',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
}
FILL = """
insert into incidents (workspace, number, title, service, gap, severity, state, declared_by,
    declared_at, responsible, responsible_since, acknowledged_by, acknowledged_at, restored_by,
    restored_at, ended_at)
with recursive n(i) as (
    select cast(:first as integer) union all select i + 1 from n where i < :last
)
select :workspace, i, 'Kasse ' || i || ' druckt nicht',
    case i % 3 when 0 then 'kasse' when 1 then 'drucker' else 'webshop' end,
    case i % 50 when 0 then 1 else 0 end, 'normal', 'done', 'anna', at, 'ben', at, 'ben', at,
    'ben', at, at
from (select i, {moment} as at from n) made
"""
CLOSE = """
insert into closings (workspace, incident, ending, ending_since, runbook, runbook_since, done_at)
select workspace, number, case number % 4 when 0 then 'fixed' else 'workaround' end, ended_at,
    'https://wiki.example/till', ended_at, ended_at
from incidents where workspace = :workspace and number between :first and :last
"""
COUNT = "insert into counters (workspace, name, value) values (:workspace, 'incident', :count)"
REGISTER = """
insert into automations (workspace, id, name, name_key, purpose, accountable, deputy, rhythm_days,
    registered_at, last_run_at, phase, kind, rhythm, first_report_at, last_report_at,
    last_useful_at, last_result, slug)
with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < :count)
select :workspace, 'a' || i, 'Automation ' || i, 'automation ' || i, 'x', 'ben', 'carla', 1,
    :born, :last, 'operation', 'scheduled', 'every 1 day', :born, :last, :last, 'ok', 'a-' || i
from n
"""
RUNS = """
insert into automation_runs (workspace, id, automation, at, kind, seconds)
with recursive n(i) as (
    select cast(:first as integer) union all select i + 1 from n where i < :last
)
select :workspace, 'r' || i, 'a' || (i % :automations), at, 'ok', 60
from (select i, {moment} as at from n) made
"""
DAYS = """
insert into automation_days (workspace, automation, day, kind, count, seconds)
select workspace, automation, substr(at, 1, 10), kind, count(*), sum(seconds)
from automation_runs where workspace = :workspace and automation = :automation
group by workspace, automation, substr(at, 1, 10), kind
"""
SCAN = """
select count(*) as n, sum(gap) as gaps, min(declared_at) as first, max(service) as last
from incidents where workspace = :workspace
"""


def measure(server: str, size: Size) -> Iterator[str]:
    """Give the lines of its tables: one large company on both stores, and many small ones."""
    week = calendar.after(calendar.week_of(NOW, "Europe/Berlin"), -1)
    yield f"The digest on one of {SPAN // 7} weeks, {size.told:,} incidents, {size.runs:,} runs of "
    yield f"{AUTOMATIONS} automations, {PILOTS} pilots and {NOTES:,} notes of friction:\n"
    yield "| store | what | ms | / one covering scan |"
    yield "| --- | --- | --- | --- |"
    grown = 0.0
    for kind in road.STORES:
        with (
            tempfile.TemporaryDirectory() as folder,
            machine.store(kind, Path(folder), server, "digest") as url,
        ):
            with closing(open_database(url)) as store:
                _fill(store, kind, DEMO, size.told, size.runs)
                store.transact(lambda tx: tx.run("analyze"))
                scan = _median(store, size, lambda ctx: ctx.tx.rows(SCAN))
                part = _median(store, size, lambda ctx: _part(ctx, week))
                whole = _median(store, size, lambda ctx: _whole(ctx, week))
                alone, beside = _declaring(store, size, week)
            for what, took, base in (
                ("covering scan", scan, scan),
                ("the incidents' part (aim 0.5)", part, scan),
                ("the whole digest (aim 2)", whole, scan),
                ("p99 of declaring beside digests, / alone (aim 1.5)", beside, alone),
            ):
                yield f"| {kind} | {what} | {took * 1000:.1f} | {took / base:.2f} |"
            if kind == "SQLite":  # one process at a time uses a file
                grown = _memory(url, week)
    yield "\nResident memory that its incidents' part adds to a process at the highest, "
    yield f"MiB (aim 30): {grown:.1f}"
    yield ""
    yield from _many(server, size, week)


def _many(server: str, size: Size, week: str) -> Iterator[str]:
    """Give the lines about as many incidents, evenly in many companies, one after the other."""
    yield f"The incidents' part for each of {size.workspaces:,} companies that share as many, "
    yield "/ one covering scan of all of them (aim 1.5):\n"
    yield "| store | ms | ratio | ms for each |"
    yield "| --- | --- | --- | --- |"
    every = SCAN.replace("where workspace = :workspace", "")
    for kind in road.STORES:
        with (
            tempfile.TemporaryDirectory() as folder,
            machine.store(kind, Path(folder), server, "digests") as url,
            closing(open_database(url)) as store,
        ):
            names = [f"w{n}" for n in range(size.workspaces)]
            for name in names:
                _fill(store, kind, name, size.told // size.workspaces, 0)
            store.transact(lambda tx: tx.run("analyze"))
            scan = _median(store, size, lambda ctx: ctx.tx.rows(every), names[0])
            began = time.perf_counter()
            for name in names:
                store.read(partial(_part_of, workspace=name, week=week))
            took = time.perf_counter() - began
            mean = took * 1000 / len(names)
            yield f"| {kind} | {took * 1000:.0f} | {took / scan:.1f} | {mean:.1f} |"


def _fill(store: Database, kind: str, workspace: str, incidents: int, runs: int) -> None:
    """Fill in parts, each a transaction: no statement may take longer than the store allows."""
    began = NOW - timedelta(days=SPAN)
    start = began.strftime("%Y-%m-%d %H:%M:%S")
    seconds = SPAN * 86_400

    def run(sql: str, **values: object) -> None:
        store.transact(lambda tx: tx.within(workspace).run(sql, **values))

    store.transact(lambda tx: furnish(tx, workspace, NOW))
    fill, report = (each.format(moment=MOMENT[kind]) for each in (FILL, RUNS))
    for first in range(1, incidents + 1, PART):
        last = min(first + PART - 1, incidents)
        run(fill, first=first, last=last, start=start, step=f"{seconds / incidents}")
        run(CLOSE, first=first, last=last)
    run(COUNT, count=incidents)
    if runs:
        yesterday = as_text(NOW - timedelta(hours=3))
        run(REGISTER, count=AUTOMATIONS, born=as_text(began), last=yesterday)
        for first in range(1, runs + 1, PART):
            last = min(first + PART - 1, runs)
            step = f"{seconds / runs}"
            run(report, first=first, last=last, start=start, step=step, automations=AUTOMATIONS)
        for n in range(AUTOMATIONS):
            run(DAYS, automation=f"a{n}")
        store.transact(lambda tx: _try_things(tx.within(workspace)))


def _try_things(tx: Tx) -> None:
    """Let people note friction over the year, and try pilots with a value each week."""
    for n in range(NOTES):
        day = NOW - timedelta(days=n % SPAN)
        friction.add(
            tx,
            id=NoteId(f"n{n}"),
            sentence=f"Formular {n} doppelt",
            hint=None,
            author=None,
            day=day,
        )
    for n in range(PATTERNS):
        added = PatternId(f"p{n}")
        patterns.add(tx, id=added, title=f"Formular {n}", area="", by=PersonId("chris"), now=NOW)
    began = (NOW - timedelta(weeks=10)).date()
    for n in range(PILOTS):
        pilot = Pilot(
            PilotId(f"t{n}"),
            f"Pilot {n}",
            "dauert zu lange",
            PersonId("anna"),
            began,
            state=PilotState.RUNNING,
            metric="Tage",
            unit="Tage",
            baseline="8",
            baseline_n=20,
            target="6",
            created_on=began,
        )
        pilots.add(tx, pilot, name_key=f"pilot {n}")
        for week in range(10):
            named = calendar.week_of(NOW - timedelta(weeks=week + 1), "Europe/Berlin")
            pilot_log.enter(tx, pilot.id, pilot_log.Value(named, "7", 12), PersonId("anna"))


def _declaring(store: Database, size: Size, week: str) -> tuple[float, float]:
    """Return the p99 of a declaration alone, and while one digest after the other is written."""
    dispatcher = Dispatcher(store, FEATURES, Clock(), new_id)

    async def declare() -> list[float]:
        took = []
        for n in range(size.questions):
            began = time.perf_counter()
            await dispatcher.handle(
                Request(
                    new_id(),
                    DEMO,
                    "local:anna",
                    "Anna",
                    PlaceId("local:@anna"),
                    f"incident Regal {n} wackelt",
                )
            )
            took.append(time.perf_counter() - began)
        return took

    def writing(over: threading.Event) -> None:
        while not over.is_set():
            store.read(lambda tx: _whole(_context(tx), week))

    asyncio.run(declare())  # warms up
    alone = asyncio.run(declare())
    over = threading.Event()
    beside = threading.Thread(target=writing, args=(over,))
    beside.start()
    try:
        held = asyncio.run(declare())
    finally:
        over.set()
        beside.join()
    return _p99(alone), _p99(held)


def _p99(took: list[float]) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * 99 // 100)]


def _context(tx: Tx, workspace: str = DEMO) -> Context:
    ids = Ids()
    tx = tx.within(workspace)
    ours = workspaces.get(tx)
    person = replace(LOTSE, id=PersonId("chris"), kind=PersonKind.MEMBER, manager=True)
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


def _part_of(tx: Tx, workspace: str, week: str) -> object:
    return _part(_context(tx, workspace), week)


def _whole(ctx: Context, week: str) -> object:
    return spoken(compose(ctx, week, []), "de", "Europe/Berlin")


def _median(
    store: Database, size: Size, work: Callable[[Context], object], workspace: str = DEMO
) -> float:
    taken = []
    for _round in range(size.rounds + 1):
        began = time.perf_counter()
        store.read(lambda tx: work(_context(tx, workspace)))
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])  # the first one warms up


def _memory(url: str, week: str) -> float:
    """Return by how many MiB a process of its own grows at the highest, over what it had before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_grown, url, week).result()


def _grown(url: str, week: str) -> float:
    with closing(open_database(url)) as store:
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

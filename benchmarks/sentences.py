"""Declarations as people type them: a fixed list of sentences, with many earlier incidents.

The same sentence again and again is the rarest case there is; it stands beside them.
A declaration's search ahead is counted in.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from benchmarks import machine, repeats, road
from benchmarks.road import STORES, Once, Result
from benchmarks.size import Size
from bot.delivery.clock import Clock
from bot.delivery.dispatch import Dispatcher
from bot.delivery.ids import new_id
from bot.delivery.requests import Request
from handlers import FEATURES
from handlers.similarity import find_similar
from storage import incidents
from storage.engine import Database, Tx
from storage.engine.ids import IncidentNumber, PersonId, PlaceId, ServiceId
from storage.engine.opening import open_database
from storage.incidents.states import Severity
from tests.pretend.stage import furnish

SAME, DISTINCT = "the same", "distinct"
PART = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """Which sentences, with how many earlier incidents, and what came of it."""

    sentences: str
    earlier: int
    result: Result


def sentences(size: Size) -> list[str]:
    """Return the fixed list: the titles of the labelled German and English reports."""
    return [each.title for each in repeats.reports(size.reports[0])]


def titles(listed: list[str]) -> Iterator[str]:
    """Give them again and again, each with a number of its own: nobody declares one twice."""
    for turn in itertools.count(1):
        for each in listed:
            yield f"{each}, Fall {turn}-{new_id()[:6]}"


def fill(database: Database, workspace: str, listed: list[str], count: int) -> None:
    """Make a company in which so many incidents were declared and are over."""
    now = Clock().now()
    database.transact(lambda tx: furnish(tx, workspace, now))
    given = titles(listed)

    def part(tx: Tx, start: int) -> None:
        inside = tx.within(workspace)
        for number in range(start + 1, min(count, start + PART) + 1):
            incidents.add(
                inside,
                number=IncidentNumber(number),
                title=next(given),
                service=ServiceId(("kasse", "drucker", "webshop")[number % 3]),
                gap=False,
                severity=Severity.NORMAL,
                declared_by=PersonId("anna"),
                declared_in=None,
                responsible=PersonId("ben"),
                now=now - timedelta(days=700) + timedelta(minutes=50 * number),
            )
        inside.run(
            "update incidents set state = 'done' where workspace = :workspace and number <= :last",
            last=start + PART,
        )

    for start in range(0, count, PART):
        database.transact(partial(part, start=start))
    database.transact(
        lambda tx: tx.within(workspace).run(
            """
            insert into counters (workspace, name, value)
            values (:workspace, 'incident', :count)
            on conflict (workspace, name) do update set value = excluded.value
            """,
            count=count,
        )
    )
    for _part in range(0, count + 1, 5_000):  # all of it is read in before anything is measured
        database.read(lambda tx: find_similar(tx.within(workspace), "x", service=None, now=now))


def declaring(database: Database, workspace: str, title: Callable[[], str]) -> Once:
    """Return one declaration through the road in."""
    dispatcher = Dispatcher(database, FEATURES, Clock(), new_id)

    async def once() -> None:
        typed = f"incident {title()}"
        answer = await dispatcher.handle(
            Request(new_id(), workspace, "local:anna", "Anna", PlaceId("local:@anna"), typed)
        )
        assert answer.outcome == "done", answer

    return once


def measure(postgres: str, size: Size) -> Iterator[Measured]:
    """Measure each kind of sentence against the same rows bare, on both stores."""
    with tempfile.TemporaryDirectory() as place:
        for kind in STORES:
            with (
                machine.store(kind, Path(place), postgres, "sentences") as url,
                closing(open_database(url)) as database,
            ):
                yield from _on(kind, database, size)


def _on(kind: str, database: Database, size: Size) -> Iterator[Measured]:
    rows = asyncio.run(road.rows_of_one(database))
    listed = sentences(size)
    given = titles(listed)
    with road.bare(database, rows) as base:
        for earlier in size.earlier:
            workspace = f"earlier-{earlier}"
            fill(database, workspace, listed, earlier)
            for which, title in (
                (SAME, _numbered("Kasse druckt nicht, Bon")),
                (DISTINCT, partial(next, given)),
            ):
                ours = declaring(database, workspace, title)
                result = asyncio.run(road.compare(kind, size.busy, ours, base, size))
                yield Measured(which, earlier, result)


def _numbered(sentence: str) -> Callable[[], str]:
    return lambda: f"{sentence} {new_id()}"


def table(postgres: str, size: Size) -> Iterator[str]:
    """Give the lines of a table."""
    yield "| store | sentences | earlier incidents | per s | bare rows, per s | ratio | p99 ratio |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for each in measure(postgres, size):
        found = each.result
        yield (
            f"| {found.store} | {each.sentences} | {each.earlier:,} | {found.ours.rate:.0f} "
            f"| {found.base.rate:.0f} | {found.ratio:.2f} | {found.slowest:.1f} |"
        )

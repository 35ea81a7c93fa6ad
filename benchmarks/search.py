"""How fast the search is with many earlier incidents, against plain FTS5 on the same rows.

The texts are the labelled ones, beyond them recombined: the title of one, sentences of two.
Every question is put to both in turn. `python -m benchmarks.search 100000` for the large one.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from benchmarks import repeats
from benchmarks.size import FULL, Size
from handlers.kit.readers import folded
from handlers.similarity import find_similar
from storage import incidents, similarity
from storage.engine import Database, Tx
from storage.engine.ids import IncidentNumber, PersonId, ServiceId
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from storage.incidents.states import Severity
from tests.pretend.server import postgres
from tests.pretend.stage import furnish

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def texts(count: int, sets: tuple[str, ...]) -> list[str]:
    """Return so many texts, each a title and in a second line its description."""
    rnd = random.Random(5)
    base = [each for name in sets for each in repeats.reports(name)]
    rnd.shuffle(base)
    made = [each.text for each in base[:count]]
    while len(made) < count:
        one, other = rnd.choice(base), rnd.choice(base)
        sentences = [*one.description.split(". "), *other.description.split(". ")]
        rnd.shuffle(sentences)
        made.append(f"{one.title}\n{'. '.join(sentences)[: repeats.QUESTION]}")
    return made


def quantiles(times: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds."""
    ordered = sorted(times)
    return statistics.median(ordered) * 1e3, ordered[int(0.99 * (len(ordered) - 1))] * 1e3


def timed(work: Callable[..., object], *given: object) -> float:
    """Return the seconds that it took."""
    began = time.perf_counter()
    work(*given)
    return time.perf_counter() - began


def declare(tx: Tx, number: int, text: str) -> None:
    """Store an incident; a day has a hundred."""
    incidents.add(
        tx,
        number=IncidentNumber(number),
        title=text,
        service=ServiceId(("kasse", "drucker", "webshop")[number % 3]),
        gap=False,
        severity=Severity.NORMAL,
        declared_by=PersonId("anna"),
        declared_in=None,
        responsible=PersonId("ben"),
        now=NOW - timedelta(days=2000) + timedelta(minutes=14 * number),
    )


def declare_all(tx: Tx, workspace: str, first: int, known: list[str]) -> None:
    """Store incidents, numbered from `first`."""
    for number, text in enumerate(known, first):
        declare(tx.within(workspace), number, text)


def fill(database: Database, workspace: str, known: list[str]) -> None:
    """Make a company with these incidents."""
    database.transact(lambda tx: furnish(tx, workspace, NOW))
    for start in range(0, len(known), 1000):
        database.transact(
            partial(declare_all, workspace=workspace, first=start + 1, known=known[start:][:1000])
        )


def search(database: Database, workspace: str, text: str) -> object:
    """Search as a declaration does, ahead of its transaction."""
    return database.read(
        lambda tx: find_similar(tx.within(workspace), text, service=ServiceId("kasse"), now=NOW)
    )


def warm(database: Database, workspace: str, text: str) -> float:
    """Search until everything is read in; return the seconds that it took in all."""
    took = 0.0
    held = -1
    while True:
        took += timed(search, database, workspace, text)
        kept = database.read(lambda tx: len(tx.beside["similarity"].of(workspace).index))
        if kept == held:
            return took
        held = kept


def memory() -> float:
    """Return the most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def full_text(path: Path, known: list[str]) -> sqlite3.Connection:
    """Store the same texts in a plain FTS5 table."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("pragma journal_mode=wal")
    base.execute("pragma cache_size=-65536")
    base.execute("create virtual table f using fts5(title, rest, tokenize='porter unicode61')")
    base.execute("begin")
    for text in known:
        title, _line, rest = text.partition("\n")
        base.execute("insert into f values (?, ?)", (folded(title), folded(rest)))
    base.execute("commit")
    return base


def plainly(base: sqlite3.Connection, text: str) -> object:
    """Ask FTS5 for all words, joined by OR, by bm25."""
    question = repeats.any_of(text)
    sql = "select rowid from f where f match ? order by bm25(f, 3.0, 1.0) limit 10"
    return base.execute(sql, (question,)).fetchall() if question else None


def measure(size: Size) -> Iterator[str]:
    """Give the lines of two tables: searches and what goes with them."""
    count = size.known
    every = texts(count + size.questions, size.reports)
    asked, known = every[: size.questions], every[size.questions :]
    yield (
        "| store | incidents | asked with | p50, ms | p99, ms | FTS5 p50 / p99 "
        "| ratio p50 / p99 | small company p50 / large |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    notes: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        base = stack.enter_context(closing(full_text(folder / "fts.db", known)))
        stores: dict[str, Callable[[], Database]] = {
            "SQLite": lambda: Sqlite(folder / "lotse.db"),
            "PostgreSQL": lambda: Postgres(stack.enter_context(postgres())),
        }
        for store, opened in stores.items():
            database = opened()
            stack.callback(database.close)
            for at in range(size.small):
                fill(database, f"small-{at}", known[at * 10 : at * 10 + 10])
            fill(database, "large", known)
            before = memory()
            loading = warm(database, "large", asked[0])
            grown = memory() - before
            for kind in ("title", "title and description"):
                questions = [text.split("\n")[0] for text in asked] if kind == "title" else asked
                (p50, p99), (b50, b99), (s50, _s99) = map(
                    quantiles, race(database, base, questions, size.small)
                )
                yield (
                    f"| {store} | {count:,} | {kind} | {p50:.1f} | {p99:.1f} "
                    f"| {b50:.0f} / {b99:.0f} | {p50 / b50:.2f} / {p99 / b99:.2f} "
                    f"| {s50 / p50:.2f} |"
                )
            added = quantiles(inserts(database, asked))
            notes.append(
                f"{store}: noting an incident for the search takes {added[0]:.2f} ms (p99 "
                f"{added[1]:.2f}) in its transaction; reading in {count:,} incidents "
                f"{loading:.1f} s in all, {loading / max(1, -(-count // 5000)):.2f} s with each "
                f"of the first searches; {max(0.0, grown):.0f} MiB."
            )
    yield ""
    yield from notes


def race(
    database: Database, base: sqlite3.Connection, questions: list[str], companies: int
) -> tuple[list[float], list[float], list[float]]:
    """Put each question to the large company, to FTS5, and to a small company, in turn."""
    large, plain, small = [], [], []
    for at, text in enumerate(questions):
        name = f"small-{at % companies}"
        search(database, name, text)  # read in, as after its first declaration
        large.append(timed(search, database, "large", text))
        plain.append(timed(plainly, base, text))
        small.append(timed(search, database, name, text))
    return large, plain, small


def inserts(database: Database, asked: list[str]) -> list[float]:
    """Return the seconds that each of some new incidents takes: noting it, and learning it."""
    took: list[float] = []

    def work(tx: Tx) -> None:
        tx = tx.within("large")
        index = tx.beside["similarity"].of("large").index
        for at, text in enumerate(asked, 1_000_000):
            declare(tx, at, text)
            learning = timed(index.add, at, text, "kasse", 20000.0)
            took.append(learning + timed(similarity.note, tx, at))

    database.transact(work)
    return took


if __name__ == "__main__":
    known = int(sys.argv[1]) if len(sys.argv) > 1 else FULL.known
    for row in measure(replace(FULL, known=known)):
        print(row, flush=True)

"""How well the same thing is found again: labelled reports in their order, beside baselines.

The protocol and where the reports are from: benchmarks/data/README.md.
"""

from __future__ import annotations

import csv
import gzip
import random
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from benchmarks.old_rule import alike as old_alike
from benchmarks.size import Size
from handlers.kit.readers import folded
from handlers.similarity import is_probable
from handlers.similarity.index import Index
from storage.engine.ids import IncidentNumber, ServiceId

DATA = Path(__file__).parent / "data"
HISTORY = 0.2  # share of the reports that is only history
QUESTION = 400  # characters of a description that are asked with
NEGATIVES = 1000  # reports that are no repeats, drawn once, weighted back to their number
Hits = list[tuple[str, float, bool]]  # id, score, probably the same


@dataclass(frozen=True, slots=True)
class Report:
    """One labelled report; `cluster` is the id of the first report of the same thing."""

    id: str
    at: datetime
    service: ServiceId
    language: str
    title: str
    description: str
    cluster: str
    related: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"{self.title}\n{self.description}"

    @property
    def day(self) -> float:
        return self.at.timestamp() / 86400


def reports(name: str) -> list[Report]:
    """Read a labelled set, in the order of time."""
    path = DATA / name
    csv.field_size_limit(10**7)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [
            Report(
                row["id"],
                datetime.fromisoformat(row["created_at"]),
                ServiceId(row["service"]),
                row["lang"],
                row["title"],
                row["description"][:QUESTION],
                row["duplicate_of"] or row["id"],
                tuple(row["related_to"].split()),
            )
            for row in csv.DictReader(file)
        ]


class Finder(Protocol):
    """Something that ranks the earlier reports."""

    def add(self, report: Report) -> None: ...

    def find(self, report: Report) -> Hits: ...


class Lotse:
    """What Lotse does."""

    def __init__(self) -> None:
        self.index = Index()
        self.ids: list[str] = []

    def add(self, report: Report) -> None:
        self.index.add(IncidentNumber(len(self.ids)), report.text, report.service, report.day)
        self.ids.append(report.id)

    def find(self, report: Report) -> Hits:
        found = self.index.search(report.text, report.service or None, report.day, 10)
        return [(self.ids[hit.number], hit.score, is_probable(hit)) for hit in found]


class FullText:
    """SQLite's FTS5 by bm25, all words joined by OR."""

    def __init__(self, tokenizer: str) -> None:
        self.db = sqlite3.connect(":memory:")
        self.trigrams = tokenizer == "trigram"
        self.db.execute(
            "create virtual table f using fts5(title, description, id unindexed,"
            f' tokenize="{tokenizer}")'
        )

    def add(self, report: Report) -> None:
        title, rest = folded(report.title), folded(report.description)
        self.db.execute("insert into f values (?, ?, ?)", (title, rest, report.id))

    def find(self, report: Report) -> Hits:
        asked = any_of(report.text, shortest=3 if self.trigrams else 1)
        if not asked:
            return []
        rows = self.db.execute(
            "select id, bm25(f, 3.0, 1.0) s from f where f match ? order by s limit 10", (asked,)
        )
        return [(id, -score, False) for id, score in rows]


def any_of(text: str, *, shortest: int = 1) -> str:
    """Return a question to FTS5 for all words of a text, joined by OR."""
    words = dict.fromkeys(re.findall(r"\w+", folded(text)))
    return " OR ".join(f'"{word}"' for word in words if len(word) >= shortest)


class Fuzzy:
    """rapidfuzz's token_set_ratio, over the reports of the same service if one is given."""

    def __init__(self) -> None:
        self.by_service: dict[str, list[tuple[str, str]]] = defaultdict(list)

    def add(self, report: Report) -> None:
        self.by_service[report.service].append((report.id, folded(report.text)[:260]))

    def find(self, report: Report) -> Hits:
        from rapidfuzz import fuzz, process

        every = [each for some in self.by_service.values() for each in some]
        known = self.by_service[report.service] if report.service else every
        found = process.extract(
            folded(report.text)[:260],
            [text for _id, text in known],
            scorer=fuzz.token_set_ratio,
            limit=10,
        )
        return [(known[at][0], score / 100, False) for _text, score, at in found]


@dataclass(slots=True)
class OldRule:
    """Lotse's rule before: half of the shorter title's words, newest first, same service."""

    known: list[Report] = field(default_factory=list)

    def add(self, report: Report) -> None:
        self.known.append(report)

    def find(self, report: Report) -> Hits:
        found = [
            (each.id, 1.0, True)
            for each in reversed(self.known)
            if each.service == report.service and old_alike(each.title, report.title)
        ]
        return found[:10]


@dataclass(frozen=True, slots=True)
class Quality:
    """Shares from 0 to 1. `same` and `across` are recall at 5 within and across languages."""

    recall1: float
    recall5: float
    recall10: float
    mrr: float
    same: float | None
    across: float | None
    precision: float | None  # of "probably the same"
    recall: float | None


def measure(finder: Finder, found: list[Report]) -> Quality:
    """Ask for each report in turn, and tell how well the earlier ones were ranked."""
    cluster = {each.id: each.cluster for each in found}
    by_cluster: dict[str, list[Report]] = defaultdict(list)
    seen: set[str] = set()
    begin = int(len(found) * HISTORY)
    lone = [
        at
        for at, each in enumerate(found)
        if at >= begin and each.cluster == each.id and not _related_before(each, found[:at])
    ]
    drawn = set(random.Random(1234).sample(lone, min(NEGATIVES, len(lone))))
    weight = len(lone) / max(1, len(drawn))
    ranks: list[tuple[int | None, bool]] = []
    right = wrong = 0.0
    for at, report in enumerate(found):
        earlier = by_cluster[report.cluster]
        if at >= begin and (earlier or at in drawn):
            hits = finder.find(report)
            places = (n for n, hit in enumerate(hits, 1) if cluster[hit[0]] == report.cluster)
            rank = next(places, None)
            if earlier:
                ranks.append((rank, any(each.language == report.language for each in earlier)))
            if hits and hits[0][2]:
                right += bool(earlier) and rank == 1
                wrong += 0 if earlier and rank == 1 else 1 if earlier else weight
        by_cluster[report.cluster].append(report)
        seen.add(report.id)
        finder.add(report)

    def share(k: int, among: Iterator[int | None]) -> float | None:
        all_of_them = list(among)
        hit = sum(1 for each in all_of_them if each is not None and each <= k)
        return hit / len(all_of_them) if all_of_them else None

    return Quality(
        share(1, (rank for rank, _same in ranks)) or 0.0,
        share(5, (rank for rank, _same in ranks)) or 0.0,
        share(10, (rank for rank, _same in ranks)) or 0.0,
        sum(1 / rank for rank, _same in ranks if rank) / len(ranks),
        share(5, (rank for rank, same in ranks if same)),
        share(5, (rank for rank, same in ranks if not same)),
        right / (right + wrong) if right + wrong else None,
        right / len(ranks) if right + wrong else None,
    )


def _related_before(report: Report, earlier: list[Report]) -> bool:
    ids = set(report.related)
    return bool(ids) and any(each.id in ids for each in earlier)


def table(size: Size) -> Iterator[str]:
    """Give the lines of a table: each set, Lotse and the baselines."""
    yield "| set | method | R@1 | R@5 | R@10 | MRR | same language | across | precision | recall |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for name in size.reports:
        found = reports(name)
        finders: dict[str, Finder] = {
            "Lotse": Lotse(),
            "Lotse's rule before": OldRule(),
            "FTS5, OR of all words": FullText("porter unicode61 remove_diacritics 2"),
            "FTS5, trigrams": FullText("trigram"),
            "rapidfuzz token_set_ratio": Fuzzy(),
        }
        for method, finder in finders.items():
            got = measure(finder, found)
            if isinstance(finder, FullText):
                with closing(finder.db):
                    pass
            figures = (
                got.recall1,
                got.recall5,
                got.recall10,
                got.mrr,
                got.same,
                got.across,
                got.precision,
                got.recall,
            )
            shown = " | ".join("–" if each is None else f"{each:.2f}" for each in figures)
            yield f"| {name.partition('_')[0]} | {method} | {shown} |"

"""Each numbered file once, in order, forward only; newer databases are refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.engine import NewerSchema

FOLDER = Path(__file__).parent.parent / "migrations"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: `0002_incidents.sql` for both stores, `0002_x.sqlite.sql` for one."""

    number: int
    name: str
    sql: str


def known(dialect: str, folder: Path = FOLDER) -> list[Migration]:
    """Return the steps for `dialect` ("sqlite" or "postgres") in their order."""
    found: dict[int, Migration] = {}
    names = [path.name.removesuffix(".sql").partition(".") for path in folder.glob("*.sql")]
    for stem, _, only in sorted(names):  # what both share comes first
        if only and only != dialect:
            continue
        number, _, name = stem.partition("_")
        before = found.get(int(number))
        sql = (folder / f"{stem}{'.' * bool(only)}{only}.sql").read_text(encoding="utf-8")
        joined = f"{before.sql}\n{sql}" if before else sql
        found[int(number)] = Migration(int(number), name, joined)
    return [found[number] for number in sorted(found)]


def pending(applied: set[int], steps: list[Migration]) -> list[Migration]:
    """Return the steps still to be made.

    Raises `NewerSchema` when the database knows a step that this program does not.
    """
    unknown = applied - {step.number for step in steps}
    if unknown:
        newest = max((step.number for step in steps), default=0)
        raise NewerSchema(
            f"This database has schema {max(unknown)}, this program knows up to {newest}. "
            "Start the newer program, or restore a backup from before the update."
        )
    return [step for step in steps if step.number not in applied]


def statements(sql: str) -> Iterator[str]:
    """Split a file for SQLite, which takes one statement at a time (triggers stay whole)."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        if not statement and (not line.strip() or line.lstrip().startswith("--")):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def missing(applied: set[int], dialect: str) -> int:
    """Return how many steps a database lacks; raises as `pending`."""
    return len(pending(applied, known(dialect)))


LEDGER = """
create table if not exists migrations (
    number integer primary key,
    name text not null,
    applied_at text not null
)
"""


def note(run: Callable[[str, tuple[object, ...]], object], step: Migration, now: str) -> None:
    """Write down that `step` was made."""
    run("insert into migrations values (?, ?, ?)", (step.number, step.name, now))

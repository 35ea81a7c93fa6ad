"""How satisfied customers were is kept when it moves into a table of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from storage.engine import Database, migrate
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from storage.pilots import log
from tests.pretend import server

MOVED = 115
THEN = "2026-11-23T08:00:00.000000Z"
ROWS = (
    "insert into workspaces (id, name, language, zone, region, created_at) "
    f"values ('demo', 'Demo', 'de', 'Europe/Berlin', 'DE', '{THEN}')",
    "insert into pilots (workspace, id, name, name_key, problem) "
    "values ('demo', 'p', 'Triage', 'triage', 'Anfragen liegen')",
    "insert into pilot_values (workspace, pilot, week, value, number, source, satisfaction, "
    "entered_by) values ('demo', 'p', '2026-W47', '6', 41, 'ERP', '4.2', 'chris'), "
    "('demo', 'p', '2026-W48', '5.7', 40, 'ERP', null, 'chris')",
)


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give the database of before, opened by today's."""
    made = [each for each in migrate.known(request.param) if each.number < MOVED]
    if request.param == "sqlite":
        path = tmp_path / "earlier.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("pragma foreign_keys = on")
            file.execute(migrate.LEDGER)
            for step in made:
                file.executescript(step.sql)
                migrate.note(file.execute, step, THEN)
            for row in ROWS:
                file.execute(row)
        with closing(Sqlite(path)) as database:
            yield database
        return
    with server.database(request.getfixturevalue("postgres_url"), "lotse_test_pilots") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(migrate.LEDGER)
            for step in made:
                connection.execute(step.sql.encode())
                connection.execute(
                    "insert into migrations values (%s, %s, %s)", (step.number, step.name, THEN)
                )
            for row in ROWS:
                connection.execute(row.encode())
        with closing(Postgres(url)) as database:
            yield database


def test_satisfaction_is_moved_with_its_week_and_source(upgraded: Database) -> None:
    told = upgraded.read(lambda tx: log.satisfaction(tx.within("demo"), "p"))
    assert told == [log.Satisfaction("2026-W47", "4.2", 0, "ERP")]
    values = upgraded.read(lambda tx: log.values(tx.within("demo"), "p"))
    assert [(each.week, each.value, each.number) for each in values] == [
        ("2026-W47", "6", 41), ("2026-W48", "5.7", 40),
    ]  # fmt: skip

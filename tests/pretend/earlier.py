"""A database as an earlier version left it, opened by today's."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage.engine import Database, migrate
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.pretend import server

Connection = sqlite3.Connection | psycopg.Connection[Any]


@contextmanager
def opened(
    request: pytest.FixtureRequest,
    folder: Path,
    has_made: Callable[[int], bool],
    fill: Callable[[Connection, str], None],
    then: str,
) -> Iterator[Database]:
    """Give the store that `request.param` names: made up to the steps `has_made`, then filled.

    `fill` gets a connection and how it writes a value's place; `then` is when the steps were made.
    """
    made = [each for each in migrate.known(request.param) if has_made(each.number)]
    if request.param == "sqlite":
        path = folder / "earlier.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as file:
            file.execute("pragma foreign_keys = on")
            file.execute(migrate.LEDGER)
            for step in made:
                file.executescript(step.sql)
                migrate.note(file.execute, step, then)
            fill(file, "?")
        with closing(Sqlite(path)) as database:
            yield database
        return
    with server.database(request.getfixturevalue("postgres_url"), "lotse_test_earlier") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(migrate.LEDGER)
            for step in made:
                connection.execute(step.sql.encode())
                connection.execute(
                    "insert into migrations values (%s, %s, %s)", (step.number, step.name, then)
                )
            fill(connection, "%s")
        with closing(Postgres(url)) as database:
            yield database

"""How satisfied customers were is kept when it moves into a table of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Database
from storage.engine.ids import PilotId
from storage.pilots import log
from tests.pretend import earlier

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


def fill(connection: earlier.Connection, _holder: str) -> None:
    """Store a pilot with a value that knows how satisfied customers were."""
    for row in ROWS:
        connection.execute(row)


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give the database of before, opened by today's."""
    with earlier.opened(request, tmp_path, MOVED.__gt__, fill, THEN) as database:
        yield database


def test_satisfaction_is_moved_with_its_week_and_source(upgraded: Database) -> None:
    told = upgraded.read(lambda tx: log.satisfaction(tx.within("demo"), PilotId("p")))
    assert told == [log.Satisfaction("2026-W47", "4.2", 0, "ERP")]
    values = upgraded.read(lambda tx: log.values(tx.within("demo"), PilotId("p")))
    assert [(each.week, each.value, each.number) for each in values] == [
        ("2026-W47", "6", 41), ("2026-W48", "5.7", 40),
    ]  # fmt: skip

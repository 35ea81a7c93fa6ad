"""However many incidents are open, declaring one more asks the store no more than before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from storage import incidents
from storage.engine.sqlite import Sqlite
from storage.engine.sqlite_tx import SqliteTx
from tests.pretend.stage import Say, Stage

MANY = 60


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Count statements, and the incidents that are read."""
    counts = {"statements": 0, "incidents": 0}
    execute, read = SqliteTx._execute, incidents.from_row

    def counting(self: SqliteTx, *args: object, **values: object) -> object:
        counts["statements"] += 1
        return execute(self, *args, **values)  # type: ignore[arg-type]

    def reading(row: object) -> object:
        counts["incidents"] += 1
        return read(row)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(SqliteTx, "_execute", counting)
        patched.setattr(incidents, "from_row", reading)
        yield counts


def test_declaring_costs_the_same_however_many_are_open(
    sqlite: Sqlite, bot: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alarms of one minute become lists that are full at twenty: those are compared alike."""
    found: list[dict[str, int]] = []
    anna = Say(bot, "anna")
    for n in range(MANY):
        with counted(monkeypatch) as counts:
            anna(f"incident Kasse {'abcdefghij'[n % 10] * (2 + n // 10)} steht")
        found.append(counts)
    early, late = (
        max(each["statements"] for each in found[part]) for part in (slice(10, 31), slice(39, 60))
    )
    assert late <= early * 1.1, (early, late)
    early, late = (
        max(each["incidents"] for each in found[part]) for part in (slice(10, 31), slice(39, 60))
    )
    assert late <= early * 1.1 + 60, (early, late)  # what was declared within two minutes, 50

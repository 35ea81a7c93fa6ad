"""The state machine of all promises, with few stories; `tests/operations/machine.py` has many."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.delivery import inbox, timers
from storage.engine import Database
from storage.engine.postgres import Postgres
from storage.engine.sqlite import Sqlite
from tests.operations import machine


@pytest.mark.slow
def test_every_promise_holds_after_any_steps() -> None:
    machine.run(Sqlite, examples=8, steps=25)


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "an alarm that goes on": lambda patch: patch.setattr(timers, "cancel", lambda tx, key: False),
    "an input that counts twice": lambda patch: patch.setattr(
        inbox, "begin", lambda tx, identity, now: True
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("what", BROKEN)
def test_it_notices(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """The machine is worth something only if it finds what is broken."""
    BROKEN[what](monkeypatch)
    with pytest.raises(Exception):  # noqa: B017, whatever the broken program comes to
        machine.run(Sqlite, examples=25, steps=25, number=1)


@pytest.mark.slow
def test_every_promise_holds_on_postgresql(postgres: Postgres, sweep: Callable[[], None]) -> None:
    def emptied() -> Database:
        sweep()
        postgres.beside.clear()
        return postgres

    machine.run(emptied, examples=2, steps=20)

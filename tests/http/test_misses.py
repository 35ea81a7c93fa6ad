"""Whoever guesses addresses of machines is held back, and makes us write nothing."""

from __future__ import annotations

from typing import Any

import pytest

from bot.http.hooks import AGAIN, MISSES, MOST_KEPT, Misses
from storage.engine import Tx
from tests.pretend.stage import Stage


def test_after_so_many_misses_somebody_waits_and_others_do_not() -> None:
    moment = [0.0]
    misses = Misses(lambda: moment[0])
    for _each in range(MISSES):
        assert not misses.too_many("10.0.0.1")
        misses.add("10.0.0.1")
    assert misses.too_many("10.0.0.1") and not misses.too_many("10.0.0.2")
    moment[0] += AGAIN
    assert not misses.too_many("10.0.0.1")


def test_only_so_many_addresses_are_remembered() -> None:
    misses = Misses(lambda: 0.0)
    for n in range(MOST_KEPT + 100):
        misses.add(f"address {n}")
    assert len(misses._left) == MOST_KEPT


def test_a_guess_is_looked_up_by_reading(bot: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    submit = bot.database.submit

    def counted(*given: Any, **named: Any) -> Any:
        written.append("write")
        return submit(*given, **named)

    monkeypatch.setattr(bot.database, "submit", counted)
    (hook,) = [each for feature in bot.dispatcher.features for each in feature.hooks]
    secret = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
    assert bot.run(bot.dispatcher.run_hook(hook, secret, None, {})) is None
    assert written == []

    def count(tx: Tx) -> int:
        return len(tx.rows("select 1 as one from automation_runs where workspace = :workspace"))

    assert bot.store(count) == 0

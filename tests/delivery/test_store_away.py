"""While the store is away, couriers and timers wait: one line in the log, and no traceback."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from bot.delivery.courier import Courier
from bot.delivery.scheduler import Scheduler
from storage.engine import Unavailable
from tests.conftest import Logged
from tests.pretend.stage import Stage

Work = Callable[[], Any]


def away(*_given: object, **_more: object) -> Future[Any]:
    failed: Future[Any] = Future()
    failed.set_exception(Unavailable("PostgreSQL could not be used: connection refused"))
    return failed


@pytest.mark.parametrize("which", ["timers", "outbox"])
def test_an_outage_is_a_line_of_the_log(
    bot: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    logged: Logged, which: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(bot.database, "submit", away)

    async def nobody(_timer: object) -> None:
        raise AssertionError("nothing was claimed")

    async def work() -> None:
        worker = (
            Scheduler(bot.database, nobody, bot.clock)
            if which == "timers"
            else Courier(bot.database, {"local": bot.chat}, bot.clock)
        )
        task = asyncio.create_task(worker.run())
        while not caplog.records:  # noqa: ASYNC110, what it logs is what it is asked for
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with caplog.at_level(logging.WARNING):
        asyncio.run(work())
    for each in caplog.records:
        assert "wait" in each.getMessage() and "connection refused" in each.getMessage()
        assert each.exc_info is None, "an outage is nobody's bug"
    logged.take(f"The {which} wait")

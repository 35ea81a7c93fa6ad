"""How often a heartbeat has to wait for PostgreSQL: what is only written travels with questions."""

from __future__ import annotations

import asyncio

import pytest

from storage.engine.postgres import Postgres
from storage.engine.postgres_tx import PostgresTx
from tests.pretend.machines import enter
from tests.pretend.stage import Say, staged

CALLS = 24


def test_calls_that_come_together_are_about_one_exchange_each(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    before = PostgresTx._send

    def counted(tx: PostgresTx) -> None:
        if tx._open.unsent:
            sent.append(len(tx._open.unsent))
        before(tx)

    with staged(postgres) as stage:
        ben = Say(stage, "ben")
        for n in range(CALLS):
            enter(ben, name=f"Job {n}", rhythm="täglich")
        ids = [
            row["id"]
            for row in stage.rows("select id from automations where workspace = :workspace")
        ]
        hook = next(each for feature in stage.dispatcher.features for each in feature.hooks)

        async def report(ids: list[str]) -> None:
            works = [stage.dispatcher.report(hook, stage.workspace, id, {}) for id in ids]
            await asyncio.gather(*works)

        monkeypatch.setattr(PostgresTx, "_send", counted)
        stage.run(report(ids))
        monkeypatch.undo()
        rows = stage.rows("select count(*) as n from automation_runs where workspace = :workspace")
    assert rows == [{"n": CALLS}]
    # Some come alone before the others wait together; each transaction asks who the company is.
    assert len(sent) <= CALLS * 2, sent
    assert sum(sent) >= CALLS * 5, "they do write"

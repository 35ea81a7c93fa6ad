"""The demo's clock plays through: an hour shows what an hour would have shown."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.requests import Request
from bot.local import demo
from bot.lotse import DEMO
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import MONDAY


def test_an_hour_ahead_skips_nobody_and_is_no_standstill(tmp_path: Path) -> None:
    with closing(Sqlite(tmp_path / "demo.db")) as database:
        clock = HandClock(MONDAY)
        lotse = app.build(Settings(data=tmp_path), database, clock, demo=True)

        async def story() -> None:
            await demo.prepare(lotse, empty=True)
            request = Request(
                "wind-1",
                DEMO,
                "local:anna",
                "Anna",
                PlaceId("local:stoerungen"),
                "störung Licht aus",
            )
            await lotse.dispatcher.handle(request)
            await lotse.settle()
            await lotse.wind(clock.now() + timedelta(hours=1))

        asyncio.run(story())
        rows = database.read(
            lambda tx: tx.rows(
                "select at, detail from timeline where kind = 'alarmed' order by at, id"
            )
        )
        begun = MONDAY.timestamp()
        steps = [(row["at"], row["detail"]) for row in rows]
        minutes = [round((as_moment(at).timestamp() - begun) / 60) for at, _who in steps]
        assert minutes == [0, 10, 20, 40]
        assert steps[1][1] == "chris,carla", "the deputy is not skipped"
        assert database.read(lambda tx: tx.rows("select from_at from standstills")) == []

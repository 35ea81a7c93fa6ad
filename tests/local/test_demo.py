"""The example company: whenever it is looked at first, there is something to see."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.local import demo
from bot.local.page_data import ahead
from storage import audit, local
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sqlite import Sqlite
from tests.pretend.stage import DEMO

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("day", range(7))
async def test_the_first_digest_tells_of_a_repeat_and_of_what_nobody_uses(day: int) -> None:
    first = datetime(2026, 11, 16, (10, 0, 23)[day % 3], 30, tzinfo=BERLIN) + timedelta(days=day)
    database, clock = Sqlite(), HandClock(first)
    lotse = app.build(Settings(), database, clock, demo=True)
    await demo.prepare(lotse, empty=False)
    assert database.read(lambda tx: local.waiting(tx.within(DEMO))) == {}
    said = database.read(lambda tx: audit.latest(tx.within(DEMO), 1000))
    assert "unknown" not in {each["command"] for each in said}, "the example is understood"
    monday = ahead(first, "monday", "Europe/Berlin")
    assert monday is not None
    clock.wind(monday)
    await lotse.settle()
    found = database.read(
        lambda tx: local.latest(
            tx.within(DEMO), PersonId("chris"), PlaceId("local:leitung"), before=None, most=9
        )
    )
    for words in (
        "Wiederkehrende Störungen",
        "Etikettendrucker",
        "Rechnungsabgleich",
        "Lieferschein-Export",
    ):
        assert words in found[-1].body, words
    database.close()

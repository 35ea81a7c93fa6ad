"""The example company: whenever it is looked at first, there is something to see."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.delivery.requests import Request
from bot.local import demo, demo_pilot
from bot.local.page_data import ahead
from bot.lotse import Lotse
from storage import audit, local, pilots
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sqlite import Sqlite
from storage.friction import patterns
from storage.friction.patterns import Pattern
from storage.pilots import Pilot
from tests.pretend.stage import DEMO, answered

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


async def test_the_example_plays_a_whole_pilot_from_its_pattern_and_three_patterns() -> None:
    clock = HandClock(datetime(2026, 11, 18, 10, 30, tzinfo=BERLIN))
    lotse = app.build(Settings(), Sqlite(), clock, demo=True)
    await demo.prepare(lotse, empty=False)

    def read(tx: Tx) -> tuple[dict[str, Pattern], Pilot]:
        tx = tx.within(DEMO)
        (ended,) = [each for each in pilots.all(tx) if each.name == demo_pilot.ENDED]
        return {each.title: each for each in patterns.all(tx)}, ended

    known, ended = lotse.database.read(read)
    felt, parked, waiting = (
        known[each]
        for each in (
            "Liefertermine abtippen",
            "Papiere zusammensuchen",
            "Wo bleibt meine Reparatur",
        )
    )
    assert ended.pattern == felt.id and ended.state == "stopped" and ended.learnt
    assert felt.result == "suitable" and felt.reason and felt.per_month and felt.minutes
    assert parked.parked and waiting.answered_at is None
    said = await shown(lotse, "patterns")
    assert f"{waiting.title} (3 notes)" in said
    digest = await shown(lotse, "digest")
    assert f"“{waiting.title}”, noted 3 times" in digest, "it ends with what comes next"
    lotse.database.close()


async def shown(lotse: Lotse, text: str) -> str:
    """Return what Chris reads, in English."""
    for each in ("language en", text):
        request = Request(
            identity=each, workspace=DEMO, person="local:chris", name="chris",
            place=PlaceId("local:@chris"), text=each,
        )  # fmt: skip
        answer = await lotse.dispatcher.handle(request)
    return answered(answer)

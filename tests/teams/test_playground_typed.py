"""Lines of the table (tests/data/typed.tsv) typed into Microsoft's own client, by two people."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.requests import Request
from bot.lotse import MAIN
from storage.engine import Tx
from storage.engine.ids import PlaceId
from storage.workspaces import Workspace
from tests.conversation import real_clients
from tests.conversation.table import Became
from tests.conversation.test_three_people import Floor
from tests.pretend import company
from tests.teams.test_playground import COMPANY, WAIT, Anna, open_for_anna, pytestmark

__all__ = ["pytestmark"]
WRITTEN = COMPANY.read_text(encoding="utf-8")
TENANT = re.findall("tenantId: (.+)", WRITTEN)[0]
ENTRA = dict(re.findall(r"name: (\w+) .*aadObjectId: ([\w-]+)", WRITTEN))
OPENS = "Formular"  # what the button of a form says
MORE = "([words, before]) => document.body.innerText.split(words).length - 1 > before"


@dataclass
class Desk:
    """Where one person types in the personal chat. What others say, they say elsewhere."""

    client: Anna
    me: str
    heard: dict[str, Became] = field(default_factory=dict)
    said: int = 0

    async def says(self, who: str, text: str) -> None:
        """Type something and wait until its answer stands there, or let somebody else say it."""
        if who != self.me:
            await self._elsewhere(who, text)
            return
        page = self.client.page
        before = await page.locator("body").inner_text()
        self.heard.pop(who, None)
        await self.client.say(text)
        async with asyncio.timeout(WAIT / 1000):
            while who not in self.heard:
                await page.wait_for_timeout(20)
        words = real_clients.telling(self.heard[who]) or OPENS
        await page.wait_for_function(MORE, arg=[words, before.count(words)])

    async def wind(self, minutes: float) -> None:
        """Let time pass."""
        await self.client.wind(self.client.lotse.clock.now() + timedelta(minutes=minutes))

    async def _elsewhere(self, who: str, text: str) -> None:
        self.said += 1
        name = who.capitalize()
        asked = Request(
            f"said-{self.said}", MAIN, identity(name), name, PlaceId(f"teams:@{ENTRA[name]}"), text
        )
        answer = await self.client.lotse.dispatcher.handle(asked)
        assert answer.outcome == "done", answer
        await self.client.lotse.settle()


def identity(name: str) -> str:
    """Return what Teams proves of somebody."""
    return f"teams:{TENANT}:{ENTRA[name]}"


def furnish(tx: Tx, client: Anna) -> None:
    """Put who answers for what into the store."""
    now = client.lotse.clock.now()
    whole = company.Company(
        channels=(),
        services=(
            company.Answered("till", "Kasse", (), "Ben", "Carla"),
            company.rest("de"),
        ),
        id=ENTRA.__getitem__,
        identity=identity,
        direct=lambda name: f"teams:@{ENTRA[name]}",
    )
    company.furnish(tx, Workspace(MAIN, "Lotse", "de", "Europe/Berlin", "DE"), whole, now)
    real_clients.add_services(tx.within(MAIN), ENTRA["Ben"], ENTRA["Carla"], now)


@pytest.mark.parametrize("me", ["anna", "ben"])
async def test_lines_of_the_table_in_microsofts_own_client(me: str, tmp_path: Path) -> None:
    lines = real_clients.chosen((me,), ("chat",), lines=False)
    assert len(lines) > real_clients.MANY // 2 and len(Counter(x.meaning for x in lines)) > 6
    async with open_for_anna("de", tmp_path, me.capitalize()) as client:
        await client.see("ich bin Lotse|I am Lotse")
        await client.say("sprache de")
        await client.see("Von jetzt an spreche ich Deutsch mit dir")
        lotse = client.lotse
        lotse.database.transact(lambda tx: furnish(tx, client))
        desk = Desk(client, me)
        floor = Floor(lotse.database, lotse.dispatcher, MAIN, desk.says, desk.wind, set())
        desk.heard = floor.heard

        async def seen(_words: str) -> None:
            """Every answer was waited for where it was typed."""

        wrong = await real_clients.wrong(floor, lines, seen)
        await client.picture(f"typed-{me}")
    assert not wrong, "\n".join(wrong)

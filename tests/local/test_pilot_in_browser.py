"""The pilot of the example over twelve weeks, in a real browser: eight days become under six."""

from __future__ import annotations

import asyncio
import re
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import ClientSession

from bot import app
from bot.config import Settings
from bot.delivery.clock import HandClock
from bot.local import demo
from bot.lotse import DEMO
from storage import people
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sqlite import Sqlite
from tests.local.browser import MARKS, Browser, Client, client, expect, running

pytestmark = MARKS

MORE = ("Dora", "Emil", "Farid", "Greta")
USERS = ("anna", "ben", "carla", "dora", "emil", "farid")
VALUES = ("7.8", "7.4", "7.0", "6.8", "6.5", "6.2", "6.0", "5.8", "5.7", "5.6", "5.5")
NOTES = {
    "anna": "Reparaturanfragen liegen, bis jemand sie sortiert",
    "ben": "Niemand sortiert die Reparaturanfragen, sie liegen tagelang",
    "carla": "Reparaturanfragen liegen tagelang, niemand sortiert sie",
}


def eight(data: Path) -> None:
    """Put a company of eight into the folder: the four of the example, and four more."""
    with closing(Sqlite(data / "demo.db")) as database:
        now = datetime.now(ZoneInfo("Europe/Berlin"))
        lotse = app.build(Settings(data=data), database, HandClock(now), demo=True)
        asyncio.run(demo.prepare(lotse, empty=True))

        def hire(tx: Tx) -> None:
            tx = tx.within(DEMO)
            for name in MORE:
                id = name.lower()
                people.find_or_create(
                    tx, f"local:{id}", name, id=PersonId(id), key=f"k-{id}", now=now
                )
                places.ensure(
                    tx, PlaceId(f"local:@{id}"), PlaceKind.DIRECT, name, person=PersonId(id)
                )

        database.transact(hire)


async def send(c: Client, **values: str) -> None:
    """Fill the open form by the beginning of its labels, and send it."""
    form = c.page.locator("dialog form")
    await expect(form).to_be_visible()
    for label, value in values.items():
        named = c.page.locator("label, legend", has_text=re.compile(f"^{label.replace('_', ' ')}"))
        field = form.locator(".field").filter(has=named).first
        box = field.locator("input[type=text], input[type=date], textarea, select").first
        if await field.locator(".choice").count():
            for each in value.split(","):
                await field.locator(".choice", has_text=each).click()
        elif await box.evaluate("each => each.tagName") == "SELECT":
            await box.select_option(label=value)
        else:
            await box.fill(value)
    await form.locator("[type=submit]").click()
    await expect(c.page.locator("dialog form")).to_have_count(0)


async def at(c: Client, who: str) -> None:
    await c.be(who)
    await c.go("@")


async def pilot(c: Client, who: str) -> None:
    """Let somebody open the card of the pilot."""
    await at(c, who)
    await c.say("pilot triage")
    await expect(c.page.locator(".line.private:not(.mine)").last).to_contain_text("Triage")


async def connect(c: Client) -> None:
    """Let the integrator get the address; the first run that comes in turns the card."""
    last = c.page.locator(".line.private:not(.mine)").last
    await pilot(c, "ben")
    await expect(last).to_contain_text("nicht verbunden")
    await c.press("pilot address")
    form = c.page.locator("dialog form")
    await form.get_by_role("combobox").fill("cron")
    await form.locator(".option", has_text="cron").first.click()
    await form.locator("[type=submit]").click()
    await expect(form).to_have_count(0)
    dialog = c.page.locator("dialog")
    where = await dialog.locator(".address code").inner_text()
    await dialog.locator(".ends .primary").click()
    await expect(dialog).to_have_count(0)
    async with ClientSession() as session, session.get(where) as answer:
        assert answer.status == 200
    await pilot(c, "ben")
    await expect(last).to_contain_text("verbunden seit")
    await expect(last.locator('[data-call="pilot address"]')).to_have_count(0)


async def test_the_whole_pilot(browser: Browser, tmp_path: Path, pictures: Path) -> None:
    await asyncio.to_thread(eight, tmp_path)
    async with running(tmp_path, "--empty") as address, client(browser, address, pictures) as c:
        last = c.page.locator(".line.private:not(.mine)").last
        await c.wind("monday")  # whatever the time is: who is asked is asked at work
        await c.wind("1h")
        await at(c, "chris")
        await c.say("mandat")
        await c.press("mandate edit")
        await send(c, Geschäftsziele="Schneller reparieren", Fokus="Service, Einkauf")
        # Three people note the same; whoever answers calls it a pattern, and asks the seven taps.
        for who, words in NOTES.items():
            await at(c, who)
            await c.say(f"reibung {words}")
            await expect(last).to_contain_text(words)
            # On a busy machine nobody waits for who feels the same: then it is only proposed.
            if await last.locator('[data-call="friction join"]').count():
                await c.press("friction join")
                await expect(last).to_contain_text("Dazugenommen")
        await at(c, "chris")
        await c.say("muster")
        await expect(last).to_contain_text("Das meint vielleicht dasselbe:")
        await c.press("pattern confirm")
        await send(c, Worum="Reparaturanfragen liegen", Bereich="Service")
        await c.press("pattern ask")
        await c.press("pattern taps")
        await send(c, Kommt_es="Ja", Ist_es_klar="Ja", Folgt_es="Ja", Braucht_es_wenig="Ja",
                   Braucht_es_ein="Nein", Geht_es="Nein", Lebt_es="Nein")  # fmt: skip
        await expect(last).to_contain_text("Geeignet")
        await c.picture("pilot-1-taps")
        await c.press("pattern answer")
        await send(c)
        # The pilot: one workflow, three roles that are asked, a measure, those who use it.
        await c.press("pilot new")
        await send(c, Name="Reparatur-Triage", Welches="Anfragen liegen, bis jemand sortiert.",
                   Ein_Ablauf="Anfragen sortieren", Was_geht="Anfrage", Was_kommt="Anfrage im Team",
                   Bereich="Service", Geschäftsziel="Schneller reparieren")  # fmt: skip
        await c.press("pilot people")
        await send(c, Champion="Chris", Prozess="Carla", Integrator="Ben")
        for who in ("carla", "ben"):
            await at(c, who)
            await c.page.locator('.line [data-call="pilot accept"]').last.click()
            await expect(last).to_contain_text("Triage")
        await pilot(c, "chris")
        await last.locator('[data-call="pilot measure"]').first.click()
        await send(c, Kennzahl="Tage bis zur Reparatur", Einheit="Tage", Vor_dem="8",
                   Aus_wie="40", In_welchem="drei Monate", Woher="Warenwirtschaft", Ziel="6",
                   Was_darf="Beschwerden")  # fmt: skip
        await c.press("pilot users")
        await send(c, Wer_nutzt=", ".join([*(each.title() for each in USERS), "Greta"]))
        await c.press("pilot start")
        await expect(last).to_contain_text("Woche 1 von 12")
        await c.picture("pilot-2-started")
        # Week after week a value; six of seven tap once; an obstacle, an improvement, IT's view.
        for week, value in enumerate(VALUES, 2):
            await c.wind("monday")
            await c.wind("1h")
            if week == 2:
                for number, who in enumerate(USERS):
                    await at(c, who)
                    taps = c.page.locator('.line:not(.private) [data-call="relief"]')
                    await taps.nth(2 if number == 5 else 0).click()
                    await expect(last).to_contain_text("gezählt")
                await pilot(c, "anna")
                await expect(last).not_to_contain_text("ja 5")
            await pilot(c, "carla")
            await c.press("pilot value")
            await send(c, Wert=value, Aus_wie="10")
            await expect(last).to_contain_text("8 →")
            if week == 3:
                await pilot(c, "ben")
                await expect(last).to_contain_text("ja 5, teils 0, nein 1")
                await c.press("pilot obstacle")
                await send(c, Was_ist_im="Zugriff fehlt", Bis_wann="2099-01-01")
                await pilot(c, "chris")
                await c.press("pilot solved")
            if week == 4:
                await connect(c)
                await pilot(c, "chris")
                await c.press("pilot sourcing")
                await send(c, Wer_bindet="Eigene Personen")
                await c.press("pilot it")
                await send(c, Was_passt="Sicherheit,stabil,passt zu,machbar")
            if week == 6:
                await pilot(c, "carla")
                await c.press("pilot improved")
                await send(c, Was="Regeln passen besser", In_einem="Dringende zuerst")
        await pilot(c, "chris")
        await expect(last).to_contain_text("Woche 12 von 12")
        await expect(last).to_contain_text("8 vorher")
        await expect(last).to_contain_text("5,5 in Woche")
        await c.picture("pilot-3-week-twelve")
        await c.press("pilot decide")
        await send(
            c,
            Was_wird="In Betrieb",
            Warum="Alle wollen es behalten",
            Was_haben="Regeln zuerst",
            Dokumentation="https://wiki.example.com/reparatur-triage",
        )
        await expect(last).to_contain_text("auf dem Weg in den Betrieb")
        # The result is posted by a person, for everybody.
        await c.press("pilot result")
        await expect(last).to_contain_text("8 → 5,7 Tage (29,4 % besser, n=40, 4 Wochen)")
        await c.press("pilot post")
        await expect(last).to_contain_text("Veröffentlicht")
        assert "Ergebnis des Pilotprojekts „Reparatur-Triage“" in await c.all_of("allgemein")
        await c.picture("pilot-4-result")

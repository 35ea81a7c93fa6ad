"""Pictures of all cards and forms, as Slack shows them: `make pictures`.

A week of the company is played on the stage, in both languages; what people see
then is rendered as for Slack, drawn by Node (`tools/slack/cards.mjs`), and
photographed in a browser, light and dark. The pictures are for looking at.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot import slack_blocks
from handlers import digest
from handlers.kit.messages import Form, Message
from handlers.kit.readers import folded
from handlers.kit.words import _, text
from storage import people, places, services, workspaces
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from storage.services import Service
from storage.workspaces import Workspace
from tests import block_kit
from tests.stage import DEMO, Say, Stage, accepted

Json = dict[str, Any]

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / "tools" / "slack"
SHOTS = ROOT / "shots"
LANGUAGES = ("de", "en")
THEMES = ("light", "dark")
PEOPLE = ("Anna", "Ben", "Carla", "Chris")
WIDTH = 1500

SAID = {
    "de": {
        "incidents": "störungen", "managers": "leitung",
        "till": "Kasse", "shop": "Webshop", "rest": "Alles andere",
        "title": "Kasse in Köln druckt nicht",
        "again": "Kasse in Köln druckt schon wieder nicht",
        "gap": "Licht an Regal 7 flackert",
        "news": "Ersatzdrucker ist unterwegs", "cure": "Drucker getauscht",
        "long": "Webshop: " + "Bezahlung hängt beim letzten Schritt, Kundinnen rufen an. " * 5,
        "hostile": "<!channel> *fett* `x` & <https://example.com|Bank> @here :tada:",
        "friction": "Liefertermine werden dreimal abgetippt",
        "gentle": "Carla antwortet nie",
        "pilot": "Reparatur-Triage", "problem": "Anfragen liegen zwei Tage, bis jemand sortiert.",
        "feedback": "Die Vorschläge stimmen meistens",
        "auto": "Rechnungsabgleich", "purpose": "Gleicht Zahlungen mit Rechnungen ab.",
        "never": "Lieferschein-Export",
        "lost": "Drukker kaputt im Lager",
    },
    "en": {
        "incidents": "incidents", "managers": "management",
        "till": "Till", "shop": "Web shop", "rest": "Everything else",
        "title": "Till in Cologne does not print",
        "again": "Till in Cologne does not print again",
        "gap": "The light at shelf 7 flickers",
        "news": "A spare printer is on its way", "cure": "Printer swapped",
        "long": "Web shop: " + "payment hangs at the last step, customers are calling. " * 5,
        "hostile": "<!channel> *bold* `x` & <https://example.com|Bank> @here :tada:",
        "friction": "Delivery dates are typed three times",
        "gentle": "Carla never answers",
        "pilot": "Repair triage", "problem": "Requests wait two days until somebody sorts them.",
        "feedback": "The proposals are mostly right",
        "auto": "Invoice matching", "purpose": "Matches payments with open invoices.",
        "never": "Delivery note export",
        "lost": "Printter in the warehouse broken",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """Something that people see: a message, a modal or a home tab, and who sees it."""

    caption: str
    seen: str
    shown: Json


@dataclass(slots=True)
class Album:
    """Plays the week in one language and keeps what is seen."""

    language: str
    stage: Stage
    cards: list[Card] = field(default_factory=list)
    _people: dict[str, Say] = field(default_factory=dict)

    @property
    def said(self) -> dict[str, str]:
        """What people write in this language."""
        return SAID[self.language]

    def people(self) -> list[Say]:
        """Return Anna, Ben, Carla and Chris."""
        keys = [folded(each) for each in PEOPLE]
        return [self._people.setdefault(key, Say(self.stage, key)) for key in keys]

    def answered(self, me: Say, caption: str) -> None:
        """Keep what somebody was just answered: a message, a form, or both."""
        assert me.answer is not None
        if me.answer.message is not None:
            self._message(f"only for @{me.id}", caption, me.answer.message)
        if me.answer.form is not None:
            self._form(f"@{me.id}", caption, me.answer.form)

    def told(self, me: Say, caption: str) -> None:
        """Keep the answer to a form, which takes the form's place."""
        assert me.answer is not None and me.answer.message is not None, caption
        view = slack_blocks.answer_view(me.answer.message, self._close())
        self._keep(Card(caption, f"@{me.id}", view))

    def stands(self, place: str, caption: str, about: str = "") -> None:
        """Keep the newest message of a channel, or of somebody's direct place."""
        where = f"local:{place}" if place[0] == "@" else f"local:{self.said[place]}"
        found = [each for each in self.stage.chat.at(where) if about in str(each.message)]
        assert found, f"nothing stands in {place} for {caption}"
        self._message(
            place if place[0] == "@" else f"#{self.said[place]}", caption, found[-1].message
        )

    def home(self, me: Say, caption: str) -> None:
        """Keep somebody's home tab."""
        stage = self.stage
        seen = stage.run(stage.dispatcher.look(stage.workspace, f"local:{me.id}", "home"))
        assert seen is not None and seen.message is not None
        self._keep(Card(caption, f"@{me.id}", slack_blocks.home_view(seen.message)))

    def _message(self, seen: str, caption: str, message: Message) -> None:
        self._keep(Card(caption, seen, slack_blocks.private(message)))

    def _form(self, seen: str, caption: str, form: Form) -> None:
        private = slack_blocks.private_call(form.call, "slack:C1")
        self._keep(Card(caption, seen, slack_blocks.view(form, private, self._close())))

    def _keep(self, card: Card) -> None:
        assert block_kit.mistakes(card.shown) == [], card
        self.cards.append(card)

    def _close(self) -> str:
        return text(_("Close"), self.language)


# --- the week ----------------------------------------------------------------------------


def incidents(album: Album) -> None:
    said = album.said
    anna, ben, carla, _chris = album.people()
    anna("")
    album.answered(anna, "The menu of a bare call")
    anna("incident")
    album.answered(anna, "Form: declare an incident")
    anna(f"incident {said['title']}")
    album.answered(anna, "Declared: the answer")
    album.stands("incidents", "Card: waits for somebody")
    album.stands("@ben", "Alarm: to the accountable person")
    anna.press(calls="serious")
    album.answered(anna, "Called serious: the answer")
    album.stands("incidents", "Card: serious")
    album.stage.wind(minutes=5)
    album.stands("@carla", "Alarm: climbed to the deputy")
    album.stage.wind(minutes=5)
    album.stands("@chris", "Alarm: climbed to the manager")
    ben.press(calls="ack", at="@ben")
    album.answered(ben, "Looks after it: the answer")
    album.stands("incidents", "Card: somebody is on it")
    album.stands("@carla", "Alarm: settled")
    ben.press(calls="promise")
    album.answered(ben, "Promised news: the answer")
    album.stage.wind(minutes=16)
    album.stands("@ben", "Question: the promised news is overdue")
    album.stands("incidents", "Card: the promised news is overdue")
    ben.press(calls="update", at="@ben")
    album.answered(ben, "Form: tell how it stands")
    ben.fill(text=said["news"])
    album.told(ben, "Form answered")
    album.stands("incidents", "Card: with news")
    ben("assign 1 carla")
    album.answered(ben, "Asked somebody to take it: the answer")
    album.stands("@carla", "Will you take it?")
    album.stands("incidents", "Card: somebody is asked to take it")
    carla("ack 1")
    ben("ack 1")
    album.answered(ben, "Refused: somebody else has it")
    carla(f"restored 1 {said['cure']}")
    album.answered(carla, "Works again: the answer")
    album.stands("incidents", "Card: works again")
    anna("incidents all")
    anna.press(calls="history", at=said["incidents"])
    album.answered(anna, "The history")
    anna(f"incident {said['gap']}")
    album.stands("@chris", "Alarm: no service recognised")
    album.stands("incidents", "Card: an ownership gap")
    anna.press(calls="move")
    album.answered(anna, "Form: which service is it about?")
    anna.press(calls="undo")
    album.answered(anna, "Taken back: the answer")
    album.stands("incidents", "Card: taken back", said["gap"])
    anna(f"incident {said['long']}")
    album.stands("incidents", "Card: a long title")
    anna(f"incident {said['hostile']}")
    album.stands("incidents", "Card: a title that would like to be markup")
    carla("incidents")
    album.answered(carla, "Open incidents")
    anna(said["lost"])
    album.answered(anna, "Not understood: offered as an incident")
    carla("status")
    album.answered(carla, "What waits for me")
    for number in (3, 4):  # else their alarms would climb for a week
        carla(f"restored {number}")


def register(album: Album) -> None:
    said = album.said
    anna, _ben, carla, chris = album.people()
    anna(f"who {said['till']}")
    album.answered(anna, "Who is it?")
    chris("service")
    album.answered(chris, "Services")
    chris("service new")
    album.answered(chris, "Form: enter a service")
    chris.fill(name="VPN", accountable="@ben", deputy="@carla", words="Homeoffice")
    album.told(chris, "Service entered")
    anna("service new")
    album.answered(anna, "Refused: managers only")
    anna("friction")
    album.answered(anna, "Form: note friction")
    anna(f"friction {said['friction']}")
    album.answered(anna, "Friction: the answer")
    anna.press(calls="nameless")
    album.answered(anna, "Friction: without a name")
    anna(f"friction {said['gentle']}")
    album.answered(anna, "Friction that names somebody")
    chris("pilot new")
    album.answered(chris, "Form: start a pilot")
    chris.fill(name=said["pilot"], problem=said["problem"], champion="@chris")
    album.told(chris, "Pilot started")
    anna("feedback")
    album.answered(anna, "Form: give feedback")
    anna(f"feedback {said['pilot']} {said['feedback']}")
    album.answered(anna, "Feedback: the answer")
    anna.press(calls="relief")
    album.answered(anna, "Tapped: the answer")
    carla("auto new")
    album.answered(carla, "Form: enter an automation")
    secret = enter(carla, said["auto"], said["purpose"], "2")
    album.told(carla, "Automation entered, with its secret address")
    album.stage.run(album.stage.dispatcher.run_hook(hook(album.stage), secret, None, {}))
    carla("auto new")
    enter(carla, said["never"], said["purpose"], "1")
    carla(f"auto {said['auto']}")
    album.answered(carla, "An automation")
    carla("auto")
    album.answered(carla, "Automations")
    carla(f"auto {said['auto']}")
    carla.press(calls="auto handover")
    album.answered(carla, "Form: hand over an automation")
    carla.fill(to="@ben")
    album.stands("@ben", "Will you become accountable?")
    album.stage.wind(minutes=3 * 24 * 60)
    album.stands("@carla", "Question: is it still needed?")


def week(album: Album) -> None:
    said = album.said
    anna, ben, _carla, chris = album.people()
    anna("digest")
    album.answered(anna, "The week so far")
    while album.stage.now().weekday() != 0:
        album.stage.wind(to="08:00")
    anna(f"incident {said['again']}")
    ben.press(calls="ack", at="@ben")
    anna(f"incident {said['gap']}")
    album.stage.wind(to="08:31")
    album.stands("managers", "The weekly digest")
    album.home(anna, "Home of a member")
    album.home(ben, "Home of somebody accountable")
    album.home(chris, "Home of a manager")
    chris("settings")
    album.answered(chris, "Settings")
    chris.press(calls="settings manager")
    album.answered(chris, "Form: who else manages Lotse?")
    chris("settings", at=said["incidents"])
    album.answered(chris, "Settings, asked for in a channel")
    anna("help")
    album.answered(anna, "Help")
    anna("help ack")
    album.answered(anna, "Help with a word")
    anna("language fr")
    album.answered(anna, "A language that is not there")


def enter(me: Say, name: str, purpose: str, rhythm: str) -> str:
    """Fill in the form of a new automation; return its secret."""
    said = me.fill(
        name=name, purpose=purpose, accountable=f"@{me.id}", deputy="@ben", rhythm=rhythm
    )
    return next(line for line in said.splitlines() if "/ping/" in line).rpartition("/")[2]


def hook(stage: Stage) -> Any:
    """Return the road in for machines."""
    return next(each for feature in stage.dispatcher.features for each in feature.hooks)


def furnish(tx: Tx, stage: Stage, language: str) -> None:
    """Put the company into the store; its people have the ids that Slack gives."""
    said, now = SAID[language], stage.clock.now()
    company = Workspace(DEMO, "Musterwerk", language, "Europe/Berlin", "DE")
    workspaces.ensure(tx, company, now)
    tx = tx.within(DEMO)
    ids = {}
    for name in PEOPLE:
        ids[name] = id = block_kit.user_id(name)
        key = folded(name)
        people.meet(tx, f"local:{key}", name, id=id, key=key, now=now, manager=name == "Chris")
        places.ensure(tx, f"local:@{key}", "direct", name, person=id)
    for role in ("incidents", "managers"):
        places.ensure(tx, f"local:{said[role]}", "channel", said[role], role=role)
    for kind, words, who, deputy in (
        ("till", ("Kassen",), "Ben", "Carla"),
        ("shop", (), "Carla", "Ben"),
        ("rest", (), "Chris", "Carla"),
    ):
        net = Service(kind, said[kind], words, ids[who], ids[deputy], fallback=kind == "rest")
        services.add(tx, accepted(net, now), name_key=folded(net.name), now=now)
    digest.plan(tx, id="digest", now=now, zone=company.zone, region=company.region)


@lru_cache
def album(language: str) -> tuple[Card, ...]:
    """Return everything that is seen in a week."""
    database = Sqlite()
    stage = Stage(database)
    try:
        database.transact(lambda tx: furnish(tx, stage, language))
        played = Album(language, stage)
        incidents(played)
        register(played)
        week(played)
        return tuple(played.cards)
    finally:
        stage.close()
        database.close()


# --- the pictures ------------------------------------------------------------------------


def page(language: str, theme: str) -> str:
    """Return one page of all cards, drawn by Node."""
    users = [{"id": block_kit.user_id(name), "name": name} for name in PEOPLE]
    cards = [asdict(each) for each in album(language)]
    given = {"language": language, "theme": theme, "users": users, "cards": cards}
    drawn = subprocess.run(
        [shutil.which("node") or "node", TOOLS / "cards.mjs"],
        input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if drawn.returncode:
        sys.exit(f"The cards could not be drawn. Is there a Node.js 20?\n{drawn.stderr}")
    return drawn.stdout


async def take(pages: dict[str, str]) -> None:
    """Photograph every page from top to bottom."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("The pages are in shots/; there is no Chromium to photograph them.")
    from playwright.async_api import async_playwright

    from tests.test_page_in_browser import LAUNCH

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(LAUNCH))
        for name, html in pages.items():
            tab = await browser.new_page(viewport={"width": WIDTH, "height": 900})
            await tab.route("**/*", lambda route: route.abort())
            await tab.set_content(html)
            await tab.screenshot(path=SHOTS / f"slack.{name}.png", full_page=True)
        await browser.close()


def main() -> None:
    """Write a page and its picture for each language and theme."""
    SHOTS.mkdir(exist_ok=True)
    pages = {f"{each}.{theme}": page(each, theme) for each in LANGUAGES for theme in THEMES}
    for name, html in pages.items():
        (SHOTS / f"slack.{name}.html").write_text(html, encoding="utf-8")
    asyncio.run(take(pages))
    for path in sorted(SHOTS.glob("slack.*")):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()

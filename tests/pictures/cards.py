"""All cards and forms that people see in a week, as Slack and Teams get them.

A week of the company is played on the stage, in both languages, and then the weeks in
which things come back (tests/pictures/cards_later.py).
`make pictures` (tests/pictures/__main__.py) draws what is kept here.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from handlers.digest import schedule as digest_schedule
from storage.delivery.places import PlaceRole
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from storage.workspaces import Workspace
from tests.pictures import cards_later
from tests.pictures.album import Album, Card
from tests.pretend import block_kit, company
from tests.pretend.company import Answered, Company
from tests.pretend.stage import DEMO, Say, Stage

LANGUAGES = ("de", "en")

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
    album.stands("incidents", "Card: is waiting for somebody")
    album.stands("@ben", "Alarm: to the accountable person")
    anna.press(calls="serious")
    album.answered(anna, "Called serious: the answer")
    album.stands("incidents", "Card: serious")
    album.stage.wind(minutes=5)
    album.stands("@carla", "Alarm: escalated to the deputy")
    album.stage.wind(minutes=5)
    album.stands("@chris", "Alarm: escalated to the manager")
    ben.press(calls="ack", at="@ben")
    album.answered(ben, "Looks after it: the answer")
    album.stands("incidents", "Card: somebody is on it")
    album.stands("@carla", "Alarm: settled")
    ben.press(calls="promise")
    album.answered(ben, "Promised news: the answer")
    album.stage.wind(minutes=16)
    album.stands("@ben", "Question: the next update is missing")
    album.stands("incidents", "Card: the next update is missing")
    ben.press(calls="update", at="@ben")
    album.answered(ben, "Form: tell how it stands")
    ben.fill(text=said["news"])
    album.told(ben, "Form answered")
    album.stands("incidents", "Card: with news")
    ben("assign 1 carla")
    album.answered(ben, "Asked somebody to take it: the answer")
    album.stands("@carla", "Will you take it?")
    album.stands("incidents", "Card: somebody is asked to look after it")
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
    album.stands("incidents", "Card: no service recognised")
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
    album.answered(carla, "What is waiting for me")
    for number in (3, 4):  # else their alarms would escalate for a week
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
    chris("mandate")
    chris.press(calls="mandate edit")
    chris.fill(goals=said["pilot"], focus="Service\nVersand")
    chris("pilot new")
    album.answered(chris, "Form: start a pilot")
    chris.fill(name=said["pilot"], problem=said["problem"], workflow=said["problem"][:40],
               takes=said["pilot"], gives=said["pilot"], goal=said["pilot"])  # fmt: skip
    album.told(chris, "A pilot in preparation")
    chris.press(calls="pilot measure")
    album.answered(chris, "Form: what is measured")
    chris.fill(metric=said["pilot"], unit="h", baseline="8", number="40", period="September 2026",
               source="Warenwirtschaft", target="6", guard=said["friction"])  # fmt: skip
    chris.press(calls="pilot people")
    chris.fill(champion="chris", modeler="chris", integrator="chris")
    chris.press(calls="pilot users")
    chris.fill(who="everybody")
    chris.press(calls="pilot start")
    album.answered(chris, "Pilot started")
    chris.press(calls="pilot more")
    album.answered(chris, "What else belongs to a pilot")
    chris("patterns")
    album.answered(chris, "Patterns, for those who answer")
    chris.press(calls="friction list")
    album.answered(chris, "What gets in the way: the list")
    chris.press(calls="pattern confirm")
    chris.fill(title=said["friction"])
    album.answered(chris, "A pattern")
    chris.press(calls="pattern ask")
    chris.press(calls="pattern taps")
    album.answered(chris, "Form: the seven taps")
    chris("mandate")
    album.answered(chris, "Mandate")
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
    album.stands("@carla", "Question: is it still needed?", said["auto"])


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
        name=name,
        purpose=purpose,
        not_for=purpose,
        accountable=f"@{me.id}",
        deputy="@ben",
        rhythm=rhythm,
    )
    return next(line for line in said.splitlines() if "/ping/" in line).rpartition("/")[2]


def hook(stage: Stage) -> Any:
    """Return the road in for machines."""
    return next(each for feature in stage.dispatcher.features for each in feature.hooks)


def furnish(tx: Tx, stage: Stage, language: str) -> None:
    """Put the company into the store; its people have the ids that Slack gives."""
    said = SAID[language]
    whole = Company(
        channels=tuple(
            (f"local:{said[role]}", said[role], role)
            for role in (PlaceRole.INCIDENTS, PlaceRole.MANAGERS)
        ),
        services=(
            Answered("till", said["till"], ("Kassen",), "Ben", "Carla"),
            Answered("shop", said["shop"], (), "Carla", "Ben"),
            Answered("rest", said["rest"], (), "Chris", "Carla", fallback=True),
        ),
        id=block_kit.user_id,
    )
    works, now = Workspace(DEMO, "Musterwerk", language, "Europe/Berlin", "DE"), stage.clock.now()
    company.furnish(tx, works, whole, now)
    tx = tx.within(DEMO)
    digest_schedule.plan(tx, id="digest", now=now, zone=works.zone, region=works.region)


@lru_cache
def album(language: str) -> tuple[Card, ...]:
    """Return everything that is seen, in the language."""
    said = {**SAID[language], **cards_later.SAID[language]}
    kept: list[Card] = []
    for scenes in ((incidents, register, week), cards_later.SCENES):
        database = Sqlite()
        stage = Stage(database)
        try:
            database.transact(partial(furnish, stage=stage, language=language))
            played = Album(language, stage, said)
            for scene in scenes:
                scene(played)
            kept += played.cards
        finally:
            stage.close()
            database.close()
    return tuple(kept)

"""The weeks in which things come back: repeats, ownership, what is missing until done.

Played like the first week (tests/pictures/cards.py), with the same company from its beginning.
"""

from __future__ import annotations

from bot.delivery.edge_texts import welcome
from bot.teams import search as teams_search
from bot.teams import sender as teams_sender
from handlers.kit.messages import spoken
from handlers.kit.words import _, text
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.pictures.album import Album
from tests.pretend import block_kit
from tests.pretend.stage import DEMO, Stage

DAY = 24 * 60  # minutes

SAID = {
    "de": {
        "once": "Kasse 3 druckt keine Bons",
        "twice": "Kasse 3 druckt wieder keine Bons",
        "thrice": "An Kasse 3 kommen schon wieder keine Bons",
        "same": "Bondrucker streikt", "pay": "Webshop: Bezahlung hängt beim letzten Schritt",
        "copy": "Im Webshop kann niemand bezahlen",
        "why": "Das Netzteil des Bondruckers schaltet bei Wärme ab",
        "cause": "Ein neues Zertifikat war im Webshop nicht eingetragen",
        "runbook": "https://wiki.example.com/webshop",
        "ticket": "https://tickets.example.com/OPS-12",
        "back": "Die Bezahlung hängt wieder", "change": "Neue Version der Kassensoftware",
        "reason": "Die alte Version wird ab Samstag nicht mehr unterstützt",
        "own": "Etwas steht, worauf Kundinnen warten.", "words": "Heimarbeit, Fernzugriff",
        "urgent": "wenn im Außendienst niemand arbeiten kann", "auto": "Rechnungsabgleich",
        "purpose": "Gleicht Zahlungen mit Rechnungen ab.",
    },
    "en": {
        "once": "Till 3 does not print receipts",
        "twice": "Till 3 does not print receipts again",
        "thrice": "No receipts come out of till 3 once more",
        "same": "Receipt printer on strike", "pay": "Web shop: payment hangs at the last step",
        "copy": "Nobody can pay in the web shop",
        "why": "The receipt printer's power supply switches off when it is warm",
        "cause": "A new certificate had not been entered in the web shop",
        "runbook": "https://wiki.example.com/web-shop",
        "ticket": "https://tickets.example.com/OPS-12",
        "back": "The payment hangs again", "change": "New version of the till's software",
        "reason": "The old version is not supported any more from Saturday on",
        "own": "Something stands still that customers wait for.", "words": "home office, remote",
        "urgent": "when nobody in the field can work", "auto": "Invoice matching",
        "purpose": "Matches payments with open invoices.",
    },
}  # fmt: skip


def repeats(album: Album) -> None:
    """Three times the same: a question, then a repeat, then a problem with its ban."""
    said, stage = album.said, album.stage
    anna, ben, carla, chris = album.people()
    stage.wind(to="2026-11-24 09:00")
    anna(f"incident {said['once']}")
    ben("restored 1")
    stage.wind(minutes=DAY)
    anna(f"incident {said['twice']}")
    album.answered(anna, "Declared, and it looks like an earlier one")
    album.stands("incidents", "Card: looks like an earlier one")
    album.stands("@ben", "Alarm: looks like an earlier one")
    ben.press(calls="repeat", at="@ben")
    album.answered(ben, "The same thing: the answer")
    album.stands("incidents", "Card: a repeat")
    ben("restored 2")
    stage.wind(minutes=DAY)
    anna(f"incident {said['thrice']}")
    ben("ack 3")
    album.answered(ben, "Looks after what looks like an earlier one")
    anna(f"change {said['till']} {said['change']} 4.12.")
    album.answered(anna, "A planned change")
    ben("repeat 3 of 2")
    album.answered(ben, "Now it is a problem: the answer")
    album.stands("incidents", "Card: under a block")
    album.stands("@ben", "Problem: to the owner of its cause")
    ben("restored 3")
    ben("done 3")
    album.answered(ben, "What is missing, with a block")
    anna(f"incident {said['same']} ({said['till']})")
    album.answered(anna, "Declared on a service under a ban")
    ben("restored 4")
    anna("bans")
    album.answered(anna, "Bans")
    ben("problem")
    album.answered(ben, "Problems")
    ben("problem 1")
    album.answered(ben, "A problem")
    ben.press(calls="problem accept")
    album.answered(ben, "Owns the cause: the answer")
    ben("problem 1")
    ben.press(calls="problem cause")
    album.answered(ben, "Form: why does it keep coming back?")
    ben.fill(kind="hardware", cause=said["why"])
    album.told(ben, "Cause entered")
    for word, caption in (
        ("problem owner", "Form: who should own the cause?"),
        ("problem due", "Form: by when should it be fixed?"),
        ("problem fixed", "Form: the cause is fixed"),
    ):
        ben("problem 1")
        ben.press(calls=word)
        album.answered(ben, caption)
    chris("problem 1")
    chris.press(calls="problem override")
    album.answered(chris, "Form: override the ban")
    anna(f"change {said['till']}")
    album.answered(anna, "Form: plan a change")
    anna(f"change {said['till']} {said['change']} 5.12.")
    album.answered(anna, "A change that needs an exception")
    ben(f"change {said['till']} {said['change']} 6.12.")
    ben.press(calls="change override")
    album.answered(ben, "Form: let a change pass")
    ben.fill(reason=said["reason"], until="2026-12-06")
    album.told(ben, "A change passes by an override")
    ben("problem 1")
    ben.press(calls="problem fixed")
    ben.fill(what=said["cure"], evidence=said["ticket"])
    album.told(ben, "Cause fixed, somebody else verifies it")
    album.stands("@carla", "Will you verify the fix?")
    ben("problem 1")
    ben.press(calls="problem history")
    album.answered(ben, "The history of a problem")


def ends(album: Album) -> None:
    """After it works again: what is missing, the check, and the other ends."""
    said = album.said
    anna, ben, carla, chris = album.people()
    anna(f"incident {said['pay']}")
    carla("ack 5")
    carla("restored 5")
    carla("done 5")
    album.answered(carla, "What is missing until it is done")
    carla.press(calls="point")
    album.answered(carla, "Form: everything that is missing")
    carla.fill(
        kind="configuration", cause=said["cause"], evidence="TBD", ending="workaround",
        fixer=block_kit.user_id("Carla"), on="2026-12-04", runbook=said["runbook"],
    )  # fmt: skip
    album.told(carla, "Refused: it only holds the place")
    carla.fill(
        kind="configuration", cause=said["cause"], evidence=said["ticket"], ending="workaround",
        fixer=block_kit.user_id("Carla"), on="2026-12-04", runbook=said["runbook"],
    )  # fmt: skip
    album.told(carla, "All is entered, somebody else is asked to check")
    album.stands("@ben", "Will you check it?", "INC-5")
    album.stands("incidents", "Card: works again, is waiting for a check", "INC-5")
    ben.press(calls="checked", at="@ben")
    album.answered(ben, "Checked: the answer")
    album.stands("incidents", "Card: done", "INC-5")
    anna("reopen 5")
    album.answered(anna, "Form: open it again")
    anna.fill(reason=said["back"])
    album.stands("incidents", "Card: open again", "INC-5")
    album.stands("@carla", "Alarm: open again", "INC-5")
    carla("restored 5")
    anna(f"incident {said['copy']}")
    carla("restored 6")
    carla("done 6")
    carla.press(calls="close anyway")
    album.answered(carla, "Form: close it anyway")
    carla("done 6")
    carla.press(calls="close as")
    album.answered(carla, "Form: it was something else")
    carla.fill(kind="duplicate", target="5", reason=said["same"])
    album.told(carla, "Closed as a duplicate: the answer")
    album.stands("incidents", "Card: closed as a duplicate", "INC-6")
    album.stage.wind(to="22:10")
    anna(f"incident {said['pay']}")
    carla("restored 7")
    album.answered(carla, "Works again, late at night")
    anna("night")
    album.answered(anna, "Outside working hours")


def owners(album: Album) -> None:
    """Somebody takes over, is away, leaves; somebody new is named."""
    said, stage = album.said, album.stage
    anna, ben, carla, chris = album.people()
    stage.wind(to="09:00")
    chris("service new")
    chris.fill(
        name="VPN", accountable=block_kit.user_id("Ben"), deputy=block_kit.user_id("Carla"),
        words=said["words"], serious=said["urgent"], limit="15", runbook=said["runbook"],
    )  # fmt: skip
    album.told(chris, "Service: not accepted yet")
    album.stands("@ben", "Will you take the service over?")
    anna("incident VPN")
    album.stands("@ben", "Alarm: its people have not taken it over", "INC-8")
    ben("restored 8")
    ben.press(calls="service accept", at="@ben")
    album.answered(ben, "Service taken over: the answer")
    ben(f"service edit {said['till']}")
    album.answered(ben, "Form: change a service")
    chris(f"service {said['till']}")
    album.answered(chris, "Service: with a ban and a planned change")
    chris.press(calls="service people")
    album.answered(chris, "Form: who is accountable?")
    ben("cover")
    album.answered(ben, "Form: ask somebody to stand in")
    ben("cover anna 7.12.–11.12.")
    album.answered(ben, "Asked to stand in: the answer")
    album.stands("@anna", "Will you stand in?")
    anna.press(calls="cover confirm")
    album.answered(anna, "Agreed to stand in: the answer")
    ben("auto new")
    ben.fill(
        name=said["auto"], purpose=said["purpose"], not_for=said["purpose"],
        accountable=block_kit.user_id("Ben"), deputy=block_kit.user_id("Carla"), rhythm="2",
    )  # fmt: skip
    ben("hand over")
    album.answered(ben, "Form: hand everything over")
    ben("hand over carla")
    album.answered(ben, "Cannot be handed over like that")
    ben("hand over anna")
    album.answered(ben, "Asked to take all over: the answer")
    album.stands("@anna", "Will you take all of it over?")
    leaves(stage, PersonId(block_kit.user_id("Ben")))
    album.stands("@chris", "Somebody left: to the manager")
    chris.press(calls="service people", at="@chris")
    album.answered(chris, "Form: name somebody for one service")
    album.stands("@carla", "Somebody left: to whoever stands in")
    chris("service")
    album.answered(chris, "Services: somebody left")
    chris(f"service {said['till']}")
    album.answered(chris, "Service: its accountable person left")
    anna(f"who {said['till']}")
    album.answered(anna, "Who is it, when somebody left?")


def company(album: Album) -> None:
    """What managers see and set, and the digest with all of it."""
    said, stage = album.said, album.stage
    anna, _ben, carla, chris = album.people()
    anna("definitions")
    album.answered(anna, "Definitions")
    chris("definitions")
    chris.press(calls="definition")
    album.answered(chris, "A definition")
    chris.press(calls="definition edit")
    album.answered(chris, "Form: what does it mean here?")
    chris.fill(words=said["own"])
    album.told(chris, "A definition of their own")
    chris("settings")
    album.answered(chris, "Settings, all of them")
    for word, caption in (
        ("settings rooms", "Form: channels for incidents"),
        ("settings repeats", "Form: when is a repeat a problem?"),
    ):
        chris("settings")
        chris.press(calls=word)
        album.answered(chris, caption)
    chris("night")
    album.answered(chris, "Outside working hours, to a manager")
    chris.press(calls="settings hours")
    album.answered(chris, "Form: working hours")
    chris("status")
    album.answered(chris, "What is waiting for a manager")
    stage.wind(minutes=DAY)
    while stage.now().weekday() != 0:
        stage.wind(to="08:00")
    stage.wind(to="08:31")
    album.stands("managers", "The weekly digest, with everything")
    chris.press(calls="computed")
    album.answered(chris, "How the figures are computed")
    album.home(anna, "Home of whoever stands in")
    album.home(carla, "Home of whoever acts for somebody who left")
    album.home(chris, "Home of a manager, with decisions")


def beginnings(album: Album) -> None:
    """What Lotse says where it is new, and what only Teams has."""
    stage = album.stage
    for personal, seen in ((True, "@anna"), (False, f"#{album.said['incidents']}")):
        hello = spoken(welcome(personal=personal), album.language, "Europe/Berlin")
        album.message(seen, "Hello", hello)
    private = teams_sender.spoken_line(
        text(_("The answer is in your personal chat with me."), album.language)
    )
    album.in_teams(f"#{album.said['incidents']}", "Answered in the personal chat", private)
    found = []
    for number in range(1, 6):
        look = stage.dispatcher.look(DEMO, "local:anna", "show", number=str(number))
        answer = stage.run(look)
        assert answer is not None and answer.message is not None
        found.append(answer.message)
    album.in_teams("@anna", "Search: open incidents", teams_search.search_results(found))


def leaves(stage: Stage, who: PersonId) -> None:
    """Let a platform's edge learn that somebody left."""

    def learn(tx: Tx) -> None:
        before = people.find(tx, who)
        assert before is not None
        people.set_active(tx, who, False)
        stage.dispatcher.notice_leaving(tx, before)

    stage.store(learn)
    stage.carry()


SCENES = (repeats, ends, owners, company, beginnings)

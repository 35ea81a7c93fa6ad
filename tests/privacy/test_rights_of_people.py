"""What people may ask of what is stored about them: told once, exported, corrected, restricted."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.privacy import exporting, retention
from storage import people
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from storage.people import Person, PersonKind
from tests.board.test_board import Browser
from tests.pretend.stage import Say, Stage, answered
from tests.privacy.chats import in_chats

TOLD = "Lotse stores your name"
HIDDEN = "“name not shown”"


DORA, CHRIS = PersonId("dora"), PersonId("chris")


def person(bot: Stage, id: str) -> Person:
    def look(tx: Tx) -> Person:
        found = people.find(tx, PersonId(id))
        assert found is not None
        return found

    found: Person = bot.store(look)
    return found


def stranger(bot: Stage, name: str = "dora", language: str = "en") -> Say:
    """Return somebody whom Lotse has never met, and who speaks English at once."""
    say = Say(bot, name)
    bot.store(
        lambda tx: people.find_or_create(
            tx,
            f"local:{name}",
            name.title(),
            id=PersonId(name),
            key=f"key-{name}",
            now=bot.clock.now(),
            language=language,
        )
    )
    bot.store(
        lambda tx: places.ensure(
            tx, PlaceId(f"local:@{name}"), PlaceKind.DIRECT, name.title(), person=PersonId(name)
        )
    )
    return say


def fill(who: Say, word: str, **values: str) -> None:
    """Submit a command's form."""
    bot = who.stage
    who.answer = bot.handle(bot.request(who.id, call=call(word, **values), submitted=True))
    assert who.answer.outcome == "done", who.answer
    bot.carry()


def card(bot: Stage) -> str:
    (found,) = [each for each in bot.sees("stoerungen") if "INC-1" in each]
    return found


# --- told at first contact (art. 13) ----------------------------------------------------


def test_whoever_is_met_is_told_once_what_is_stored(bot: Stage) -> None:
    dora = stranger(bot)
    first = dora("incident Kasse tot")
    assert first.count(TOLD) == 1 and "“data” shows all of it" in first
    assert TOLD not in dora("incidents") and TOLD not in dora("update 1 Immer noch")
    german = Say(bot, "emil")
    assert "Lotse speichert deinen Namen" in german("störung Licht ist aus")


def test_a_second_delivery_reads_the_same_and_is_no_second_telling(bot: Stage) -> None:
    stranger(bot)
    request = bot.request("dora", "incident Kasse tot")
    first, second = bot.handle(request), bot.handle(request)
    assert answered(first).count(TOLD) == 1 and answered(second) == answered(first)


def test_who_is_alarmed_before_they_ever_wrote_is_told_with_it(bot: Stage, chris: Say) -> None:
    stranger(bot)
    named = call("service people", service="kasse", accountable="dora", deputy="carla")
    bot.handle(bot.request("chris", call=named, submitted=True))
    bot.carry()
    told = Say(bot, "dora").sees()
    assert sum(TOLD in each for each in told) == 1 and told, told
    assert TOLD not in Say(bot, "dora")("status")


def test_who_is_turned_away_is_told_as_well(bot: Stage) -> None:
    stranger(bot)
    bot.store(lambda tx: people.set_kind(tx, DORA, PersonKind.GUEST))
    assert TOLD in Say(bot, "dora")("incident Kasse tot")


def test_only_the_day_of_the_telling_is_kept(bot: Stage) -> None:
    """The moment would say whose the nameless word was that came with it."""
    stranger(bot)("friction Alles doppelt")
    rows = bot.rows("select informed_on from people where workspace = :workspace and id = 'dora'")
    assert rows == [{"informed_on": "2026-11-23"}]


def test_the_contact_of_the_company_stands_in_it(bot: Stage, chris: Say) -> None:
    fill(chris, "settings privacy", contact="datenschutz@example.com")
    assert "datenschutz@example.com" in chris("settings")
    assert "Data protection here: datenschutz@example.com" in stranger(bot)("incident Kasse tot")
    assert "Data protection here: datenschutz@example.com" in chris("data")
    refused = bot.handle(
        bot.request("anna", call=call("settings privacy", contact="x@y"), submitted=True)
    )
    assert refused.outcome == "refused"


# --- exported (art. 15 and 20) ----------------------------------------------------------


@pytest.fixture
def browser(bot: Stage) -> Browser:
    bot.dispatcher.address = "https://lotse.example"
    return Browser(bot)


def test_the_export_is_a_page_and_a_file_of_the_asker_alone(
    bot: Stage, browser: Browser, ben: Say
) -> None:
    dora = stranger(bot)
    dora("incident Kasse <b>tot</b>")
    ben("störung Geheimes von Ben")
    dora("data")
    dora.press("Export all of it")
    found = re.search(r"https://lotse\.example(/board/in/[^']+\?to=data)", repr(dora.answer))
    assert found, dora.answer
    assert browser.get("/board/data").status == 401
    assert browser.post(found[1]).headers["Location"] == "/board/data"
    page = browser.get("/board/data")
    assert page.status == 200 and "Declared it" in page.text and "How long it is kept" in page.text
    assert "<b>tot" not in page.text and "Geheimes" not in page.text
    file = browser.get("/board/data.json")
    assert "attachment" in file.headers["Content-Disposition"]
    whole = json.loads(file.text)
    assert whole["person"]["name"] == "Dora" and "Geheimes" not in file.text
    assert any(each["what"] == "Declared it" for room in whole.values() if isinstance(room, list)
               for each in room if "what" in each)  # fmt: skip
    assert whole["kept"], "purpose and time belong to it"
    assert browser.post(found[1]).status == 401, "the link works once"


def test_without_an_address_the_export_comes_in_the_chat(bot: Stage) -> None:
    """What the page shows, and what the chat shows, is the same structure."""
    dora = stranger(bot)
    dora("incident Kasse tot")

    def written(tx: Tx) -> str:
        who = people.find(tx, DORA)
        assert who is not None
        return exporting.as_json(bot.dispatcher.context(tx, who, bot.clock.now()))

    whole = json.loads(bot.store(written))
    assert {"what": "Identity", "value": "dora (Lotse)"} in whole["How I know you"]
    assert '"In its history"' in bot.store(written)


# --- corrected (art. 16) ----------------------------------------------------------------


def test_a_wrong_name_is_corrected_everywhere_and_stays(bot: Stage, ben: Say) -> None:
    dora = stranger(bot)
    dora("incident Kasse tot")
    assert "Dora" in card(bot)
    fill(dora, "data correct", name="Dora  Maria")
    assert "Dora Maria" in card(bot)
    stored = bot.rows("select message from outbox where workspace = :workspace")
    assert not [row for row in stored if re.search(r"Dora(?! Maria)", row["message"])]
    # What the platform says next does not bring the wrong name back.
    bot.store(
        lambda tx: people.learn(
            tx, DORA, name="Dora", kind=PersonKind.MEMBER, active=True, language="en", admin=False
        )
    )
    assert person(bot, "dora").name == "Dora Maria"


def test_a_name_is_neither_empty_nor_endless_and_something_has_to_change(bot: Stage) -> None:
    dora = stranger(bot)
    for name in ("", "   ", "x" * 81, "Dora"):
        asked = bot.handle(
            bot.request("dora", call=call("data correct", name=name), submitted=True)
        )
        assert asked.outcome == "refused" or asked.form is not None, name
    assert person(bot, "dora").name == "Dora"
    assert dora("data").startswith("What is stored about you")


def test_what_is_wrong_waits_for_a_manager_until_it_is_answered(bot: Stage, chris: Say) -> None:
    dora = stranger(bot)
    fill(dora, "data correct", name="Dora", wrong="INC-1 sagt, ich hätte es gemeldet")
    assert "INC-1 sagt, ich hätte es gemeldet" in chris.sees()[-1]
    assert "INC-1 sagt" in chris("status")
    assert "INC-1 sagt" not in Say(bot, "anna")("status")
    (row,) = bot.rows("select id from corrections where workspace = :workspace")
    fill(chris, "data answer", correction=row["id"], words="Das war Anna; es steht jetzt so da")
    assert "Das war Anna" in dora.sees()[-1]
    assert "INC-1 sagt" not in chris("status")
    again = bot.request(
        "chris", call=call("data answer", correction=row["id"], words="Noch etwas"), submitted=True
    )
    assert bot.handle(again).outcome == "refused"
    assert "Said that it is wrong" in dora("data")
    dora("data erased")
    dora.answer = bot.handle(bot.request("dora", call=call("data erased")))
    assert bot.rows("select id from corrections where workspace = :workspace") == []


def test_only_managers_answer_it(bot: Stage) -> None:
    dora = stranger(bot)
    fill(dora, "data correct", name="Dora", wrong="Alles")
    (row,) = bot.rows("select id from corrections where workspace = :workspace")
    for who in ("anna", "ben", "dora"):
        asked = call("data answer", correction=row["id"], words="So ist das")
        assert bot.handle(bot.request(who, call=asked, submitted=True)).outcome == "refused"


# --- restricted (art. 18 and 21) --------------------------------------------------------


def restricted(bot: Stage) -> Say:
    dora = stranger(bot)
    dora("incident Kasse tot")
    Say(bot, "ben")("ack 1")
    dora("data")
    dora.press("Restrict it")
    dora.press("Restrict it")
    assert person(bot, "dora").restricted
    return dora


def test_restricted_records_stay_and_nobody_reads_the_name(bot: Stage, anna: Say) -> None:
    dora = restricted(bot)
    assert "Dora" not in card(bot)
    for reader in ("anna", "ben", "chris"):
        say = Say(bot, reader)
        say("sprache en")
        for word in ("INC-1", "history 1", "incidents", "find Kasse", "digest"):
            assert "Dora" not in say(word), (reader, word)
    assert HIDDEN in Say(bot, "anna")("INC-1")
    rows = bot.rows("select declared_by from incidents where workspace = :workspace")
    assert rows == [{"declared_by": "dora"}], "the record stays as it is"
    assert "Declared it: INC-1" in dora("data"), "and they see it"


def test_whoever_is_restricted_is_named_for_nothing_and_manages_nothing(
    bot: Stage, ben: Say, chris: Say
) -> None:
    restricted(bot)
    bot.store(lambda tx: people.set_manager(tx, DORA))
    given = bot.request("ben", call=call("assign", number=1, person="dora"), submitted=True)
    assert bot.handle(given).outcome == "refused"
    given = bot.request("dora", call=call("assign", number=1, person="carla"), submitted=True)
    assert bot.handle(given).outcome == "refused"
    assert "Dora" not in chris("settings")
    bot.wind(minutes=24 * 60)
    assert "look after it?" not in " ".join(Say(bot, "dora").sees()), "no alarm goes to them"


def test_it_is_lifted_as_easily(bot: Stage) -> None:
    dora = restricted(bot)
    dora("data")
    dora.press("Show my name again")
    assert not person(bot, "dora").restricted and "Dora" in card(bot)
    assert HIDDEN not in Say(bot, "anna")("INC-1")
    assert bot.handle(bot.request("dora", call=call("data unrestrict"))).outcome == "refused"


def test_who_answers_for_something_is_read_there_and_hands_it_over_first(
    bot: Stage, ben: Say, chris: Say
) -> None:
    for who in ("ben", "chris"):
        for word in ("data restrict", "data restricted"):
            answer = bot.handle(bot.request(who, call=call(word)))
            assert answer.outcome == "refused" and not person(bot, who).restricted
    assert "Hand everything over" not in answered(
        bot.handle(bot.request("anna", call=call("data restrict")))
    )


def test_the_only_manager_cannot_be_restricted(bot: Stage) -> None:
    dora = stranger(bot)
    bot.store(lambda tx: people.set_manager(tx, DORA))
    bot.store(lambda tx: people.unset_manager(tx, CHRIS))
    assert bot.handle(bot.request("dora", call=call("data restricted"))).outcome == "refused"
    assert dora("status")


def test_two_are_not_linked_while_one_is_restricted(bot: Stage) -> None:
    """Else whoever answers for something would be read nowhere."""
    dora = restricted(bot)
    in_chats(bot, dora="slack", dora2="teams")
    two = Say(bot, "dora2")
    code = dora("link").splitlines()[-1].removeprefix("link ")
    two(f"link {code}")
    assert dora.press(calls="link yes").startswith("One of both is restricted.")
    dora("data unrestrict")
    dora.answer = bot.handle(bot.request("dora", call=call("data unrestrict")))
    assert dora.press(calls="link yes").startswith("Both are one person now")


# --- guests, and what is kept for how long -----------------------------------------------


@pytest.mark.parametrize("kind", [PersonKind.GUEST, PersonKind.EXTERNAL])
def test_guests_see_take_along_restrict_and_erase_what_is_their_own(
    bot: Stage, kind: PersonKind
) -> None:
    """Whoever is met is told that “data” shows all of it; they were of the company once."""
    dora = stranger(bot)
    dora("incident Kasse tot")
    bot.store(lambda tx: people.set_kind(tx, DORA, kind))
    assert bot.handle(bot.request("dora", "incident Drucker tot")).outcome == "refused"
    assert "Declared it: INC-1" in dora("data")
    exported = answered(bot.handle(bot.request("dora", call=call("data export"))))
    assert "INC-1" in exported and "/board/in/" not in exported, "the board is not for guests"
    dora("data")
    dora.press("Restrict it")
    dora.press("Restrict it")
    assert "Dora" not in card(bot) and HIDDEN in Say(bot, "anna")("INC-1")
    assert bot.handle(bot.request("dora", call=call("data erased"))).outcome == "done"
    assert bot.rows("select name from people where name = 'Dora' and workspace = :workspace") == []


def test_whoever_becomes_a_guest_stays_restricted(bot: Stage) -> None:
    restricted(bot)
    bot.store(lambda tx: people.set_kind(tx, DORA, PersonKind.GUEST))
    assert HIDDEN in Say(bot, "anna")("INC-1")
    bot.store(lambda tx: people.set_kind(tx, DORA, PersonKind.MEMBER))
    assert person(bot, "dora").restricted and HIDDEN in Say(bot, "anna")("INC-1")


def test_restricted_records_go_on_the_day_on_which_they_would(bot: Stage) -> None:
    """Restricting keeps nothing for longer; whoever needs it for longer takes it along before."""
    restricted(bot)
    Say(bot, "ben")("restored 1 neues Kabel")

    def goes(ctx: Context) -> dict[str, list[int]]:
        days = (1, 30, 100, 400, 1200)
        return {
            retention.kind(each): [
                next(found.rows for found in let if found.keeps is each) for let in by_day
            ]
            for by_day in [[retention.would_go(ctx, ctx.now + timedelta(days=n)) for n in days]]
            for each in (one.keeps for one in by_day[0])
        }

    found: list[dict[str, list[int]]] = []
    bot.inside(lambda ctx: found.append(goes(ctx)))
    bot.store(lambda tx: people.restrict(tx, DORA, None))
    bot.inside(lambda ctx: found.append(goes(ctx)))
    assert found[0] == found[1] and any(rows[-1] for rows in found[0].values())

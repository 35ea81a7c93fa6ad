"""One search through everything: where it was found, how it stands, its button, its pages."""

from __future__ import annotations

from handlers.kit.messages import Call
from tests.pretend.stage import Say, Stage


def test_it_finds_incidents_services_and_says_where_and_how_they_stand(
    bot: Stage, anna: Say, ben: Say
) -> None:
    anna("incident Etikettendrucker in Halle 2 offline")
    ben("behoben 1")
    anna("incident label printer eats paper")
    lines = anna("find Etikettendrucker").splitlines()
    assert lines[0] == "3 found for “Etikettendrucker”"
    assert "Service “Etikettendrucker”: in use (in the name)" in lines
    assert (
        "INC-1 “Etikettendrucker in Halle 2 offline”: Working again since Mon 23 Nov, 09:00, says "
        "Ben. (in the title)" in lines
    )
    assert any("label printer eats paper" in each for each in lines), "in other words, too"
    assert "Etikettendrucker in Halle 2 offline" in anna.press("INC-1", at="@anna")


def test_german_words_search_as_well(bot: Stage, anna: Say, ben: Say) -> None:
    anna("incident conveyor belt stopped")
    assert "conveyor belt stopped" in ben("suche Förderband")
    assert "conveyor belt stopped" in ben("suchen Förderband")


def test_problems_pilots_and_automations_are_found(bot: Stage, anna: Say, ben: Say) -> None:
    for number in (1, 2, 3):
        anna("incident Etikettendrucker offline")
        ben(f"behoben {number}")
        bot.wind(minutes=24 * 60)
        if number > 1:
            ben(f"wiederholung {number} von 1")
    ben("problem 1")
    ben.press("Ursache eintragen")
    ben.fill(kind="hardware", cause="Das Netzteil schaltet bei Wärme ab")
    ben("auto neu")
    ben.fill(name="Abgleich", purpose="Netzteil-Bestand melden", not_for="Bestellen",
             accountable="ben", deputy="carla", rhythm="2")  # fmt: skip
    said = ben("suche Netzteil")
    assert "PRB-1 „Etikettendrucker offline“: offen (in: Ursache)" in said
    assert "Automatisierung „Abgleich“: noch keine Rückmeldung (in: Zweck)" in said
    assert "[PRB-1]" in said


def test_patterns_are_found_and_ones_own_notes_without_a_trace(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    for each in ("Liefertermine tippe ich dreimal ab", "Jeden Liefertermin dreimal abtippen"):
        anna(f"friction {each}")
    anna("friction Liefertermine stehen in drei Listen")
    said = anna("find Liefertermin")
    assert "My note “Liefertermine tippe ich dreimal ab”: no answer yet (in the text)" in said
    assert "[My notes]" in said
    assert "habe ich nichts gefunden" in ben("suche Liefertermin"), "not theirs"
    audit = bot.rows(
        "select person_key from audit where workspace = :workspace and command = 'find'"
    )
    assert {"person_key": "nobody"} in audit
    ids = [row["id"] for row in bot.rows("select id from friction where workspace = :workspace")]
    confirm = Call("pattern confirm", {"notes": ",".join(ids), "title": "Termine", "area": ""})
    bot.handle(bot.request("chris", call=confirm, submitted=True))
    assert "Muster „Termine“: noch keine Antwort (in: Sätze)" in ben("suche Liefertermin")
    assert "Termine" in ben.press("Zeigen")


def test_a_pattern_that_is_not_public_is_found_only_by_who_answers(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    anna("friction Liefertermine tippe ich dreimal ab")
    [row] = bot.rows("select id from friction where workspace = :workspace")
    confirm = Call("pattern confirm", {"notes": row["id"], "title": "Liefertermine", "area": ""})
    bot.handle(bot.request("chris", call=confirm, submitted=True))
    assert "Pattern" in chris("find Liefertermine")
    assert "habe ich nichts gefunden" in ben("suche Liefertermine")


def test_more_than_a_page_has_the_true_total_and_more(bot: Stage, anna: Say) -> None:
    for number in range(7):
        anna(f"incident Leuchtband {number + 10} flackert")
    first = anna("find Leuchtband")
    assert first.startswith("7 found for “Leuchtband”")
    assert "2 more" in first
    second = anna.press("More")
    assert second.startswith("7 found")
    shown = [each for each in (first + second).splitlines() if each.startswith("INC-")]
    assert len({each.split()[0] for each in shown}) == 7


def test_what_many_say_is_found_although_it_stands_out_from_nothing(bot: Stage, anna: Say) -> None:
    for number in range(30):
        anna(f"incident Leuchtband {number + 10} flackert")
    assert anna("find Leuchtband").startswith("30 found")


def test_nothing_found_can_be_declared(bot: Stage, anna: Say) -> None:
    assert anna("find Quastenflosser") == (
        "I found nothing for “Quastenflosser”.\n[Declare this as an incident]"
    )


def test_a_withdrawn_one_is_not_found(bot: Stage, anna: Say) -> None:
    anna("incident Leuchtband flackert")
    anna.press("Undo")
    assert anna("find Leuchtband").startswith("I found nothing")


def test_what_stands_below_a_title_is_found_only_by_who_may_act(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    title = "Kasse druckt nicht\nVon Frau Quitte, Telefon 0123"
    call = Call("incident", {"title": title})
    bot.handle(bot.request("anna", call=call, submitted=True))
    bot.carry()
    assert "INC-1" in ben("suche Quitte")
    assert "INC-1" not in anna("find Quitte")
    assert "INC-1" in anna("find Kasse")


def test_a_number_finds_its_card_first(bot: Stage, anna: Say, ben: Say) -> None:
    for number in (1, 2, 3):
        anna("incident Etikettendrucker offline")
        ben(f"behoben {number}")
        bot.wind(minutes=24 * 60)
        if number > 1:
            ben(f"wiederholung {number} von 1")
    anna("incident Nach INC-2 geht die Kasse 2 nicht")
    for typed in ("find INC-2", "find inc 2", "find #2", "suche 2"):
        lines = anna(typed).splitlines()
        assert lines[1].startswith("INC-2 “Etikettendrucker offline”"), typed
        assert lines[2] == "[INC-2]"
    assert anna("find PRB-1").splitlines()[1].startswith("PRB-1 “")
    assert len([each for each in anna("find 2").splitlines() if each == "[INC-2]"]) == 1
    assert "I found nothing" in anna("find INC-99")

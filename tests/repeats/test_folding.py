"""One outage, several reporters: the open one is shown first, and mine goes into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.kit.messages import Call
from storage.engine.ids import IncidentNumber
from storage.incidents import duplicates
from tests.pretend.stage import Say, Stage


@pytest.fixture
def twice(bot: Stage, anna: Say, carla: Say) -> str:
    """Anna has declared it; Carla does as well, and reads this."""
    anna("incident Kasse 3 druckt keinen Bon")
    bot.wind(minutes=5)
    return carla("störung Kasse 3 druckt keinen Bon mehr")


def states(bot: Stage) -> list[tuple[int, str, str | None]]:
    rows = bot.rows("select number, state, closed_as from incidents order by number")
    return [(row["number"], row["state"], row["closed_as"]) for row in rows]


def test_a_second_reporter_sees_the_open_one_first_and_is_answered_as_ever(
    bot: Stage, twice: str, ben: Say
) -> None:
    lines = twice.splitlines()
    assert lines[0] == "INC-2 ist gemeldet."
    assert lines[2:5] == [
        "INC-1 „Kasse 3 druckt keinen Bon“ ist seit Mo. 23. Nov., 09:00 offen. "
        "Ist es dieselbe Störung?",
        "[Dieselbe Störung]",
        "[Etwas anderes]",
    ]
    assert len([each for each in ben.sees() if "INC-2 · Kasse 3" in each]) == 1
    assert "Sieht aus wie" not in bot.sees("stoerungen")[-1]


def test_the_same_outage_folds_mine_into_the_open_one(
    bot: Stage, twice: str, anna: Say, ben: Say, carla: Say, wind: Callable[..., None]
) -> None:
    said = carla.press("Dieselbe Störung", at="@carla")
    assert said.startswith("INC-2 gehört jetzt zu INC-1 · Kasse 3 druckt keinen Bon: ")
    assert "Ich sage dir, wie es weitergeht." in said
    assert states(bot) == [(1, "open", None), (2, "closed", "duplicate")]
    assert bot.unwatched() == []
    assert not [each for each in ben.sees() if "INC-2" in each and "[Ich kümmere mich]" in each]
    before = len(carla.sees())
    ben("ack 1")
    assert len(carla.sees()) == before + 1
    assert carla.sees()[-1].startswith("INC-1 · Kasse 3 druckt keinen Bon – Ben kümmert sich")
    ben("behoben 1")
    assert len(carla.sees()) == before + 1, "one message that is kept true"
    assert "läuft wieder" in carla.sees()[-1].lower() or "Läuft" in carla.sees()[-1]


def test_something_else_keeps_it_and_is_not_asked_again(bot: Stage, twice: str, carla: Say) -> None:
    assert "nicht dasselbe" in carla.press("Etwas anderes", at="@carla")
    assert states(bot) == [(1, "open", None), (2, "open", None)]
    assert "dieselbe Störung" not in bot.sees("stoerungen")[-1]


def test_the_declarer_may_fold_only_before_it_is_acknowledged(
    bot: Stage, anna: Say, ben: Say
) -> None:
    anna("incident Webshop zeigt leere Seiten")
    anna("incident Webshop zeigt nur leere Seiten")
    carla = Say(bot, "carla")
    carla("ack 2")
    assert "somebody else decides" in anna.press("The same incident", at="@anna")
    assert states(bot)[1] == (2, "open", None)


def test_folding_a_serious_one_makes_the_other_serious(bot: Stage, twice: str, carla: Say) -> None:
    carla.press("Es ist ernst", at="@carla")
    carla.press("Dieselbe Störung", at="@carla")
    found = bot.rows("select severity from incidents where number = 1")
    assert found == [{"severity": "serious"}]
    assert bot.unwatched() == []


def test_whoever_was_responsible_reads_it_and_may_take_it_apart_while_the_other_is_open(
    bot: Stage, twice: str, ben: Say, carla: Say
) -> None:
    carla.press("Dieselbe Störung", at="@carla")
    assert "Carla sagt: INC-2 · Kasse 3 druckt keinen Bon mehr ist dieselbe" in ben.sees()[-1]
    assert "wieder für sich offen" in ben.press("Wieder trennen")
    assert states(bot)[1] == (2, "open", None)
    assert bot.unwatched() == []
    assert "dieselbe Störung" not in bot.sees("stoerungen")[-1]


def test_taking_apart_ends_when_the_other_is_over(
    bot: Stage, twice: str, ben: Say, carla: Say
) -> None:
    carla.press("Dieselbe Störung", at="@carla")
    ben("behoben 1")
    answer = ben.press("Wieder trennen")
    assert answer.startswith("INC-1 ist vorbei.")
    assert states(bot)[1] == (2, "closed", "duplicate")


def test_what_had_only_just_been_restored_is_opened_again(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna("incident Kasse 3 druckt keinen Bon")
    ben("behoben 1")
    bot.wind(minutes=29)
    said = carla("störung Kasse 3 druckt wieder keinen Bon")
    assert "INC-1 „Kasse 3 druckt keinen Bon“ lief gerade erst wieder." in said
    carla.press("Dieselbe Störung, wieder öffnen", at="@carla")
    assert states(bot) == [(1, "open", None), (2, "closed", "duplicate")]
    assert bot.unwatched() == []


def test_half_an_hour_later_it_is_a_repeat(bot: Stage, anna: Say, ben: Say, carla: Say) -> None:
    anna("incident Kasse 3 druckt keinen Bon")
    ben("behoben 1")
    bot.wind(minutes=30)
    assert "dieselbe Störung" not in carla("störung Kasse 3 druckt wieder keinen Bon")
    assert "Sieht aus wie INC-1" in bot.sees("stoerungen")[-1]
    call = Call("fold", {"number": "2", "earlier": "1"})
    answer = bot.handle(bot.request("ben", call=call))
    assert answer.outcome == "refused"


def test_three_reporters_of_one_outage_are_no_problem_and_no_ban(
    bot: Stage, anna: Say, ben: Say
) -> None:
    for _each in range(3):
        anna("incident Kasse 3 druckt keinen Bon")
        bot.wind(minutes=3)
    ben("wiederholung 2 von 1")
    assert "Es war eine Störung, deshalb wird sie nur einmal gezählt." in ben(
        "wiederholung 3 von 1"
    )
    assert bot.rows("select number from problems where workspace = :workspace") == []


def test_a_ban_never_blocks_folding_a_duplicate(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    for number in (1, 2, 3):
        anna("incident Etikettendrucker offline")
        if number < 3:
            ben(f"behoben {number}")
            bot.wind(minutes=24 * 60)
        if number > 1:
            ben(f"wiederholung {number} von 1")
    assert bot.rows("select number from problems where state = 'open'") == [{"number": 1}]
    carla("störung Etikettendrucker offline")
    ben("wiederholung 4 von 3")
    call = Call("fold", {"number": "4", "earlier": "3"})
    assert bot.handle(bot.request("ben", call=call)).outcome == "done"
    assert states(bot)[3] == (4, "closed", "duplicate")


def test_two_who_fold_into_each_other_leave_one_open(bot: Stage, twice: str, ben: Say) -> None:
    one = bot.request("ben", call=Call("fold", {"number": "2", "earlier": "1"}))
    other = bot.request("ben", call=Call("fold", {"number": "1", "earlier": "2"}))
    answers = [each.outcome for each in bot.handle_together(one, other)]
    assert answers == ["done", "refused"]
    assert [state for _number, state, _as in states(bot)].count("open") == 1
    found = bot.store(lambda tx: duplicates.following(tx, IncidentNumber(1)))
    assert [each.number for each in found] == [2]


@pytest.fixture
def thrice(bot: Stage, anna: Say, ben: Say, carla: Say) -> Say:
    """Anna, Ben and Chris have declared one outage; Chris is the last."""
    chris = Say(bot, "chris")
    anna("incident Kasse 3 druckt keinen Bon")
    bot.wind(minutes=1)
    ben("störung Kasse 3 druckt gar keinen Bon")
    bot.wind(minutes=1)
    chris("störung Kasse 3 druckt keinen Bon mehr")
    return chris


def fold(bot: Stage, who: str, number: int, earlier: int) -> None:
    call = Call("fold", {"number": str(number), "earlier": str(earlier)})
    assert bot.handle(bot.request(who, call=call)).outcome == "done"
    bot.carry()


def unfold(bot: Stage, who: str, number: int) -> None:
    call = Call("unfold", {"number": str(number)})
    assert bot.handle(bot.request(who, call=call)).outcome == "done"
    bot.carry()


@pytest.mark.parametrize("order", [[(3, 2), (2, 1)], [(2, 1), (3, 2)]])
def test_a_chain_of_folds_is_followed_to_its_end_in_any_order(
    bot: Stage, thrice: Say, carla: Say, order: list[tuple[int, int]]
) -> None:
    chris = thrice
    who = {3: "chris", 2: "ben"}
    for number, earlier in order:
        fold(bot, who[number], number, earlier)
    shown = [each for each in bot.sees("stoerungen") if each.startswith("INC-3")]
    assert "doppelt, wie INC-1" in shown[-1], "its copy names where it goes on"
    before = len(chris.sees())
    carla("annehmen 1")
    assert len(chris.sees()) == before + 1
    assert chris.sees()[-1].startswith("INC-1 · Kasse 3 druckt keinen Bon – Carla ")
    carla("behoben 1")
    assert chris.sees()[-1].startswith("INC-1 · Kasse 3 druckt keinen Bon – Working again")
    assert len(chris.sees()) == before + 1, "one message that is kept true"
    assert bot.unwatched() == []


def test_a_chain_that_is_taken_apart_in_the_middle_goes_on_there(
    bot: Stage, thrice: Say, carla: Say
) -> None:
    chris = thrice
    fold(bot, "chris", 3, 2)
    fold(bot, "ben", 2, 1)
    carla("annehmen 1")
    assert chris.sees()[-1].startswith("INC-1 ")
    unfold(bot, "ben", 2)
    assert chris.sees()[-1].startswith("INC-2 · Kasse 3 druckt gar keinen Bon – Waiting for Ben")
    shown = [each for each in bot.sees("stoerungen") if each.startswith("INC-3")]
    assert "doppelt, wie INC-2" in shown[-1]
    carla("annehmen 2")
    assert "INC-2 · Kasse 3 druckt gar keinen Bon – Carla" in chris.sees()[-1]
    assert bot.unwatched() == []


def test_the_last_of_a_chain_is_taken_apart_while_its_end_is_open(bot: Stage, thrice: Say) -> None:
    fold(bot, "chris", 3, 2)
    fold(bot, "ben", 2, 1)
    unfold(bot, "ben", 3)
    assert states(bot)[2] == (3, "open", None)
    said = bot.rows("select earlier, verdict from likenesses where later = 3 order by earlier")
    assert [(each["earlier"], each["verdict"]) for each in said] == [(1, "other"), (2, "other")]

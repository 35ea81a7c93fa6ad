"""Which words mean which service: guesses are asked, corrections learnt, rules removable."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.incidents.triage import _contains as contains
from handlers.incidents.triage import tokens
from tests.pretend.stage import Say, Stage


@pytest.mark.parametrize("title", ["label printer jammed", "Webshp zeigt nichts"])
def test_a_guess_from_meaning_alone_is_a_question_and_alarms_the_fallback(
    bot: Stage, anna: Say, ben: Say, chris: Say, title: str
) -> None:
    answer = anna(f"incident {title}")
    assert "I recognised no service in it, so Chris has been alerted" in answer
    assert "Is it about " in answer and "[No, something else]" in answer
    assert ben.sees() == []
    assert "Is it about " in chris.sees()[-1]


def test_yes_moves_it_and_no_keeps_it(bot: Stage, anna: Say, ben: Say, chris: Say) -> None:
    anna("incident label printer jammed")
    assert "INC-1 is about Etikettendrucker now; Ben is responsible." in anna.press(
        "Yes, Etikettendrucker", at="@anna"
    )
    assert "Etikettendrucker" in ben.sees()[-1]
    assert "Geht es um" not in bot.sees("stoerungen")[-1]
    anna("incident label printer eats paper")
    assert "Thank you. INC-2 stays with" in anna.press("No, something else", at="@anna")
    assert "Geht es um" not in bot.sees("stoerungen")[-1]
    assert "Is it about" not in chris.sees()[-1]
    assert bot.unwatched() == []


def test_at_the_first_limit_the_guessed_accountable_is_alarmed_beside_the_fallback(
    bot: Stage, anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("incident label printer jammed")
    wind(minutes=10)
    assert "INC-1 · label printer jammed" in ben.sees()[-1]
    assert ben("ack 1").startswith("Du kümmerst dich jetzt um INC-1.")


def test_two_agreeing_corrections_are_learnt_and_can_be_forgotten(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    for title in ("Leuchtband flackert", "Das Leuchtband ist dunkel"):
        anna(f"incident {title}")
        anna.press("Change service", at="@anna")
        anna.fill(service="webshop")
    asked = anna("incident Leuchtband tot")
    assert "Chris has been alerted" in asked and "Is it about Webshop?\nRule: “Leuchtband”" in asked
    card = carla("dienst Webshop")
    assert "Auch gemeint mit: „Leuchtband“, gelernt" in card
    assert carla.press("„Leuchtband“ vergessen").startswith("Vergessen: „Leuchtband“")
    assert "I recognised no service" in anna("incident Leuchtband wieder dunkel im Flur unten")


def test_one_correction_is_not_enough_nor_two_that_share_nothing(bot: Stage, anna: Say) -> None:
    for title in ("Leuchtband flackert", "Regal umgefallen"):
        anna(f"incident {title}")
        anna.press("Change service", at="@anna")
        anna.fill(service="webshop")
    assert bot.rows("select id from rules where workspace = :workspace") == []


def test_what_a_service_is_called_is_not_learnt_for_another(bot: Stage, anna: Say) -> None:
    for title in ("Kasse piept", "Kasse blinkt"):
        anna(f"incident {title}")
        anna.press("Change service", at="@anna")
        anna.fill(service="webshop")
    assert bot.rows("select id from rules where workspace = :workspace") == []


def test_a_name_is_a_question_where_people_moved_what_is_like_it(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna("incident Kasse lehnt Gutschein aus dem Newsletter ab")
    assert "Kasse" in ben.sees()[-1]
    anna.press("Change service", at="@anna")
    anna.fill(service="webshop")
    carla("behoben 1")
    bot.wind(minutes=24 * 60)
    before = len(ben.sees())
    answer = anna("incident Gutschein aus dem Newsletter von der Kasse abgelehnt")
    assert "Is it about Webshop?" in answer
    assert len(ben.sees()) == before, "the word alone alarms nobody who was wrong the last time"
    anna("incident Kasse klemmt")
    assert "Kasse klemmt" in ben.sees()[-1], "nothing speaks against the name there"


def test_a_rule_that_goes_straight_through_counts_more_than_what_is_like_it(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna("incident Gutschein aus dem Newsletter abgelehnt")
    anna.press("Change service", at="@anna")
    anna.fill(service="kasse")
    ben("behoben 1")
    bot.wind(minutes=24 * 60)
    carla("regel neu")
    carla.fill(words="Gutschein", service="webshop", way="straight")
    answer = anna("incident Newsletter-Gutschein wird abgelehnt")
    assert "Carla is accountable for Webshop and has been alerted." in answer


def test_rules_are_entered_by_whoever_answers_for_the_service(
    bot: Stage, anna: Say, carla: Say
) -> None:
    carla("regel neu")
    entered = carla.fill(words="Kasse Gutschein", service="webshop", way="straight")
    assert entered.startswith("Von jetzt an: „Kasse Gutschein“ → Webshop → Carla")
    assert "accountable for Webshop" in anna("incident Kasse: Gutschein wird nicht erkannt")
    assert "accountable for Kasse" in anna("incident Kasse klemmt")
    anna("rule new")
    assert "somebody else decides" in anna.fill(words="Bon", service="webshop")
    assert "„Kasse Gutschein“ → Webshop → Carla\neingetragen, ohne Rückfrage" in carla("regeln")


@pytest.mark.parametrize(
    ("title", "name", "fits"),
    [
        ("Steuerung der Presse tot", "Steuer", False),
        ("Steuererklärung fehlt", "Steuer", True),
        ("building is cold", "Build", False),
        ("Druckerstau", "Drucker", True),
        ("Druckerei brennt", "Drucker", False),
        ("Kassen stehen", "Kasse", True),
    ],
)
def test_a_name_is_no_beginning_of_another_word(title: str, name: str, fits: bool) -> None:
    assert contains(tokens(title), tokens(name)) == fits

"""What people ask to see in their own words, with Lotse's name and a please around it."""

from __future__ import annotations

import pytest

from tests.pretend.stage import Say, Stage


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("Störung melden", "Eine Störung melden, in einer Zeile."),
        ("störung melden bitte", "Eine Störung melden, in einer Zeile."),
        ("Ich möchte eine Störung melden!", "Eine Störung melden, in einer Zeile."),
        ("Declare an incident", "Eine Störung melden, in einer Zeile."),
        ("Notieren, was im Weg ist", "In einem Satz notieren, was im Weg ist."),
        ("Was auf mich wartet", "Gerade wartet nichts auf dich."),
        ("was wartet auf mich?", "Gerade wartet nichts auf dich."),
        ("Dienste", "Dienste"),
        ("bitte alle Dienste", "Dienste"),
        ("Was ist offen?", "Keine Störung ist offen"),
        ("offene störungen", "Keine Störung ist offen"),
        ("what's open", "Keine Störung ist offen"),
        ("Probleme", "Kein Problem ist offen"),
        ("Automatisierungen", "Es gibt noch keine Automatisierung."),
        ("hilf mir", "Was du tippen kannst"),
        ("Was kannst du?", "Was du tippen kannst"),
        ("bist du da?", "Hallo Anna."),
        ("@Lotse stand", "Gerade wartet nichts auf dich."),
        ("hey lotse, hilfe", "Was du tippen kannst"),
        ("Lotse: dienste", "Dienste"),
        ("stand bitte", "Gerade wartet nichts auf dich."),
    ],
)
def test_it_is_shown_and_nobody_is_alarmed(anna: Say, bot: Stage, typed: str, begins: str) -> None:
    anna("sprache deutsch")
    assert anna(typed).startswith(begins)
    assert bot.rows("select number from incidents where workspace = :workspace") == []


@pytest.mark.parametrize(
    "typed",
    ["@Lotse störung Kasse druckt nicht", "hallo lotse störung Kasse druckt nicht",
     "Lotse, Störung: Kasse druckt nicht", "störung Kasse druckt nicht"],
)  # fmt: skip
def test_with_the_name_before_it_a_line_declares_as_without(
    anna: Say, bot: Stage, typed: str
) -> None:
    anna(typed)
    (row,) = bot.rows("select title from incidents where workspace = :workspace")
    assert row["title"] == "Kasse druckt nicht"


@pytest.mark.parametrize(
    "typed",
    ["Lotse ist kaputt", "Dienste gehen nicht", "Probleme mit der Kasse", "was ist offen im Lager",
     "alle Dienste tot", "hilf mir die Kasse brennt", "störung melden geht nicht mehr raus"],
)  # fmt: skip
def test_a_sentence_that_only_begins_so_can_still_be_declared(anna: Say, typed: str) -> None:
    said = anna(typed)
    assert "is declared" in said or "[Declare this as an incident]" in said


@pytest.mark.parametrize(
    ("typed", "who", "state"),
    [
        ("INC-1 läuft wieder", "ben", "restored"), ("läuft wieder INC-1", "ben", "restored"),
        ("#1: geht wieder!", "ben", "restored"), ("INC-1 mach ich", "ben", "acked"),
        ("bin dran #1", "ben", "acked"), ("annehmen bitte", "ben", "acked"),
        ("ernst 1", "anna", "serious"), ("INC-1 ist ernst", "anna", "serious"),
        ("it is serious #1", "anna", "serious"), ("1 ist jetzt ernst", "anna", "serious"),
    ],
)  # fmt: skip
def test_an_answer_may_name_its_incident(
    anna: Say, ben: Say, bot: Stage, typed: str, who: str, state: str
) -> None:
    anna("incident Kasse druckt nicht")
    anna("incident Webshop leer") if "1" in typed else None
    (ben if who == "ben" else anna)(typed)
    (row,) = bot.rows(
        "select state, severity, acknowledged_by from incidents "
        "where workspace = :workspace and number = 1"
    )
    is_so = {
        "restored": row["state"] == "restored",
        "acked": row["acknowledged_by"] is not None,
        "serious": row["severity"] == "serious",
    }
    assert is_so[state], row


def test_who_is_asked_about_a_name_with_a_typo_gets_the_service(anna: Say) -> None:
    assert "[Kasse]" in anna("wer ist zuständig für die Kase?")


def test_help_is_offered_once(anna: Say) -> None:
    assert anna("hilfe die kasse brennt").lower().count("[help]") == 1

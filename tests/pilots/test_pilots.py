"""Pilots: one problem, one champion, and taps that nobody can trace."""

from __future__ import annotations

from collections.abc import Callable

from tests.pretend.stage import Say, Stage


def start_pilot(chris: Say) -> None:
    chris("pilot new")
    chris.fill(name="Reparatur-Triage", problem="Anfragen liegen zwei Tage", champion="chris")


def test_a_pilot_is_one_problem_and_a_champion(chris: Say, anna: Say) -> None:
    start_pilot(chris)
    assert anna("pilot reparatur-triage").startswith(
        "Reparatur-Triage\n"
        "Problem: Anfragen liegen zwei Tage\n"
        "Champion: Chris\n"
        "Time: week 1 of 12\n"
        "Relief: no answer yet"
    )


def test_one_tap_is_counted_without_a_name_once_a_week(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    start_pilot(chris)
    anna("feedback reparatur-triage spart mir zwei Anrufe")
    assert anna.press("Relieved") == "Counted, without your name. Thank you."
    assert anna.press("No").startswith("You have answered for “Reparatur-Triage” this week.")
    assert bot.rows("select * from pilot_answers where workspace = :workspace") == [
        {"workspace": "demo", "pilot": bot.rows(
            "select id from pilots where workspace = :workspace")[0]["id"],
         "week": "2026-W48", "answer": "relieved", "count": 1}
    ]  # fmt: skip
    wind(minutes=7 * 24 * 60)
    assert anna.press("No") == "Counted, without your name. Thank you."


def test_answers_are_split_from_five_on(
    anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    start_pilot(chris)
    for each in (anna, carla, chris):
        each("language en")
        each("feedback Reparatur-Triage")
        each.press("Relieved")
    ben("feedback Reparatur-Triage")
    ben.press("Entlastet")
    assert "Relief: 4 answers; shown from 5 on" in anna("pilot Reparatur-Triage")
    wind(minutes=7 * 24 * 60)
    anna.press("No")
    assert "Relief: relieved 4, partly 0, no 1" in anna("pilot Reparatur-Triage")


def test_who_notes_friction_or_gives_feedback_stands_nowhere_in_the_audit(
    anna: Say, chris: Say, bot: Stage
) -> None:
    start_pilot(chris)
    anna("friction Formulare")
    anna.press("done over and over")
    anna.press("Without my name")
    anna("feedback Reparatur-Triage spart Zeit")
    anna.press("Partly")
    rows = bot.rows(
        "select command, person_key from audit where workspace = :workspace order by at, id"
    )
    mine = [each for each in rows if each["command"] not in ("pilot new",)]
    assert [each["command"] for each in mine] == [
        "friction", "hint", "nameless", "feedback", "relief",
    ]  # fmt: skip
    assert {each["person_key"] for each in mine} == {"nobody"}


def test_choices_are_named_when_something_else_is_typed(anna: Say) -> None:
    assert anna("language fr").startswith(
        "I do not know “fr” here. Please choose:\n[Deutsch]\n[English]"
    )
    assert anna.press("Deutsch") == "Von jetzt an spreche ich Deutsch mit dir."

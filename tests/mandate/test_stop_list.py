"""The stop list: what is deliberately not done, until a day; then it is renewed or dropped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage

ITEM = "Chatbot auf der Webseite"


def stopped(chris: Say) -> None:
    chris(f"stop {ITEM} until 31.1.")
    chris.fill(why="Erst die Angebote.")


def test_it_stands_in_the_mandate_and_in_the_digest(chris: Say, anna: Say, ben: Say) -> None:
    stopped(chris)
    assert f"{ITEM} (until Sun 31 Jan 2027): Erst die Angebote." in anna("mandate")
    assert f"Deliberately not: {ITEM} (until Sun 31 Jan 2027)" in chris("digest")
    assert f"Bewusst nicht: {ITEM}" in ben("wochenbericht")


@pytest.mark.parametrize("answer", ["renewed", "dropped", "silent"])
def test_when_its_day_is_over_renewal_is_asked_for(
    chris: Say, bot: Stage, wind: Callable[..., None], answer: str
) -> None:
    stopped(chris)
    wind(to="2027-01-31 20:00")
    assert not any(ITEM in each for each in chris.sees())
    wind(to="2027-02-01 12:00")
    assert sum(ITEM in each for each in chris.sees()) == 1
    if answer == "renewed":
        chris.press("Renew it")
        chris.fill(until="2027-06-30", why="Noch immer.")
    if answer == "dropped":
        chris.press("Remove it")
    wind(to="2027-02-12 12:00")
    assert (ITEM in chris("mandate")) is (answer != "dropped")
    wind(to="2027-02-15 12:00")  # ten working days after
    assert (ITEM in chris("mandate")) is (answer == "renewed")
    assert sum(ITEM in each for each in chris.sees()) <= 1


def test_only_a_manager_puts_something_there(anna: Say, bot: Stage) -> None:
    assert anna(f"stop {ITEM} until 31.1.").startswith("Managers do this here.")
    assert do(anna, "stop", what=ITEM, until="2027-01-31", why="Nein, danke").startswith("Managers")
    assert "Nothing stands here." in do(anna, "mandate stops")


def test_who_put_it_there_left_so_another_manager_is_asked(
    chris: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    do(chris, "settings manager", person="ben")
    do(ben, "stop", what=ITEM, until="2027-01-31", why="Erst die Angebote.")
    do(chris, "settings manager remove", person="ben")
    wind(to="2027-02-01 12:00")
    assert any(ITEM in each for each in chris.sees())
    assert not any(ITEM in each for each in ben.sees())


def test_a_day_that_is_over_is_no_end(chris: Say) -> None:
    assert do(chris, "stop", what=ITEM, until="2026-11-22", why="Erst die Angebote.").startswith(
        "Please choose a day from today on."
    )

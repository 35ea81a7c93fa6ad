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


def test_what_is_over_waits_in_the_status_and_is_said_to_be_over(
    chris: Say, anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    stopped(chris)
    wind(to="2027-01-31 20:00")
    assert ITEM not in chris("status")
    wind(to="2027-02-01 07:00")  # looked at, not told yet
    assert chris("status").count(ITEM) == 1
    wind(to="2027-02-01 12:00")
    assert chris("status").count(f"“{ITEM}” was not to be done until Sun 31 Jan") == 1
    assert ITEM not in anna("status")
    over = f"{ITEM} (was until Sun 31 Jan, nobody has renewed it yet)"
    assert over in anna("mandate") and over in do(anna, "mandate stops")
    quiet = chris("digest").partition("Nothing to report")[2]
    assert ITEM not in quiet and over in chris("digest")
    assert f"{ITEM} (galt bis So. 31. Jan., noch nicht verlängert)" in ben("wochenbericht")
    chris("status")
    chris.press("Remove it")
    assert ITEM not in chris("status") and ITEM not in chris("digest")


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        (f"stop {ITEM} 31.1.", "2027-01-31"),
        (f"lassen {ITEM} 31.1.", "2027-01-31"),
        (f"stop {ITEM} bis 4.12.", "2026-12-04"),
        (f"stop {ITEM} until 2027-01-31", "2027-01-31"),
        (f"stop {ITEM} 31 January", "2027-01-31"),
        (f"stop {ITEM} Freitag", "2026-11-27"),
    ],
)
def test_the_day_of_the_line_stands_in_the_form_as_a_day(chris: Say, typed: str, day: str) -> None:
    """Slack and Teams take nothing else in the field of a day."""
    chris(typed)
    assert chris.form is not None
    assert {each.name: each.value for each in chris.form.fields} == {
        "what": ITEM, "until": day, "why": "",
    }  # fmt: skip
    assert chris.fill(why="Erst die Angebote.").startswith("We deliberately do not do this until")


SUGGESTED = f"stop {ITEM} until 31.1."


def test_what_a_member_types_is_a_suggestion_that_a_manager_takes(
    anna: Say, chris: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna(SUGGESTED)
    assert anna.fill(why="Erst die Angebote.").startswith("Thank you. The managers decide")
    bot.carry()
    assert ITEM not in do(anna, "mandate stops") and ITEM not in chris("digest")
    asked = f"Anna suggests not to do this until Sun 31 Jan 2027: {ITEM} (Erst die Angebote.)"
    assert sum(asked in each for each in chris.sees()) == 1
    assert "Suggested for the stop list" in chris("status")
    assert chris.press("Put it on the list").startswith("On the stop list until Sun 31 Jan 2027")
    bot.carry()
    assert any(f"On the stop list until Sun 31 Jan 2027: {ITEM}" in each for each in anna.sees())
    assert ITEM in do(anna, "mandate stops") and f"{ITEM} (bis So." in ben("wochenbericht")
    assert "Suggested for the stop list" not in chris("status")
    wind(to="2027-02-01 12:00")
    assert any("Does that still hold?" in each for each in chris.sees()), "who took it is asked"
    assert not any("Does that still hold?" in each for each in anna.sees())


def test_a_suggestion_that_is_declined_says_why_and_is_decided_once(
    anna: Say, chris: Say, bot: Stage
) -> None:
    do(anna, "stop", what=ITEM, until="2027-01-31", why="Erst die Angebote.")
    (row,) = bot.rows("select id from mandate_stops where workspace = :workspace")
    for word in ("stop take", "stop decline"):
        refused = do(anna, word, stop=row["id"], **({"why": "Darum"} if "decline" in word else {}))
        assert refused.startswith("Managers do this here."), "nobody decides about their own"
    do(chris, "stop decline", stop=row["id"], why="Der Chatbot hilft der Hotline.")
    bot.carry()
    said = f"Not on the stop list: {ITEM}. Chris says why: Der Chatbot hilft der Hotline."
    assert any(said in each for each in anna.sees())
    assert "decided by now" in do(chris, "stop take", stop=row["id"])
    assert ITEM not in chris("status") and ITEM not in do(anna, "mandate stops")


def test_a_suggestion_whose_day_is_over_is_not_taken_any_more(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    do(anna, "stop", what=ITEM, until="2026-11-25", why="Erst die Angebote.")
    (row,) = bot.rows("select id from mandate_stops where workspace = :workspace")
    wind(to="2026-11-27 12:00")
    assert "Its day is over by now" in do(chris, "stop take", stop=row["id"])


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

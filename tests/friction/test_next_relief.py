"""The digest ends with one suggestion (C33); patterns and own notes are found by words."""

from __future__ import annotations

from collections.abc import Callable

from tests.friction.test_patterns import confirmed, do, noted
from tests.pretend.stage import Say, Stage

TITLE = "Next relief?"


def suggestion(me: Say) -> str:
    """Return the title that the digest suggests, empty without one."""
    lines = me("digest").splitlines()
    return lines[lines.index(TITLE) + 1] if TITLE in lines else ""


def test_nothing_is_suggested_without_a_pattern(chris: Say) -> None:
    assert suggestion(chris) == ""


def test_the_suggestion_follows_from_the_stored_notes(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    confirmed(bot, anna, chris, "Eins")
    wind(minutes=1)
    two = confirmed(bot, anna, chris, "Zwei")
    assert suggestion(chris) == "“Eins”, noted 3 times", "the older of two with as many"
    do(chris, "pattern estimate", pattern=two, per_month="10", minutes="5")
    assert suggestion(chris) == "“Zwei”, noted 3 times", "then what costs more"
    (id,) = noted(bot, anna, ("Noch eine Notiz dazu",))
    one = bot.rows("select id from patterns where workspace = :workspace and title = 'Eins'")
    do(chris, "pattern add", pattern=str(one[0]["id"]), notes=id)
    assert suggestion(chris) == "“Eins”, noted 4 times"


def test_it_stays_inside_the_focus(anna: Say, chris: Say, bot: Stage) -> None:
    do(chris, "mandate edit", goals="Schneller", focus="Einkauf\nService")
    confirmed(bot, anna, chris, "Draußen", area="Lager")
    assert suggestion(chris) == ""
    confirmed(bot, anna, chris, "Drinnen", area="Einkauf")
    assert suggestion(chris) == "“Drinnen”, noted 3 times"


def test_what_is_answered_is_over_unless_it_suits_and_nobody_tries_it(
    anna: Say, chris: Say, bot: Stage
) -> None:
    id = confirmed(bot, anna, chris, "Eins")
    do(chris, "pattern answer", pattern=id, result="human", reason="Das bleibt so.")
    assert suggestion(chris) == ""
    do(chris, "pattern answer", pattern=id, result="suitable", reason="Das passt gut.")
    assert suggestion(chris) == "“Eins”, noted 3 times"
    assert "[Suitable, and not tried yet]" in chris("digest")
    do(chris, "mandate edit", goals="Schneller")
    about = {"problem": "Termine werden abgetippt.", "goal": "Schneller"}
    do(chris, "pilot new", name="Versuch", pattern=id, **about)
    assert suggestion(chris) == ""


def test_taking_it_goes_on_and_setting_it_aside_is_remembered(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = confirmed(bot, anna, chris, "Eins")
    chris("digest")
    assert "could the step simply be dropped?" in chris.press("Does this need a human?")
    chris("digest")
    assert chris.press("Not now") == "Good. It is not suggested again for four weeks."
    assert suggestion(chris) == ""
    past = do(chris, "pattern history", pattern=id)
    assert "looked at next" in past and "not looked at next" in past
    wind(minutes=29 * 24 * 60)
    assert suggestion(chris) == "“Eins”, noted 3 times"


def test_only_those_who_answer_take_it(anna: Say, chris: Say, bot: Stage) -> None:
    confirmed(bot, anna, chris, "Eins")
    assert "[Does this need a human?]" not in anna("digest") and "[Show]" in anna("digest")
    id = bot.rows("select id from patterns where workspace = :workspace")[0]["id"]
    refusal = do(anna, "pattern next", pattern=id, answer="yes")
    assert refusal.startswith("Managers do this here.")


# --- found again ---------------------------------------------------------------------------


def test_own_notes_and_patterns_are_found_and_nobody_else_s_notes(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    anna("friction Lieferscheine verschwinden im Quastenlager")
    assert "Quastenlager" in anna("find Quastenlager")
    assert anna.press("My notes").startswith("My notes")
    for me in (ben, chris):
        assert "verschwinden" not in me("find Quastenlager")
    anna("find Quastenlager")
    anna.press("My notes")
    anna.press(calls="nameless")
    assert "verschwinden" not in anna("find Quastenlager")
    confirmed(bot, anna, chris, "Wege im Quastenlager")
    assert "Muster „Wege im Quastenlager“: noch keine Antwort" in ben("suche Quastenlager")


def test_a_pattern_that_few_feel_is_found_by_those_who_answer_only(
    anna: Say, chris: Say, bot: Stage
) -> None:
    ids = noted(bot, anna, ("Die Quastenliste fehlt",))
    do(chris, "pattern confirm", notes=ids[0], title="Quastenliste")
    assert "Pattern “Quastenliste”" in chris("find Quastenliste")
    assert "Pattern" not in anna("find Quastenliste")


def test_a_pilot_that_has_not_started_is_found(anna: Say, chris: Say, bot: Stage) -> None:
    do(chris, "mandate edit", goals="Schneller")
    about = {"problem": "Termine werden abgetippt.", "goal": "Schneller"}
    do(chris, "pilot new", name="Quastenpilot", **about)
    assert "Pilot “Quastenpilot”: in preparation" in anna("find Quastenpilot")


def test_the_own_list_is_behind_my_data(anna: Say) -> None:
    anna("friction Formulare")
    anna("data")
    assert "Formulare" in anna.press("My notes")


def test_those_who_answer_come_to_the_list_from_what_they_note(anna: Say, chris: Say) -> None:
    assert "[All notes]" not in anna("friction Formulare")
    chris("friction Zettel")
    assert "2 notes · Without an answer" in chris.press("All notes")

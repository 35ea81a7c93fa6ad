"""Everyday lines of people who have never read anything: the kinds that were answered coldly."""

from __future__ import annotations

import pytest

from tests.pretend.stage import Say, Stage


def states(bot: Stage) -> list[str]:
    rows = bot.rows("select state from incidents where workspace = :workspace order by number")
    return [row["state"] for row in rows]


@pytest.fixture
def taken(anna: Say, ben: Say) -> None:
    """Anna has declared INC-1, and Ben looks after it."""
    anna("incident Kasse druckt keine Bons")
    ben("ack")


@pytest.mark.parametrize(
    "typed",
    ["dauert ca. 20 minuten", "bin vor ort, sicherung defekt", "muss auf Ersatzteil warten",
     "stand: warte auf Techniker", "Ersatzteil kommt morgen", "waiting for the supplier"],
)  # fmt: skip
def test_what_may_be_news_of_an_incident_is_one_tap_away_from_it(
    taken: None, bot: Stage, ben: Say, typed: str
) -> None:
    said = ben(typed)
    assert "[Neuer Stand zu INC-1]" in said and "[Als Störung melden]" in said
    ben.press("Neuer Stand zu INC-1")
    (row,) = bot.rows("select news from incidents where workspace = :workspace")
    assert row["news"] == typed


def test_of_an_alarm_that_nobody_has_taken_no_news_is_offered(anna: Say, ben: Say) -> None:
    anna("incident Kasse druckt keine Bons")
    said = ben("dauert ca. 20 minuten")
    assert "[Ich kümmere mich]" in said and "Neuer Stand" not in said


@pytest.mark.parametrize(
    "typed",
    ["tut wieder", "works now", "all good now", "alles wieder gut", "nur der Stecker, läuft wieder",
     "it was just unplugged, works now", "ja tut wieder"],
)  # fmt: skip
def test_it_works_again_in_other_words(taken: None, bot: Stage, ben: Say, typed: str) -> None:
    ben(typed)
    assert states(bot) == ["restored"]


@pytest.mark.parametrize(
    "typed",
    ["nicht mehr so schlimm, läuft wieder", "wenn der Techniker da war, läuft wieder",
     "no idea, works again"],
)  # fmt: skip
def test_a_sentence_that_says_less_restores_nothing(
    taken: None, bot: Stage, ben: Say, typed: str
) -> None:
    ben(typed)
    assert states(bot) == ["open"]


@pytest.mark.parametrize(
    "typed", ["ist jetzt dringend", "es eilt", "it's urgent", "das ist dringend!"]
)
def test_urgent_is_a_tap_away_from_serious(taken: None, bot: Stage, anna: Say, typed: str) -> None:
    assert "Is INC-1 · Kasse druckt keine Bons serious?" in anna(typed)
    assert bot.rows("select severity from incidents where workspace = :workspace") == [
        {"severity": "normal"}
    ]
    anna.press("It is serious")
    assert bot.rows("select severity from incidents where workspace = :workspace") == [
        {"severity": "serious"}
    ]


@pytest.mark.parametrize(
    "typed",
    ["Titel falsch, es ist Kasse 3", "fehler im titel", "hab mich vertippt", "ich meinte Kasse 3",
     "I meant till 3", "typo", "the title is wrong"],
)  # fmt: skip
def test_a_mistyped_title_can_be_corrected(taken: None, anna: Say, typed: str) -> None:
    said = anna(typed)
    assert "Shall the title of INC-1" in said and "[Declare this as an incident]" in said
    anna.press("Correct the title")
    assert "Title: Kasse druckt keine Bons" in anna.press("Correct the title")


@pytest.mark.parametrize("typed", ["Fehler 404 beim Bezahlen", "Fehler an der Kasse", "mistake"])
def test_an_error_that_is_no_title_is_offered_as_ever(taken: None, anna: Say, typed: str) -> None:
    assert "Declare this as an incident?" in anna(typed)


@pytest.mark.parametrize(
    "typed",
    ["abbrechen", "undo", "cancel my last report", "doppelt gemeldet", "I reported that twice",
     "hat sich von selbst erledigt", "rückgängig machen"],
)  # fmt: skip
def test_taking_back_in_other_words_proposes(
    taken: None, bot: Stage, anna: Say, typed: str
) -> None:
    assert "How shall INC-1" in anna(typed)
    assert states(bot) == ["open"]


@pytest.mark.parametrize("typed", ["kann Carla das übernehmen?", "kann das jemand anderes machen?",
                                   "can somebody else take it?"])  # fmt: skip
def test_somebody_else_is_asked_for(bot: Stage, anna: Say, ben: Say, typed: str) -> None:
    anna("incident Kasse druckt keine Bons")
    said = ben(typed)
    assert "Wer kann sich kümmern?" in said and "[Carla fragen]" in said


@pytest.mark.parametrize("typed", ["kann ich das machen?", "can you do this?"])
def test_asking_for_oneself_is_no_refusal(bot: Stage, anna: Say, ben: Say, typed: str) -> None:
    anna("incident Kasse druckt keine Bons")
    assert "Wer kann sich kümmern?" not in ben(typed)


@pytest.mark.parametrize(
    "typed",
    ["Mich nervt dass wir alles doppelt eintippen", "nervt: jeden Morgen die gleiche Excel-Liste",
     "it is so annoying that we fax prescriptions"],
)  # fmt: skip
def test_what_is_tiresome_can_be_noted(bot: Stage, anna: Say, typed: str) -> None:
    assert "[Note what is in the way]" in anna(typed)
    anna.press("Note what is in the way")
    assert bot.rows("select sentence from friction where workspace = :workspace") == [
        {"sentence": typed}
    ]


@pytest.mark.parametrize(
    "typed",
    ["abwesend bis Freitag", "Urlaub bis Montag", "krank bis freitag",
     "Ich bin nächste Woche nicht da, Ben vertritt mich",
     "out of office until Friday, Ben covers for me"],
)  # fmt: skip
def test_being_away_offers_a_cover(anna: Say, typed: str) -> None:
    assert "[Name who stands in]" in anna(typed)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("danke für die schnelle Hilfe!!", "You are welcome."), ("super gemacht", "👍"),
     ("thanks for your quick help", "You are welcome."), ("well done", "👍"),
     ("zeig mir die offenen störungen", "No incident is open"),
     ("was kann ich hier machen", "What you can type"),
     ("what can I do here?", "What you can type"),
     ("was war letzte Woche los?", "Week 48")],
)  # fmt: skip
def test_everyday_words_have_their_answer(anna: Say, typed: str, said: str) -> None:
    assert said in anna(typed)


@pytest.mark.parametrize("typed", ["wie lange dauert das noch?", "kommt da noch jemand?",
                                   "when will it be fixed?", "is anyone on it?"])  # fmt: skip
def test_how_long_it_takes_is_a_question_how_it_stands(taken: None, anna: Say, typed: str) -> None:
    assert "Ben has been looking after it" in anna(typed)


def test_news_of_a_thing_is_asked_for_by_a_word_of_its_title(anna: Say, bot: Stage) -> None:
    anna("incident printer in the lobby prints nothing")
    anna("incident Webshop ist weg")
    said = anna("any news on the printer?")
    assert "INC-1 · printer" in said and "INC-2" not in said


def test_other_trouble_is_no_news_of_what_one_has_declared(taken: None, anna: Say) -> None:
    assert "Update on INC-1" not in anna("Fax im Büro kaputt")
    assert "Update on INC-1" in anna("die Kundin wartet schon")

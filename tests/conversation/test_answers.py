"""What short lines do, step by step: taking and giving back, declining, offers, texts, names."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bot.delivery.requests import Response
from handlers import FEATURES
from handlers.kit import commands, grammar
from handlers.kit.messages import Call, pieces
from storage.delivery import timers
from tests.pretend.stage import Say, Stage

WORDS = sorted(
    {
        word
        for each in commands.all_commands(FEATURES)
        if not each.hidden
        for both in each.words.values()
        for word in both
    }
)
NAMES = ("Kasse", "Webshop", "Ben", "Carla", "die", "der", "auto", "hilfe", "stand", "wer", "ja")
BEGINNINGS = sorted({word[:end].rstrip() for word in WORDS for end in range(3, len(word))})


def titles(bot: Stage) -> list[str]:
    rows = bot.rows("select title from incidents where workspace = :workspace order by number")
    return [row["title"] for row in rows]


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from([*WORDS, *NAMES, *BEGINNINGS]),
    st.sampled_from(["", " geht nicht", " an der Kasse", " 7", " Kasse", " ist kaputt", "!"]),
    st.sampled_from(["störung", "Störung:", "incident", "/incident", "STOERUNG"]),
)
def test_behind_the_word_everything_declares(
    sqlite_bot: Stage, word: str, rest: str, said: str
) -> None:
    """No declaration is swallowed: not by a command, its beginning, a name or a little word."""
    assume(not grammar.REFERENCE.fullmatch(f"{word}{rest}"))  # "störung inc 7" opens INC-7
    before = len(titles(sqlite_bot))
    sqlite_bot.wind(minutes=3)
    sqlite_bot.handle(sqlite_bot.request("anna", f"{said} {word}{rest}"))
    assert titles(sqlite_bot)[before:] == [f"{word}{rest}"]


@pytest.fixture
def sqlite_bot(bot: Stage, request: pytest.FixtureRequest) -> Stage:
    """The stage on SQLite only; what is typed is no matter of the store."""
    if "postgres" in request.node.name:
        pytest.skip("read once")
    return bot


def test_not_me_lets_the_alarm_go_on_where_it_was(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna("störung Kasse tot")
    due = bot.store(lambda tx: timers.due_of(tx, "incident:1:climb"))
    bot.wind(minutes=3)
    assert "Du kümmerst dich jetzt um INC-1." in ben("bin dran")
    bot.wind(minutes=1)
    assert "INC-1 wartet wieder auf Ben" in ben("nicht ich")
    assert bot.store(lambda tx: timers.due_of(tx, "incident:1:climb")) == due
    bot.wind(minutes=7)
    assert any("Kasse tot" in each for each in carla.sees())


def test_not_me_is_over_after_two_minutes(bot: Stage, anna: Say, ben: Say) -> None:
    anna("störung Kasse tot")
    ben("annehmen")
    bot.wind(minutes=3)
    assert "geht 2 Minuten lang" in ben.press("Bitte jemand anderes")
    ben("stand")
    rows = bot.rows("select acknowledged_by from incidents where workspace = :workspace")
    assert rows == [{"acknowledged_by": "ben"}]


def test_declining_stops_no_alarm_and_names_who_else_may_take_it(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    anna("störung Kasse tot")
    assert "Der Alarm zu INC-1 geht weiter." in ben("kann grad nicht")
    assert "Ich habe Carla gefragt" in ben.press("Carla fragen")
    bot.wind(minutes=11)
    assert any("Kasse tot" in each for each in carla.sees())


def test_who_may_not_take_it_changes_nothing(bot: Stage, anna: Say) -> None:
    anna("störung Kasse tot")
    assert "Ben decides about INC-1; nothing has changed." in anna("on it")


def test_an_offer_declares_once_however_often_it_is_pressed(bot: Stage, anna: Say) -> None:
    anna("Drucker kaputt")
    offered = anna.buttons()[0].button.call

    def press(identity: str) -> Response:
        return bot.handle(bot.request("anna", call=offered, identity=identity))

    assert press("first").outcome == "done"
    bot.wind(minutes=30)
    assert press("second").outcome == "refused"
    assert titles(bot) == ["Drucker kaputt"]


def test_the_same_words_twice_are_one_incident_unless_another_is_meant(
    bot: Stage, anna: Say
) -> None:
    anna("störung Kasse tot")
    assert "INC-1 is declared already" in anna("Störung: kasse TOT!")
    assert titles(bot) == ["Kasse tot"]
    assert "INC-2 is declared." in anna.press("Declare another")
    bot.wind(minutes=3)
    assert "INC-3 is declared." in anna("störung Kasse tot")


MAIL = """störung Von: Petra Muster <petra@kunde.example>
Gesendet: Freitag, 27. November 2026 08:14
Betreff: AW: Kasse 2 druckt keine Bons

Hallo, es kommt nichts raus.
Tel. 0211 123456"""


def test_of_a_mail_only_the_subject_is_seen_and_the_rest_by_those_concerned(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    anna(MAIL)
    assert titles(bot) == ["Kasse 2 druckt keine Bons"]
    assert not any("0211" in each for each in [*ben.sees(), *ben.sees("stoerungen")])
    assert "0211 123456" in ben.press(calls="text")
    bot.store(lambda tx: tx.run(
        "update incidents set declared_by = 'carla' where workspace = :workspace"
    ))  # fmt: skip
    shown = bot.handle(bot.request("anna", call=Call("text", {"number": "1"})))
    assert shown.outcome == "refused"


def test_a_manager_names_who_stands_in_for_somebody_else(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    assert "a manager can name who stands in" in anna("ben ist krank")
    assert "Who stands in for Ben meanwhile?" in chris("Ben ist krank")
    chris.press("Name who stands in")
    said = chris.fill(person="carla", start="2026-11-23", until="2026-11-24")
    assert "I have asked Carla to stand in for Ben" in said
    carla.press("Ja, einverstanden")
    anna("störung Kasse tot")
    assert any("Kasse tot" in each for each in carla.sees())
    kept = bot.rows("select * from deliveries where workspace = :workspace")
    assert not any("krank" in (row["answer"] or "") for row in kept)


def test_a_label_is_pressed_only_while_its_button_is_in_the_last_message(
    bot: Stage, anna: Say
) -> None:
    anna("störung Kasse tot")
    anna("stand")
    assert "[Declare this as an incident]" in anna("It is serious")
    rows = bot.rows("select severity from incidents where workspace = :workspace")
    assert rows == [{"severity": "normal"}]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab \n👩‍🔧\u0301\u200d", max_size=4000))
def test_a_long_text_in_parts_is_the_text(text: str) -> None:
    parts = pieces(text, 100)
    assert "".join(parts) == text
    assert all(0 < len(each) <= 100 for each in parts)


def test_an_offered_command_keeps_the_sentence_behind_its_word(anna: Say, bot: Stage) -> None:
    """By rule 15b it is an offer; whoever meant the note presses it, and types nothing again."""
    anna("reibung auf Bens Tisch liegt alles doppelt")
    anna.press("friction")
    rows = bot.rows("select sentence from friction where workspace = :workspace")
    assert [row["sentence"] for row in rows] == ["auf Bens Tisch liegt alles doppelt"]


def test_an_update_can_be_taken_back_and_declared_instead(bot: Stage, anna: Say, ben: Say) -> None:
    """A line that was meant as an outage of its own leaves nothing on the other one's card."""
    anna("störung Kasse 2 nimmt keine Karten")
    ben("annehmen")
    bot.wind(minutes=1)
    ben("update 1 Techniker kommt")
    bot.wind(minutes=1)
    ben("update alle Lampen aus")
    news = "select news, news_by from incidents where workspace = :workspace and number = 1"
    assert bot.rows(news)[0]["news"] == "alle Lampen aus"
    assert "zurückgenommen" in ben.press("Stand zurücknehmen")
    assert bot.rows(news)[0]["news"] == "Techniker kommt"
    ben("update alle Lampen aus")
    ben.press("Als Störung melden")
    assert titles(bot)[-1] == "alle Lampen aus"


def test_an_update_is_not_taken_back_by_others_nor_late(bot: Stage, anna: Say, ben: Say) -> None:
    anna("störung Kasse 2 nimmt keine Karten")
    ben("annehmen")
    ben("update alle Lampen aus")
    news = "select news from incidents where workspace = :workspace and number = 1"
    back = Call("update back", {"number": "1"})
    bot.handle(bot.request("anna", "", call=back))
    assert bot.rows(news)[0]["news"] == "alle Lampen aus"
    bot.wind(minutes=3)
    assert "2 Minuten" in ben.press("Stand zurücknehmen")
    assert bot.rows(news)[0]["news"] == "alle Lampen aus"


def test_goodbyes_and_displeasure_get_an_answer_that_fits(bot: Stage, anna: Say, ben: Say) -> None:
    assert "See you, Anna." in anna("tschüss")
    assert "Bis bald, Ben." in ben("tschüss")
    assert "Macht nichts." in ben("sorry")
    assert "👍" not in ben("👎")

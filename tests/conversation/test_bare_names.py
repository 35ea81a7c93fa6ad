"""A short name behind what somebody did, and questions about how something stands."""

from __future__ import annotations

import pytest

from handlers.conversation.bare_names import name_in
from tests.pretend.stage import Say, Stage


def states(bot: Stage) -> list[str]:
    return [row["state"] for row in bot.rows(
        "select state from incidents where workspace = :workspace order by number"
    )]  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    ["behoben Beamer", "Behoben: Beamer.", "erledigt, Beamer", "erledigt der Beamer",
     "fixed projector", "fixed the projector", "done, projector", "done projector", "resolved: VPN",
     "fertig, Beamer", "habe repariert Beamer", "restored projector"],
)  # fmt: skip
def test_a_name_that_no_incident_says_restores_nothing_and_is_asked_about(
    bot: Stage, anna: Say, ben: Say, typed: str
) -> None:
    anna("incident Kasse klemmt")
    ben("ack")
    said = ben(typed)
    assert states(bot) == ["open"]
    assert "bei INC-1 · Kasse klemmt geholfen?" in said
    assert "[Als Störung melden]" in said
    ben.press("Ja, es läuft wieder")
    assert states(bot) == ["restored"]


def test_the_name_may_be_an_outage_of_its_own_and_nothing_is_lost(
    bot: Stage, anna: Say, ben: Say
) -> None:
    anna("incident Kasse klemmt")
    ben("behoben Beamer")
    ben.press("Als Störung melden")
    titles = bot.rows("select title from incidents where workspace = :workspace order by number")
    assert [row["title"] for row in titles] == ["Kasse klemmt", "behoben Beamer"]
    assert states(bot) == ["open", "open"]


@pytest.mark.parametrize(
    "typed", ["behoben Kasse", "erledigt, Kasse", "fixed Kasse", "fertig Kasse", "done, Kasse"]
)
def test_a_name_that_the_incident_says_restores_it(
    bot: Stage, anna: Say, ben: Say, typed: str
) -> None:
    anna("incident Kasse klemmt")
    ben("ack")
    ben(typed)
    assert states(bot) == ["restored"]


@pytest.mark.parametrize(
    "typed", ["behoben Webshop", "erledigt, Webshop", "fixed webshop", "behoben der Webshop"]
)
def test_a_name_of_somebody_else_s_incident_asks_which_one(
    bot: Stage, anna: Say, ben: Say, typed: str
) -> None:
    anna("incident Kasse klemmt")
    ben("ack")
    anna("incident Webshop ist weg")
    said = ben(typed)
    assert states(bot) == ["open", "open"]
    assert "Welche meinst du?" in said and "[INC-2 · Webshop ist weg]" in said


@pytest.mark.parametrize(
    "typed",
    ["behoben Neustart", "behoben Kabel getauscht", "erledigt, rebooted", "behoben durch Neustart",
     "erledigt, super", "Erledigt!", "erledigt, danke", "erledigt, Anna", "fixed, Anna",
     "erledigt, Leute"],
)  # fmt: skip
def test_what_helped_is_taken_as_ever(bot: Stage, anna: Say, ben: Say, typed: str) -> None:
    anna("incident Kasse klemmt")
    ben("ack")
    ben(typed)
    assert states(bot) == ["restored"]


@pytest.mark.parametrize(
    ("text", "name"),
    [("Beamer", "beamer"), ("der Beamer.", "beamer"), ("Drucker EG", "drucker eg"),
     ("Kabel getauscht", ""), ("Zertifikat erneuert", ""), ("Kabel fest", ""),
     ("conference projector", "conference projector"),
     ("Drucker angeschlossen", ""), ("Gerät 3", "geraet 3"), ("Neustart", ""),
     ("mit Neustart", ""), ("it was the cable", ""),
     ("7", ""), ("Akkuwechsel", ""), ("Kasse 2", "kasse 2"), ("danke", ""), ("", "")],
)  # fmt: skip
def test_what_is_a_bare_name(text: str, name: str) -> None:
    assert name_in(text) == name


@pytest.mark.parametrize(
    "typed", ["übernehme Kasse", "annehmen Kasse", "ack Kasse", "ich übernehme die Kasse"]
)
def test_an_alarm_is_taken_by_the_name_of_its_thing(
    bot: Stage, anna: Say, ben: Say, typed: str
) -> None:
    anna("incident Kasse klemmt")
    assert "Du kümmerst dich jetzt um INC-1" in ben(typed)


@pytest.mark.parametrize("typed", ["übernehme Beamer", "annehmen Beamer", "ack projector"])
def test_an_alarm_of_another_thing_is_not_taken(
    bot: Stage, anna: Say, ben: Say, typed: str
) -> None:
    anna("incident Kasse klemmt")
    said = ben(typed)
    assert bot.rows("select acknowledged_by from incidents where workspace = :workspace") == [
        {"acknowledged_by": None}
    ]
    assert "[INC-1 · Kasse klemmt]" in said and "[Als Störung melden]" in said


STANDS = [
    "ist das behoben?", "Ist das schon behoben?", "ist es jetzt erledigt", "is it fixed?",
    "is it fixed yet?", "has it been resolved?", "läuft es wieder?", "geht es schon wieder?",
    "does it work again?", "wie ist der Stand?", "gibt es was neues?", "any news?",
    "what's the status?", "wie sieht es aus?",
]  # fmt: skip


@pytest.mark.parametrize("typed", STANDS)
def test_a_question_how_it_stands_shows_what_is_open(
    bot: Stage, anna: Say, ben: Say, typed: str
) -> None:
    assert "Das als Störung melden?" in ben(typed)
    anna("incident Kasse klemmt")
    ben("ack")
    said = ben(typed)
    assert "INC-1 · Kasse klemmt\nBen kümmert sich" in said and "[Läuft wieder]" in said
    anna("incident Webshop ist weg")
    said = Say(bot, "dora")(typed)
    assert "INC-1 · Kasse klemmt" in said and "INC-2 · Webshop ist weg" in said
    assert "[INC-1]" in said and "[INC-2]" in said and "[Als Störung melden]" in said
    assert states(bot) == ["open", "open"]


@pytest.mark.parametrize("typed", ["geht die Kasse wieder?", "is the Kasse working again?",
                                   "gibt es was neues zur Kasse?"])  # fmt: skip
def test_a_question_about_a_service_names_its_incident_alone(
    bot: Stage, anna: Say, typed: str
) -> None:
    anna("incident Webshop ist weg")
    assert "Declare this as an incident?" in anna(typed)
    anna("incident Kasse klemmt")
    said = anna(typed)
    assert "INC-2 · Kasse klemmt" in said and "INC-1" not in said

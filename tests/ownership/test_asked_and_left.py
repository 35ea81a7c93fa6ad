"""Whoever is asked something leaves: who asked hears of it, or somebody else is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest

from storage.engine.ids import PersonId
from tests.mandate.test_mandate import do, drafted
from tests.ownership.test_ownership import enter, leaves
from tests.pilots.test_pilots import started
from tests.pretend import machines
from tests.pretend.stage import BERLIN, Say, Stage
from tests.privacy.test_rights_of_people import stranger

TUESDAY = datetime(2026, 11, 24, 12, tzinfo=BERLIN)  # the bundles of the day after are out
FRIDAY_NIGHT = datetime(2026, 11, 27, 22, tzinfo=BERLIN)
NEXT_TUESDAY = datetime(2026, 12, 1, 12, tzinfo=BERLIN)


def _incident(bot: Stage) -> None:
    Say(bot, "anna")("incident Kasse tot")
    Say(bot, "ben")("ack 1")
    do(Say(bot, "ben"), "assign", number="1", person="dora")


def _offer(bot: Stage) -> None:
    machines.enter(Say(bot, "ben"))
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    do(Say(bot, "ben"), "auto handover", automation=str(row["id"]), to="dora")


def _automation(bot: Stage) -> None:
    machines.enter(Say(bot, "ben"), accountable="ben", deputy="dora")


def _manager(bot: Stage) -> None:
    do(Say(bot, "chris"), "settings manager", person="dora")


def _cover(bot: Stage) -> None:
    do(Say(bot, "ben"), "cover", person="dora", start="2026-12-07", until="2026-12-08")


def _covered(bot: Stage) -> None:
    do(Say(bot, "ben"), "cover", person="dora", start="2026-12-07", until="2026-12-08")
    (row,) = bot.rows("select id from covers where workspace = :workspace")
    do(Say(bot, "ben"), "cover swap", cover=str(row["id"]))


def _service(bot: Stage) -> None:
    enter(Say(bot, "chris"), accountable="dora", deputy="ben")


def _area(bot: Stage) -> None:
    do(Say(bot, "chris"), "friction name", area="Versand", who="dora")


def _action(bot: Stage) -> None:
    due = "2026-12-10"
    do(Say(bot, "chris"), "mandate action", item="Leitfaden", who="dora", due=due)


def _everything(bot: Stage) -> None:
    do(Say(bot, "ben"), "hand over", to="dora", deputy="chris")


def _pilot(bot: Stage) -> None:
    id = started(bot)
    (row,) = bot.rows("select champion from pilots where workspace = :workspace")
    do(Say(bot, row["champion"]), "pilot people", pilot=id, champion="dora", modeler="ben")


def _mandate(bot: Stage) -> None:
    chris = Say(bot, "chris")
    id = drafted(chris)
    do(chris, "mandate it", who="dora")
    do(chris, "mandate release", mandate=id)


def _check(bot: Stage) -> None:
    Say(bot, "anna")("incident Kasse tot")
    Say(bot, "ben")("ack 1")
    Say(bot, "ben")("restored 1 neues Kabel")
    do(Say(bot, "ben"), "ask check", number="1", person="dora")


@dataclass(frozen=True)
class Asked:
    """A question to Dora, who then hears of her leaving, and by which words."""

    ask: Callable[[Stage], None]
    hears: str
    words: str


TABLE = {
    "an incident": Asked(_incident, "ben", "Dora ist nicht mehr aktiv und kann INC-1 nicht"),
    "an automation's offer": Asked(_offer, "ben", "Dora ist nicht mehr aktiv und kann „Mail"),
    "an automation's role": Asked(_automation, "chris", "No longer active: Dora."),
    "to manage": Asked(_manager, "chris", "Dora managed Lotse as well, and is no longer active."),
    "to stand in": Asked(_cover, "ben", "Dora ist nicht mehr aktiv, deshalb vertritt dich"),
    "to be stood in for": Asked(_covered, "ben", "Dora ist nicht mehr aktiv, deshalb muss"),
    "a service": Asked(_service, "chris", "No longer active: Dora."),
    "an area of friction": Asked(_area, "chris", "No longer active: Dora."),
    "an action": Asked(_action, "chris", "Dora is no longer active. Nobody does this yet"),
    "everything": Asked(_everything, "ben", "Dora ist nicht mehr aktiv und kann nicht von Ben"),
    "a pilot's role": Asked(_pilot, "chris", "No longer active: Dora."),
    "the mandate": Asked(_mandate, "chris", "No longer active: Dora."),
    "a check": Asked(_check, "carla", "Ist INC-1 wirklich vorbei"),
}


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("asked", TABLE.values(), ids=TABLE)
def test_who_asked_hears_that_the_question_is_over(bot: Stage, asked: Asked, night: bool) -> None:
    """At night the question was held back: it goes to nobody, and is not asked of anybody else."""
    dora = stranger(bot, "dora")
    if night:
        bot.wind(to=FRIDAY_NIGHT)
    asked.ask(bot)
    who = Say(bot, asked.hears)
    assert not any(asked.words in each for each in who.sees())
    leaves(bot, PersonId("dora"))
    told = len(dora.sees())
    bot.wind(to=NEXT_TUESDAY if night else TUESDAY)
    assert sum(asked.words in each for each in who.sees()) == 1, who.sees()
    assert len(dora.sees()) == told, "nobody writes to who is gone"
    waits = bot.rows("select person from matters where workspace = :workspace and state = 'open'")
    assert "dora" not in {each["person"] for each in waits}


def test_nothing_waits_for_who_left_beside_an_incident(bot: Stage, ben: Say) -> None:
    stranger(bot, "dora")
    _incident(bot)
    leaves(bot, PersonId("dora"))
    rows = bot.rows("select proposed_to, responsible from incidents where workspace = :workspace")
    assert rows == [{"proposed_to": None, "responsible": "ben"}]
    assert ben.press(calls="assign").startswith("Jemanden bitten")


def test_the_next_one_is_asked_to_verify_a_fix(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    for each in range(1, 4):
        anna(f"incident Etikettendrucker offline {each}")
        ben(f"restored {each}")
        bot.wind(minutes=40)
        if each > 1:
            ben(f"repeat {each} of 1")
    (row,) = bot.rows("select number, owner, service from problems where workspace = :workspace")
    number = str(row["number"])
    do(Say(bot, row["owner"]), "problem accept", number=number)
    (named,) = bot.rows(
        "select accountable, deputy from services where workspace = :workspace and id = :id",
        id=row["service"],
    )
    fixed, asked = named["accountable"], named["deputy"]
    do(Say(bot, fixed), "problem cause", number=number, kind="hardware", cause="Kabel zu kurz")
    do(
        Say(bot, fixed),
        "problem fixed",
        number=number,
        what="Neues Kabel",
        evidence="https://example.com/1",
    )
    before = chris.sees()
    leaves(bot, PersonId(asked))
    new = [each for each in chris.sees() if each not in before and "PRB-1" in each]
    assert any("[" in each for each in new), chris.sees()


def test_who_is_back_is_asked_for_a_pilot_again(bot: Stage) -> None:
    dora = stranger(bot, "dora")
    bot.wind(to=FRIDAY_NIGHT)
    _pilot(bot)
    leaves(bot, PersonId("dora"))
    leaves(bot, PersonId("dora"), active=True)
    bot.wind(to=NEXT_TUESDAY)
    assert sum("champion" in each for each in dora.sees()) == 1


def test_a_manager_who_is_back_is_no_news(bot: Stage, chris: Say) -> None:
    stranger(bot, "dora")
    bot.wind(to=FRIDAY_NIGHT)
    _manager(bot)
    leaves(bot, PersonId("dora"))
    leaves(bot, PersonId("dora"), active=True)
    bot.wind(to=NEXT_TUESDAY)
    assert not any("managed Lotse as well" in each for each in chris.sees())

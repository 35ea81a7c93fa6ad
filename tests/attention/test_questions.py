"""What somebody asks at night waits for the start of work, unless it is about tonight."""

from __future__ import annotations

from datetime import datetime

import pytest

from storage.engine.ids import PersonId
from tests.closing.test_closing import POINTS, say
from tests.mandate.test_mandate import do
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import BERLIN, Say, Stage

NIGHT = datetime(2026, 11, 23, 21, tzinfo=BERLIN)  # a Monday
MORNING = datetime(2026, 11, 24, 7, tzinfo=BERLIN)
FRIDAY = datetime(2026, 11, 27, 21, tzinfo=BERLIN)
MONDAY = datetime(2026, 11, 30, 7, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("at", "days", "waits"),
    [
        (NIGHT, "heute bis heute", False),  # it is about tonight
        (NIGHT, "24.11.2026 bis 27.11.2026", False),  # it begins tomorrow
        (NIGHT, "25.11.2026 bis 27.11.2026", True),
        (FRIDAY, "28.11.2026 bis 29.11.2026", False),  # over the weekend
        (FRIDAY, "30.11.2026 bis 4.12.2026", False),  # from the next working day on
        (FRIDAY, "1.12.2026 bis 4.12.2026", True),
    ],
)
def test_standing_in_is_asked_at_night_where_it_is_about_now(
    ben: Say, carla: Say, bot: Stage, at: datetime, days: str, waits: bool
) -> None:
    bot.wind(to=at)
    carla(f"vertreten ben {days}")
    assert bool(ben.sees()) != waits
    assert ben("stand").count("Vertrittst du Carla") == 1, "it stands there, once"
    bot.wind(to=MORNING if at == NIGHT else MONDAY)
    asked = [each for each in ben.sees() if "[Ja, einverstanden]" in each]
    assert len(asked) == 1


def test_a_question_that_is_over_before_work_begins_is_never_put(
    ben: Say, carla: Say, bot: Stage
) -> None:
    bot.wind(to=NIGHT)
    carla("vertreten ben 1.12.2026 bis 4.12.2026")
    carla.press(calls="cover swap")  # Carla stands in for Ben, and he agrees to that
    ben("stand")
    ben.press(calls="cover confirm")
    bot.wind(to=MORNING)
    assert not [each for each in ben.sees() if "[Ja, einverstanden]" in each]


def test_handing_over_at_night_waits_and_comes_to_nobody_else(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    carla("vertreten ben heute bis Freitag")
    ben.press(calls="cover confirm")
    bot.wind(to=NIGHT)
    before = len(ben.sees()), len(carla.sees())
    do(chris, "hand over", to="carla", person="ben", deputy="anna")
    assert (len(ben.sees()), len(carla.sees())) == before
    assert "[Ich übernehme das]" in carla("stand")
    bot.wind(to=MORNING)
    assert "[Ich übernehme das]" in carla.sees()[-1]
    assert len(carla.sees()) == before[1] + 1, "only she can take it over"
    assert len(ben.sees()) == before[0], "who stands in for her cannot"


def test_a_hand_over_that_is_answered_at_night_is_not_asked_in_the_morning(
    carla: Say, chris: Say, bot: Stage
) -> None:
    bot.wind(to=NIGHT)
    do(chris, "hand over", to="carla", person="ben", deputy="anna")
    carla("stand")
    carla.press(calls="hand over decline")
    bot.wind(to=MORNING)
    assert carla.sees() == []


def test_who_leaves_before_is_not_asked_and_the_asker_hears_of_it_in_the_bundle(
    carla: Say, chris: Say, bot: Stage
) -> None:
    bot.wind(to=NIGHT)
    do(chris, "hand over", to="carla", person="ben", deputy="anna")
    leaves(bot, PersonId("carla"))
    bot.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
    assert not [each for each in chris.sees() if "Will you take over" in each]
    assert "Carla is no longer active and cannot take over from Ben." in "\n".join(chris.sees())


def test_a_service_is_asked_about_in_the_morning(ben: Say, chris: Say, bot: Stage) -> None:
    bot.wind(to=NIGHT)
    do(chris, "service new", name="VPN", accountable="ben", deputy="carla")
    assert ben.sees() == [] and "VPN" in ben("stand")
    bot.wind(to=MORNING)
    assert len([each for each in ben.sees() if "VPN" in each]) == 1


def test_a_check_is_asked_in_the_morning_and_not_if_it_is_done_before(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    ben("behoben 1")
    anna("incident Kasse noch einmal tot")
    ben("ack 2")
    ben("behoben 2")
    bot.wind(to=NIGHT)
    before = len(carla.sees())
    say(ben, *POINTS, number=1)
    say(ben, *POINTS, number=2)
    assert len(carla.sees()) == before, "nobody is woken for a check"
    do(carla, "checked", number="1")
    bot.wind(to=MORNING)
    asked = [each for each in carla.sees()[before:] if "wirklich vorbei?" in each]
    assert [each.splitlines()[0] for each in asked] == ["Ist INC-2 wirklich vorbei?"]

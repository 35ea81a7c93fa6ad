"""A channel for an incident alone, and what is meant in it or in a thread."""

from __future__ import annotations

import asyncio

import pytest

from bot.delivery.platform import Impossible, NotAccepted, Uncertain, Wait
from bot.delivery.requests import Request
from storage.engine.ids import PlaceId
from tests.pretend.stage import DEMO, Fault, Say, Stage

ROOM = "local:inc-1-etikettendrucker-offline"


def every(chris: Say, which: str = "always") -> None:
    chris("settings")
    chris.press("Channels for incidents")
    chris.fill(which=which)


def test_nobody_gets_a_channel_unless_a_manager_wants_it(bot: Stage, anna: Say) -> None:
    anna("incident Etikettendrucker offline")
    anna.press("It is serious")
    assert bot.chat.rooms == {}


def test_a_channel_lives_as_long_as_its_incident(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    every(chris)
    anna("incident Etikettendrucker offline")
    room = bot.chat.rooms[ROOM]
    assert room.people == ["local:anna", "local:ben"]
    assert room.topics == [
        "INC-1 · Etikettendrucker offline – Wartet darauf, dass Ben sich kümmert."
    ]
    card = bot.sees(ROOM.removeprefix("local:"))
    assert card == bot.sees("stoerungen")
    ben("annehmen", at="inc-1-etikettendrucker-offline")
    assert bot.sees(ROOM.removeprefix("local:")) == bot.sees("stoerungen") != card
    ben("zuweisen 1 carla")
    assert room.people == ["local:anna", "local:ben", "local:carla"]
    carla("ack")
    assert (
        room.topics[-1]
        == "INC-1 · Etikettendrucker offline – Carla kümmert sich seit Mo. 23. Nov., 09:00."
    )
    carla("restored")
    assert not room.archived
    assert "Läuft wieder" in room.topics[-1]
    assert len(bot.sees(ROOM.removeprefix("local:"))) == 1


def test_only_serious_ones_get_a_channel_if_that_was_chosen(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    every(chris, "serious")
    anna("incident Etikettendrucker offline")
    assert bot.chat.rooms == {}
    anna.press("It is serious")
    assert list(bot.chat.rooms) == [ROOM]


def test_a_withdrawn_incident_closes_its_channel(bot: Stage, anna: Say, chris: Say) -> None:
    every(chris)
    anna("incident Etikettendrucker offline")
    anna.press("Undo")
    assert bot.chat.rooms[ROOM].archived


@pytest.mark.parametrize("error", [NotAccepted("down"), Uncertain("lost")])
def test_a_channel_comes_later_when_the_platform_is_down(
    bot: Stage, anna: Say, chris: Say, error: Exception
) -> None:
    every(chris)
    bot.chat.plan(Fault(error, place="rooms"))
    anna("incident Etikettendrucker offline")
    assert bot.chat.rooms == {}
    bot.wind(minutes=1)
    assert list(bot.chat.rooms) == [ROOM]
    assert bot.chat.rooms[ROOM].topics


def test_a_change_while_a_channel_is_being_made_makes_no_second_one(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    """Slack takes its time, and the timer is set anew meanwhile."""
    every(chris)
    asked, answers = 0, asyncio.Event()
    open_room = bot.chat.open_room

    async def slowly(workspace: str, name: str) -> str:
        nonlocal asked
        asked += 1
        await answers.wait()
        return await open_room(workspace, name)

    bot.chat.open_room = slowly  # type: ignore[method-assign]

    async def declared_and_acknowledged() -> None:
        for who, said in (("anna", "incident Etikettendrucker offline"), ("ben", "ack")):
            await bot.dispatcher.handle(
                Request(said, DEMO, f"local:{who}", who, PlaceId("local:stoerungen"), text=said)
            )
            for _each in range(5):
                await bot.scheduler.round()
                await asyncio.sleep(0.02)
        answers.set()
        await bot.scheduler.settle()

    bot.run(declared_and_acknowledged())
    bot.carry()
    assert asked == 1
    assert list(bot.chat.rooms) == [ROOM]
    assert "Ben kümmert sich" in bot.chat.rooms[ROOM].topics[-1]


def test_a_platform_that_asks_for_patience_uses_up_no_try(
    bot: Stage, anna: Say, chris: Say
) -> None:
    every(chris)
    bot.chat.plan(*(Fault(Wait(60, "ratelimited"), place="rooms") for _each in range(8)))
    anna("incident Etikettendrucker offline")
    bot.wind(minutes=9)
    assert list(bot.chat.rooms) == [ROOM]


def test_where_no_channels_may_be_made_the_incident_lives_without(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    every(chris)
    bot.chat.plan(Fault(Impossible("restricted_action"), place="rooms"))
    anna("incident Etikettendrucker offline")
    ben("annehmen")
    ben("behoben")
    anna("incident Kasse tot")
    assert list(bot.chat.rooms) == ["local:inc-2-kasse-tot"]
    told = [each for each in chris.sees() if "without a channel of its own" in each]
    assert told == [
        "The incident goes on without a channel of its own; the platform refused it "
        "(restricted_action).\n[Channels for incidents]"
    ]
    assert bot.rows("select reason from rooms where workspace = :workspace order by incident") == [
        {"reason": "restricted_action"},
        {"reason": None},
    ]


def test_what_is_typed_in_a_channel_or_thread_is_meant_for_its_incident(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    anna("incident Etikettendrucker offline")
    every(chris)
    anna("incident Etikettendrucker druckt schwarz")
    room = next(iter(bot.chat.rooms)).removeprefix("local:")
    assert room == "inc-2-etikettendrucker-druckt-schwarz"
    assert "INC-2" in ben("annehmen", at=room)
    first, second = (each.id for each in bot.chat.at("local:stoerungen"))
    assert "INC-1" in ben("annehmen", at="stoerungen", thread=first)
    assert "INC-2" in ben("behoben", at="stoerungen", thread=second)
    assert "INC-1" in ben("behoben", at="stoerungen", thread="m999")


def test_the_alarm_s_own_thread_is_about_its_incident(bot: Stage, anna: Say, ben: Say) -> None:
    anna("incident Etikettendrucker offline")
    anna("incident Etikettendrucker druckt schwarz")
    alarms = [each.id for each in bot.chat.at("local:@ben")]
    assert "INC-2" in ben("annehmen", thread=alarms[1])


def test_the_channel_is_kept_until_done_and_a_new_one_opens_with_the_incident(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    """Others archive the channel the moment something is restored (docs/faults.md, 9)."""
    every(chris)
    anna("incident Etikettendrucker offline")
    ben("behoben 1")
    assert not bot.chat.rooms[ROOM].archived
    chris("done 1")
    chris.press("Finish it anyway")
    chris.fill(reason="The shop closes for good tomorrow")
    assert bot.chat.rooms[ROOM].archived
    chris("reopen 1")
    chris.fill(reason="It came back this morning")
    again = bot.chat.rooms[f"{ROOM}-again"]
    assert not again.archived and again.topics and again.people
    assert bot.sees(f"{ROOM}-again".removeprefix("local:"))[-1] == bot.sees("stoerungen")[-1]


def test_without_a_channel_for_incidents_there_is_nowhere_to_make_one(
    bot: Stage, anna: Say, chris: Say
) -> None:
    bot.store(
        lambda tx: tx.run(
            "update places set id = 'teams:19:x' where workspace = :workspace and role = :role",
            role="incidents",
        )
    )
    chris("settings")
    chris.press("Channels for incidents")
    said = chris.fill(which="always")
    assert said.startswith("Please choose a channel for incidents in Slack first")
    chris.fill(which="never")
    anna("incident Etikettendrucker offline")
    assert bot.chat.rooms == {}

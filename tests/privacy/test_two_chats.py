"""One person with a chat on each of two platforms: where an alarm reaches them, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.kit.commands import call
from storage import people
from storage.delivery import places
from storage.delivery.places import PlaceKind
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from tests.pretend.stage import Chat, Say, Stage, impossible, plain

HERE, THERE = "local:@ben", "elsewhere:@ben"


@pytest.fixture
def other(bot: Stage) -> Chat:
    """Ben is also known on another platform."""
    chat = Chat()
    chat.name = "elsewhere"
    platforms = bot.courier._platforms
    assert isinstance(platforms, dict)
    platforms["elsewhere"] = chat

    def link(tx: Tx) -> None:
        tx.insert("identities", identity="elsewhere:ben", person="ben")
        places.ensure(tx, PlaceId(THERE), PlaceKind.DIRECT, "Ben", person=PersonId("ben"))

    bot.store(link)
    return chat


def acks(bot: Stage, number: int, place: PlaceId) -> None:
    """Ben answers an alarm in one of his chats."""
    asked = bot.request("ben", call=call("ack", number=number))
    platform = place.partition(":")[0]
    bot.handle(replace(asked, person=f"{platform}:ben", place=place))
    bot.carry()


def alarms(chat: Chat, place: str) -> list[str]:
    """Return the alarms that were made in a chat."""
    return [each.splitlines()[0] for each in chat.created(place) if "INC-" in each]


def test_while_nobody_knows_where_it_is_answered_an_alarm_goes_to_both_at_once(
    bot: Stage, anna: Say, other: Chat
) -> None:
    anna("incident Kasse tot")
    assert len(alarms(bot.chat, HERE)) == len(alarms(other, THERE)) == 1


def test_it_goes_where_it_was_answered_and_to_both_if_unanswered(
    bot: Stage, anna: Say, other: Chat
) -> None:
    anna("incident Kasse tot")
    acks(bot, 1, PlaceId(THERE))
    anna("incident Etikettendrucker offline")
    assert (len(alarms(bot.chat, HERE)), len(alarms(other, THERE))) == (1, 2)
    acks(bot, 2, PlaceId(THERE))
    bot.wind(minutes=5)
    assert len(alarms(bot.chat, HERE)) == 1, "answered there: the other chat stays quiet"
    anna("incident Kasse schon wieder tot")
    bot.wind(minutes=1)
    assert len(alarms(bot.chat, HERE)) == 1
    bot.wind(minutes=1.5)
    assert (len(alarms(bot.chat, HERE)), len(alarms(other, THERE))) == (2, 3)
    acks(bot, 3, PlaceId(HERE))  # from now on he answers here
    assert "Ben kümmert sich" in plain(other.at(THERE)[-1].message), "both say that it is answered"
    anna("incident Drucker druckt nicht")
    assert (len(alarms(bot.chat, HERE)), len(alarms(other, THERE))) == (3, 3)


def test_where_it_cannot_be_delivered_it_goes_to_the_other_chat_at_once(
    bot: Stage, anna: Say, carla: Say, other: Chat
) -> None:
    anna("incident Kasse tot")
    acks(bot, 1, PlaceId(THERE))
    other.plan(impossible("blocked"))
    anna("incident Etikettendrucker offline")
    bot.carry()
    assert len(alarms(bot.chat, HERE)) == 2
    assert not [each for each in carla.sees() if "INC-2" in each], "Ben has the full time"


def test_older_alarms_are_folded_in_both_chats(bot: Stage, anna: Say, other: Chat) -> None:
    anna("incident Kasse tot")
    bot.wind(minutes=11)  # the next step alarms Ben again
    for chat, place in ((bot.chat, HERE), (other, THERE)):
        said = [plain(each.message) for each in chat.at(place)]
        live = [each for each in said if "[Ich kümmere mich]" in each]
        assert len(alarms(chat, place)) == 2 and len(live) == 1, place


def test_who_has_one_chat_is_not_written_down(bot: Stage, anna: Say, ben: Say) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    rows = bot.rows("select answers from places where workspace = :workspace")
    assert {each["answers"] for each in rows} == {0}
    assert bot.store(lambda tx: people.find(tx, PersonId("ben"))) is not None

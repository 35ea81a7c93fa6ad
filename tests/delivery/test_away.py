"""A platform that is away as a whole: nothing is buried, nobody is flooded when it is back."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.delivery.courier import Courier
from bot.delivery.outages.catching_up import LINES, MANY
from bot.delivery.platform import Away, Uncertain
from handlers.kit.messages import dump, line, spoken
from storage.delivery import outbox
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PlaceId
from tests.delivery.test_courier import (
    BEN,
    CARLA,
    ROOM,
    carry,
    escalate_at,
    escalation_due,
    put,
    states,
    wind,
)
from tests.pretend.stage import Chat, Fault, Say, Stage, lost_after, lost_before

KINDS: dict[str, Callable[[], Exception]] = {
    "refused": lambda: Away("connection refused"),
    "503 or cut": lambda: Uncertain("status 503"),
    "no answer": TimeoutError,
}


def hours(bot: Stage, number: float) -> None:
    """Let hours pass, with everything that is due in them."""
    for _each in range(int(number * 60)):
        bot.clock.wind(bot.clock.now() + timedelta(minutes=1))
        bot.run(bot.scheduler.round())
        carry(bot)


@pytest.mark.parametrize("kind", KINDS)
def test_however_long_it_is_away_nothing_is_given_up(bot: Stage, chat: Chat, kind: str) -> None:
    chat.away = KINDS[kind]()
    for n in range(30):
        put(bot, f"card {n}", f"local:room{n}", key=f"card{n}")
        put(bot, f"alarm {n}", f"local:@somebody{n}", key=f"alarm{n}", kind=ParcelKind.ALARM)
    for _each in range(7 * 60):
        wind(bot, 60)
    assert "dead" not in states(bot)
    tried = chat.tries
    assert tried <= 40, "after the first ones nothing is tried any more"
    chat.away = None
    wind(bot, 60)
    bot.wind(minutes=2)
    left = [each for each in states(bot) if each != "sent"]
    assert len(left) <= (0 if kind == "refused" else 20), "only what was on its way is uncertain"
    assert len([each for each in chat.ledger if each.text.startswith("alarm")]) == 30


def test_on_return_alarms_go_first_within_a_minute(bot: Stage, chat: Chat) -> None:
    chat.away = Away("connection refused")
    put(bot, "card", ROOM)
    carry(bot)
    hours(bot, 3)
    put(bot, "alarm", BEN, kind=ParcelKind.ALARM, key="a")
    chat.away = None
    for _second in range(60):
        wind(bot, 1)
        if chat.ledger:
            break
    assert chat.ledger[0].text.startswith("alarm")
    wind(bot, 1)
    assert len(chat.ledger) == 2


def test_the_first_to_go_shows_whether_all_is_well(bot: Stage, chat: Chat) -> None:
    """It answers questions again, but takes no messages: one is risked, not all of them."""
    chat.away = Away("connection refused")
    for n in range(20):
        put(bot, f"{n}", f"local:room{n}", key=f"k{n}")
    carry(bot)
    chat.away = None
    tried = chat.tries
    chat.plan(*(Fault(Away("503")) for _each in range(5)))
    for _second in range(120):
        wind(bot, 1)
    assert not chat.planned
    assert chat.tries == tried + 5 + 20
    assert {*states(bot)} == {"sent"}


def test_several_places_in_a_row_without_an_answer_are_the_platform(bot: Stage, chat: Chat) -> None:
    """Also where the harmless question is answered."""
    chat.plan(*(lost_before() for _each in range(3)))
    for n in range(3):
        put(bot, f"alarm {n}", f"local:@somebody{n}", key=f"a{n}", kind=ParcelKind.ALARM)
    carry(bot)
    assert "local" in bot.courier.away
    put(bot, "next", CARLA, key="next")
    carry(bot)
    assert chat.tries == 3
    wind(bot, 60)
    wind(bot, 60)
    assert not bot.courier.away
    assert {*states(bot)} == {"sent"}


@pytest.mark.parametrize("finds", [False, True])
def test_an_alarm_comes_twice_at_most_however_often_its_answer_is_lost(
    bot: Stage, chat: Chat, finds: bool
) -> None:
    """Also while the platform counts as away, and where others are looked for: alarms are not."""
    chat.finds = finds
    chat.plan(*(lost_after() for _each in range(60)))
    for n in range(4):
        put(bot, f"alarm {n}", f"local:@somebody{n}", key=f"a{n}", kind=ParcelKind.ALARM)
    for _each in range(30):
        carry(bot)
        wind(bot, 60)
    copies = Counter(each.parcel for each in chat.standing)
    chat.recover()  # more were planned than came
    assert len(copies) == 4 and max(copies.values()) <= 2, copies


def test_one_message_that_is_never_answered_holds_up_nobody(bot: Stage, chat: Chat) -> None:
    chat.plan(*(Fault(Uncertain("status 500"), place=BEN) for _each in range(3)))
    for n in range(3):
        put(bot, f"poison {n}", BEN, key=f"p{n}")
    put(bot, "hello", CARLA)
    carry(bot)
    wind(bot, 1)
    assert chat.created(CARLA) == ["hello"]


def test_an_alarm_that_got_no_answer_hastens_no_step_while_the_platform_is_away(
    bot: Stage, chat: Chat
) -> None:
    escalate_at(bot, 60)
    chat.away = Uncertain("status 503")
    put(bot, "come", kind=ParcelKind.ALARM, otherwise="next")
    carry(bot)
    for _each in range(30):
        wind(bot, 60)
    assert not escalation_due(bot)
    assert states(bot) == ["pending"]
    chat.away = None
    wind(bot, 40)
    assert len(chat.created(BEN)) == 1 and chat.created(BEN)[0].startswith("come")


def test_other_platforms_go_on(bot: Stage, chat: Chat) -> None:
    slack = Chat()
    bot.courier = Courier(
        bot.database, {"local": chat, "slack": slack}, bot.clock, random.Random(1)
    )
    chat.away = Away("connection refused")
    put(bot, "here", BEN)
    put(bot, "there", "slack:ONE")
    carry(bot)
    put(bot, "there again", "slack:ONE", key="2")
    carry(bot)
    assert slack.created("slack:ONE") == ["there", "there again"]
    assert list(bot.courier.away) == ["local"]


def test_the_newest_state_of_a_card_comes_once(bot: Stage, chat: Chat) -> None:
    chat.away = Away("connection refused")
    for n in range(50):
        put(bot, f"state {n}", ROOM)
        wind(bot, 60)
    chat.away = None
    wind(bot, 60)
    assert [each.text for each in chat.ledger] == ["state 49"]


# --- one alarm for each incident and person ----------------------------------------------


def alarm(bot: Stage, incident: int, step: int, place: str = BEN) -> None:
    """Store an alarm, as escalation does."""
    message = dump(spoken(line(f"INC-{incident} escalates"), "en", "UTC"))
    bot.store(
        lambda tx: outbox.add(
            tx,
            id=bot.new_id(),
            place=PlaceId(place),
            key=f"incident:{incident}:alarm:{step}",
            kind=ParcelKind.ALARM,
            message=message,
            now=bot.clock.now(),
            otherwise=f"incident:{incident}:climb",
        )
    )


def test_of_many_alarms_about_one_incident_the_newest_comes_and_says_how_late(
    bot: Stage, chat: Chat
) -> None:
    chat.away = Away("connection refused")
    for step in range(7):
        alarm(bot, 7, step)
        wind(bot, 3600)
    chat.away = None
    wind(bot, 60)
    [said] = chat.created(BEN)
    assert said.splitlines()[0] == "INC-7 escalates"
    assert "09:00" in said and "16:0" in said, said


def test_many_incidents_come_as_lists_with_a_line_for_each(bot: Stage, chat: Chat) -> None:
    chat.away = Away("connection refused")
    for incident in range(1, 41):
        for step in range(3):
            alarm(bot, incident, step)
    alarm(bot, 1, 3, CARLA)
    wind(bot, 3600)
    chat.away = None
    wind(bot, 60)
    said = chat.created(BEN)
    assert len(said) == -(-40 // LINES)
    for incident in range(1, 41):
        assert sum(f"INC-{incident} escalates" in each for each in said) == 1
    assert len(chat.created(CARLA)) == 1


def test_a_few_stay_messages_of_their_own(bot: Stage, chat: Chat) -> None:
    chat.away = Away("connection refused")
    for incident in range(1, MANY + 1):
        alarm(bot, incident, 0)
    wind(bot, 3600)
    chat.away = None
    wind(bot, 60)
    assert len(chat.created(BEN)) == MANY


def test_a_return_that_fails_says_it_once(bot: Stage, chat: Chat) -> None:
    chat.away = Away("connection refused")
    alarm(bot, 7, 0)
    wind(bot, 3600)
    chat.away = None
    chat.plan(Fault(Away("503")), Fault(Away("503")))
    for _each in range(90):
        wind(bot, 1)
    [said] = chat.created(BEN)
    assert len(said.splitlines()) == 2, said


def test_what_is_not_late_stays_as_it_is(bot: Stage, chat: Chat) -> None:
    chat.away = Away("connection refused")
    alarm(bot, 7, 0)
    carry(bot)
    chat.away = None
    wind(bot, 30)
    assert chat.created(BEN) == ["INC-7 escalates"]


def test_a_dozen_incidents_through_hours_come_back_in_their_newest_state(
    bot: Stage, chat: Chat, anna: Say
) -> None:
    """The small size of `python -m tests.delivery.outage`, over a pretend chat."""
    chat.away = Away("connection refused")
    for n in range(12):
        anna(f"störung Kasse {n} ist tot")
        hours(bot, 0.1)
    hours(bot, 6)
    chat.away = None
    for _second in range(90):  # the next steps of escalation are not looked at
        wind(bot, 1)
    assert {*states(bot)} == {"sent", "cancelled"}
    assert len(chat.created(ROOM)) == 12
    for person in ("@ben", "@carla", "@chris"):
        said = "\n".join(chat.created(f"local:{person}"))
        for n in range(12):
            assert said.count(f"Kasse {n} ist tot") <= 1, (person, n, said)

"""Alarms at a measure: slower and slower, at rest outside work, around who is not reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from handlers.incidents.alarms import steps
from handlers.incidents.alarms.steps import BEGIN, TOP, Due
from handlers.kit import working_hours
from handlers.kit.messages import Call
from handlers.kit.working_hours import WorkingTime
from handlers.privacy import retention
from storage import people, services
from storage.delivery import places, timers
from storage.delivery.places import PlaceKind
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from tests.pretend.stage import MONDAY, Chat, Fault, Say, Stage, answered, impossible

Wind = Callable[..., None]
TEN = timedelta(minutes=10)
OURS = WorkingTime("Europe/Berlin", "DE")
SATURDAY, NEXT = "2026-11-28 10:00", "2026-11-30 06:59"


def alarms_of(bot: Stage, *who: str) -> list[int]:
    """Return how many messages with an alarm each of them has got."""
    return [len([t for t in bot.sees(f"@{each}") if "INC-" in t]) for each in who]


# --- slower and slower -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "gaps"),
    [("normal", [10, 10, 20, 40, 80, 160, 240, 240]), ("serious", [5, 5, 10, 20, 40, 60, 60, 60])],
)
def test_gaps_double_up_to_the_longest(severity: str, gaps: list[int]) -> None:
    limit = TEN if severity == "normal" else TEN / 2
    rounds = steps.ROUNDS[severity]
    found = [steps.gap(level, limit, rounds) for level in (BEGIN, *range(1, 8))]
    assert [each / timedelta(minutes=1) for each in found] == gaps


def test_a_gap_is_never_shorter_than_what_the_service_waits() -> None:
    day = timedelta(minutes=240)
    for level in range(1, 10):
        assert steps.gap(level, day, steps.ROUNDS["normal"]) >= day


def test_rounds_at_the_longest_gap_come_together() -> None:
    rounds, limit = steps.ROUNDS["serious"], TEN / 2
    ours = [Due(6, MONDAY + timedelta(minutes=n)) for n in range(60)]
    later = [steps.following(each, limit, rounds, OURS) for each in ours]
    assert len({each.at for each in later}) <= 3
    for early, late in zip(ours, later, strict=True):
        assert timedelta(minutes=30) < late.at - early.at <= timedelta(minutes=60)
        again = steps.following(late, limit, rounds, OURS)
        assert again.at - late.at == timedelta(minutes=60)


def test_rounds_of_a_normal_incident_wait_for_work() -> None:
    friday = MONDAY.replace(day=27, hour=17, minute=50)
    rounds = steps.ROUNDS["normal"]
    later = steps.following(Due(TOP, friday), TEN, rounds, OURS)
    assert later == Due(BEGIN, MONDAY.replace(day=30, hour=7), rests=True)
    always = WorkingTime("Europe/Berlin", "DE", always=True)
    assert steps.following(Due(TOP, friday), TEN, rounds, always).level == TOP + 1
    serious = steps.ROUNDS["serious"]
    assert steps.following(Due(TOP, friday), TEN, serious, OURS).level == TOP + 1
    assert steps.following(Due(1, friday.replace(hour=20)), TEN, rounds, OURS).level == TOP


def test_outside_working_hours_it_rests_and_the_declarer_hears_it_once(
    bot: Stage, anna: Say, wind: Wind
) -> None:
    wind(to=SATURDAY)
    anna("incident Kasse tot")
    wind(to=NEXT)
    assert alarms_of(bot, "ben", "carla", "chris") == [2, 1, 1]
    told = [each for each in anna.sees() if "the alert rests now" in each]
    assert len(told) == 1
    assert "begins again on Mon 30 Nov, 07:00" in told[0]
    wind(to="2026-11-30 07:00")
    assert alarms_of(bot, "ben", "carla", "chris") == [3, 1, 1]
    assert "Seit Sa. 28. Nov., 10:00 kümmert sich niemand" in bot.sees("@ben")[-1]
    wind(to="2026-12-01 06:00")
    assert len([each for each in anna.sees() if "rests now" in each]) == 1, "once, not each night"


def test_it_is_serious_ends_the_rest_and_begins_at_step_one(
    bot: Stage, anna: Say, wind: Wind
) -> None:
    wind(to=SATURDAY)
    anna("incident Kasse tot")
    wind(minutes=60)
    assert alarms_of(bot, "ben", "carla", "chris") == [2, 1, 1]
    anna.press("It is serious")
    assert alarms_of(bot, "ben", "carla", "chris") == [3, 1, 1]
    wind(minutes=5)
    assert alarms_of(bot, "ben", "carla", "chris") == [4, 2, 1]
    wind(minutes=5)
    assert alarms_of(bot, "ben", "carla", "chris") == [4, 2, 2]


def test_what_becomes_serious_between_two_rounds_does_not_wait_for_hours(
    bot: Stage, anna: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    wind(minutes=161)  # the next round would come after another 160 minutes
    before = alarms_of(bot, "chris")
    anna.press("It is serious")
    wind(minutes=10)
    assert alarms_of(bot, "chris") == [before[0] + 1]


def test_a_serious_one_goes_on_by_day_and_night_and_reaches_every_manager_once(
    bot: Stage, anna: Say, wind: Wind
) -> None:
    bot.store(lambda tx: another_manager(tx, bot))
    wind(to=SATURDAY)
    anna("incident Kasse tot")
    anna.press("It is serious")
    wind(minutes=239)
    assert alarms_of(bot, "dora") == [0]
    wind(minutes=120)
    assert alarms_of(bot, "dora") == [1]
    before = alarms_of(bot, "chris")[0]
    wind(minutes=24 * 60)
    assert alarms_of(bot, "chris")[0] - before == 24, "hourly"
    assert alarms_of(bot, "dora") == [1], "once"


def press(bot: Stage, who: str, word: str, **args: str) -> str:
    """Press a button, also one that stands on another card; return the answer."""
    answer = bot.handle(bot.request(who, call=Call(word, args)))
    bot.carry()
    return answered(answer)


def another_manager(tx: Tx, bot: Stage) -> None:
    people.find_or_create(
        tx,
        "local:dora",
        "Dora",
        id=PersonId("dora"),
        key="key-dora",
        now=bot.clock.now(),
        manager=True,
    )
    places.ensure(tx, PlaceId("local:@dora"), PlaceKind.DIRECT, "Dora", person=PersonId("dora"))


def test_nobody_gets_more_than_eight_alarms_of_a_normal_incident_in_a_day(
    bot: Stage, anna: Say, chris: Say, wind: Wind
) -> None:
    chris("service Kasse")
    chris.press("Edit")
    chris.fill(hours="rund um die Uhr")
    anna("incident Kasse tot")
    for _day in range(3):
        before = alarms_of(bot, "ben", "carla", "chris")
        wind(minutes=24 * 60)
        after = alarms_of(bot, "ben", "carla", "chris")
        assert all(late - early <= 8 for early, late in zip(before, after, strict=True))
    assert all(each > 10 for each in alarms_of(bot, "ben", "carla", "chris")), "it never stops"
    assert not [each for each in anna.sees() if "rests" in each]


def test_older_alarms_of_an_incident_become_one_line(bot: Stage, anna: Say, wind: Wind) -> None:
    anna("incident Kasse tot")
    wind(minutes=80)
    for who in ("ben", "carla", "chris"):
        *older, newest = [each for each in bot.sees(f"@{who}") if "INC-1" in each]
        assert all("\n" not in each for each in older), "one line, no button"
        assert "[" in newest
    edits = len([each for each in bot.chat.ledger if each.kind == "edit"])
    anna("restored 1")
    assert "[" not in "".join(bot.sees("@ben") + bot.sees("@carla") + bot.sees("@chris"))
    direct = [each for each in bot.chat.ledger if each.kind == "edit" and "@" in each.place][edits:]
    assert len(direct) <= 4, "what is one line already is not touched again"


def test_the_declarer_hears_once_that_it_has_escalated_to_the_top(
    bot: Stage, anna: Say, ben: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    wind(minutes=20)
    assert len([each for each in anna.sees() if "Now the managers have been alerted" in each]) == 1
    wind(minutes=300)
    assert len([each for each in anna.sees() if "Now the managers have been alerted" in each]) == 1
    ben("ack 1")
    assert not [each for each in anna.sees() if "Now the managers have been alerted" in each]


# --- the card, and who may see what ------------------------------------------------------


def test_the_card_says_since_when_and_which_roles_and_no_names_or_counts(
    bot: Stage, anna: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    (card,) = bot.sees("stoerungen")
    assert "Wartet: seit Mo. 23. Nov., 09:00; alarmiert: verantwortliche Person\n" in card
    wind(minutes=20)
    (card,) = bot.sees("stoerungen")
    (row,) = [each for each in card.splitlines() if each.startswith("Wartet:")]
    assert row.endswith("alarmiert: verantwortliche Person, Vertretung und Leitung")
    assert not [each for each in ("Ben", "Carla", "Chris") if each in row]
    anna("restored 1")
    assert "Wartet:" not in bot.sees("stoerungen")[0]


def test_single_alarms_are_for_those_who_have_to_do_with_it_and_go_after_ninety_days(
    bot: Stage, anna: Say, ben: Say, chris: Say, wind: Wind
) -> None:
    chris("incident Kasse tot")
    wind(minutes=20)
    assert "Alarm an Ben und Carla" in press(bot, "ben", "history", number="1")
    assert "Alert to" not in press(bot, "anna", "history", number="1")
    assert "Nobody answered; it reached the manager." in press(bot, "anna", "history", number="1")
    ben("behoben 1")
    bot.clock.wind(bot.clock.now() + timedelta(days=91))
    bot.inside(lambda ctx: () if retention.let_go(ctx) else ())
    assert "Alarm an" not in press(bot, "ben", "history", number="1")


def test_somebody_stops_their_own_alarms_for_a_while_but_not_as_the_last(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    anna.press("It is serious")
    wind(minutes=20)
    carla.press("Meine Alarme anhalten")
    assert "geht zu INC-1 kein Alarm an dich" in carla.fill(until="4")
    assert "Alarme angehalten: Vertretung bis Mo. 23. Nov., 13:20" in bot.sees("stoerungen")[0]
    before = alarms_of(bot, "carla", "chris")
    wind(minutes=180)
    assert alarms_of(bot, "carla") == before[:1]
    press(bot, "chris", "alarms pause", number="1", until="8")
    said = press(bot, "ben", "alarms pause", number="1", until="4")
    assert "außer dir niemand mehr alarmiert" in said
    wind(minutes=120)
    assert alarms_of(bot, "carla")[0] > before[0], "it ends by itself"


def test_only_who_is_alarmed_can_pause(bot: Stage, anna: Say) -> None:
    anna("incident Kasse tot")
    said = press(bot, "chris", "alarms pause", number="1", until="4")
    assert said == "No alert of INC-1 goes to you."


# --- many at once ------------------------------------------------------------------------


def test_more_than_three_alarms_within_a_minute_are_one_message(
    bot: Stage, anna: Say, ben: Say
) -> None:
    for n in range(6):
        anna(f"incident Kasse {n} tot")
    bot.wind(minutes=1 / 60)  # a list is written once for what comes within a second
    with_buttons = [each for each in ben.sees() if "[" in each]
    (many,) = with_buttons
    assert all(f"INC-{n} ·" in many for n in range(1, 7))
    assert many.count("[Ich kümmere mich um INC-") == 6
    assert len(ben.sees()) == 4, "three came alone before there were many"
    ben.press("Ich kümmere mich um INC-4")
    assert "[Ich kümmere mich um INC-4]" not in ben.sees()[-1]
    for n in (1, 2, 3, 5, 6):
        ben(f"ack {n}")
    assert "[" not in "".join(ben.sees())


def test_a_list_is_written_once_for_all_that_comes_within_a_second(
    bot: Stage, anna: Say, ben: Say
) -> None:
    """Twenty incidents a second would write twenty lines anew with each of them."""
    for n in range(4):
        anna(f"incident Kasse {n} tot")
    written = len([each for each in bot.chat.ledger if each.place == "local:@ben"])
    for n in range(4, 16):
        anna(f"incident Kasse {n} tot")
    still = [each for each in bot.chat.ledger if each.place == "local:@ben"][written:]
    assert still == []
    bot.wind(minutes=1 / 60)
    edits = [each for each in bot.chat.ledger if each.place == "local:@ben"][written:]
    assert [each.kind for each in edits] == ["edit"]
    assert all(f"INC-{n} ·" in ben.sees()[-1] for n in range(1, 17))
    bot.wind(minutes=1)
    assert (
        bot.rows(
            "select id from timers where kind = 'list' and state = 'pending' and "
            "workspace = :workspace"
        )
        == []
    )


def test_what_is_due_at_once_is_one_list_from_the_start(
    bot: Stage, anna: Say, carla: Say, chris: Say
) -> None:
    bot.carry()
    for n in range(7):
        anna(f"incident Kasse {n} tot")
    bot.sleep_through(minutes=45)
    assert (len(carla.sees()), len(chris.sees())) == (1, 1)
    assert "Lotse did not run from Mon 23 Nov, 09:00 to Mon 23 Nov, 09:45." in chris.sees()[0]
    bot.wind(minutes=60)
    lists = [each for each in chris.sees() if "[" in each]
    assert len(lists) == 1, "the older list is folded"


# --- who cannot be reached ---------------------------------------------------------------


@pytest.fixture
def block(chat: Chat) -> Iterator[Callable[..., None]]:
    """Let nothing reach some people any more, until the test is over."""

    def these(*who: str) -> None:
        for each in who:
            refused = Fault(impossible("user_not_found").raises, place=f"local:@{each}")
            chat.plan(*[refused] * 50)

    yield these
    chat.recover()


def test_the_next_is_told_why_and_keeps_the_full_time(
    bot: Stage, anna: Say, carla: Say, chris: Say, block: Wind, wind: Wind
) -> None:
    block("ben")
    anna("incident Kasse tot")
    bot.carry()
    assert "Ben ist in Lotse nicht erreichbar, darum kommt es zu dir." in carla.sees()[0]
    assert "0 Minuten" not in carla.sees()[0]
    assert "Nicht erreicht: Ben (Lotse)" in bot.sees("stoerungen")[0]
    wind(minutes=9)
    assert alarms_of(bot, "carla", "chris") == [1, 0], "Carla has her ten minutes"
    wind(minutes=1)
    assert alarms_of(bot, "chris") == [1]


def test_one_manager_who_cannot_be_reached_is_no_storm(
    bot: Stage, anna: Say, chat: Chat, block: Wind, wind: Wind
) -> None:
    bot.store(lambda tx: another_manager(tx, bot))
    anna("incident Kasse tot")
    wind(minutes=19)
    block("chris")
    before = len(chat.ledger)
    wind(minutes=2)
    assert len(chat.ledger) - before < 20
    assert alarms_of(bot, "ben", "carla", "dora") == [3, 2, 1], "everybody else who may act, once"
    wind(minutes=17)
    assert alarms_of(bot, "ben", "carla", "dora") == [3, 2, 1], "then it waits its time"


def test_when_nobody_can_be_reached_it_waits_and_asks_again(
    bot: Stage, anna: Say, block: Wind, wind: Wind
) -> None:
    block("ben", "carla", "chris")
    anna("incident Kasse tot")
    wind(minutes=30)
    made = bot.rows("select count(*) as n from timeline where kind = 'alarmed'")[0]["n"]
    assert made < 8
    assert bot.store(lambda tx: timers.find(tx, "incident:1:climb")) is not None
    assert bot.unwatched() == []


def test_somebody_of_a_step_who_was_reached_has_the_full_time(
    bot: Stage, anna: Say, block: Wind, wind: Wind
) -> None:
    """Also when a second copy fails later: it hastened the step again (E46)."""
    anna("incident Kasse tot")
    wind(minutes=9)
    block("ben")
    wind(minutes=5)
    assert alarms_of(bot, "carla", "chris") == [1, 0]
    wind(minutes=6)
    assert alarms_of(bot, "chris") == [1]


def test_at_most_one_jump_a_minute(bot: Stage, anna: Say, block: Wind, wind: Wind) -> None:
    block("ben", "carla")
    anna("incident Kasse tot")
    bot.carry()
    assert alarms_of(bot, "chris") == [0]
    wind(minutes=1)
    assert alarms_of(bot, "chris") == [1]
    assert "Ben cannot be reached" in bot.sees("@chris")[0] or "Carla" in bot.sees("@chris")[0]


def test_who_stands_in_is_alarmed_also_when_the_cover_begins_later(
    bot: Stage, anna: Say, ben: Say, chris: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    ben("vertreten Chris heute bis morgen")
    chris.press("Yes, agreed")
    wind(minutes=10)
    assert len([each for each in bot.sees("@chris") if "INC-1" in each]) == 1
    assert chris("ack 1").startswith("You look after INC-1 now.")


def test_a_service_has_hours_and_the_company_others(
    bot: Stage, anna: Say, chris: Say, wind: Wind
) -> None:
    chris("service Kasse")
    chris.press("Edit")
    chris.fill(hours="Mo–So 6–22")
    assert bot.store(lambda tx: services.find(tx, "kasse").hours) == "Mon–Sun 06:00–22:00"  # type: ignore[union-attr]
    assert working_hours.read("Mon–Sun 06:00–22:00") is not None
    wind(to=SATURDAY)
    anna("incident Kasse tot")
    wind(minutes=40)
    assert alarms_of(bot, "chris") == [2], "Saturday is working time there"

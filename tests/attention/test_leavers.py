"""What was to be told to somebody who left: theirs alone ends or moves, what others hear stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.attention import matters
from handlers.attention.commands import forget_matters
from handlers.kit.commands import call as called
from handlers.kit.messages import Button, line
from handlers.settings import managers
from storage import people
from storage.engine import Tx
from storage.engine.ids import PersonId
from tests.mandate.test_mandate import do
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import BERLIN, Say, Stage

MORNING = datetime(2026, 11, 23, 10, tzinfo=BERLIN)  # a Monday


def note(bot: Stage, person: str, key: str, words: str, *, survey: bool = False) -> None:
    button = Button("Yes", called("status"))
    bot.inside(lambda ctx: matters.note(ctx, PersonId(person), key, words, button, survey=survey))


def states(bot: Stage, key: str) -> dict[str, str]:
    rows = bot.rows("select person, key, state from matters where workspace = :workspace")
    return {row["person"]: row["state"] for row in rows if row["key"] == key}


def test_a_tap_that_several_are_asked_for_ends_with_the_leaver_alone(
    ben: Say, carla: Say, bot: Stage
) -> None:
    bot.wind(to=MORNING)
    for person in ("ben", "carla", "anna"):
        note(bot, person, "relief:x:2026-W48", "Relief?", survey=True)
    leaves(bot, PersonId("ben"))
    assert states(bot, "relief:x:2026-W48") == {"ben": "settled", "carla": "open", "anna": "open"}
    bot.wind(to=datetime(2026, 11, 24, 12, tzinfo=BERLIN))
    assert "Relief?" in carla.sees()[-1]


def test_what_two_were_to_hear_ends_with_the_leaver_and_is_told_once(
    ben: Say, chris: Say, bot: Stage
) -> None:
    bot.wind(to=MORNING)
    for person in ("ben", "chris"):
        note(bot, person, "quiet:1", f"It is quiet, {person}.")
    leaves(bot, PersonId("ben"))
    assert states(bot, "quiet:1") == {"ben": "settled", "chris": "open"}
    bot.wind(to=datetime(2026, 11, 24, 12, tzinfo=BERLIN))
    assert sum("It is quiet" in each for each in chris.sees()) == 1


NIGHT = datetime(2026, 11, 28, 22, tzinfo=BERLIN)  # a Saturday
AFTER = datetime(2026, 12, 1, 12, tzinfo=BERLIN)


def ask(bot: Stage, person: str, key: str, words: str) -> None:
    message = line(words, Button("Answer", called("status")))
    bot.inside(lambda ctx: matters.ask(ctx, PersonId(person), key, message))


def test_a_question_that_waits_for_work_comes_to_the_heir_as_a_question(
    chris: Say, bot: Stage
) -> None:
    bot.wind(to=NIGHT)
    ask(bot, "ben", "q", "Is this needed?")
    leaves(bot, PersonId("ben"))
    assert not any("Is this needed?" in each for each in chris.sees()), "it is night"
    bot.wind(to=AFTER)
    assert sum("Is this needed?" in each for each in chris.sees()) == 1


def test_a_question_that_moves_is_asked_again_at_the_start_of_work(
    chris: Say, ben: Say, bot: Stage
) -> None:
    bot.wind(to=NIGHT)
    ask(bot, "ben", "q", "Is this needed?")
    bot.inside(lambda ctx: matters.move(ctx, "q", PersonId("chris")))
    bot.wind(to=AFTER)
    assert any("Is this needed?" in each for each in chris.sees()) and ben.sees() == []


def test_each_manager_has_a_question_under_their_own_key_once(chris: Say, bot: Stage) -> None:
    bot.wind(to=NIGHT)
    for person in ("ben", "chris"):
        ask(bot, person, f"correction:1:{person}", "Something is wrong.")
    leaves(bot, PersonId("ben"))
    bot.wind(to=AFTER)
    assert sum("Something is wrong." in each for each in chris.sees()) == 1


def test_to_manage_lotse_is_nothing_that_somebody_else_can_be_asked(chris: Say, bot: Stage) -> None:
    bot.wind(to=NIGHT)
    do(chris, "settings manager", person="ben")
    leaves(bot, PersonId("ben"))
    bot.wind(to=AFTER)
    assert not any("gebeten" in each or "asked you" in each for each in chris.sees())


def test_an_action_that_a_leaver_was_asked_for_is_nobodys_until_named_anew(
    chris: Say, anna: Say, bot: Stage
) -> None:
    bot.wind(to=NIGHT)
    do(chris, "mandate action", item="Leitfaden schreiben", who="ben", due="2026-12-10")
    leaves(bot, PersonId("ben"))
    bot.wind(to=AFTER)
    told = [each for each in chris.sees() if "Nobody does this yet: Leitfaden" in each]
    assert len(told) == 1 and "[Yes, I will]" not in told[0]
    chris.press(calls="mandate action change")
    chris.fill(who="anna", item="Leitfaden schreiben", due="2026-12-10", carry=True)
    assert "Leitfaden" in anna.sees()[-1]
    assert not any("Nobody does this yet" in each for each in chris.sees()), "it is over"


def test_what_waited_while_nobody_managed_comes_to_who_takes_it_on(carla: Say, bot: Stage) -> None:
    bot.wind(to=NIGHT)
    note(bot, "chris", "k", "K is important.")
    ask(bot, "chris", "q", "Is this needed?")
    leaves(bot, PersonId("chris"))
    bot.wind(to=AFTER)
    assert not any("K is important" in each for each in carla.sees())
    carla.press(calls="settings begin")
    bot.wind(to=datetime(2026, 12, 3, 12, tzinfo=BERLIN))
    for words in ("K is important", "Is this needed?"):
        assert sum(words in each for each in carla.sees()) == 1


def test_a_manager_named_by_the_operator_gets_what_waited(carla: Say, bot: Stage) -> None:
    bot.wind(to=NIGHT)
    note(bot, "chris", "k", "K is important.")
    leaves(bot, PersonId("chris"))

    def name(tx: Tx) -> None:
        people.set_manager(tx, PersonId("carla"))
        managers.notice(tx, PersonId("carla"), id="named", now=bot.clock.now())

    bot.store(name)
    bot.wind(to=AFTER)
    assert sum("K is important" in each for each in carla.sees()) == 1


def test_somebody_who_is_back_hears_what_waited(chris: Say, bot: Stage) -> None:
    bot.wind(to=NIGHT)
    note(bot, "chris", "k", "K is important.")
    ask(bot, "chris", "q", "Is this needed?")
    leaves(bot, PersonId("chris"))
    bot.wind(to=AFTER)
    leaves(bot, PersonId("chris"), active=True)
    bot.wind(to=datetime(2026, 12, 3, 12, tzinfo=BERLIN))
    for words in ("K is important", "Is this needed?"):
        assert sum(words in each for each in chris.sees()) == 1


def test_what_waits_with_somebody_who_left_is_deleted_past_its_days(bot: Stage) -> None:
    bot.wind(to=NIGHT)
    note(bot, "chris", "k", "K is important.")
    note(bot, "carla", "c", "C is important.")
    leaves(bot, PersonId("chris"))
    later = bot.clock.now() + timedelta(days=1)
    bot.inside(lambda ctx: (forget_matters(ctx, later), ())[1])
    assert states(bot, "k") == {} and states(bot, "c") == {"carla": "open"}

"""Covers: somebody stands in, once the other side has confirmed, and it ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.delivery.scheduler import clean
from storage.engine.ids import PersonId
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]


def test_a_cover_is_on_duty_from_its_confirmation_to_its_end(
    anna: Say, ben: Say, chris: Say, carla: Say, wind: Wind
) -> None:
    assert ben("vertreten Anna 24.11.–26.11.").splitlines()[0] == (
        "Ich frage Anna nach einer Vertretung für dich von Di. 24. Nov. bis "
        "Do. 26. Nov. Bis zur Zusage ändert sich nichts."
    )
    assert anna.sees()[-1].splitlines()[0] == (
        "Will you stand in for Ben from Tue 24 Nov to Thu 26 Nov?"
    )
    wind(to="2026-11-24 09:00")
    assert chris("who kasse").endswith("Alerted first now: Ben.")  # not confirmed: nothing happens
    assert "Will you stand in for Ben" in anna("status")
    assert anna.press("Yes, agreed") == (
        "Agreed: Anna stands in for Ben from Tue 24 Nov to Thu 26 Nov."
    )
    assert ben.sees()[-1].startswith("Abgemacht: Anna vertritt Ben von Di. 24. Nov.")
    assert chris("who kasse") == (
        "Kasse: Ben is accountable, Carla is deputy. Alerted first now: Anna, "
        "standing in for Ben until Thu 26 Nov."
    )
    chris("incident Kasse tot")
    assert anna.sees()[-1].startswith("INC-1 · Kasse tot\nKasse: Ben is away.")
    wind(minutes=10)
    assert any(each.startswith("INC-1") for each in carla.sees())
    anna("ack")
    anna("restored")
    wind(to="2026-11-26 23:59")
    assert "Alerted first now: Anna" in chris("who kasse")
    wind(to="2026-11-27 00:00")
    assert chris("who kasse").endswith("Alerted first now: Ben.")


def test_it_begins_on_its_first_day(anna: Say, ben: Say, chris: Say, wind: Wind) -> None:
    ben("vertreten Anna von Mittwoch bis Freitag")
    anna.press("Yes, agreed")
    assert chris("who kasse").endswith("Alerted first now: Ben.")
    wind(to="2026-11-25 00:00")
    assert "Alerted first now: Anna" in chris("who kasse")


def test_the_other_way_round(anna: Say, ben: Say, chris: Say) -> None:
    anna("cover Ben today to tomorrow")
    assert ben.sees()[-1].startswith("Vertrittst du Anna von Mo. 23. Nov. bis Di. 24. Nov.?")
    assert "whether you stand in from" in anna.press("No, I stand in for Ben")
    assert ben.sees()[-1].startswith("Soll Anna dich von ")
    ben.press("Ja, einverstanden")
    assert "Alerted first now: Anna" in chris("who kasse")


def test_whoever_cannot_says_so_and_the_other_side_hears_it(
    anna: Say, ben: Say, chris: Say
) -> None:
    ben("vertreten Anna heute bis morgen")
    assert anna.press("No, I cannot") == (
        "Declined: Anna does not stand in for Ben from Mon 23 Nov to Tue 24 Nov."
    )
    assert ben.sees()[-1] == (
        "Abgesagt: Anna vertritt Ben von Mo. 23. Nov. bis Di. 24. Nov. nicht."
    )
    assert "stand in" not in anna("status")
    assert chris("who kasse").endswith("Alerted first now: Ben.")
    assert not any("[Yes, agreed]" in each for each in anna.sees())


def test_a_day_that_is_missing_is_to_be_chosen(ben: Say) -> None:
    ben("vertreten Anna")
    assert ben.fill(until="2026-11-24") == "Bitte wähle hier etwas aus."


def test_either_side_ends_it(anna: Say, ben: Say, chris: Say) -> None:
    ben("vertreten Anna heute bis morgen")
    anna.press("Yes, agreed")
    assert anna.press("End it") == "Anna does not stand in for Ben any more."
    assert chris("who kasse").endswith("Alerted first now: Ben.")
    assert any("vertritt Ben nicht mehr" in each for each in ben.sees())


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("vertreten Ben heute bis morgen", "Bitte wähle eine andere Person."),
        ("vertreten Anna 26.11. bis 24.11.", "Der letzte Tag liegt vor dem ersten."),
        ("vertreten Anna 1.1.2026 bis 3.1.2026", "Das ist schon vorbei."),
        ("vertreten Anna 1.12.2026 bis 3.12.2028", "Das ist mehr als ein Jahr"),
    ],
)
def test_what_makes_no_sense_is_refused(ben: Say, typed: str, said: str) -> None:
    assert ben(typed).startswith(said)


@pytest.mark.parametrize(
    "typed",
    ["cover Carla 24.11.–26.11.", "cover Carla 24.11.-26.11.", "cover Carla 24 Nov to 26 Nov",
     "cover Carla from Tuesday to Thursday", "cover Carla 2026-11-24 - 2026-11-26",
     "cover Carla 2026-11-24 2026-11-26", "vertreten Carla 24. November bis 26. November",
     "cover @Carla Nov 24 until Nov 26", "vertreten Carla vom 24.11. bis zum 26.11."],
)  # fmt: skip
def test_days_are_typed_in_many_ways(anna: Say, typed: str) -> None:
    assert "from Tue 24 Nov to Thu 26 Nov" in anna(typed)


def test_two_do_not_stand_in_for_one_at_the_same_time(
    anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    ben("vertreten Anna heute bis Freitag")
    ben("vertreten Chris morgen bis Donnerstag")
    anna.press("Yes, agreed")
    assert chris.press("Yes, agreed").startswith("Anna stands in for Ben")
    assert ben("vertreten Carla morgen bis morgen").startswith("Anna vertritt Ben von")


def test_only_the_other_side_confirms(anna: Say, ben: Say, carla: Say, bot: Stage) -> None:
    ben("vertreten Anna heute bis morgen")
    call = next(b.button.call for b in anna.buttons() if b.button.call.word == "cover confirm")
    for who in ("ben", "carla"):
        assert bot.handle(bot.request(who, call=call)).outcome == "refused"
    assert bot.handle(bot.request("anna", call=call)).outcome == "done"


def test_who_stands_in_and_leaves_gives_the_duty_back(
    anna: Say, ben: Say, chris: Say, bot: Stage
) -> None:
    ben("vertreten Anna heute bis Freitag")
    anna.press("Yes, agreed")
    leaves(bot, PersonId("anna"))
    assert chris("who kasse").endswith("Alerted first now: Ben.")


def test_whoever_is_away_stands_in_for_nobody(ben: Say, carla: Say) -> None:
    ben("vertreten Carla heute bis Freitag")
    carla.press("Ja, einverstanden")
    said = carla("vertreten Ben morgen bis Donnerstag")
    assert said.startswith("Ben ist von Mo. 23. Nov. bis Fr. 27. Nov. selbst nicht da.")


def test_two_who_stand_in_for_each_other_are_no_endless_circle(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    """It is refused; an earlier version, or two at once, may have left one."""
    ben("vertreten Carla heute bis Freitag")
    carla.press("Ja, einverstanden")
    kept = "asked_by, starts_at, ends_at, state"
    bot.store(
        lambda tx: tx.run(
            f"""
            insert into covers (workspace, id, person, cover, {kept})
            select workspace, 'ring', cover, person, {kept} from covers
            where workspace = :workspace
            """
        )
    )
    assert "Alerted first now: Carla" in chris("who kasse")


def test_a_cover_may_do_what_the_covered_person_may(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    carla("störung Kasse tot")  # Ben is alarmed before Anna stands in
    ben("vertreten Anna heute bis Freitag")
    anna.press("Yes, agreed")
    assert anna("ack 1").startswith("You look after INC-1 now.")


def test_covers_are_not_kept(anna: Say, ben: Say, bot: Stage) -> None:
    ben("vertreten Anna heute bis morgen")
    anna.press("Yes, agreed")
    kept = "select count(*) as n from covers where workspace = :workspace"
    bot.database.transact(lambda tx: clean(tx, bot.clock.now() + timedelta(days=31)))
    assert bot.rows(kept) == [{"n": 1}]
    bot.database.transact(lambda tx: clean(tx, bot.clock.now() + timedelta(days=33)))
    assert bot.rows(kept) == [{"n": 0}]


# --- who stands in hears what is for whoever is away ---------------------------------------


def test_reminders_go_to_who_stands_in_and_so_do_status_and_the_list(
    anna: Say, ben: Say, chris: Say, wind: Wind
) -> None:
    anna("incident Kasse tot")
    ben("behoben 1")
    anna("incident Kasse noch einmal tot")
    ben("ack 2")
    ben("vertreten Chris heute bis 31.12.")
    chris.press("Yes, agreed")
    assert "Ben (away; Chris stands in)" in chris("service")
    said = chris("status")
    assert "INC-1" in said and "INC-2" in said
    assert "Chris vertritt" not in said
    before = len(ben.sees())
    wind(to="2026-11-23 10:01")  # the promised news
    assert "INC-2 · Kasse noch einmal tot" in chris.sees()[-1]
    wind(to="2026-11-26 09:00")
    assert "To finish: INC-1 · Kasse tot; 7 of 7 points are open." in chris.sees()[-1]
    assert len(ben.sees()) == before
    assert chris("done 1").startswith("INC-1"), "and may do what they are reminded of"


def test_nobody_is_reminded_on_closing_days_or_at_night(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    chris("settings")
    chris.press("Change working time")
    chris.fill(times="10-16", closed="26.11.2026–27.11.2026")
    anna("incident Kasse tot")
    ben("behoben 1")
    before = len(ben.sees())
    wind(to="2026-11-30 09:59")
    assert len(ben.sees()) == before
    wind(to="2026-11-30 10:00")
    assert len(ben.sees()) == before + 1


def test_what_fell_due_while_lotse_did_not_run_waits_for_work(
    anna: Say, ben: Say, bot: Stage, wind: Wind
) -> None:
    anna("incident Kasse tot")
    ben("behoben 1")
    before = len(ben.sees())
    wind(to="2026-11-26 08:00")
    bot.sleep_through(to="2026-11-26 20:00")
    assert len(ben.sees()) == before, "not at eight in the evening"
    wind(to="2026-11-27 09:00")
    assert len(ben.sees()) == before + 1


# --- who stands in leaves ------------------------------------------------------------------

GONE = "Ben ist nicht mehr aktiv, deshalb vertritt dich"
STATES = "select state from covers where workspace = :workspace order by starts_at, id"


def test_who_stands_in_and_leaves_is_told_of_once_and_stands_on_the_managers_card(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    carla("vertreten Ben 1.12.2026 bis 4.12.2026")
    ben.press("Ja, einverstanden")
    wind(to="2026-11-28 12:00")
    leaves(bot, PersonId("ben"))
    assert bot.rows(STATES) == [{"state": "ended"}]
    assert not [each for each in carla.sees() if GONE in each], "it is Saturday"
    wind(to="2026-11-30 07:00")
    told = [each for each in carla.sees() if GONE in each]
    assert len(told) == 1
    assert "von Di. 1. Dez. bis Fr. 4. Dez. niemand. Bitte frag jemand anderen." in told[0]
    (card,) = (each for each in chris.sees() if each.startswith("No longer active: Ben."))
    assert "Nobody stands in any more from Tue 1 Dec to Fri 4 Dec: Carla" in card
    assert "Somebody stands in for all of it" not in card
    leaves(bot, PersonId("ben"))
    assert len([each for each in carla.sees() if GONE in each]) == 1

    carla.press("Jemand anderen fragen")
    carla.fill(person="anna")  # the days are in the form already
    assert anna.sees()[-1].startswith("Will you stand in for Carla from Tue 1 Dec to Fri 4 Dec?")
    (card,) = (each for each in chris.sees() if each.startswith("No longer active: Ben."))
    assert "Nobody stands in any more" not in card
    anna.press("Yes, agreed")
    assert {each["state"] for each in bot.rows(STATES)} == {"ended", "confirmed"}


def test_a_running_cover_and_a_question_end_with_who_leaves(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    ben("vertreten Anna heute bis Freitag")
    anna.press("Yes, agreed")
    carla("vertreten Anna morgen bis morgen")  # Anna has not answered
    leaves(bot, PersonId("anna"))
    assert {each["state"] for each in bot.rows(STATES)} == {"ended"}
    for say in (ben, carla):
        assert len([each for each in say.sees() if "Anna ist nicht mehr aktiv" in each]) == 1
    (card,) = (each for each in chris.sees() if each.startswith("No longer active: Anna."))
    assert "Nobody stands in any more from Mon 23 Nov to Fri 27 Nov: Ben" in card
    assert "Carla" not in card, "who has not agreed was to stand in for nobody"


def test_what_was_ended_or_is_over_is_nobodys_business(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    ben("vertreten Anna 1.12.2026 bis 4.12.2026")
    anna.press("Yes, agreed")
    anna.press("End it")
    carla("vertreten Anna heute bis morgen")
    anna.press("Yes, agreed")
    wind(to="2026-11-26 09:00")
    leaves(bot, PersonId("anna"))
    assert not [each for each in chris.sees() if each.startswith("No longer active")]
    assert not [each for each in (*ben.sees(), *carla.sees()) if "nicht mehr aktiv" in each]


def test_who_is_back_does_not_stand_in_again_unasked(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    ben("vertreten Anna heute bis Freitag")
    anna.press("Yes, agreed")
    leaves(bot, PersonId("anna"))
    leaves(bot, PersonId("anna"), active=True)
    assert chris("who kasse").endswith("Alerted first now: Ben.")
    wind(minutes=30)
    leaves(bot, PersonId("anna"))
    assert len([each for each in ben.sees() if "Anna ist nicht mehr aktiv" in each]) == 1
    assert len([e for e in chris.sees() if "Nobody stands in any more" in e]) == 0


def test_who_counted_on_somebody_hears_that_they_are_back_and_asks_again(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    ben("vertreten Anna 1.12.2026 bis 4.12.2026")
    anna.press("Yes, agreed")
    wind(to="2026-11-28 12:00")  # a Saturday
    leaves(bot, PersonId("anna"))
    leaves(bot, PersonId("anna"), active=True)
    wind(to="2026-11-30 07:00")
    assert not [each for each in ben.sees() if "Anna ist nicht mehr aktiv" in each], "it is over"
    (told,) = (each for each in ben.sees() if "Anna ist wieder da." in each)
    assert "von Di. 1. Dez. bis Fr. 4. Dez." in told
    assert bot.rows(STATES) == [{"state": "ended"}]
    ben.press("Noch einmal fragen")
    ben.fill()  # person and days are in the form already
    anna.press("Yes, agreed")
    assert {each["state"] for each in bot.rows(STATES)} == {"ended", "confirmed"}


def test_nobody_hears_of_who_is_back_where_somebody_else_was_asked(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    ben("vertreten Anna heute bis Freitag")
    anna.press("Yes, agreed")
    leaves(bot, PersonId("anna"))
    ben("vertreten Carla heute bis Freitag")
    leaves(bot, PersonId("anna"), active=True)
    assert not [each for each in ben.sees() if "wieder da" in each]


def test_handing_everything_over_asks_the_new_one_to_stand_in(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    ben("vertreten Anna heute bis Freitag")
    anna.press("Yes, agreed")
    leaves(bot, PersonId("anna"))
    chris.press("Hand everything over")
    chris.fill(to="carla")
    carla.press("Ich übernehme das")
    assert any("Vertrittst du Ben von Mo. 23. Nov. bis Fr. 27. Nov.?" in e for e in carla.sees())
    (card,) = (each for each in chris.sees() if each.startswith("No longer active: Anna."))
    assert "All of it has somebody new." in card
    carla.press("Ja, einverstanden")
    assert "Alerted first now: Carla" in chris("who kasse")


@pytest.mark.parametrize(
    ("typed", "day"),
    [("vertreten Carla 31.02. bis 3.3.", "31.02."), ("vertreten Carla 1.2. bis 31.2.", "31.2.")],
)
def test_a_day_that_no_calendar_has_is_called_so(
    bot: Stage, carla: Say, ben: Say, typed: str, day: str
) -> None:
    assert ben(typed).startswith(f"Einen {day} gibt es nicht.")
    assert bot.rows("select id from covers where workspace = :workspace") == []


def test_a_name_that_nobody_has_brings_those_that_begin_like_it(
    bot: Stage, carla: Say, ben: Say
) -> None:
    said = ben("vertreten cleo morgen bis Freitag")
    assert said.startswith("Ich kenne hier niemanden namens „cleo“.")
    assert "[Carla]" in said

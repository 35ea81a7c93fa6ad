"""Repeats, as conversations: what looks alike, what people say about it, and what counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.delivery.clock import HandClock
from bot.delivery.requests import Request
from handlers.incidents import recurrence, triage
from handlers.kit.messages import Call
from handlers.similarity import Match, find_similar
from storage.engine import Tx
from storage.engine.ids import ServiceId
from tests.pretend.stage import BERLIN, Say, Stage, answered

TITLES = ("Etikettendrucker offline", "Etikettendrucker wieder offline", "label printer offline")


def declared(bot: Stage, anna: Say, *titles: str) -> None:
    """Declare incidents, one a day, each working again at once."""
    chris = Say(bot, "chris")
    for title in titles:
        number = anna(f"incident {title}").split()[0].removeprefix("INC-")
        chris(f"restored {number}")
        bot.wind(minutes=24 * 60)


def states(bot: Stage) -> list[str]:
    rows = bot.rows("select state from problems where workspace = :workspace order by number")
    return [row["state"] for row in rows]


def test_a_service_that_only_its_meaning_tells_is_asked_about_too(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline, Versand steht")
    anna("incident label printer is offline again, nothing prints")
    assert "Dienst: Etikettendrucker" in ben.sees()[-1]
    assert "Sieht aus wie INC-1 „Etikettendrucker offline, Versand steht“" in ben.sees()[-1]


def test_what_is_over_asks_no_more(bot: Stage, anna: Say, ben: Say, chris: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker offline")
    chris("restored 2")
    assert "Sieht aus wie INC-1" in bot.sees("stoerungen")[-1]
    values = {"number": "2", "kind": "false_alarm", "reason": "Nobody had switched it on"}
    bot.handle(bot.request("ben", call=Call("close as", values), submitted=True))
    bot.carry()
    assert "Fehlalarm" in bot.sees("stoerungen")[-1]
    assert "Sieht aus wie" not in bot.sees("stoerungen")[-1]


def unlike(who: Say, later: int, earlier: int) -> str:
    """Press the button of a pair, wherever it once stood."""
    call = Call("unlike", {"number": str(later), "earlier": str(earlier)})
    answer = who.stage.handle(who.stage.request(who.id, call=call))
    who.stage.carry()
    return answered(answer)


# --- what is shown -----------------------------------------------------------------------


def test_the_alarm_the_card_and_the_answer_show_what_it_looks_like_and_why(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker ist wieder offline")
    said = (
        "Sieht aus wie INC-1 „Etikettendrucker offline“ vom Mo. 23. Nov.: gleicher Dienst, "
        "ähnliche Wörter: Etikettendrucker und offline.\n[Dasselbe]\n[Nicht dasselbe]"
    )
    assert said in ben.sees()[-1]
    assert said in bot.sees("stoerungen")[-1]
    assert said in ben("ack 2")


def test_asking_makes_no_post_of_its_own(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    before = len(ben.sees()), len(bot.sees("stoerungen"))
    anna("incident Etikettendrucker ist wieder offline")
    ben.press("Dasselbe")
    assert (len(ben.sees()), len(bot.sees("stoerungen"))) == (before[0] + 1, before[1] + 1)


def test_an_answered_question_is_gone_everywhere(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker ist wieder offline")
    ben.press("Dasselbe", at="@ben")
    assert "Sieht aus" not in ben.sees()[-1]
    assert "Sieht aus" not in bot.sees("stoerungen")[-1]
    assert "Wiederholung: Nr. 2 in 30 Tagen" in bot.sees("stoerungen")[-1]
    assert "Sieht aus" not in ben("ack 2")


def test_an_unlike_title_asks_nothing(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Kasse druckt keinen Bon")
    assert "Sieht aus" not in bot.sees("stoerungen")[-1]


def test_what_was_closed_as_something_else_is_asked_about_no_more(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker ist wieder offline")
    assert "Sieht aus wie INC-1" in bot.sees("stoerungen")[-1]
    values = {"number": "2", "kind": "false_alarm", "target": "", "reason": "Stecker war gezogen"}
    bot.handle(bot.request("ben", call=Call("close as", values), submitted=True))
    bot.carry()
    assert "Sieht aus" not in bot.sees("stoerungen")[-1]
    assert "dasselbe" not in ben("stand")
    ben("wiederöffnen 2 Druckt noch immer nicht")
    assert "Sieht aus wie INC-1" in bot.sees("stoerungen")[-1]


def test_of_a_group_only_one_is_proposed(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline", "Etikettendrucker offline")
    ben("wiederholung 2 von 1")
    anna("incident Etikettendrucker offline")
    assert "Sieht aus wie INC-2" in bot.sees("stoerungen")[-1]
    ben.press("Nicht dasselbe", at="stoerungen")
    assert "Sieht aus" not in bot.sees("stoerungen")[-1]


def test_the_next_likely_one_comes_up_after_a_no(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline", "Etikettendrucker offline, Lager")
    unlike(ben, 2, 1)
    anna("incident Etikettendrucker offline")
    assert "Sieht aus wie INC-1" in bot.sees("stoerungen")[-1]
    answer = ben.press("Nicht dasselbe", at="stoerungen")
    assert answer.startswith("INC-3 und INC-1 sind nicht dasselbe.")
    assert "Sieht aus wie" not in answer
    assert "Sieht aus wie INC-2" in bot.sees("stoerungen")[-1]


def test_a_no_is_not_followed_by_a_guess_about_the_same_two_things(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline", "Etikettendrucker schon wieder offline")
    anna("incident Etikettendrucker offline, rote Lampe")
    answer = ben.press("Nicht dasselbe", at="stoerungen")
    assert answer.endswith("Danach frage ich nicht noch einmal.")
    assert "Sieht aus wie" not in bot.sees("stoerungen")[-1]


def test_the_same_device_with_other_trouble_is_a_link_and_no_question(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker 3 offline")
    anna("incident Etikettendrucker 3 druckt schief")
    card = bot.sees("stoerungen")[-1]
    assert "Gleiches Gerät: INC-1 „Etikettendrucker 3 offline“ vom Mo. 23. Nov.\n[INC-1]" in card
    assert "[Dasselbe]" not in card
    assert "Dasselbe" not in ben("status")


def test_reasons_name_only_words_that_both_have(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident label printer is offline")
    assert "ähnliche Wörter: offline.\n" in bot.sees("stoerungen")[-1]


def test_a_service_that_nobody_recognised_then_or_now_is_asked_about_too(
    bot: Stage, anna: Say, chris: Say
) -> None:
    declared(bot, anna, "Im Keller steht Wasser an der Pumpe")
    anna("incident Wasser im Keller, Pumpe steht")
    assert "Looks like INC-1" in chris.sees()[-1]


def test_nothing_more_is_asked_once_it_is_the_same_as_something(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline", "Etikettendrucker offline, Lager")
    anna("incident Etikettendrucker offline")
    ben.press("Dasselbe", at="stoerungen")
    assert "Sieht aus" not in bot.sees("stoerungen")[-1]


def test_not_the_same_is_never_asked_again_but_can_be_said_otherwise(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker offline")
    ben.press("Nicht dasselbe", at="stoerungen")
    assert "Sieht aus" not in bot.sees("stoerungen")[-1]
    assert carla("wiederholung 2 von 1").startswith("INC-2 und INC-1 sind dasselbe.")


def test_moving_it_to_another_service_looks_again(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker offline")
    assert "gleicher Dienst, ähnliche Wörter: " in bot.sees("stoerungen")[-1]
    anna.press("Change service", about="INC-2")
    anna.fill(service="webshop")
    assert "Mo. 23. Nov.: ähnliche Wörter: " in bot.sees("stoerungen")[-1]
    ben("wiederholung 2 von 1")
    assert "Nr. 2 in 30 Tagen" in bot.sees("stoerungen")[-1]


def test_status_asks_the_responsible_person_what_is_undecided(
    bot: Stage, anna: Say, ben: Say, carla: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline", "Etikettendrucker offline")
    assert (
        "INC-2 · Etikettendrucker offline: Ist es dasselbe wie INC-1 „Etikettendrucker offline“?"
        in ben("stand")
    )
    ben.press("Dasselbe")
    assert "dasselbe" not in ben("stand")
    assert "dasselbe" not in carla("stand")


# --- what is said ------------------------------------------------------------------------


def test_both_languages_and_either_order_are_read(bot: Stage, anna: Say, chris: Say) -> None:
    declared(bot, anna, *TITLES)
    ben = Say(bot, "ben")
    assert ben("wiederholung 1 von 2").startswith("INC-2 und INC-1 sind dasselbe.")
    assert chris("repeat INC-3 of #2").startswith("INC-3 and INC-2 are the same thing.")
    assert chris("repeat 3 of 1").startswith("INC-3 and INC-1 are known to be the same thing.")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("repeat 1 of 1", "INC-1 cannot be a repeat of itself. Which other one is it?"),
        ("repeat 2 of 99", "There is no incident INC-99."),
        ("repeat 2 of 3", "INC-3 was withdrawn. Please name another incident."),
    ],
)
def test_what_makes_no_sense_is_refused_kindly(
    bot: Stage, anna: Say, chris: Say, typed: str, answer: str
) -> None:
    declared(bot, anna, *TITLES[:2])
    anna("incident Kasse tot")
    anna.press("Undo")
    assert chris(typed).splitlines()[0] == answer


def test_who_is_not_concerned_does_not_decide(bot: Stage, anna: Say) -> None:
    declared(bot, anna, *TITLES[:2])
    assert anna("repeat 2 of 1") == "For INC-2 somebody else decides. Please ask Ben or Carla."
    assert (
        anna.press("Dasselbe", at="stoerungen")
        == "For INC-2 somebody else decides. Please ask Ben or Carla."
    )


def test_what_merely_begins_like_it_is_an_incident(bot: Stage, anna: Say) -> None:
    assert "is declared" in anna("incident repeat of the outage in Köln")
    assert "is declared" in anna("incident wiederholung der Ansage hängt")


def test_without_the_other_number_it_shows_what_it_may_be(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline", "Kasse tot", "Etikettendrucker offline")
    answer = ben("wiederholung 3")
    assert answer.startswith("Welche frühere Störung war dasselbe wie INC-3?")
    assert "[Doppelt, wie INC-1]" in answer
    assert ben.press("Doppelt, wie INC-1").startswith("INC-3 und INC-1 sind dasselbe.")
    assert "wiederholung 2 von 3" in ben("wiederholung 2")


def test_chains_become_one_group(bot: Stage, anna: Say, ben: Say, chris: Say) -> None:
    chris("settings")
    assert "How often: 3\nHow often when serious: 2\n" in chris.press("Repeats")
    chris.fill(often="9", serious="9", days="30", quiet="14", calm="7")
    declared(bot, anna, *["Etikettendrucker offline"] * 4)
    ben("wiederholung 2 von 1")
    ben("wiederholung 4 von 3")
    ben("wiederholung 3 von 2")
    roots = bot.rows("select distinct root from repeats where workspace = :workspace")
    assert roots == [{"root": 1}]
    assert "Das sind 4 in 30 Tagen" not in ben("wiederholung 4 von 1")
    assert "Nr. 4 in 30 Tagen" in bot.sees("stoerungen")[-1]


def test_a_group_can_be_taken_apart_again(bot: Stage, anna: Say, ben: Say, chris: Say) -> None:
    chris("settings")
    chris.press("Repeats")
    chris.fill(often="9", serious="9", days="30", quiet="14", calm="7")
    declared(bot, anna, *["Etikettendrucker offline"] * 4)
    for pair in ("2 von 1", "3 von 2", "4 von 3"):
        ben(f"wiederholung {pair}")
    assert unlike(ben, 4, 1).startswith("Beide hängen über INC-2 und INC-3 zusammen.")
    assert unlike(ben, 3, 2).startswith("INC-3 und INC-2 sind nicht dasselbe.")
    rows = bot.rows("select incident, root from repeats where workspace = :workspace order by 1")
    assert [row["root"] for row in rows] == [1, 1, 3, 3]


# --- when a problem opens ----------------------------------------------------------------


def test_the_third_in_thirty_days_opens_exactly_one_problem(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, *TITLES)
    assert "Ab 3 wird daraus ein Problem" in ben("wiederholung 2 von 1")
    assert states(bot) == []
    answer = ben("wiederholung 3 von 1")
    assert "Das sind 3 in 30 Tagen. Deshalb ist jetzt PRB-1 offen; Ben wurde gefragt" in answer
    assert states(bot) == ["open"]
    ben("wiederholung 3 von 2")
    assert states(bot) == ["open"]


def test_two_unlike_ones_do_not_count(bot: Stage, anna: Say, ben: Say) -> None:
    """Requirement A04: three similar ones become one repeater; two unlike ones do not."""
    declared(bot, anna, "Etikettendrucker offline", "Webshop zeigt alte Preise", "Kasse tot")
    assert "Sieht aus" not in "".join(bot.sees("stoerungen"))
    assert states(bot) == []


def test_the_second_opens_it_when_one_is_serious(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker offline")
    anna.press("It is serious")
    assert "PRB-1" in ben("wiederholung 2 von 1")


def test_it_opens_when_a_confirmed_one_turns_out_to_be_serious(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker offline")
    ben("wiederholung 2 von 1")
    assert states(bot) == []
    anna.press("It is serious")
    assert states(bot) == ["open"]
    assert "PRB-1" in ben.sees()[-1]


@pytest.mark.parametrize(
    ("third", "opens"),
    [
        ("2026-11-09 08:59", True),
        ("2026-11-09 09:00", True),  # thirty days of local time, though the clocks changed
        ("2026-11-09 09:01", False),
    ],
)
def test_the_window_is_thirty_local_days_to_the_minute(
    bot: Stage, anna: Say, ben: Say, third: str, opens: bool
) -> None:
    assert isinstance(bot.clock, HandClock)
    bot.clock.moment = datetime(2026, 10, 10, 9, tzinfo=BERLIN).astimezone(UTC)
    declared(bot, anna, *TITLES[:2])
    bot.wind(to=third)
    anna("incident Etikettendrucker offline")
    ben("wiederholung 2 von 1")
    ben("wiederholung 3 von 1")
    assert states(bot) == (["open"] if opens else [])


def test_withdrawn_ones_do_not_count(bot: Stage, anna: Say, ben: Say) -> None:
    declared(bot, anna, *TITLES[:2])
    ben("wiederholung 2 von 1")
    anna("incident Etikettendrucker offline")
    ben("wiederholung 3 von 1")
    assert states(bot) == ["open"]
    anna.press("Undo")
    assert states(bot) == ["dropped"]
    assert "Beendet" in ben("problem 1")
    assert "Ursache offen" not in bot.sees("stoerungen")[0]


def test_two_people_at_once_open_exactly_one(bot: Stage, anna: Say, ben: Say, carla: Say) -> None:
    declared(bot, anna, *TITLES)
    answers = bot.handle_together(
        bot.request("ben", "wiederholung 2 von 1"),
        bot.request("carla", "wiederholung 3 von 2"),
        bot.request("chris", "repeat 3 of 1"),
        bot.request("ben", "wiederholung 3 von 1"),
    )
    bot.carry()
    assert {each.outcome for each in answers} == {"done"}
    assert states(bot) == ["open"]
    opened = bot.rows(
        "select kind from problem_history where workspace = :workspace and kind = 'opened'"
    )
    assert len(opened) == 1


def test_the_numbers_can_be_changed_by_managers(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    assert "Repeats: problem at 3 in 30 days, at 2 when serious" in chris("settings")
    chris.press("Repeats")
    assert "The number for serious incidents cannot be higher" in chris.fill(
        often="2", serious="3", days="7", quiet="5", calm="3"
    )
    assert "problem at 2 in 7 days" in chris.fill(
        often="2", serious="2", days="7", quiet="5", calm="3"
    )
    declared(bot, anna, *TITLES[:2])
    assert "Deshalb ist jetzt PRB-1 offen" in ben("wiederholung 2 von 1")


def test_long_ago_is_only_linked(
    bot: Stage, anna: Say, ben: Say, wind: Callable[..., None]
) -> None:
    declared(bot, anna, *TITLES)
    wind(to="2027-02-01 09:00")
    ben("wiederholung 2 von 1")
    assert "PRB" not in ben("wiederholung 3 von 1")
    assert states(bot) == []


def test_the_engine_s_door(bot: Stage, anna: Say) -> None:
    """`likely` as it is promised to those who build on it."""
    declared(bot, anna, "Etikettendrucker offline", "Kasse tot")

    def search(tx: Tx) -> list[Match]:
        return find_similar(
            tx,
            "Etikettendrucker offline",
            service=ServiceId("drucker"),
            now=bot.clock.now(),
            except_=2,
        )

    (found,) = bot.store(search)
    assert (found.number, found.same_service, found.words) == (
        1, True, ("Etikettendrucker", "offline"),
    )  # fmt: skip


def test_an_answered_question_is_gone_from_escalated_alarms_too(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker ist wieder offline")
    wind(minutes=25)
    people = (ben, carla, chris)
    before = [each.sees() for each in people]
    assert all(any("[Dasselbe]" in one or "[The same]" in one for one in each) for each in before)
    ben.press("Dasselbe", at="@ben")
    after = [each.sees() for each in people]
    assert [len(each) for each in after] == [len(each) for each in before]
    gone = [
        [one.partition("\nSieht aus")[0].partition("\nLooks like")[0] for one in each]
        for each in before
    ]
    assert after == gone  # and else they say what they said


def test_an_alarm_that_was_taken_back_stays_so(
    bot: Stage, anna: Say, ben: Say, carla: Say, wind: Callable[..., None]
) -> None:
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker ist wieder offline")
    wind(minutes=12)
    anna.press("Change service", about="INC-2")
    anna.fill(service="webshop")
    settled = ben.sees()[-2:]
    assert all("[Ich kümmere mich]" not in each for each in settled)
    wind(minutes=12)
    carla("wiederholung 2 von 1")
    assert ben.sees()[-3:-1] == settled
    assert "Sieht aus" not in carla.sees()[-1]
    assert "[Ich kümmere mich]" in carla.sees()[-1]


def test_the_search_is_done_before_anything_is_written(
    bot: Stage, anna: Say, ben: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Declaring, moving and asking what it may be never hold up other writers with a search."""
    ahead: list[bool] = []
    searched: list[bool] = []
    read = bot.dispatcher._read_ahead

    def reading(tx: Tx, request: Request) -> object:
        ahead.append(True)
        try:
            return read(tx, request)
        finally:
            ahead.pop()

    def search(tx: Tx, title: str, **more: Any) -> list[Match]:
        searched.append(bool(ahead))
        return find_similar(tx, title, **more)

    monkeypatch.setattr(bot.dispatcher, "_read_ahead", reading)
    for module in (recurrence, triage):
        monkeypatch.setattr(module, "find_similar", search)
    declared(bot, anna, "Etikettendrucker offline")
    anna("incident Etikettendrucker offline")
    anna.press("Change service", about="INC-2")
    anna.fill(service="webshop")
    assert "[Doppelt, wie INC-1]" in ben("wiederholung 2")
    assert len(searched) >= 4
    assert all(searched)

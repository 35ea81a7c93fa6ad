"""Incidents, as conversations."""

from __future__ import annotations

from collections.abc import Callable

from handlers.kit.commands import call
from tests.pretend.stage import Say, Stage, answered


def test_one_line_declares_and_the_accountable_person_is_alarmed(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    assert anna("incident Kasse Köln druckt nicht") == (
        "INC-1 is declared.\n"
        "Kasse Köln druckt nicht\n"
        "Ben is accountable for Kasse and has been alerted.\n"
        "[It is serious]\n[Change service]\n[Undo]"
    )
    assert len(ben.sees()) == 1
    assert "INC-1 · Kasse Köln druckt nicht" in ben.sees()[0]
    assert carla.sees() == []
    assert len(bot.sees("stoerungen")) == 1


def test_the_first_to_acknowledge_looks_after_it(anna: Say, ben: Say, carla: Say) -> None:
    anna("incident Kasse tot")
    assert ben.press("Ich kümmere mich").startswith("Du kümmerst dich jetzt um INC-1.")
    assert carla("ack 1") == "Ben kümmert sich schon um INC-1."
    assert ben("ack 1").startswith("Du kümmerst dich jetzt um INC-1.")


def test_who_is_not_concerned_cannot_acknowledge(anna: Say, bot: Stage) -> None:
    anna("incident Kasse tot")
    assert anna("ack 1") == "For INC-1 somebody else decides. Please ask Ben or Carla."
    found = bot.rows("select acknowledged_by from incidents where workspace = :workspace")
    assert found == [{"acknowledged_by": None}]


def test_silence_escalates_to_the_deputy_then_to_the_manager_again_and_again(
    anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    wind(minutes=9)
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (1, 0, 0)
    wind(minutes=1)
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (2, 1, 0)
    wind(minutes=10)
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (2, 1, 1)
    wind(minutes=20)
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (3, 2, 2)
    wind(minutes=39)
    assert len(chris.sees()) == 2
    wind(minutes=1)
    assert "Nobody has picked this up for 80 minutes." in chris.sees()[-1]
    wind(minutes=80)
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (5, 4, 4)
    assert "a newer alert is below" in chris.sees()[0]


def test_acknowledging_stops_all_of_it_and_makes_responsible(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    wind(minutes=10)
    carla.press("Ich kümmere mich")
    wind(minutes=45)
    assert (len(ben.sees()), len(carla.sees()), len(chris.sees())) == (2, 1, 0)
    assert all("[" not in each for each in [*ben.sees(), *carla.sees()])  # no button is left
    assert "Zuständig: Carla" in bot.sees("stoerungen")[0]


def test_serious_escalates_faster(anna: Say, carla: Say, wind: Callable[..., None]) -> None:
    anna("incident Kasse tot")
    assert anna.press("It is serious").startswith("INC-1 is serious now.")
    wind(minutes=5)
    assert len(carla.sees()) == 1


def test_serious_after_the_limit_escalates_at_once(
    anna: Say, carla: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    wind(minutes=7)
    anna.press("It is serious")
    assert len(carla.sees()) == 1


def test_silence_past_the_promised_news_asks_then_escalates(
    anna: Say, ben: Say, carla: Say, chris: Say, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    wind(minutes=60)
    assert "Wie sieht es aus" in ben.sees()[-1]
    assert carla.sees() == []
    wind(minutes=10)
    assert len(carla.sees()) == 1
    assert carla("ack").startswith("Du kümmerst dich jetzt um INC-1.")
    wind(minutes=30)
    assert chris.sees() == []


def test_news_edits_the_card_and_takes_the_question_back(
    anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    wind(minutes=61)
    ben("meldung Ersatzkasse läuft")
    card = bot.sees("stoerungen")
    assert len(card) == 1
    assert "Ersatzkasse läuft (Ben," in card[0]
    assert "[" not in ben.sees()[-1]


def test_news_is_no_acknowledgement(anna: Say, carla: Say, wind: Callable[..., None]) -> None:
    anna("incident Kasse tot")
    wind(minutes=5)
    anna("update 1 jetzt auch Kasse 2")
    wind(minutes=5)
    assert len(carla.sees()) == 1


def test_restored_is_for_those_concerned(anna: Say, ben: Say, bot: Stage) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    assert anna("restored 1") == "For INC-1 somebody else decides. Please ask Ben or Carla."
    assert ben("behoben 1 Netzteil getauscht").startswith("INC-1: läuft wieder.")
    assert "Netzteil getauscht" in bot.sees("stoerungen")[0]
    shown = bot.sees("stoerungen")[0]
    assert shown.endswith("[Abschließen]\n[Wieder öffnen]\n[Verlauf]")


def test_the_declarer_may_say_that_an_unacknowledged_one_works_again(
    anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    assert anna("restored").startswith("INC-1: it works again.")
    wind(minutes=60)
    assert len(ben.sees()) == 1
    found = bot.rows(
        "select acknowledged_at, acknowledged_by from incidents where workspace = :workspace"
    )
    assert found == [{"acknowledged_at": None, "acknowledged_by": None}]  # never back-dated


def test_undo_within_two_minutes(
    anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    wind(minutes=2)
    assert anna.press("Undo").startswith("INC-1 is withdrawn.")
    wind(minutes=60)
    assert len(ben.sees()) == 1
    assert "[" not in ben.sees()[0]
    assert anna("incident Webshop tot").startswith("INC-2")  # the number is kept


def test_undo_later_is_refused_and_says_what_to_do(anna: Say, wind: Callable[..., None]) -> None:
    anna("incident Kasse tot")
    wind(minutes=3)
    assert anna.press("Undo") == (
        "Undo works for 2 minutes. INC-1 can be marked as working again instead.\n[It works again]"
    )


def test_only_the_declarer_can_undo(anna: Say, ben: Say, chris: Say) -> None:
    anna("incident Kasse tot")
    button = next(each for each in anna.buttons() if each.button.call.word == "undo")
    for other in (ben, chris):
        answer = other.stage.handle(other.stage.request(other.id, call=button.button.call))
        assert answer.outcome == "refused"


def test_an_unrecognised_service_goes_to_the_fallback_and_is_a_gap(
    anna: Say, chris: Say, bot: Stage
) -> None:
    assert "so Chris has been alerted, as for everything else." in anna("incident Licht flackert")
    assert "so it comes to you" in chris.sees()[0]
    assert bot.rows("select gap from incidents where workspace = :workspace") == [{"gap": 1}]


def test_the_service_is_changed_and_the_right_person_alarmed(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Licht flackert")
    anna.press("Change service")
    assert "Ben is responsible" in anna.fill(service="kasse")
    assert len(ben.sees()) == 1
    assert "[" not in chris.sees()[0]
    wind(minutes=9)
    assert len(ben.sees()) == 1
    wind(minutes=1)
    assert len(ben.sees()) == 2


def test_assigning_asks_and_changes_nothing_until_accepted(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    ben("zuweisen 1 Carla")
    assert "Zuständig: Ben" in bot.sees("stoerungen")[0]
    assert carla.press("Ich kümmere mich").startswith("Du kümmerst dich jetzt um INC-1.")
    assert "Zuständig: Carla" in bot.sees("stoerungen")[0]


def test_who_is_asked_to_take_it_may_decline_and_whoever_asked_hears_of_it(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    ben("zuweisen 1 Carla")
    said = carla.press("Bitte jemand anderes")
    assert said == "Danke für die Rückmeldung. Ben bleibt für INC-1 zuständig."
    assert carla.sees()[-1] == said, "the question is answered where it stands"
    told = "Carla übernimmt INC-1 nicht. Ben bleibt zuständig.\n[Jemanden fragen]"
    assert ben.sees()[-1] == told
    history = bot.handle(bot.request("ben", call=call("history", number=1)))
    assert "Carla übernimmt nicht." in answered(history)
    assert "Zuständig: Ben" in bot.sees("stoerungen")[0]
    ben("zuweisen 1 Carla")  # asked once more, it is told once more
    carla.press("Bitte jemand anderes")
    assert ben.sees().count(told) == 2


def test_without_a_number_the_only_one_of_mine_is_meant_else_lotse_asks(
    anna: Say, ben: Say
) -> None:
    assert ben("ack") == "Keine Störung ist offen."
    anna("incident Kasse 1 tot")
    anna("incident Kasse 2 tot")
    assert "[INC-1 · Kasse 1 tot]" in ben("ack")
    assert ben.press("INC-2 · Kasse 2 tot").startswith("Du kümmerst dich jetzt um INC-2.")
    assert ben("ack").startswith("Du kümmerst dich jetzt um INC-1.")


def test_news_without_an_incident_is_offered_as_one(anna: Say, bot: Stage) -> None:
    answer = anna("update Server is down")
    assert "update Server is down" in answer
    assert anna.press("Declare this as an incident").startswith("INC-1")


def test_a_double_press_is_answered_kindly_and_changes_nothing(
    anna: Say, ben: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    first = ben("ack 1")
    before = bot.rows("select * from timers where workspace = :workspace")
    assert ben("ack 1") == first
    assert bot.rows("select * from timers where workspace = :workspace") == before


def test_the_card_is_one_message_per_place(
    anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot", at="allgemein")
    ben("ack 1")
    ben("meldung 1 gleich")
    ben("behoben 1")
    assert len(bot.sees("stoerungen")) == 1
    assert bot.sees("stoerungen") == bot.sees("allgemein")


def test_the_history_tells_what_happened(anna: Say, ben: Say, wind: Callable[..., None]) -> None:
    anna("incident Kasse tot")
    wind(minutes=10)
    ben("ack 1")
    ben("behoben 1")
    lines = anna.press("Verlauf", at="stoerungen").splitlines()
    assert lines[0] == "INC-1 · Kasse tot"
    assert [line.split(": ", 1)[1] for line in lines[1:] if line.startswith("- ")] == [
        "Declared by Anna.",
        "Alert to Ben.",
        "Alert to Ben and Carla.",
        "Ben looks after it.",
        "Ben says it works again.",
    ]


def test_lists_show_open_mine_and_all(anna: Say, ben: Say, carla: Say) -> None:
    assert anna("incidents") == "No incident is open."
    anna("incident Kasse tot")
    anna("incident Webshop lahm")
    assert anna("incidents").splitlines()[0] == "2 incidents"
    ben("behoben 1")
    shown = anna("incidents")
    assert shown.index("1 incident\n- INC-2") < shown.index("1 works again, not done yet\n- INC-1")
    assert "7 of 7 points are open; responsible: Ben" in shown
    assert "INC-1" in anna("incidents all")
    assert carla("störungen meine").splitlines()[0] == "1 Störung"


def test_an_absent_owner_is_passed_over_at_once(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    away = "update people set active = 0 where workspace = :workspace and id = 'ben'"
    bot.store(lambda tx: tx.run(away))
    anna("incident Kasse tot")
    assert ben.sees() == []
    assert "Ben ist nicht mehr aktiv" in carla.sees()[0]


def test_a_guest_can_do_nothing(anna: Say, bot: Stage) -> None:
    guest = "update people set kind = 'guest' where workspace = :workspace and id = 'anna'"
    bot.store(lambda tx: tx.run(guest))
    for typed in ("incident Kasse tot", "incidents", "friction Zettel", "digest", "service new"):
        anna(typed)
        if anna.form is not None:
            continue
        assert anna.answer is not None
        assert anna.answer.outcome == "refused", typed
    assert bot.rows("select 1 as one from incidents where workspace = :workspace") == []


def test_the_declarer_is_told_once_and_the_line_is_kept_up_to_date(
    anna: Say, ben: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    assert len(anna.sees()) == 1
    assert "Ben has been looking after it since" in anna.sees()[0]
    ben("behoben 1")
    assert len(anna.sees()) == 1
    assert "Working again since" in anna.sees()[0]


def test_who_declares_and_looks_after_it_needs_no_message(ben: Say, bot: Stage) -> None:
    ben("störung Kasse tot")
    ben("annehmen")
    ben("behoben")
    assert len(ben.sees()) == 1  # the alarm alone


def test_an_unknown_number_is_named(chris: Say) -> None:
    assert chris("assign 99 Ben").startswith("There is no incident INC-99.")


def test_words_for_an_incident_that_is_over_change_no_other_and_are_not_lost(
    anna: Say, ben: Say, bot: Stage
) -> None:
    for title in ("Kasse 1 tot", "Kasse 2 tot"):
        anna(f"incident {title}")
    ben("behoben 1")
    answer = ben("behoben 1 Papier nachgelegt")
    assert answer.startswith("INC-1: läuft wieder seit")
    assert "Papier nachgelegt" in answer
    found = bot.rows("select number from incidents where workspace = :workspace and state = 'open'")
    assert found == [{"number": 2}]


def test_a_question_to_take_it_is_settled_with_it(
    anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    ben("zuweisen 1 Carla")
    assert "[Ich kümmere mich]" in carla.sees()[0]
    ben("behoben 1")
    assert "[" not in carla.sees()[0]

"""Closed anyway, as something else, opened again: the other ends of an incident."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.kit.messages import Call
from storage.engine import Row
from tests.closing.test_closing import POINTS, closing, finished, say, state
from tests.pretend.stage import Say, Stage


@pytest.fixture
def restored(anna: Say, ben: Say) -> None:
    """INC-1, restored by Ben."""
    anna("incident Kasse tot")
    ben("behoben 1")


def incident(bot: Stage, number: int = 1) -> Row:
    """Return what is stored of an incident."""
    found = bot.rows(
        "select * from incidents where workspace = :workspace and number = :number", number=number
    )
    return found[0]


def close(who: Say, number: int, kind: str, target: str = "", reason: str = "seen") -> str:
    """Close an incident as something else; return what is answered."""
    values = {"number": str(number), "kind": kind, "target": target, "reason": reason}
    call = Call("close as", values)
    who.answer = who.stage.handle(who.stage.request(who.id, call=call, submitted=True))
    who.stage.carry()
    assert who.answer.message is not None
    return str(who.answer.outcome)


# --- the override ------------------------------------------------------------------------


def test_a_manager_closes_anyway_with_a_reason_that_stays_to_be_seen(
    restored: None, chris: Say, bot: Stage
) -> None:
    say(Say(bot, "ben"), "cause", "evidence")
    chris("done 1")
    chris.press("Finish it anyway")
    assert chris.form is not None
    assert "weekly digest" in str(chris.form.fields[0].hint)
    answer = chris.fill(reason="The shop closes for good tomorrow")
    assert answer.startswith("INC-1 is finished; 5 of 7 points are open.")
    assert state(bot) == "done"
    card = bot.sees("stoerungen")[0]
    assert "Mit offenen Punkten abgeschlossen: Chris: The shop closes for good tomorrow" in card
    assert "(offen: seit wann es wieder läuft," in card
    assert "Finished by Chris with open points: The shop closes for good tomorrow" in chris.press(
        "Verlauf", at="stoerungen"
    )
    assert "Finished with open points\n- INC-1, Chris: The shop closes for good tomorrow" in chris(
        "digest"
    )


def test_the_accountable_may_close_anyway_also_without_the_second_person(
    restored: None, ben: Say, carla: Say, bot: Stage
) -> None:
    say(ben, *POINTS)
    ben.press("Trotzdem abschließen")
    ben.fill(reason="Carla ist im Urlaub, Laden bestätigt")
    assert state(bot) == "done"
    assert closing(bot)["override_open"] == "checked"
    assert closing(bot)["verified_by"] is None
    assert "[" not in carla.sees()[0]


def test_others_cannot_close_anyway(restored: None, anna: Say, carla: Say, bot: Stage) -> None:
    assert "[Trotzdem abschließen]" not in carla("fertig 1")
    call = Call("close anyway", {"number": "1", "reason": "I say so"})
    for who in ("anna", "carla"):
        assert bot.handle(bot.request(who, call=call)).outcome == "refused"
    assert state(bot) == "restored"


def test_an_open_incident_is_not_closed_anyway(anna: Say, chris: Say, bot: Stage) -> None:
    anna("incident Kasse tot")
    call = Call("close anyway", {"number": "1", "reason": "nobody cares"})
    assert bot.handle(bot.request("chris", call=call)).outcome == "refused"
    assert state(bot) == "open"


# --- as something else -------------------------------------------------------------------


def test_a_duplicate_goes_into_the_other_and_needs_nobody_any_more(
    anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    anna("incident Kasse 2 tot")
    ben("ack 1")
    assert close(ben, 2, "duplicate", "1") == "done"
    assert incident(bot, 2)["closed_into"] == 1
    assert "doppelt, wie INC-1" in bot.sees("stoerungen")[1]
    wind(minutes=50)
    assert [each for each in ben.sees() if "INC-2" in each and "[" in each] == []
    assert [row["number"] for row in bot.rows(
        "select number from incidents where workspace = :workspace and state = 'open'"
    )] == [1]  # fmt: skip


def test_it_is_closed_from_the_list_of_what_is_missing(anna: Say, ben: Say, bot: Stage) -> None:
    anna("incident Kasse tot")
    anna("incident Kasse 2 tot")
    ben("behoben 2")
    ben("fertig 2")
    ben.press("Fehlalarm oder doppelt")
    assert "Zu welcher Störung gehört sie?" in ben.fill(kind="superseded", reason="ganz neu")
    assert ben.answer is not None
    assert ben.answer.field == "target"
    answer = ben.fill(kind="superseded", target="INC-1", reason="Beide hängen am Server")
    assert answer == "INC-2 ist beendet; weiter geht es in INC-1 · Kasse tot."
    assert "gehört zu INC-1" in bot.sees("stoerungen")[1]
    assert "Beide hängen am Server" in ben.press("Verlauf", about="INC-2")


def test_a_false_alarm_needs_a_reason_and_no_other_incident(
    anna: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    anna("incident Kasse tot")
    assert close(ben, 1, "false_alarm", reason="") == "refused"
    assert close(ben, 1, "false_alarm", reason="-") == "refused"
    assert close(ben, 1, "false_alarm", reason="Nur das Papier war alle") == "done"
    assert incident(bot)["closed_into"] is None
    wind(minutes=60)
    assert len(ben.sees()) == 1
    assert "false alarm" in anna.sees()[0]


def test_links_never_form_a_ring(anna: Say, chris: Say, bot: Stage) -> None:
    for number in range(1, 4):
        anna(f"incident Kasse {number} tot")
    assert close(chris, 1, "duplicate", "1") == "refused"
    assert close(chris, 1, "duplicate", "2") == "done"
    assert close(chris, 2, "duplicate", "1") == "refused"
    assert close(chris, 2, "duplicate", "3") == "done"
    assert close(chris, 3, "duplicate", "1") == "refused"
    assert close(chris, 3, "duplicate", "2") == "refused"
    assert state(bot, 3) == "open"


def test_a_duplicate_of_a_duplicate_goes_to_where_that_went(
    anna: Say, chris: Say, bot: Stage
) -> None:
    for number in range(1, 4):
        anna(f"incident Kasse {number} tot")
    close(chris, 2, "duplicate", "1")
    close(chris, 3, "duplicate", "2")
    assert incident(bot, 3)["closed_into"] == 1


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_two_people_who_close_into_each_other_at_once_make_no_ring(
    anna: Say, bot: Stage, first: int, second: int
) -> None:
    for number in (1, 2):
        anna(f"incident Kasse {number} tot")
    calls = [
        Call("close as", {"number": str(one), "kind": "duplicate", "target": str(other),
                          "reason": "seen"})
        for one, other in ((first, second), (second, first))
    ]  # fmt: skip
    bot.handle_together(
        *(bot.request(who, call=call, submitted=True)
          for who, call in zip(("ben", "carla"), calls, strict=True))
    )  # fmt: skip
    assert sorted([state(bot, 1), state(bot, 2)]) == ["closed", "open"]


def test_nothing_goes_into_what_was_withdrawn_or_was_a_false_alarm(
    anna: Say, ben: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    anna.press("Undo")
    for number in (2, 3):
        anna(f"incident Kasse {number} tot")
    close(ben, 2, "false_alarm")
    assert close(ben, 3, "duplicate", "1") == "refused"
    assert close(ben, 3, "duplicate", "2") == "refused"
    assert close(ben, 3, "duplicate", "99") == "refused"
    assert state(bot, 3) == "open"


def test_what_is_done_is_not_closed_as_something_else(
    restored: None, anna: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    finished(ben, carla)
    assert close(ben, 1, "false_alarm") == "refused"
    assert state(bot) == "done"


def test_the_declarer_says_that_an_unacknowledged_one_was_a_false_alarm(
    anna: Say, ben: Say, bot: Stage
) -> None:
    anna("incident Kasse tot")
    anna("incident Kasse 2 tot")
    ben("ack 2")
    assert close(anna, 1, "false_alarm") == "done"
    assert close(anna, 2, "false_alarm") == "refused"


# --- opened again ------------------------------------------------------------------------


def test_reopening_alarms_whoever_is_on_duty_now_and_escalates(
    restored: None, anna: Say, ben: Say, carla: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    finished(ben, carla)
    bot.store(
        lambda tx: tx.run(
            "update people set active = 0 where workspace = :workspace and id = 'ben'"
        )
    )
    wind(to="2026-11-25 09:00")
    before = len(carla.sees())
    answer = anna("reopen 1 It does not print again")
    assert answer == "INC-1 is open again; Carla is responsible and has been alerted."
    assert len(carla.sees()) == before + 1
    assert "Wartet darauf, dass Carla sich kümmert." in bot.sees("stoerungen")[0]
    assert "It does not print again (Anna, Mi. 25. Nov., 09:00)" in bot.sees("stoerungen")[0]
    assert len(bot.sees("stoerungen")) == 1
    wind(minutes=10)
    assert len(carla.sees()) == before + 2
    row = incident(bot)
    assert row["acknowledged_by"] is row["restored_at"] is row["ended_at"] is None


def test_reopening_needs_a_reason(restored: None, anna: Say, bot: Stage) -> None:
    anna("reopen 1")
    assert anna.form is not None
    assert [each.name for each in anna.form.fields] == ["number", "reason"]
    anna.fill(number="1", reason="")
    assert anna.answer is not None
    assert anna.answer.field == "reason"
    assert state(bot) == "restored"


def test_the_gate_asks_again_after_reopening(
    restored: None, ben: Say, carla: Say, bot: Stage
) -> None:
    """incidents.md 2.6, row 15: it runs at every transition, not once."""
    finished(ben, carla)
    ben("wiederöffnen 1 Druckt wieder nicht")
    ben("ack 1")
    ben("behoben 1")
    assert "7 von 7 Punkten sind offen" in ben("fertig 1")
    ben.press("Ursache eintragen")
    assert ben.form is not None  # what was said is proposed, and has to be said again
    assert ben.form.fields[1].value == POINTS["cause"]["cause"]
    assert state(bot) == "restored"
    finished(ben, carla)
    assert state(bot) == "done"


def test_an_override_does_not_outlive_a_reopening(restored: None, ben: Say, bot: Stage) -> None:
    ben("fertig 1")
    ben.press("Trotzdem abschließen")
    ben.fill(reason="Der Laden hat zu")
    ben("wiederöffnen 1 Druckt wieder nicht")
    ben("behoben 1")
    assert closing(bot)["override_by"] is None
    assert "7 von 7 Punkten sind offen" in ben("fertig 1")


def test_a_false_alarm_can_be_opened_again(anna: Say, ben: Say, bot: Stage) -> None:
    anna("incident Kasse tot")
    close(ben, 1, "false_alarm")
    ben.press("Wieder öffnen", at="stoerungen")
    ben.fill(reason="Sie ist doch tot")
    assert state(bot) == "open"
    assert incident(bot)["closed_as"] is None


def test_what_was_withdrawn_or_is_open_is_not_opened_again(anna: Say, ben: Say, bot: Stage) -> None:
    anna("incident Kasse tot")
    declare = "\n[Als Störung melden]"
    assert ben("wiederöffnen 1 weil ich will") == f"INC-1 ist schon offen.{declare}"
    anna.press("Undo")
    assert ben("wiederöffnen 1 weil ich will") == f"INC-1 wurde zurückgenommen.{declare}"


def test_an_acknowledgement_of_the_first_time_is_no_figure_of_the_second(
    restored: None, anna: Say, ben: Say, chris: Say, wind: Callable[..., None]
) -> None:
    """incidents.md 2.6, row 7: reopened ones are left out and counted."""
    ben("wiederöffnen 1 Druckt wieder nicht")
    wind(to="2026-11-24 09:00")
    ben("ack 1")
    assert "Until somebody looked after it: 1 without an answer, left out" in chris("digest")


# --- the cause behind a workaround -------------------------------------------------------


def test_the_cause_is_fixed_once(restored: None, ben: Say, carla: Say, bot: Stage) -> None:
    finished(ben, carla)
    call = Call("fixed", {"number": "1"})
    assert bot.handle(bot.request("ben", call=call)).outcome == "done"
    assert bot.handle(bot.request("ben", call=call)).outcome == "refused"


def test_only_a_done_workaround_has_a_cause_to_fix(
    restored: None, anna: Say, ben: Say, bot: Stage
) -> None:
    for call in (Call("fixed", {"number": "1"}), Call("fix date", {"number": "1", "on": "4.12."})):
        assert bot.handle(bot.request("ben", call=call)).outcome == "refused"
        assert bot.handle(bot.request("anna", call=call)).outcome == "refused"

"""What waits after it works again: for whom, for a ban, for a check; and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import storage
from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text
from storage.incidents import lists as incident_lists
from tests.closing.test_closing import POINTS, closing, finished, say, state
from tests.ownership.test_ownership import enter, leaves
from tests.pretend.stage import Say, Stage, answered
from tests.problems.test_problems import TITLES, banned, fixed
from tests.repeats.test_repeats import declared

__all__ = ["banned"]
Wind = Callable[..., None]


@pytest.fixture
def restored(anna: Say, ben: Say, wind: Wind) -> None:
    """INC-1, looked after and restored by Ben at 09:20."""
    anna("incident Kasse tot")
    ben("ack 1")
    wind(minutes=20)
    ben("behoben 1")


def timer(bot: Stage, number: int) -> Row:
    (row,) = bot.rows(
        "select payload, due_at from timers where workspace = :workspace and key = :key "
        "and state = 'pending'",
        key=f"incident:{number}:after",
    )
    return row


# --- the open points --------------------------------------------------------------------


def test_the_list_leads_to_the_company_s_definition_of_done(
    restored: None, ben: Say, chris: Say
) -> None:
    chris("definitions")
    chris.press("When is it done?")
    chris.press("Change")
    chris.fill(words="Fertig ist es, wenn es auch am Montag noch läuft.")
    ben("fertig 1")
    assert "auch am Montag noch läuft" in ben.press("Wann ist es abgeschlossen?")


def test_the_form_proposes_the_runbook_of_the_service(restored: None, ben: Say, chris: Say) -> None:
    chris("service edit kasse")
    chris.fill(runbook="https://wiki.example/kasse")
    ben("fertig 1")
    ben.press("Anleitung eintragen")
    assert ben.form is not None
    assert [each.value for each in ben.form.fields] == ["https://wiki.example/kasse"]


def test_a_service_with_a_runbook_by_now_is_no_gap_any_more(
    restored: None, ben: Say, chris: Say
) -> None:
    ben("fertig 1")
    ben.press("Noch keine")
    assert "Without a runbook: Kasse." in chris("digest")
    chris("service edit kasse")
    chris.fill(runbook="https://wiki.example/kasse")
    assert "Without a runbook" not in chris("digest")


# --- the quiet time ----------------------------------------------------------------------


def test_managers_say_how_long_it_has_to_stay_quiet(
    restored: None, ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    chris("settings")
    chris.press("Repeats")
    answer = chris.fill(often="3", serious="2", days="30", quiet="14", calm="2")
    assert "an incident is done after 2" in answer
    say(ben, *POINTS)
    wind(to="2026-11-25 09:19")
    assert state(bot) == "restored"
    wind(minutes=1)
    assert state(bot) == "done"
    assert "2 Tage lang nicht wieder aufgetreten." in ben.press("Verlauf", at="stoerungen")


# --- somebody leaves ---------------------------------------------------------------------


def test_the_check_of_somebody_who_left_is_asked_of_somebody_else(
    restored: None, ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    say(ben, *POINTS)
    assert "Ist INC-1 wirklich vorbei?" in carla.sees()[-1]
    leaves(bot, PersonId("carla"))
    assert "[" not in carla.sees()[-1]
    assert any(each.startswith("Is INC-1 really over?") for each in chris.sees())
    assert "Ben asks you to check it" in next(each for each in chris.sees() if "really" in each)
    assert chris.press("I have checked it") == "INC-1 is done. Thank you."


def test_without_anybody_else_only_the_quiet_time_decides(
    restored: None, anna: Say, ben: Say, bot: Stage, wind: Wind
) -> None:
    say(ben, *POINTS)
    for each in ("chris", "anna", "carla"):
        leaves(bot, PersonId(each))
    assert closing(bot)["checker"] is None
    assert "Fertig" not in bot.sees("stoerungen")[0]
    wind(to="2026-11-30 09:20")
    assert state(bot) == "done"


@pytest.mark.parametrize("done", [True, False])
def test_the_fix_of_somebody_who_left_comes_to_whoever_is_on_duty(
    restored: None, ben: Say, carla: Say, chris: Say, bot: Stage, wind: Wind, done: bool
) -> None:
    if done:
        finished(ben, carla)
    else:
        say(ben, *POINTS)
    leaves(bot, PersonId("ben"))
    told = [each for each in carla.sees() if "übernimm die Behebung der Ursache" in each]
    assert len(told) == 1
    assert "Termin ist Fr. 27. Nov." in told[0]
    assert ("[Die Ursache ist behoben]" in told[0]) == done
    assert closing(bot)["fixer"] == "carla"
    assert "Carla behebt die Ursache" in bot.sees("stoerungen")[0] or not done
    assert "die Ursache behebt jetzt Carla" in carla.press("Verlauf", at="stoerungen")
    if done:
        wind(to="2026-11-26 09:00")
        assert "soll die Ursache behoben sein" in carla.sees()[-1]
        carla.press("Die Ursache ist behoben")
        assert not [each for each in carla.sees() if "[Die Ursache ist behoben]" in each]


# --- the ban -----------------------------------------------------------------------------


def test_what_only_waits_for_a_ban_is_no_reproach(banned: Stage, ben: Say, wind: Wind) -> None:
    wind(minutes=0)
    say_all(ben, 3)
    wind(to="2026-12-02 09:00")
    told = [each for each in ben.sees() if "abzuschließen" in each.splitlines()[0]]
    assert not [each for each in told if "INC-3" in each]
    digest = Say(banned, "chris")("digest")
    assert "INC-1 (Ben) and INC-2 (Ben)" in digest  # which nobody has said anything about
    assert "INC-3 · label printer is offline: works again since" not in digest


def say_all(who: Say, number: int) -> None:
    """Say all that can be said of an incident under a ban, the check included."""
    who(f"fertig {number}")
    who.press("Alles eintragen", about=f"INC-{number} ")
    values = {name: value for each in POINTS.values() for name, value in each.items()}
    ended = who.stage.now().strftime("%Y-%m-%d %H:%M")
    who.fill(carry=True, **{**values, "ended": ended, "on": "2027-01-15"})
    assert "PRB-1" in who(f"fertig {number}")


def test_the_end_of_a_ban_hastens_what_waited_for_it(
    banned: Stage, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    say_all(ben, 3)
    wind(to="2026-12-10 09:00")  # it has long been quiet
    assert state(banned, 3) == "restored"
    fixed(ben)
    carla.press("Behebung geprüft")
    wind(minutes=1)
    assert "INC-3 · label printer is offline: 1 von 7 Punkten ist offen." in ben.sees()[-1]


def test_what_was_quiet_under_a_ban_is_done_with_its_end(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    """Everything was entered before anybody knew that it is a repeat."""
    declared(bot, anna, *TITLES[:2])
    anna(f"incident {TITLES[2]}")
    ben("behoben 3")
    values = {name: value for each in POINTS.values() for name, value in each.items()}
    ben("fertig 3")
    ben.press("Alles eintragen", about="INC-3 ")
    ben.fill(carry=True, **{**values, "ended": "2026-11-25 09:00", "on": "2027-01-15"})
    chris("repeat 2 of 1")
    chris("repeat 3 of 1")
    wind(to="2026-12-04 10:00")
    assert state(bot, 3) == "restored"
    fixed(ben)
    carla.press("Behebung geprüft")
    wind(minutes=1)
    assert state(bot, 3) == "done"


def test_an_override_lets_go_on_at_once_too(
    banned: Stage, ben: Say, chris: Say, wind: Wind
) -> None:
    say_all(ben, 3)
    wind(to="2026-12-10 09:00")
    chris("problem 1")
    chris.press("Allow an exception")
    chris.fill(reason="The stocktaking needs it", until="2026-12-20")
    wind(minutes=1)
    assert "INC-3 · label printer is offline: 1 von 7 Punkten ist offen." in ben.sees()[-1]


# --- the digest --------------------------------------------------------------------------


def test_what_nobody_looks_after_comes_before_overdue_causes(
    banned: Stage, anna: Say, ben: Say, chris: Say, wind: Wind
) -> None:
    wind(to="2026-12-14 12:00")  # the cause was due on the ninth
    for n in range(4):
        anna(f"incident Kasse {n} tot")
        anna(f"incident Webshop {n} langsam")
    text = chris("digest")
    decisions = text[text.index("Still to decide") :].splitlines()
    assert [each[:5] for each in decisions[1:6:2]] == ["INC-4", "INC-5", "INC-6"]
    assert "[Show 7 more]" in text and "PRB-1" not in "".join(decisions[:7])
    rest = chris.press("Show 7 more")
    assert rest.startswith("7 decisions open\nINC-7 · ") and "INC-6" not in rest
    assert "PRB-1" in chris.press("More")


# --- lists are bounded -------------------------------------------------------------------


def test_no_list_reads_more_than_it_needs(bot: Stage, anna: Say, ben: Say, chris: Say) -> None:
    for n in range(14):
        anna(f"incident Kasse {n} tot")
        ben(f"behoben {n + 1}")
    assert bot.store(lambda tx: len(incident_lists.undone(tx, 5))) == 5
    assert bot.store(lambda tx: incident_lists.count_undone(tx)) == 14
    assert bot.store(lambda tx: incident_lists.undone(tx, person=PersonId("carla"))) == []
    listed = anna("incidents")
    assert listed.startswith("14 work again, not done yet")
    assert "[Show 4 more]" in listed
    home = bot.run(bot.dispatcher.look(bot.workspace, "local:anna", "home"))
    assert home is not None
    assert "[Show 9 more]" in answered(home)
    assert ben("stand").startswith("14 Sachen warten auf dich")


def test_the_digest_says_when_there_are_more_than_it_looked_at(
    bot: Stage, anna: Say, ben: Say, chris: Say, wind: Wind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident_lists, "MOST", 3)
    monkeypatch.setattr(incident_lists.undone, "__defaults__", (3, ""))
    for n in range(4):
        anna(f"incident Kasse {n} tot")
        ben(f"behoben {n + 1}")
    wind(to="2026-11-30 09:00")
    assert "3 or more incidents are still to finish" in chris("digest")


def test_whoever_leaves_leaves_no_restored_incident_behind(
    bot: Stage, anna: Say, ben: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incident_lists.undone, "__defaults__", (2, ""))
    for n in range(5):
        anna(f"incident Kasse {n} tot")
        ben(f"behoben {n + 1}")
    leaves(bot, PersonId("ben"))
    held = bot.rows("select distinct responsible from incidents where workspace = :workspace")
    assert held == [{"responsible": "carla"}]


# --- from before the list ----------------------------------------------------------------


def test_what_was_restored_before_there_was_a_gate_is_reminded_of_once(
    restored: None, bot: Stage, ben: Say, wind: Wind
) -> None:
    def before(tx: Tx) -> None:
        tx.write("delete from timers where workspace = :workspace and kind = 'after'")
        tx.write("delete from closings where workspace = :workspace")

    bot.store(before)
    upgrade = (Path(storage.__file__).parent / "migrations" / "0013_undone.sql").read_text("utf-8")
    here = "from incidents i where workspace = :workspace and"
    bot.store(lambda tx: tx.write(upgrade.replace("from incidents i where", here)))
    assert timer(bot, 1)["due_at"] <= as_text(bot.clock.now() + timedelta(minutes=1))
    wind(to="2026-11-26 09:00")
    assert [each for each in ben.sees() if "abzuschließen" in each.splitlines()[0]]


# --- not me ------------------------------------------------------------------------------


def test_who_is_named_may_say_not_me_and_managers_hear_it_once(
    chris: Say, ben: Say, carla: Say, anna: Say
) -> None:
    enter(chris)
    said = ben.press("Bitte jemand anderes", at="@ben")
    assert said.startswith(
        "Danke für die Rückmeldung, ich sage der Leitung Bescheid. Bis jemand anderes benannt ist"
    )
    told = [each for each in chris.sees() if "Ben does not take over “VPN”" in each]
    assert len(told) == 1
    assert "[Name somebody for VPN]" in told[0]
    assert "[Bitte jemand anderes]" not in ben.sees()[-1]
    assert "[Ich übernehme das]" in ben.sees()[-1]  # they may change their mind
    assert "Ben – not accepted yet" in chris("service vpn")
    anna("incident VPN tot")
    assert ben.sees()[-1].startswith("INC-1 · VPN tot")  # nobody is never the answer
    assert carla.sees()[-1].endswith("[Bitte jemand anderes]")


def test_not_me_is_for_whoever_is_asked(chris: Say, ben: Say, bot: Stage) -> None:
    enter(chris)
    call = next(b.button.call for b in ben.buttons() if b.button.call.word == "service decline")
    assert bot.handle(bot.request("anna", call=call)).outcome == "refused"
    ben.press("Bitte jemand anderes")
    bot.handle(bot.request("ben", call=call))
    bot.carry()
    assert len([each for each in chris.sees() if "does not take over" in each]) == 1


def test_the_only_manager_names_somebody_else_themselves(chris: Say, ben: Say, bot: Stage) -> None:
    enter(chris, accountable="ben", deputy="carla")
    bot.store(
        lambda tx: tx.write(
            "update people set manager = case when id = 'ben' then 1 else 0 end "
            "where workspace = :workspace"
        )
    )
    assert "Du bist hier allein in der Leitung" in ben.press("Bitte jemand anderes")

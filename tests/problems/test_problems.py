"""Problems, as conversations: the owner of the cause, the ban, the verified fix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from handlers import FEATURES
from handlers.bans import blocks as ban_blocks
from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.messages import Call
from handlers.kit.words import text
from handlers.kit.working_hours import WorkingTime
from storage import incidents, people, workspaces
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.people import PersonKind
from tests.mandate.test_mandate import do
from tests.pretend.stage import BERLIN, Say, Stage, answered
from tests.repeats.test_repeats import declared, states, unlike

TITLES = ("Etikettendrucker offline", "Drucker geht wieder nicht", "label printer is offline")
LINK = "https://tickets.example.com/77"
Wind = Callable[..., None]


def blocked(bot: Stage, number: int) -> str | None:
    """Return what transitions are told about an incident, in English."""

    def ask(tx: Tx) -> str | None:
        person = people.find(tx, PersonId("chris"))
        incident = incidents.find(tx, IncidentNumber(number))
        assert person is not None
        assert incident is not None
        ctx = Context(
            tx, workspaces.get(tx), person, None, bot.clock.now(), bot.new_id, bot.new_id, "",
            FEATURES,
        )  # fmt: skip
        said = ban_blocks.blocks(ctx, incident)
        return text(said, "en") if said is not None else None

    found: str | None = bot.store(ask)
    return found


def leaves(bot: Stage, person: PersonId) -> None:
    """Somebody leaves the company."""

    def leave(tx: Tx) -> None:
        people.learn(
            tx, person, name=person.title(), kind=PersonKind.MEMBER, active=False, language=None,
            admin=False,
        )  # fmt: skip

    bot.store(leave)


@pytest.fixture
def banned(bot: Stage, anna: Say) -> Stage:
    """Three times the same within three days; PRB-1 is open since Wednesday, 25 November."""
    declared(bot, anna, *TITLES[:2])
    anna(f"incident {TITLES[2]}")
    chris = Say(bot, "chris")
    chris("repeat 2 of 1")
    chris("repeat 3 of 1")
    chris("restored 3")
    return bot


def fixed(ben: Say) -> None:
    """Ben enters the cause and says that it is fixed."""
    ben("problem 1")
    ben.press("Ursache eintragen")
    ben.fill(kind="hardware", cause="Das Netzteil schaltet bei Wärme ab")
    ben.press("Ursache ist behoben")
    ben.fill(what="Netzteil getauscht", evidence=LINK)


def test_three_times_the_same_in_two_languages_until_the_fix_is_verified(
    banned: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    assert states(banned) == ["open"]
    for card in banned.sees("stoerungen"):
        assert "Ursache offen seit Mi. 25. Nov.; für die Ursache: Ben, Zusage fehlt noch" in card
    assert ben.sees()[-1].splitlines() == [
        "PRB-1 · Etikettendrucker offline",
        "Status: Sperre seit Mi. 25. Nov.: Solche Störungen lassen sich erst "
        "abschließen, wenn die Behebung der Ursache geprüft ist.",
        "Dienst: Etikettendrucker",
        "Wiederholungen: 3 in 30 Tagen (INC-1, INC-2 und INC-3)",
        "Ursache: noch nicht eingetragen",
        "Zuständig für die Ursache: Ben, Zusage fehlt noch",
        "Termin: Mi. 9. Dez.",
        "[Ich kümmere mich um die Ursache]",
        "[Ursache eintragen]",
        "[Jemanden benennen]",
        "[Termin setzen]",
        "[Ausnahme zulassen]",
        "[Verlauf]",
    ]
    assert "Its cause has to be fixed first" in (blocked(banned, 3) or "")
    assert ben.press("Ich kümmere mich um die Ursache").startswith(
        "Du kümmerst dich um die Ursache von PRB-1. Der Termin ist Mi. 9. "
        "Dez., du kannst ihn ändern."
    )
    fixed(ben)
    assert "Somebody has to verify the fix first." in (blocked(banned, 1) or "")
    assert ben.press("Behebung geprüft").startswith("Die Behebung kam von dir")
    assert carla.press("Behebung geprüft").startswith("Danke, geprüft. Die Sperre von PRB-1")
    assert states(banned) == ["lifted"]
    assert [blocked(banned, number) for number in (1, 2, 3)] == [None, None, None]
    for card in banned.sees("stoerungen"):
        assert "Ursache" not in card
    assert anna("bans") == "No problem is open, and no service is blocked."
    assert chris("problem PRB-1").splitlines()[1] == (
        "State: Lifted on Wed 25 Nov: the fix was verified by Carla."
    )
    *history, below = chris.press("History").splitlines()[1:]
    assert below == "[Remove words]"
    assert [line.partition(": ")[2] for line in history] == [
        "Opened with INC-1, INC-2, INC-3.",
        "Ben looks after the cause.",
        "Ben entered the cause: Das Netzteil schaltet bei Wärme ab",
        "Ben says the cause is fixed: Netzteil getauscht",
        "Carla verified the fix. The block is lifted.",
    ]


def test_a_further_incident_of_the_service_is_warned_but_not_blocked(
    banned: Stage, anna: Say
) -> None:
    anna("incident Etikettendrucker druckt schief und blass")
    assert (
        "Kommt hier immer wieder: „Etikettendrucker offline“ kommt immer wieder"
        in (banned.sees("stoerungen")[-1])
    )
    assert blocked(banned, 4) is None


def test_the_fourth_is_blocked_as_soon_as_somebody_calls_it_the_same(
    banned: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    banned.wind(minutes=31)
    anna("incident Etikettendrucker offline")
    assert blocked(banned, 4) is None
    assert (
        "Das sind 4 in 30 Tagen. PRB-1 ist offen; für die Ursache: Ben, Zusage fehlt noch."
        in ben("wiederholung 4 von 2")
    )
    assert blocked(banned, 4) is not None
    assert any("Wiederholungen: 4 in 30 Tagen" in each for each in ben.sees())


# --- cause, owner, date ------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["tbd", "unbekannt", "-", "kommt noch", "..."])
def test_a_cause_that_says_nothing_is_refused(banned: Stage, ben: Say, cause: str) -> None:
    ben("problem 1")
    ben.press("Ursache eintragen")
    assert ben.fill(kind="hardware", cause=cause).startswith("Das reicht noch nicht.")
    assert ben.form is not None
    assert "Ursache: noch nicht eingetragen" in ben("problem 1")


def test_only_those_concerned_change_a_problem(banned: Stage, anna: Say, ben: Say) -> None:
    values = {
        "kind": "hardware",
        "cause": "power supply",
        "what": "new power supply",
        "evidence": LINK,
        "day": "2026-12-01",
    }
    for label in ("I'll look after the cause", "Enter the cause", "Cause is fixed", "Set the date"):
        if label == "Cause is fixed":
            ben("problem 1")
            ben.press("Ursache eintragen")
            ben.fill(kind="hardware", cause="Das Netzteil schaltet bei Wärme ab")
        anna("problem 1")
        anna.press(label)
        if anna.form is not None:
            anna.fill(**{each.name: values[each.name] for each in anna.form.fields}, carry=True)
        assert anna.answer is not None
        assert answered(anna.answer).startswith(
            "For PRB-1 somebody else decides. Please ask Ben, Carla, or Chris."
        )
    anna("problem 1")
    assert anna.press("Allow an exception").startswith("Managers do this here.")


def test_nothing_is_fixed_without_a_cause_and_a_link(banned: Stage, ben: Say) -> None:
    assert "[Ursache ist behoben]" not in ben("problem 1")
    values = {"number": "1", "what": "Netzteil getauscht", "evidence": LINK}
    early = banned.handle(
        banned.request("ben", call=Call("problem fixed", values), submitted=True)
    )  # from a card of before
    answer = answered(early)
    assert answer.startswith("Die Ursache ist noch nicht eingetragen")
    assert "Netzteil getauscht" in answer
    ben("problem 1")
    ben.press("Ursache eintragen")
    ben.fill(kind="hardware", cause="Netzteil zu heiß")
    assert "[Ursache ist behoben]" in ben("problem 1")
    ben.press("Ursache ist behoben")
    assert ben.fill(what="Netzteil getauscht", evidence="steht im Ordner").startswith(
        "Bitte gib einen Link"
    )
    assert ben.fill(what="erledigt", evidence=LINK).startswith("Danke.")


def test_the_cause_stays_with_its_owner_until_the_asked_person_accepts(
    banned: Stage, ben: Say, anna: Say
) -> None:
    ben("problem 1")
    ben.press("Jemanden benennen")
    assert ben.fill(person="anna").startswith("Ich habe Anna gefragt")
    assert "Zuständig für die Ursache: Ben; gefragt: Anna" in ben("problem 1")
    assert anna.press("I'll look after the cause", at="@anna").startswith(
        "You look after the cause of PRB-1"
    )
    assert "Zuständig für die Ursache: Anna" in ben("problem 1")
    assert "Anna kümmert sich" in banned.sees("stoerungen")[-1]
    assert "PRB-1" in anna("status")


def test_the_first_date_skips_weekends_and_holidays(
    bot: Stage, anna: Say, chris: Say, wind: Wind
) -> None:
    wind(to="2026-12-18 09:00")
    declared(bot, anna, *TITLES)
    chris("repeat 2 of 1")
    chris("repeat 3 of 1")  # Monday, 21 December
    assert "Due: Tue 5 Jan" not in chris("problem 1")
    assert "Due: Wed 6 Jan" in chris("problem 1")


def test_working_days_are_counted_in_both_directions() -> None:
    ours, bavarian = (WorkingTime("Europe/Berlin", each) for each in ("DE", "DE-BY"))
    assert ours.working_days_after(date(2026, 12, 21), 10) == date(2027, 1, 6)
    assert ours.working_days_after(date(2027, 1, 6), -2) == date(2027, 1, 4)
    assert bavarian.working_days_after(date(2027, 1, 6), -2) == date(2027, 1, 4)


def test_a_past_date_is_refused(banned: Stage, ben: Say) -> None:
    ben("problem 1")
    ben.press("Termin setzen")
    assert ben.fill(day="2026-11-24").startswith("Dieser Tag ist vorbei")
    assert ben.fill(day="4.12.").startswith("PRB-1 soll bis Fr. 4. Dez. behoben sein.")


# --- reminders ---------------------------------------------------------------------------


def test_the_owner_is_reminded_before_and_after_the_day_then_the_manager_once_each(
    banned: Stage, ben: Say, chris: Say, carla: Say, wind: Wind
) -> None:
    def to(who: Say) -> list[str]:
        return [line.partition(": ")[2] for each in who.sees() for line in each.splitlines()
                if "Bis Mi. 9. Dez." in line or "by Wed 9 Dec," in line]  # fmt: skip

    wind(to="2026-12-07 08:59")
    assert to(ben) == []
    wind(to="2026-12-07 09:00")
    assert to(ben) == ["Bis Mi. 9. Dez. soll die Ursache behoben sein."]
    wind(to="2026-12-10 09:00")
    assert to(ben) == ["Bis Mi. 9. Dez. sollte die Ursache behoben sein. Wie ist der Stand?"]
    assert to(chris) == []
    wind(to="2026-12-11 09:00")
    assert to(chris) == [
        "The cause should have been fixed by Wed 9 Dec, by Ben. Please decide how to go on."
    ]
    wind(to="2027-01-15 08:30")
    assert (len(to(ben)), len(to(chris)), to(carla)) == (1, 1, [])
    assert "the date was Wed 9 Dec" in chris("digest")
    assert "\n2 decisions open" in chris("digest")  # this one, and one line of three not done


def test_another_date_settles_the_reminders_and_begins_anew(
    banned: Stage, ben: Say, wind: Wind
) -> None:
    wind(to="2026-12-10 09:00")
    ben.press("Termin setzen", at="@ben")
    ben.fill(day="18.12.")
    assert not any("Bis Mi. 9. Dez." in each for each in ben.sees())
    wind(to="2026-12-16 09:00")
    assert "Bis Fr. 18. Dez. soll die Ursache behoben sein." in ben.sees()[-1]


def test_a_list_names_who_said_that_it_is_fixed_also_when_they_left(
    banned: Stage, ben: Say, chris: Say
) -> None:
    fixed(ben)
    leaves(banned, PersonId("ben"))
    assert "Ben says it is fixed, to be verified" in chris("bans")


def test_a_fixed_cause_reminds_nobody(banned: Stage, ben: Say, wind: Wind) -> None:
    fixed(ben)
    wind(to="2026-12-08 09:00")
    assert not any("Ursache behoben sein" in each for each in ben.sees())


def test_an_owner_who_left_is_stood_in_for(
    banned: Stage, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    ben.press("Ich kümmere mich um die Ursache")
    leaves(banned, PersonId("ben"))
    assert "Responsible for the cause: Ben is no longer active; Carla stands in" in chris(
        "problem 1"
    )
    assert "PRB-1" in carla("stand")
    wind(to="2026-12-07 09:00")
    assert "Bis Mi. 9. Dez. soll die Ursache behoben sein." in carla.sees()[-1]
    carla("problem 1")
    carla.press("Ursache eintragen")
    assert carla.fill(kind="hardware", cause="Netzteil zu heiß").startswith("Notiert.")


def test_when_nobody_of_the_service_is_there_the_manager_is(
    banned: Stage, chris: Say, wind: Wind
) -> None:
    leaves(banned, PersonId("ben"))
    leaves(banned, PersonId("carla"))
    wind(to="2026-12-07 09:00")
    assert any("should be fixed by Wed 9 Dec." in each for each in chris.sees())


# --- the end -----------------------------------------------------------------------------


def test_a_fix_is_verified_by_somebody_with_a_tie_only(
    banned: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    """Accountable, deputy, manager, or who declared or looked after one of its incidents."""
    fixed(ben)
    press = Call("problem verify", {"number": "1"})
    dora, emil = Say(banned, "dora"), Say(banned, "emil")
    for nobody in (dora, emil):
        nobody("status")
        assert "Das kann Carla oder Chris sein" in answered(
            banned.handle(banned.request(nobody.id, call=press))
        )
    assert states(banned) == ["fixed"]
    assert "jemand anderes" in answered(banned.handle(banned.request("ben", call=press)))
    banned.store(
        lambda tx: tx.run(
            "update incidents set acknowledged_by = 'emil', acknowledged_at = declared_at "
            "where workspace = :workspace and number = 2"
        )
    )
    assert states(banned) == ["fixed"]
    emil("problem 1")
    assert emil.press("Behebung geprüft").startswith("Danke, geprüft.")
    assert states(banned) == ["lifted"]


@pytest.mark.parametrize("who", ["anna", "carla", "chris"])
def test_declarer_deputy_and_manager_verify_a_fix(banned: Stage, ben: Say, who: str) -> None:
    fixed(ben)
    banned.handle(banned.request(who, call=Call("problem verify", {"number": "1"})))
    assert states(banned) == ["lifted"]


def test_the_digest_says_who_or_what_ended_a_ban(banned: Stage, ben: Say, chris: Say) -> None:
    fixed(ben)
    chris("problem 1")
    chris.press("Fix verified")
    assert "the fix was verified on" in chris("digest")


def test_a_fix_that_nobody_verifies_holds_after_fourteen_quiet_days(
    banned: Stage, ben: Say, wind: Wind
) -> None:
    wind(to="2026-11-26 10:00")
    fixed(ben)
    wind(to="2026-12-10 09:59")
    assert states(banned) == ["fixed"]
    wind(to="2026-12-10 10:00")
    assert states(banned) == ["lifted"]
    assert "Nach der Behebung ist es nicht wieder aufgetreten." in ben("problem 1")


def test_a_repeat_in_that_time_lets_the_ban_stand_again(
    banned: Stage, anna: Say, ben: Say, wind: Wind
) -> None:
    fixed(ben)
    wind(to="2026-12-04 09:00")
    anna("incident Etikettendrucker offline")
    ben("behoben 4")
    assert "deshalb ist PRB-1 wieder offen; für die Ursache: Ben, Zusage fehlt noch." in ben(
        "wiederholung 4 von 1"
    )
    assert states(banned) == ["open"]
    wind(to="2026-12-12 09:00")
    assert states(banned) == ["open"]
    assert "Termin: Fr. 18. Dez." in ben("problem 1")
    assert "Nach der Behebung kam es wieder vor (INC-4)." in ben.press("Verlauf")


def test_it_is_not_quiet_while_nobody_has_decided_about_what_looks_like_it(
    banned: Stage, anna: Say, ben: Say, wind: Wind
) -> None:
    fixed(ben)
    wind(to="2026-12-04 09:00")
    anna("incident Etikettendrucker offline")
    ben("behoben 4")
    wind(to="2026-12-20 09:00")
    assert states(banned) == ["fixed"]
    ben.press("Nicht dasselbe", at="stoerungen")
    wind(to="2026-12-22 09:00")
    assert states(banned) == ["lifted"]


def test_a_late_word_about_an_earlier_incident_is_no_new_repeat(
    banned: Stage, anna: Say, ben: Say, wind: Wind
) -> None:
    anna("incident Etikettendrucker offline")
    wind(minutes=60)
    fixed(ben)
    ben("wiederholung 4 von 1")
    assert states(banned) == ["fixed"]


def test_back_soon_after_a_verified_fix_it_was_none(
    banned: Stage, anna: Say, ben: Say, carla: Say, wind: Wind
) -> None:
    fixed(ben)
    carla.press("Behebung geprüft")
    wind(to="2026-12-05 09:00")
    anna("incident Etikettendrucker offline")
    assert "wieder offen" in ben("wiederholung 4 von 1")
    assert states(banned) == ["open"]
    assert blocked(banned, 4) is not None


def test_long_after_a_fix_it_counts_anew(
    banned: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    fixed(ben)
    carla.press("Behebung geprüft")
    wind(to="2026-12-14 09:00")
    declared(banned, anna, *["Etikettendrucker offline"] * 3)
    chris("repeat 4 of 3")
    chris("repeat 5 of 4")
    assert states(banned) == ["lifted"]
    assert "PRB-2" in chris("repeat 6 of 5")
    assert states(banned) == ["lifted", "open"]


def test_who_sees_that_it_is_not_fixed_says_why(banned: Stage, ben: Say, anna: Say) -> None:
    fixed(ben)
    anna("problem 1")
    anna.press("Not fixed")
    assert anna.fill(reason="?").startswith("Please give a reason")
    assert anna.fill(reason="It went off again at noon").startswith("PRB-1 is open again.")
    assert states(banned) == ["open"]


# --- overrides ---------------------------------------------------------------------------


def test_a_manager_overrides_the_ban_with_a_reason_and_an_end(
    banned: Stage, ben: Say, chris: Say, wind: Wind
) -> None:
    ben("problem 1")
    assert ben.press("Ausnahme zulassen").startswith("Das macht hier die Leitung.")
    chris("problem 1")
    chris.press("Allow an exception")
    assert chris.fill(reason="n/a", until="2026-12-04").startswith("Please give a reason")
    assert chris.fill(reason="Christmas business", until="2027-11-01").startswith(
        "An exception ends"
    )
    assert chris.fill(reason="Christmas business", until="2026-12-04").startswith(
        "For the block of PRB-1 there is an exception until Fri 4 Dec."
    )
    assert blocked(banned, 3) is None
    assert (
        "Ausnahme: von Chris bis Fr. 4. Dez.: Christmas business" in (banned.sees("stoerungen")[-1])
    )
    assert "PRB-1, by Chris until Fri 4 Dec: Christmas business" in chris("digest")
    assert "Christmas business" in chris("bans")
    wind(to="2026-12-04 23:59")
    assert blocked(banned, 3) is None
    wind(to="2026-12-05 00:00")
    assert blocked(banned, 3) is not None


# --- groups and problems -----------------------------------------------------------------


def test_two_problems_that_turn_out_to_be_the_same_go_on_as_the_older_one(
    banned: Stage, anna: Say, chris: Say
) -> None:
    declared(banned, anna, *["Etikettendrucker streikt"] * 3)
    chris("repeat 5 of 4")
    chris("repeat 6 of 4")
    assert states(banned) == ["open", "open"]
    chris("repeat 6 of 1")
    assert states(banned) == ["open", "merged"]
    assert "(INC-1, INC-2, INC-3, INC-4, INC-5, and INC-6)" in chris("problem 1")
    assert chris("bans").startswith("1 block")


def test_only_a_manager_takes_apart_what_has_become_a_problem(
    banned: Stage, ben: Say, chris: Say
) -> None:
    assert unlike(ben, 3, 1).startswith(
        "PRB-1 ist dafür offen. Bitte frag Chris, wenn sie getrennt werden sollen."
    )
    assert unlike(chris, 3, 1).startswith("INC-3 and INC-1 are not the same thing.")
    assert states(banned) == ["dropped"]
    chris("problem 1")
    assert "Chris took INC-3 out: it is something else." in chris.press("History")


# --- lists and the digest ----------------------------------------------------------------


def test_bans_and_the_digest_tell_what_is_open(banned: Stage, anna: Say) -> None:
    said = (
        "PRB-1 · “Etikettendrucker offline” (Etikettendrucker): 3 times in 30 "
        "days, cause open since Wed 25 Nov; responsible: Ben, due Wed 9 Dec"
    )
    assert anna("bans") == f"1 block\n{said}\n[PRB-1]"
    assert f"Blocks\n- {said}" in anna("digest")
    assert "- “label printer is offline” (Etikettendrucker): 3 times in 30 days, confirmed" in (
        anna("digest")
    )
    shown = anna.press("How is this computed?")
    assert "Came back: " in shown and "Blocks: " in shown
    explained = shown = anna.press("All figures")
    while "[More]" in shown:
        shown = anna.press("More")
        explained += shown
    for figure in ("Came back: ", "Blocks: ", "Blocked changes: ", "Exceptions allowed: "):
        assert figure in explained


def test_a_lifted_ban_stands_once_in_the_digest(
    banned: Stage, ben: Say, carla: Say, anna: Say, wind: Wind
) -> None:
    fixed(ben)
    carla.press("Behebung geprüft")
    assert "Solved\n- PRB-1 · Etikettendrucker offline: lifted" in anna("digest")
    wind(to="2026-12-01 10:00")
    assert "lifted" not in anna("digest")


def test_a_problem_that_is_not_there_is_said_kindly(bot: Stage, anna: Say) -> None:
    assert anna("problem 7") == (
        "There is no problem PRB-7.\n[Blocks]\n[Declare this as an incident]"
    )
    assert anna("problem") == "No problem is open, and no service is blocked."


def test_days_before_keep_the_time_of_day_when_the_clocks_change() -> None:
    moment = datetime(2026, 11, 9, 9, tzinfo=BERLIN)
    found = calendar.days_before(moment, 30, "Europe/Berlin")
    assert found == datetime(2026, 10, 10, 7, tzinfo=UTC)


# --- when it is finished -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "values"),
    [
        ("done", {}),
        ("close anyway", {"reason": "The customer has waited long enough"}),
        ("close as", {"kind": "false_alarm", "reason": "Nobody had switched it on"}),
        ("close as", {"kind": "duplicate", "target": "1", "reason": "Reported twice"}),
    ],
)
def test_no_way_of_closing_gets_past_the_ban(
    banned: Stage, word: str, values: dict[str, str]
) -> None:
    call = Call(word, {"number": "3", **values})
    answer = banned.handle(banned.request("chris", call=call, submitted=True))
    banned.carry()
    assert "This cannot be finished yet: PRB-1" in answered(answer)
    found = banned.rows("select state from incidents where workspace = :workspace and number = 3")
    assert found == [{"state": "restored"}]


def test_after_the_fix_the_gate_asks_only_its_own_questions(
    banned: Stage, ben: Say, carla: Say
) -> None:
    assert "Abschließen geht noch nicht, PRB-1" in carla("fertig 3")
    fixed(ben)
    carla.press("Behebung geprüft")
    assert "PRB-1" not in carla("fertig 3")
    call = Call("close as", {"number": "3", "kind": "false_alarm", "reason": "Nicht angeschlossen"})
    assert banned.handle(banned.request("carla", call=call, submitted=True)).outcome == "done"


def test_a_false_alarm_or_a_duplicate_counts_for_no_problem(
    bot: Stage, anna: Say, ben: Say
) -> None:
    declared(bot, anna, *TITLES[:2], "Etikettendrucker offline")
    ben("wiederholung 2 von 1")
    call = Call(
        "close as",
        {"number": "2", "kind": "duplicate", "target": "1", "reason": "Zweimal gemeldet"},
    )
    assert bot.handle(bot.request("ben", call=call, submitted=True)).outcome == "done"
    assert "Das sind 2 in 30 Tagen." in ben("wiederholung 3 von 1")
    assert states(bot) == []


# --- quiet by design ---------------------------------------------------------------------


def test_a_whole_life_makes_at_most_four_posts_on_the_channel_s_side(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say, wind: Wind
) -> None:
    """Climbing, news, the question of a repeat, a problem, its ban, the checklist, a late fix."""
    declared(bot, anna, *TITLES[:2])
    anna(f"incident {TITLES[2]}", at="allgemein")
    wind(minutes=65)  # to the deputy, to the manager, again
    carla("ack 3")
    wind(minutes=95)  # the promised news does not come
    carla("meldung 3 Techniker kommt", at="allgemein")
    chris("serious 3")
    carla("zuweisen 3 ben")
    ben.press("Ich kümmere mich", about="INC-3")
    chris("repeat 2 of 1")
    chris("repeat 3 of 1")
    ben("behoben 3")
    wind(to="2026-12-01 09:00")
    ben("wiederöffnen 3 Er druckt wieder nicht")
    wind(minutes=30)
    ben("ack 3")
    ben("behoben 3")
    wind(to="2026-12-14 09:00")  # reminders of it, and of the cause that is overdue
    fixed(ben)
    carla.press("Behebung geprüft")
    ben("fertig 3")
    ben.press("Alles eintragen", about="INC-3 ")
    said = ben.fill(
        carry=True, ended="2026-12-14 09:00", kind="hardware", cause="Das Netzteil wird zu heiß",
        evidence=LINK, ending="workaround", fixer="ben", on="2026-12-18", runbook="noch keins",
    )  # fmt: skip
    assert said == "INC-3 ist abgeschlossen. Danke."  # it has been quiet for long enough
    found = bot.rows("select state from incidents where workspace = :workspace and number = 3")
    assert found == [{"state": "done"}]
    wind(to="2027-01-10 09:00")
    made = [
        text
        for place in ("stoerungen", "allgemein", "leitung")
        for text in bot.chat.created(f"local:{place}")
    ]
    assert len([text for text in made if text.startswith("INC-3 · ")]) == 2  # one card a place
    assert len([text for text in made if "INC-3" in text]) <= 4
    assert len(made) == 4  # the cards of all three, one of them in two places; the problem has none


def test_the_cards_of_problem_and_incident_say_the_same_of_who_looks_after_the_cause(
    banned: Stage, anna: Say, ben: Say
) -> None:
    """Not accepted, accepted, asked and gone: never that somebody does who has not said so."""

    def both(words: str) -> None:
        assert words in anna("problem 1"), "the problem's card"
        assert words in anna("INC-3"), "the incident's card"

    both("Ben, who has not accepted yet")
    assert "looks after it" not in anna("INC-3")
    ben("problem 1")
    ben.press(calls="problem accept")
    assert "Responsible for the cause: Ben" in anna("problem 1")
    assert "Ben looks after it" in anna("INC-3")
    do(ben, "problem owner", number="1", person="anna")
    both("Ben; asked: Anna")
    do(ben, "problem owner", number="1", person="ben")
    leaves(banned, PersonId("ben"))
    both("Ben is no longer active; Carla stands in")

"""What people tell, what is looked at, and what follows: counted without names, always ended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.automations.learning.checks import CheckTimer
from handlers.automations.learning.trend import falls
from handlers.kit.commands import call
from storage import automations
from storage.automations.states import AutomationPhase
from storage.engine import Tx
from storage.engine.ids import AutomationId
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]


def id_of(bot: Stage) -> str:
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    return str(row["id"])


def live(ben: Say, bot: Stage) -> str:
    """Let an automation be in operation since now."""
    secret = enter(ben, rhythm="täglich")
    reports(bot, secret)
    id, now = id_of(bot), bot.clock.now()

    def prepare(tx: Tx) -> None:
        automations.change(tx, AutomationId(id), phase=AutomationPhase.OPERATION, live_at=now)
        for field, value in (("area", "Einkauf"), ("minutes", "10")):
            tx.insert("automation_profile", automation=id, field=field, value=value)

    bot.store(prepare)
    bot.run(bot.dispatcher.fire_timer(bot.workspace, CheckTimer.CHECKS))
    bot.carry()
    return secret


def test_signals_are_counted_for_the_automation_and_keep_nobody(
    ben: Say, anna: Say, bot: Stage
) -> None:
    live(ben, bot)
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    anna.press(calls="auto bypassed")
    assert "without your name" in anna.fill(reason="slow")
    anna.press(calls="auto byhand")
    anna.fill(minutes="15")
    anna.press(calls="auto wrong")
    anna.fill(fault="order")
    rows = bot.rows(
        "select kind, reason, minutes from automation_signals where workspace = :workspace"
        " order by kind desc"
    )
    assert [(each["kind"], each["reason"], each["minutes"]) for each in rows] == [
        ("wrong", "order", None), ("bypassed", "slow", None), ("by hand", "", 15)
    ]  # fmt: skip
    card = anna("auto mail-sortierung")
    assert "Bypassed or by hand: 67 %, 2 of 3" in card
    assert "Net time: about -5 min (10 min − 15 min rework, estimated, 28 days)" in card
    people = bot.rows("select * from automation_signals where workspace = :workspace")
    assert {each["at"] for each in people} == {"2026-11-22T23:00:00.000000Z"}, "the day, no moment"
    entered = [each["id"] for each in people]
    assert all(len(each) == 36 for each in entered), "random, not in the order of time"
    assert "anna" not in str(people)
    audit = bot.rows("select person_key, command from audit where workspace = :workspace")
    told = {each["person_key"] for each in audit if each["command"] == "auto bypassed"}
    assert "nobody" in told


def test_a_question_reaches_who_answers_within_a_minute_and_the_card_shows_the_answer(
    ben: Say, anna: Say, bot: Stage
) -> None:
    live(ben, bot)
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    anna.press(calls="auto question")
    assert "Ben has your question, without your name." in anna.fill(words="Zählt sie Retouren mit?")
    asked = [each for each in ben.sees() if "Zählt sie Retouren mit?" in each]
    assert len(asked) == 1 and "Anna" not in asked[0]
    ben.press("Antwort", about="Retouren")
    ben.fill(words="Nein, nur Bestellungen")
    assert "→ Nein, nur Bestellungen" in anna("auto mail-sortierung")
    state = bot.rows("select state from automation_signals where workspace = :workspace")
    assert state == [{"state": "done"}]


@pytest.mark.parametrize("word", ["auto question", "auto boundary"])
def test_a_question_that_names_somebody_goes_to_nobody_before_it_is_offered_otherwise(
    ben: Say, anna: Say, bot: Stage, word: str
) -> None:
    live(ben, bot)
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    anna.press(calls=word)
    assert "It names somebody" in anna.fill(words="Warum prüft Carla nicht mehr?")
    assert not any("Carla" in each for each in ben.sees())
    assert bot.rows("select id from automation_signals where workspace = :workspace") == []
    anna.press("Leave it so")
    assert len([each for each in ben.sees() if "Warum prüft Carla" in each]) == 1


def test_each_signal_ends_done_or_declined_with_a_reason(ben: Say, anna: Say, bot: Stage) -> None:
    live(ben, bot)
    for _each in range(2):
        anna("auto mail-sortierung")
        anna.press(calls="auto tell")
        anna.press(calls="auto bypassed")
        anna.fill(reason="fit")
    ben("auto mail-sortierung")
    ben.press(calls="auto learn")
    ben.press(calls="auto leave")
    assert "In wenigen" not in ben.fill(because="Der Fall ist zu selten")
    ben("auto mail-sortierung")
    ben.press(calls="auto learn")
    ben.press(calls="auto answer")
    ben.fill(words="Die Regel kennt den Fall jetzt")
    states = bot.rows("select state, answer from automation_signals where workspace = :workspace")
    assert {each["state"] for each in states} == {"done", "declined"}
    assert all(each["answer"] for each in states)


@pytest.mark.parametrize(
    ("weeks", "asks"),
    [
        ([(20, 0), (19, 1), (18, 2), (17, 3)], True),
        ([(20, 0), (19, 1), (20, 0), (17, 3)], False),  # noise
        ([(200, 0), (199, 1), (198, 2), (197, 3)], False),  # too little to wonder
        ([(2, 0), (2, 1), (1, 2), (0, 3)], False),  # too few to say anything
        ([(20, 0), (19, 1), (18, 2)], False),
    ],
)
def test_three_falling_weeks_raise_a_question_and_noise_does_not(
    weeks: list[tuple[int, int]], asks: bool
) -> None:
    assert falls(weeks) is asks


def test_a_slow_decline_is_asked_about_once(ben: Say, bot: Stage, wind: Wind) -> None:
    secret = live(ben, bot)
    day = 23
    for bad in (0, 1, 2, 3):
        for each in range(5):
            wind(to=f"2026-{11 if day <= 30 else 12}-{day if day <= 30 else day - 30:02} 10:00")
            reports(bot, secret, kind="fail" if each < bad else "")
            reports(bot, secret)
            day += 1
        day += 2
    wind(to="2026-12-21 12:00")
    told = [each for each in ben.sees() if "drei Wochen in Folge" in each]
    assert len(told) == 1
    wind(to="2026-12-29 12:00")
    assert len([each for each in ben.sees() if "drei Wochen in Folge" in each]) == 1


def test_a_check_is_asked_for_and_four_of_five_opens_a_review(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    live(ben, bot)
    wind(to="2026-12-22 12:00")
    assert not [each for each in ben.sees() if "fünf Ergebnisse" in each]
    wind(to="2026-12-28 12:00")
    assert len([each for each in ben.sees() if "fünf Ergebnisse" in each]) == 1
    ben.press("Ergebnisse eintragen")
    assert "4 von 5 stimmen" in ben.fill(right="1,2,3,4")
    wind(to="2026-12-29 12:00")
    assert [each for each in ben.sees() if "besser werden" in each]
    ben.press("Erledigt", about="besser werden")
    ben.fill(words="Regel für Retouren ergänzt")
    (review,) = bot.rows("select outcome from automation_reviews where workspace = :workspace")
    assert review == {"outcome": "done"}
    assert "review done (the accountable person)" in _history(anna)


def _history(who: Say) -> str:
    who("auto mail-sortierung")
    return who.press(calls="auto history")


def test_a_change_opens_a_review_for_each_automation_of_that_area(
    ben: Say, anna: Say, bot: Stage
) -> None:
    ids = []
    for name in ("Eins", "Zwei", "Drei", "Vier"):
        enter(ben, name=name)
        rows = bot.rows(
            "select id from automations where workspace = :workspace and name = :name", name=name
        )
        ids.append(rows[0]["id"])
    for id in ids[:3]:
        bot.store(
            lambda tx, id=id: tx.insert(
                "automation_profile", automation=id, field="area", value="Einkauf"
            )
        )
    anna("auto")
    anna.press(calls="auto changed")
    answer = anna.fill(kind="price", area="einkauf", words="Neue Preisliste")
    assert answer == "Thank you. 3 automations are reviewed: Drei, Eins, and Zwei."
    rows = bot.rows("select why from automation_reviews where workspace = :workspace")
    assert [each["why"] for each in rows] == ["change: price"] * 3
    status = ben("status")
    assert status.count("Etwas hat sich geändert (Preise)") == 3


def test_it_is_asked_how_it_goes_on_days_7_30_90_and_180(ben: Say, bot: Stage, wind: Wind) -> None:
    secret = live(ben, bot)
    for day, moment in ((7, "2026-12-01"), (30, "2026-12-28"), (90, "2027-02-23"),
                        (180, "2027-05-25")):  # fmt: skip
        wind(to=f"{moment} 12:00")
        reports(bot, secret)
        told = [each for each in ben.sees() if f"seit {day} Tagen in Betrieb" in each]
        assert len(told) == 1, day
        assert "Danke" in ben.press("Es läuft gut", about=f"seit {day} Tagen")
    kinds = bot.rows(
        "select kind from automation_history where workspace = :workspace"
        " and kind like 'check-in%' order by id"
    )
    assert [each["kind"] for each in kinds] == [f"check-in {n}" for n in (7, 30, 90, 180)]


def test_who_has_understood_or_asks_is_counted_and_shown_for_what_holds_now(
    ben: Say, anna: Say, bot: Stage
) -> None:
    live(ben, bot)
    id = id_of(bot)
    for who in ("anna", "chris"):
        bot.handle(bot.request(who, call=call("auto understood", automation=id)))
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    anna.press(calls="auto question")
    anna.fill(words="Zählt sie Retouren mit?")
    rows = bot.rows("select version, understood, questions from automation_understood"
                    " where workspace = :workspace")  # fmt: skip
    assert rows == [{"version": 1, "understood": 2, "questions": 1}]
    assert "Understood: understood by 2, 1 question" in anna("auto mail-sortierung")


def test_what_has_changed_is_shown_to_everybody_and_counted_anew(
    ben: Say, anna: Say, bot: Stage
) -> None:
    live(ben, bot)
    bot.handle(bot.request("anna", call=call("auto understood", automation=id_of(bot))))
    ben("auto mail-sortierung")
    ben.press(calls="auto complete")
    ben.fill(area="Verkauf")
    bot.carry()
    assert not [each for each in bot.sees("allgemein") if "arbeitet jetzt anders" in each]
    ben("auto mail-sortierung")
    ben.press(calls="auto complete")
    ben.fill(not_for="Reklamationen und Retouren")
    bot.carry()
    (card,) = [each for each in bot.sees("allgemein") if "arbeitet jetzt anders" in each]
    assert "Wofür nicht: Reklamationen und Retouren" in card and "verstanden von" not in card
    bot.handle(bot.request("anna", call=call("auto understood", automation=id_of(bot))))
    bot.carry()
    (card,) = [each for each in bot.sees("allgemein") if "arbeitet jetzt anders" in each]
    assert "von 1 verstanden" in card
    assert "Understood: understood by 1" in anna("auto mail-sortierung")


def test_a_question_stands_in_the_digest_after_five_working_days(
    ben: Say, anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    live(ben, bot)
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    anna.press(calls="auto question")
    anna.fill(words="Zählt sie Retouren mit?")
    wind(to="2026-11-30 12:00")
    assert "question unanswered" not in chris("digest"), "five working days are not over"
    wind(to="2026-12-01 12:00")
    assert "1 question unanswered" in chris("digest")


def test_the_register_is_csv_and_markdown_and_the_ai_register(
    ben: Say, anna: Say, bot: Stage
) -> None:
    live(ben, bot)
    anna("auto")
    text = anna.press(calls="auto register")
    assert "## Mail-Sortierung" in text and "### Responsibility" in text
    assert "- What not for: Reklamationen" in text and "- Steps: missing" in text


def test_first_improve_then_extend_and_a_correction_is_no_extension(
    ben: Say, anna: Say, bot: Stage
) -> None:
    live(ben, bot)
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    anna.press(calls="auto question")
    anna.fill(words="Zählt sie Retouren mit?")

    def says(purpose: str) -> str:
        ben("auto mail-sortierung")
        ben.press(calls="auto complete")
        return ben.fill(purpose=purpose)

    assert "Gespeichert" in says("Ordnet Bestellungen ein")
    refused = says("Schreibt auch Angebote und beantwortet Anfragen von Kunden")
    assert "Erst verbessern, dann erweitern" in refused
    assert "Zählt sie Retouren mit?" in refused, "with what is open"
    (row,) = bot.rows("select purpose from automations where workspace = :workspace")
    assert row == {"purpose": "Ordnet Bestellungen ein"}
    bot.handle(bot.request("ben", call=call("auto goes", automation=id_of(bot), how="badly")))
    (review,) = bot.rows("select id from automation_reviews where workspace = :workspace")
    done = call("auto reviewed", review=review["id"], words="Regel für Retouren ergänzt")
    bot.handle(bot.request("ben", call=done, submitted=True))
    assert "Gespeichert" in says("Schreibt auch Angebote und beantwortet Anfragen von Kunden")

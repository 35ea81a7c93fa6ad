"""Rows of the requirements that concern automations, each by its own way of verifying it.

Others stand where they belong: vectors in `test_vectors.py` (two of them, drafts and forged
senders, in `tests/http/test_dialects.py` and `tests/mail/test_server.py`), questions in
`test_escalation.py`, what people tell in `test_learning.py`, the gate in `test_gate.py`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest

from bot.config import Settings
from bot.delivery import menus
from bot.generate import register
from bot.slack import blocks as slack_blocks
from bot.teams import cards as teams_cards
from handlers.automations.learning.checks import CheckTimer
from handlers.automations.profile import PROFILE, Part
from handlers.kit.commands import call
from handlers.kit.messages import Button, Buttons, Message
from handlers.kit.words import flat, text
from storage import automations
from storage.automations.states import AutomationPhase, AutomationState, SignalKind, SignalState
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId
from tests.automations.test_gate import complete
from tests.ownership.test_ownership import leaves
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage, answered, plain

Wind = Callable[..., None]
ON_CARD = ("auto bypassed", "auto byhand", "auto question", "auto boundary")


def its(bot: Stage, column: str = "id") -> str:
    """Return a column of the only automation."""
    (row,) = bot.rows(f"select {column} as it from automations where workspace = :workspace")
    return str(row["it"])


def card_of(bot: Stage, who: str = "anna") -> Message:
    """Return the card as somebody sees it."""
    answer = bot.handle(bot.request(who, call=call("auto", automation=its(bot))))
    assert answer.message is not None
    return answer.message


def runs(bot: Stage, phase: AutomationPhase = AutomationPhase.OPERATION) -> None:
    """Let it be in operation since now, and be looked at each day."""
    id, now = its(bot), bot.clock.now()
    bot.store(lambda tx: automations.change(tx, AutomationId(id), phase=phase, live_at=now))
    bot.run(bot.dispatcher.fire_timer(bot.workspace, CheckTimer.CHECKS))
    bot.carry()


def said(bot: Stage, **fields: str) -> None:
    """Let something be said of it."""
    id = its(bot)

    def say(tx: Tx) -> None:
        for field, value in fields.items():
            tx.insert("automation_profile", automation=id, field=field, value=value)

    bot.store(say)


def texts(drawn: object) -> list[str]:
    """Return what is read of a drawn message, in its order."""
    if isinstance(drawn, list):
        return [said for each in drawn for said in texts(each)]
    if not isinstance(drawn, dict):
        return []
    said = drawn.get("text")
    own = [said] if isinstance(said, str) else []
    return own + [each for value in drawn.values() for each in texts(value)]


def buttons(message: Message) -> list[Button]:
    return [each for part in message.parts if isinstance(part, Buttons) for each in part.buttons]


# --- B08, C15, C26, C27 ----------------------------------------------------------------------


def test_b08_what_reports_by_an_unknown_name_is_a_draft_nobody_answers_for_and_never_active(
    ben: Say, anna: Say, bot: Stage
) -> None:
    hook = next(each for feature in bot.dispatcher.features for each in feature.hooks)
    bot.run(bot.dispatcher.report(hook, bot.workspace, "", {"slug": "geheim", "create": "1"}))
    shown = anna("auto")
    assert "Nobody answers for it yet: geheim" in shown
    assert "- geheim" not in shown, "not among those that somebody answers for"
    assert "Phase: draft: nobody answers for it yet" in plain(card_of(bot))
    assert bot.store(automations.all) == []
    for word in ("auto live", "auto pilot"):
        answer = bot.handle(bot.request("ben", call=call(word, automation=its(bot))))
        assert answer.outcome == "refused"
    assert its(bot, "phase") == AutomationPhase.DRAFT
    ben("auto")
    ben.press(calls="auto adopt")
    told = ben.fill(name="Geheimes Skript", purpose="Kopiert Dateien", accountable="ben",
                    deputy="carla", rhythm="täglich")  # fmt: skip
    assert not re.search(r"verboten|heimlich|hätte|schon längst", told), "without blame"
    assert "Phase: runs, profile incomplete" in anna("auto geheimes skript")


def test_c15_and_c26_what_for_stands_first_and_use_is_the_first_figure_on_both_platforms(
    ben: Say, anna: Say, bot: Stage
) -> None:
    reports(bot, enter(ben, rhythm="täglich"))
    said(bot, minutes="10")
    message = card_of(bot)
    for drawn in (slack_blocks.render(message), teams_cards.card(message)):
        shown = [each.removesuffix(": ") for each in texts(drawn)]
        found = [
            shown.index(label)
            for label in ("What for", "What not for", "Use", "Evidence", "Used", "Net time",
                          "Tasks", "Responsibility")
        ]  # fmt: skip
        assert found == sorted(found)
        before = " ".join(shown[: shown.index("Use")])
        assert not re.search(r"\d", before), "no figure stands before it"


def test_c27_everybody_reads_every_automation_and_each_step_says_who_does_it(
    ben: Say, anna: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    enter(ben)
    said(bot, steps="automatisch: sortieren\nMensch: freigeben")
    for each in (anna, carla, chris, ben):
        card = each("auto mail-sortierung")
        assert "automatisch: sortieren\nMensch: freigeben" in card, each.id


def test_c27_what_lotse_writes_is_marked_as_an_app_s_on_slack() -> None:
    """Slack marks what an app writes, unless it may take another name or write as a user."""
    for address in ("", "https://lotse.example.com"):
        scopes = menus.manifest("de", address)["oauth_config"]["scopes"]
        assert "chat:write.customize" not in scopes["bot"]
        assert not scopes.get("user")


# --- C20, C22, C23, C30, C31 -----------------------------------------------------------------


ENGLISH = ["Bypassed", "Done by hand", "Question", "Boundary unclear"]
GERMAN = ["Umgangen", "Von Hand gemacht", "Rückfrage", "Grenze unklar"]


@pytest.mark.parametrize(
    ("who", "labels"), [("anna", ENGLISH), ("chris", ENGLISH), ("carla", GERMAN), ("ben", GERMAN)]
)
def test_c20_c21_c22_and_c30_each_card_has_the_buttons_in_the_reader_s_language(
    ben: Say, bot: Stage, who: str, labels: list[str]
) -> None:
    enter(ben)
    shown = {each.call.word: flat(each.label) for each in buttons(card_of(bot, who))}
    assert [shown[word] for word in ON_CARD] == labels


def test_c22_minutes_by_hand_are_optional_and_lower_the_net_time(
    ben: Say, anna: Say, bot: Stage
) -> None:
    reports(bot, enter(ben, rhythm="täglich"))
    said(bot, minutes="30")
    net = "Net time: about {} min (30 min − {} min rework, estimated, 28 days)"
    assert net.format(30, 0) in anna("auto mail-sortierung")
    anna.press(calls="auto byhand")
    anna.fill(minutes="15")
    assert net.format(15, 15) in anna("auto mail-sortierung")
    anna.press(calls="auto byhand")
    anna.fill(minutes="0")  # nobody has to say
    assert net.format(15, 15) in anna("auto mail-sortierung")


def test_c23_signals_are_what_we_learn_without_red_without_order_by_number(
    ben: Say, anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    for name in ("Zebra", "Affe"):
        enter(ben, name=name)
    for name, times in (("zebra", 3), ("affe", 1)):
        for _each in range(times):
            anna(f"auto {name}")
            anna.press(calls="auto bypassed")
            anna.fill(reason="slow")
    ben("auto zebra")
    learn = ben.press(calls="auto learn")
    assert learn.splitlines()[0] == "Was wir lernen: „Zebra“"
    assert ben.answer is not None and ben.answer.message is not None
    shown = ben.answer.message
    drawn = json.dumps([slack_blocks.render(shown), teams_cards.card(shown)])
    for red in ("danger", "attention", "warning", "red_circle", "destructive"):
        assert red not in drawn.lower()
    wind(to="2026-11-27 12:00")
    digest = chris("digest")
    learnt = digest[digest.index("What we are learning") :]
    assert "Zebra: bypassed 3× (mostly: It takes too long)" in learnt
    assert learnt.index("Affe") < learnt.index("Zebra"), "by name, not by how often"


def test_c30_an_unclear_boundary_reaches_both_and_waits_in_the_digest_like_a_question(
    ben: Say, anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben)
    anna("auto mail-sortierung")
    anna.press(calls="auto boundary")
    anna.fill(words="Darf sie auch Mahnungen schicken?")
    asked = [each for each in ben.sees() if "Darf sie auch Mahnungen schicken?" in each]
    assert len(asked) == 1 and "Anna" not in asked[0]
    wind(to="2026-12-01 12:00")
    assert "1 question unanswered" in chris("digest")
    ben.press("Antwort", about="Mahnungen")
    ben.fill(words="Nein, die bleiben beim Menschen")
    assert "→ Nein, die bleiben beim Menschen" in anna("auto mail-sortierung")


# --- E01, E02, E08, E11 ----------------------------------------------------------------------


def test_e01_there_is_no_finished() -> None:
    every = {*AutomationState, *AutomationPhase}
    assert not every & {"done", "finished", "complete", "completed", "closed", "over"}
    assert {each for each in AutomationState if each is not AutomationState.ACTIVE} == {"retired"}


def test_e01_after_going_live_it_ends_only_by_a_pause_or_by_retiring(
    ben: Say, anna: Say, bot: Stage
) -> None:
    reports(bot, enter(ben, rhythm="täglich"))
    runs(bot)
    offered = {each.call.word for each in buttons(card_of(bot, "ben"))}
    ends = {each for each in offered if each in ("auto retire", "auto rhythm", "auto snooze")}
    assert ends == {"auto retire", "auto rhythm", "auto snooze"}
    for word in ("auto live", "auto pilot"):
        answer = bot.handle(bot.request("ben", call=call(word, automation=its(bot))))
        assert answer.outcome == "refused", "there is no way back, and none further"
    assert "Phase: in operation" in anna("auto mail-sortierung")


def test_e08_every_open_signal_is_a_candidate_until_it_is_done_or_declined_with_a_reason(
    ben: Say, anna: Say, bot: Stage
) -> None:
    enter(ben)
    for word, form in (
        ("auto bypassed", {"reason": "fit"}), ("auto byhand", {"minutes": "5"}),
        ("auto wrong", {"fault": "order"}),
        ("auto question", {"words": "Zählt sie Retouren mit?"}),
        ("auto boundary", {"words": "Und Mahnungen?"}),
    ):  # fmt: skip
        anna("auto mail-sortierung")
        anna.press(calls="auto tell")
        anna.press(calls=word)
        anna.fill(carry=True, **form)
    ben("auto mail-sortierung")
    ben.press(calls="auto learn")
    assert len([each for each in ben.buttons() if each.button.call.word == "auto leave"]) >= 5
    ids = bot.rows("select id, kind from automation_signals where workspace = :workspace")
    assert {each["kind"] for each in ids} == set(SignalKind)
    for number, each in enumerate(ids):
        word, given = (("auto answer", {"words": "Regel ergänzt"}) if number % 2 else
                       ("auto leave", {"because": "Zu selten"}))  # fmt: skip
        name = next(iter(given))
        empty = bot.request("ben", call=call(word, signal=each["id"], **{name: ""}), submitted=True)
        assert bot.handle(empty).outcome == "refused", "not without words"
        done = call(word, signal=each["id"], **given)
        bot.handle(bot.request("ben", call=done, submitted=True))
    ended = bot.rows("select state, answer from automation_signals where workspace = :workspace")
    assert {each["state"] for each in ended} == {SignalState.DONE, SignalState.DECLINED}
    assert all(each["answer"] for each in ended)


def test_e11_not_right_has_four_kinds_and_each_is_counted(ben: Say, anna: Say, bot: Stage) -> None:
    enter(ben)
    for fault, times in (("wrong", 2), ("order", 1), ("uneven", 1), ("unsettling", 3)):
        for _each in range(times):
            anna("auto mail-sortierung")
            anna.press(calls="auto tell")
            anna.press(calls="auto wrong")
            assert anna.form is not None
            (field,) = [each for each in anna.form.fields if each.name == "fault"]
            assert len(field.choices) == 4
            anna.fill(fault=fault)
    anna("auto mail-sortierung")
    learn = anna.press(calls="auto learn")
    assert (
        "not right: 7× (Wrong answer 2×, Wrong order 1×, Inconsistent 1×, and Unsettling 3×)"
        in learn
    )


# --- E05, E09, E12, E13, E14 -----------------------------------------------------------------


def test_e05_a_check_that_is_overdue_stands_in_the_digest(
    ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    reports(bot, enter(ben, rhythm="täglich"))
    runs(bot)
    wind(to="2026-12-21 12:00")
    assert "still to look at" not in chris("digest")
    told: list[tuple[bool, bool]] = []
    days = [f"2026-12-{day} 12:00" for day in range(22, 32)]
    for day in [*days, *(f"2027-01-0{day} 12:00" for day in range(1, 8))]:
        wind(to=day)
        asked = any("Bitte sieh dir fünf Ergebnisse von" in each for each in ben.sees())
        told.append((asked, "1 still to look at (“Mail-Sortierung”, since " in chris("digest")))
    assert told.index((True, True)) >= told.index((True, False)) + 2, "ben has known of it before"
    assert told[-1] == (True, True) and (False, True) not in told


def test_e09_when_the_accountable_person_leaves_the_deputy_acts_and_managers_get_one_card(
    ben: Say, carla: Say, chris: Say, anna: Say, bot: Stage
) -> None:
    enter(ben)
    carla.press(calls="auto accept")
    leaves(bot, PersonId("ben"))
    told = [each for each in chris.sees() if "Mail-Sortierung" in each]
    assert len(told) == 1 and "Stands in: Carla" in told[0]
    answer = bot.handle(bot.request("carla", call=call("auto snooze", automation=its(bot))))
    assert answer.outcome != "refused", "the deputy may decide now"
    assert "Accountable: Ben (no longer active)" in anna("auto mail-sortierung")
    acts = "“Mail-Sortierung”: Ben is no longer active; Carla stands in."
    assert acts in chris("status") and acts in chris("digest")
    leaves(bot, PersonId("carla"))
    gone = "“Mail-Sortierung”: Ben is no longer active, and nobody stands in."
    assert gone in chris("status") and gone in chris("digest")
    answer = bot.handle(bot.request("chris", call=call("auto people", automation=its(bot))))
    assert answer.outcome != "refused", "with both gone a manager names somebody"
    chris.press("Name somebody", about="nobody stands in")
    chris.fill(accountable="chris", deputy="anna")
    assert "nobody stands in" not in chris("status")


def test_e12_the_card_is_the_job_profile_five_parts_in_order_filled_or_marked_missing(
    ben: Say, anna: Say, bot: Stage
) -> None:
    enter(ben)
    lines = anna("auto mail-sortierung").splitlines()
    places = [lines.index(text(each.words, "en")) for each in Part]
    assert places == sorted(places) and len(places) == 5
    for each in PROFILE:
        (shown,) = [line for line in lines if line.startswith(f"{each.label.one}: ")] or [""]
        assert shown or not each.needed, each.field
    assert "Steps: missing" in lines and "Documentation: missing" in lines
    complete(bot, AutomationId(its(bot)))
    assert not [line for line in anna("auto mail-sortierung").splitlines() if "missing" in line]


def test_e13_the_list_is_narrowed_to_a_category(ben: Say, anna: Say, bot: Stage) -> None:
    for name, category in (("Anruf", "phone"), ("Abgleich", "data"), ("Export", "data")):
        enter(ben, name=name)
        ben(f"auto {name}")
        ben.press(calls="auto complete")
        ben.fill(category=category)
    anna("auto")
    anna.press(calls="auto category")
    shown = anna.fill(category="data")
    assert "Abgleich" in shown and "Export" in shown and "Anruf" not in shown
    assert shown.splitlines()[0].endswith("of 2")


def test_e14_the_five_parts_of_managed_operation_follow_from_what_is_stored(
    ben: Say, anna: Say, bot: Stage
) -> None:
    def managed() -> str:
        (line,) = [each for each in anna("auto mail-sortierung").splitlines()
                   if each.startswith("Managed operation: ")]  # fmt: skip
        return line.removeprefix("Managed operation: ")

    secret = enter(ben, rhythm="täglich")
    assert managed() == "none of the five yet"
    reports(bot, secret)
    assert managed().startswith("monitoring; not yet: ")
    said(bot, area="Einkauf")
    assert managed().startswith("monitoring and adapting; ")
    said(bot, ai="no", data="Bestellungen", retention="90 Tage")
    assert "data protection" in managed().split(";")[0]
    runs(bot)
    ben("auto mail-sortierung")
    ben.press(calls="auto check")
    ben.fill(right="1,2,3,4")
    assert "quality" in managed().split(";")[0]
    (review,) = bot.rows("select id from automation_reviews where workspace = :workspace")
    done = call("auto reviewed", review=review["id"], words="Regel ergänzt")
    bot.handle(bot.request("ben", call=done, submitted=True))
    assert managed() == "all five in place"


# --- E17, E18 --------------------------------------------------------------------------------


def test_e17_operating_figures_are_those_that_follow_from_the_runs(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    secret = enter(ben, rhythm="täglich")
    took = (30, 60, 90, 120, 600)
    for day, seconds in zip(range(23, 28), took, strict=True):
        wind(to=f"2026-11-{day} 09:30")
        reports(bot, secret, kind="start", rid=f"r{day}")
        wind(minutes=seconds / 60)
        reports(bot, secret, rid=f"r{day}", items="4")
    wind(to="2026-12-01 12:00")
    card = anna("auto mail-sortierung")
    rows = bot.rows(
        "select at, items, seconds from automation_runs where workspace = :workspace"
        " and kind = 'ok' order by at"
    )
    assert [row["seconds"] for row in rows] == list(took)
    assert f"Duration: {round(median(row['seconds'] for row in rows))} s, half of them" in card
    assert f"Volume: {sum(row['items'] for row in rows)} items" in card
    assert f"Used: {len(rows)} useful runs in 28 days, 5 expected" in card
    assert "On time: 80 % of 5 occasions" in card, "Monday had none"


def test_e18_phases_change_only_through_their_gates(ben: Say, anna: Say, bot: Stage) -> None:
    enter(ben)

    def tries(word: str) -> str:
        bot.handle(bot.request("ben", call=call(word, automation=its(bot))))
        return its(bot, "phase")

    assert its(bot, "phase") == "idea"
    assert tries("auto live") == "idea", "its profile is not complete"
    assert tries("auto pilot") == "pilot"
    assert tries("auto pilot") == "pilot" and tries("auto live") == "pilot"
    complete(bot, AutomationId(its(bot)))
    assert tries("auto live") == "operation"
    assert tries("auto pilot") == "operation"
    past = bot.rows(
        "select kind, before, after, role from automation_history where workspace = :workspace"
        " and kind in ('phase', 'gate') order by at, id"
    )
    assert [(each["kind"], each["before"], each["after"], each["role"]) for each in past] == [
        ("phase", "idea", "pilot", "accountable"), ("gate", "pilot", "operation", "accountable"),
    ]  # fmt: skip


def test_c28_the_card_of_going_live_asks_everybody_and_a_question_arrives_within_a_minute(
    ben: Say, anna: Say, bot: Stage
) -> None:
    enter(ben)
    complete(bot, AutomationId(its(bot)))
    ben("auto mail-sortierung")
    ben.press(calls="auto live")
    (card,) = [each for each in anna.sees("allgemein") if "ist in Betrieb" in each]
    assert "[Verstanden]" in card and "[Rückfrage]" in card
    begun = bot.clock.now()
    anna.press("Rückfrage", at="allgemein")
    anna.fill(words="Wer sieht die Mails?")
    assert [each for each in ben.sees() if "Wer sieht die Mails?" in each]
    assert bot.clock.now() - begun < timedelta(minutes=1)


# --- E15 -------------------------------------------------------------------------------------


def test_e15_what_data_it_uses_is_asked_kept_and_stands_in_the_register_that_is_read_back(
    ben: Say, anna: Say, bot: Stage
) -> None:
    """On the form, in chat, as Markdown and as CSV; formulas are defused, numbers stay numbers."""
    for name, ai in (("=Sortierung", "yes"), ("Kopierer", "no")):
        enter(ben, name=name)
        ben(f"auto {name}")
        ben.press(calls="auto complete")
        assert ben.form is not None
        asked = {each.name for each in ben.form.fields}
        assert {"purpose", "not_for", "ai", "data", "retention", "decision"} <= asked
        ben.fill(ai=ai, data="＋Namen und Adressen", retention="-30")  # noqa: RUF001
    anna("auto")
    anna.press(calls="auto register")
    shown = anna.press(calls="auto register", label="AI register")
    assert "=Sortierung" in shown and "Kopierer" not in shown
    assert "Data used: ＋Namen und Adressen" in shown  # noqa: RUF001
    assert "How long data are kept: -30" in shown

    def written(tx: Tx) -> tuple[str, str]:
        inside, own = tx.within("demo"), Settings()
        return (
            register.text(inside, own, csv=True, ai_only=True, language="en"),
            register.text(inside, own, csv=False, ai_only=True, language="de"),
        )

    table, page = bot.store(written)
    head, row = csv.reader(io.StringIO(table.removeprefix("\ufeff")), delimiter=";")
    found = dict(zip(head, row, strict=True))
    assert table.startswith("\ufeff") and found["Name"] == "'=Sortierung"
    assert found["Data used"] == "'＋Namen und Adressen"  # noqa: RUF001
    assert found["How long data are kept"] == "-30", "a plain number stays one"
    assert (found["Uses AI"], found["Accountable"]) == ("yes", "Ben")
    assert "Genutzte Daten: ＋Namen und Adressen" in page and "Kopierer" not in page  # noqa: RUF001


def test_e15_everybody_sees_takes_along_and_erases_what_is_stored_of_them(
    ben: Say, carla: Say, anna: Say, chris: Say, bot: Stage
) -> None:
    """The round trip of an automation's deputy: seen, handed over, erased, gone."""
    enter(ben)
    carla.press(calls="auto accept")
    assert "Mail-Sortierung" in carla("daten")
    carla.press("Mich löschen")
    assert carla.answer is not None
    assert "Mail-Sortierung" in answered(carla.answer), "what she answers for is handed on first"
    carla("übergeben chris")
    chris.press("I take this over")
    carla("daten")
    carla.press("Mich löschen")
    carla.press("Mich löschen")
    assert carla.answer is not None and "Du bist gelöscht" in answered(carla.answer)
    assert "Carla" not in anna("auto mail-sortierung")
    rows = bot.rows("select person from automation_history where workspace = :workspace")
    assert "carla" not in {each["person"] for each in rows}

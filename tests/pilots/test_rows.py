"""Rows of the requirements about pilots, each checked from outside as its last column says."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.digest import schedule
from handlers.kit.messages import Call
from handlers.pilots import measure
from handlers.pilots.weeks.it_checks import CHECKS
from storage.engine import Tx
from storage.engine.ids import PersonId
from storage.mandate import drafts
from storage.pilots import ROLES
from tests.engine.test_engine import tables
from tests.feedback import test_relief as relief
from tests.ownership.test_ownership import leaves
from tests.pilots.test_correcting import form, history, one
from tests.pilots.test_pilots import (
    ABOUT,
    GOAL,
    LINK,
    MEASURE,
    PEOPLE,
    do,
    given_a_goal,
    id_of,
    prepared,
    started,
    state,
)
from tests.pretend.machines import reports
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
TEXTS = {
    "champion": "Without a champion nobody clears obstacles and nobody decides.",
    "modeler": "Without a process modeller it stays open what goes in and what is measured.",
    "integrator": "Without an integrator nothing is connected: it stays a plan.",
}
ENDED = {"reason": "Es hilft allen", "learnt": "Regeln zuerst"}


def operate(chris: Say, id: str, **more: str) -> str:
    do(chris, "pilot it", pilot=id, checks=",".join(CHECKS))
    return do(
        chris, "pilot decide", pilot=id, decision="operate", **{**ENDED, "docs": LINK, **more}
    )


# --- before the start ----------------------------------------------------------------------


@pytest.mark.parametrize("accepted", list(itertools.product((False, True), repeat=3)))
def test_of_eight_combinations_of_roles_only_the_full_one_starts(
    chris: Say, bot: Stage, accepted: tuple[bool, ...]
) -> None:
    """D01: whoever is named and has not accepted does not count."""
    given_a_goal(chris)
    do(chris, "pilot new", **{**ABOUT, "goal": GOAL})
    id = id_of(bot)
    do(chris, "pilot measure", pilot=id, **MEASURE)
    do(chris, "pilot users", pilot=id, who="everybody")
    do(Say(bot, "anna"), "pilot people", pilot=id, **dict(zip(ROLES, PEOPLE, strict=True)))
    for role, person, there in zip(ROLES, PEOPLE, accepted, strict=True):
        if there:
            do(Say(bot, person), "pilot accept", pilot=id, role=role)
    shown = do(chris, "pilot", pilot=id)
    for role, there in zip(ROLES, accepted, strict=True):
        assert (TEXTS[role] in shown) is not there, role  # D06
    said = do(chris, "pilot start", pilot=id)
    assert (state(bot, id) == "running") is all(accepted)
    assert ("Before it can start:" in said) is not all(accepted)


@pytest.mark.parametrize(("role", "who"), list(zip(ROLES, PEOPLE, strict=True)))
def test_each_role_that_falls_vacant_later_has_its_own_text(
    chris: Say, carla: Say, bot: Stage, wind: Wind, role: str, who: str
) -> None:
    """D06: on the card, to those who are left, and in the digest until somebody takes it."""
    id = started(bot)
    do(Say(bot, who), "pilot decline", pilot=id, role=role)
    other = carla if who == "chris" else chris
    assert TEXTS[role] in do(chris, "pilot", pilot=id)
    assert TEXTS[role] in chris("digest")
    assert sum(each in chris("digest") for each in TEXTS.values()) == 1
    wind(to="2026-11-24 09:01")
    assert "unbesetzt" in other.sees()[-1] or "is vacant" in other.sees()[-1]
    do(chris, "pilot people", pilot=id, **{**dict(zip(ROLES, PEOPLE, strict=True)), role: "chris"})
    assert TEXTS[role] not in chris("digest")


@pytest.mark.parametrize(
    ("problem", "why"),
    [("", "Some words are needed"), ("   ", "Some words are needed"),
     ("tbd", "is not enough here"), ("Wort " * 61, "300")],
)  # fmt: skip
def test_a_pilot_without_a_problem_or_with_a_novel_is_refused(
    chris: Say, bot: Stage, problem: str, why: str
) -> None:
    """D05: one required sentence, limited in length."""
    said = do(chris, "pilot new", **{**ABOUT, "problem": problem})
    assert bot.rows("select id from pilots where workspace = :workspace") == [], said
    assert why in said
    do(chris, "pilot new", **{**ABOUT, "problem": ("Wort " * 60)})
    assert len(bot.rows("select id from pilots where workspace = :workspace")) == 1


@pytest.mark.parametrize("gone", ["baseline", "number", "period", "source", "target", "guard"])
def test_without_a_whole_baseline_nothing_starts(chris: Say, bot: Stage, gone: str) -> None:
    """D18: baseline with period, number and source, before anything can go live."""
    given_a_goal(chris)
    do(chris, "pilot new", **{**ABOUT, "goal": GOAL})
    id = id_of(bot)
    do(chris, "pilot measure", pilot=id, **{**MEASURE, gone: ""})
    do(chris, "pilot people", pilot=id, **dict.fromkeys(ROLES, "chris"))
    do(chris, "pilot users", pilot=id, who="everybody")
    assert "a measure, with baseline" in do(chris, "pilot start", pilot=id)
    assert state(bot, id) == "draft"


@pytest.mark.parametrize("template", ["mail", "meeting", "documents"])
def test_each_starter_starts_in_german_too(
    carla: Say, chris: Say, bot: Stage, template: str
) -> None:
    """C14: nothing but names and numbers is added."""
    given_a_goal(chris)
    shown = bot.handle(bot.request("carla", call=Call("pilot new", {"template": template}))).form
    assert shown is not None
    about = {each.name: each.value for each in shown.fields}
    german = {"mail": "Sammelpostfach", "meeting": "Besprechung", "documents": "Auftrag"}
    assert german[template] in str(about)
    do(carla, "pilot new", template=template, **{**about, "goal": GOAL})
    id = id_of(bot, about["name"])
    shown = bot.handle(bot.request("carla", call=Call("pilot measure", {"pilot": id}))).form
    assert shown is not None
    kept = {each.name: each.value for each in shown.fields}
    numbers = {"baseline": "8", "number": "40", "target": "6"}
    do(carla, "pilot measure", pilot=id, **{**kept, **numbers})
    do(carla, "pilot people", pilot=id, **dict.fromkeys(ROLES, "carla"))
    do(carla, "pilot users", pilot=id, who="Anna, Ben")
    assert "Woche 1 von 12" in do(carla, "pilot start", pilot=id)


# --- who may, who is there ---------------------------------------------------------------------


def test_the_modeller_and_who_stands_in_edit_what_is_theirs(
    anna: Say, carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D03: problem, inputs and outputs, and the measure."""
    id = started(bot, people=("chris", "carla", "ben"))  # type: ignore[arg-type]
    about, measured = {**ABOUT, "goal": GOAL}, {**MEASURE, "source": "ERP, Liste"}
    assert "somebody else decides" in do(anna, "pilot describe", pilot=id, **about)
    assert "somebody else decides" in do(anna, "pilot measure", pilot=id, **measured)
    changed = {**about, "problem": "Anfragen liegen zu lange", "takes": "Mail", "gives": "Auftrag"}
    assert "Anfragen liegen zu lange" in do(carla, "pilot describe", pilot=id, **changed)
    assert "ERP, Liste" in do(carla, "pilot measure", pilot=id, **measured)
    carla("vertreten Anna heute bis morgen")
    anna.press(calls="cover confirm")
    wind(minutes=1)
    again = {**changed, "problem": "Anfragen liegen zwei Tage"}
    assert "Anfragen liegen zwei Tage" in do(anna, "pilot describe", pilot=id, **again)
    assert "described, Anna." in history(chris, id)


def test_the_integrator_gets_address_and_recipe_and_the_first_run_turns_the_card(
    ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D04: from “not connected” to “connected”, in both languages."""
    id = started(bot)
    assert "Connection: not connected\n" in do(chris, "pilot", pilot=id)
    wind(to="2026-11-24 09:01")
    assert "„Reparatur-Triage“ ist gestartet. Bitte verbinden" in ben.sees()[-1]
    ben.press("Verbinden")
    shown = ben.fill(tool="n8n")
    assert "/ping/" in shown and "HTTP Request" in shown  # the recipe of the tool
    secret = next(e for e in shown.splitlines() if "/ping/" in e and " " not in e)
    (made,) = bot.rows("select id, name, phase from automations where workspace = :workspace")
    assert (made["name"], made["phase"]) == ("Reparatur-Triage", "pilot")
    told = bot.rows("select value from automation_profile where workspace = :workspace "
                    "and field = 'tool'")  # fmt: skip
    assert told == [{"value": "n8n"}]
    waits = "Connection: not connected: no run of “Reparatur-Triage” yet"
    assert waits in do(chris, "pilot", pilot=id)
    assert form(bot, "pilot address", pilot=id) == {"tool": "n8n"}
    reports(bot, secret.rpartition("/")[2])
    shown = do(chris, "pilot", pilot=id)
    assert "Connection: connected since 24 November 2026: “Reparatur-Triage”" in shown
    assert "Use: 1 run in the last four weeks" in shown and "[Connect it]" not in shown
    assert "Verbindung: verbunden seit 24. November 2026" in do(ben, "pilot", pilot=id)


def test_who_has_no_role_gets_no_address(anna: Say, bot: Stage) -> None:
    id = started(bot)
    assert "/ping/" not in do(anna, "pilot address", pilot=id, tool="cron")
    assert bot.rows("select id from automations where workspace = :workspace") == []


@pytest.mark.parametrize("docs", ["", "irgendwo im Ordner"])
def test_operation_needs_a_link_to_the_documentation(chris: Say, bot: Stage, docs: str) -> None:
    """D07: and keeps it for the automation that goes on."""
    id = started(bot)
    said = operate(chris, id, docs=docs)
    assert "link" in said and state(bot, id) == "running"
    operate(chris, id)
    assert state(bot, id) == "operating"
    kept = bot.rows("select value from automation_profile where workspace = :workspace "
                    "and field = 'docs'")  # fmt: skip
    assert kept == [{"value": LINK}]


def test_operation_needs_a_second_person(chris: Say, bot: Stage) -> None:
    """D07: who stands in when the first is away."""
    id = started(bot, people=("chris", "chris", "chris"))  # type: ignore[arg-type]
    assert "a second person" in operate(chris, id) and state(bot, id) == "running"
    do(chris, "pilot people", pilot=id, champion="chris", modeler="chris", integrator="ben")
    do(Say(bot, "ben"), "pilot accept", pilot=id, role="integrator")
    operate(chris, id)
    assert state(bot, id) == "operating"


@pytest.mark.parametrize("operating", [False, True])
def test_an_integrator_who_leaves_opens_a_task(
    chris: Say, carla: Say, bot: Stage, operating: bool
) -> None:
    """D07: the pilot is not silently orphaned, while it is tried and in operation."""
    id = started(bot)
    if operating:
        operate(chris, id)
    assert "Integrator is vacant" not in chris("digest")
    leaves(bot, PersonId("ben"))
    assert "“Reparatur-Triage”: Integrator is vacant." in chris("status")
    assert "Integrator is vacant" in chris("digest")
    assert "Integrator ist unbesetzt" in carla("status")
    assert "Integrator: Ben – no longer active" in do(chris, "pilot", pilot=id)
    do(chris, "pilot people", pilot=id, champion="chris", modeler="carla", integrator="chris")
    assert "Integrator is vacant" not in chris("status")


# --- the clock -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "moments"),
    [
        ("2027-03-22 09:00", {"2027-03-28 23:59": 1, "2027-03-29 00:01": 2}),  # clocks go forward
        ("2027-10-25 09:00", {"2027-10-31 23:59": 1, "2027-11-01 00:01": 2}),  # clocks go back
        ("2026-12-14 09:00", {"2026-12-25 12:00": 2, "2027-01-03 23:59": 3,
                              "2027-01-04 00:01": 4, "2027-01-06 12:00": 4}),  # holidays
    ],
)  # fmt: skip
def test_the_card_says_which_of_twelve_weeks_it_is(
    ben: Say, chris: Say, bot: Stage, wind: Wind, begin: str, moments: dict[str, int]
) -> None:
    """D10: days of the calendar in the company's zone, whatever the clock or a holiday does."""
    wind(to=begin)
    id = started(bot)
    for moment, week in moments.items():
        wind(to=moment)
        assert f"State: week {week} of 12" in do(chris, "pilot", pilot=id), moment
        assert f"Status: Woche {week} von 12" in do(ben, "pilot", pilot=id), moment
        assert f"Reparatur-Triage, week {week} of 12" in chris("pilot"), moment


def test_the_champion_is_the_milestone_of_week_one(chris: Say, bot: Stage) -> None:
    """D11: done with whoever accepted; a vacancy makes it the next step, with its date."""
    id = started(bot)
    assert "- done: The champion is named" in do(chris, "pilot more", pilot=id)
    assert "asked: Champion, Chris" in history(chris, id)
    do(chris, "pilot decline", pilot=id, role="champion")
    assert "By Sun 29 Nov: The champion is named" in do(chris, "pilot", pilot=id)


def test_what_is_missing_after_week_four_stands_in_the_digest(
    ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D13: who connects it, and IT's four checks."""
    id = started(bot)
    wind(to="2026-12-20 23:00")
    assert "it is open who connects it" not in chris("digest")
    wind(to="2026-12-21 00:30")
    shown = chris("digest")
    assert "it is open who connects it" in shown and "IT still has to look at it" in shown
    for kind in ("internal", "external", "both"):
        assert "Decided:" in do(chris, "pilot sourcing", pilot=id, who=kind)
    shown = chris("digest")
    assert "it is open who connects it" not in shown and "IT still has to look at it" in shown
    do(chris, "pilot it", pilot=id, checks=",".join(CHECKS))
    assert "IT still has to look at it" not in chris("digest")


def test_the_modeller_is_asked_for_each_week_s_value_and_they_form_a_series(
    carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D15: from week nine on, once a week; with number and source."""
    id = started(bot)
    wind(to="2027-01-15 18:00")  # week 8
    assert "Was wurde letzte Woche gemessen" not in "\n".join(carla.sees())
    for week, (monday, value) in enumerate(
        [("2027-01-18", "7"), ("2027-01-25", "6.5"), ("2027-02-01", "6")], 1
    ):
        wind(to=f"{monday} 18:00")
        asked = [e for e in carla.sees() if "Was wurde letzte Woche gemessen" in e]
        assert len(asked) == 1, monday
        carla.press("Wert eintragen")
        carla.fill(value=value, number=str(10 + week))
        wind(minutes=3 * 24 * 60)
        asked = [e for e in carla.sees() if "Was wurde letzte Woche gemessen" in e]
        assert asked == [], "answered is answered"
    shown = do(chris, "pilot", pilot=id)
    assert "Week by week: before 8 | 7 · 6.5 · 6 | target 6 (from week 2)" in shown
    for line in (
        "- ░░░░░░░░░░░░ 8 before", "- ██████████▌ 7 in week 2 (n=11), ERP",
        "- ██████████ 6.5 in week 3 (n=12), ERP", "- █████████ 6 in week 4 (n=13), ERP",
        "- ░░░░░░░░░ 6 target",
    ):  # fmt: skip
        assert line in shown, shown
    wind(to="2027-02-02 18:00")  # week 11, and nothing was improved
    assert "wurde noch nicht verbessert" in "\n".join(carla.sees())


def test_half_a_year_in_operation_is_asked_about_once(chris: Say, bot: Stage, wind: Wind) -> None:
    """D09: one card on day 180, and no second one, answered or not."""
    id = started(bot)
    operate(chris, id)
    day_180 = "2027-05-22"  # a Saturday: it comes with Monday's bundle
    wind(to=f"{day_180} 05:00")
    told = "went into operation half a year ago"
    assert told not in "\n".join(chris.sees())
    wind(to="2027-06-30 18:00")
    assert "\n".join(chris.sees()).count(told) == 1
    assert "Alive after six months" not in chris("pilot")
    do(chris, "pilot alive", pilot=id, answer="no")
    wind(to="2027-08-30 18:00")
    assert told not in "\n".join(chris.sees())
    assert "Alive after six months: 0 of 1." in chris("pilot")


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [("6", "8 → 6 Tage (25 % better, n=41"), ("5.7", "8 → 5.7 Tage (28.8 % better, n=41"),
     ("5.6", "8 → 5.6 Tage (30 % better, n=41"), ("5.9", "8 → 5.9 Tage (26.3 % better, n=41"),
     ("9", "8 → 9 Tage (12.5 % worse, n=41"), ("8", "8 → 8 Tage (unchanged, n=41")],
)  # fmt: skip
def test_the_change_is_computed_and_says_of_how_many(
    ben: Say, chris: Say, bot: Stage, value: str, said: str
) -> None:
    """D18: never typed, n always with it, a half rounded upwards; in both languages."""
    id = started(bot)
    assert said in do(chris, "pilot value", pilot=id, value=value, number="41")
    assert f"Effect: {said}" in do(chris, "pilot", pilot=id)
    assert said in chris("digest")
    german = said.replace(".", ",").replace("better", "besser").replace("worse", "schlechter")
    assert german.replace("unchanged", "unverändert") in do(ben, "pilot", pilot=id)


@pytest.mark.parametrize(
    ("better", "target", "now", "word"),
    [("lower", "6", "6", "better"), ("lower", "6", "10", "worse"),
     ("higher", "10", "10", "better"), ("higher", "10", "6", "worse")],
)  # fmt: skip
def test_the_sign_is_right_in_both_directions(
    chris: Say, bot: Stage, better: str, target: str, now: str, word: str
) -> None:
    """D17."""
    id = started(bot)
    do(chris, "pilot measure", pilot=id, **{**MEASURE, "better": better, "target": target})
    assert f"25 % {word}" in do(chris, "pilot value", pilot=id, value=now, number="4")


MINUTES = st.integers(0, 20_000)


@given(st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=7))
def test_waiting_and_work_add_up_to_the_whole(cases: list[tuple[int, int]]) -> None:
    """D19: whatever the three moments are, also where a mean is rounded."""
    lines = []
    for waits, works in cases:
        came, began, done = (
            Decimal(20_000 * 2 + minutes) for minutes in (-waits - works, -works, 0)
        )
        lines.append(";".join(_moment(int(each)) for each in (came, began, done)))
    (week,) = measure.aggregated("\n".join(lines))
    assert week.waiting is not None and week.working is not None
    assert Decimal(week.waiting) + Decimal(week.working) == Decimal(week.value)
    assert "E" not in f"{week.value}{week.waiting}{week.working}"


def _moment(minutes: int) -> str:
    day, rest = divmod(minutes, 24 * 60)
    return f"2026-11-{1 + day:02d} {rest // 60:02d}:{rest % 60:02d}"


def test_waiting_is_told_only_where_every_case_has_its_moments() -> None:
    mixed = "2026-11-09 08:00;2026-11-10 08:00;2026-11-11 08:00\n2026-11-11;4"
    (week,) = measure.aggregated(mixed)
    assert (week.value, week.number, week.waiting, week.working) == ("3", 2, None, None)


@pytest.mark.parametrize("what", ["values", "baseline", "satisfaction"])
@pytest.mark.parametrize("broken", [False, True])
def test_nothing_of_a_table_is_found_anywhere_in_the_store(
    chris: Say, bot: Stage, caplog: pytest.LogCaptureFixture, what: str, broken: bool
) -> None:
    """D20: raw lines are kept in no table and no log, also where one of them cannot be read."""
    caplog.set_level("DEBUG")
    id = started(bot)
    table = "2026-09-07;4711.25\n2026-09-08;1147.75" + ("\nKein;Wert;Max Meier" if broken else "")
    do(chris, "pilot import", pilot=id, table=table, what=what, source="ERP")
    bot.wind(minutes=60)
    for each in tables(bot.database):
        found = repr(bot.rows(f"select * from {each}"))
        for raw in ("4711.25", "1147.75", "Max Meier", "2026-09-08"):
            assert raw not in found, each
            assert raw not in caplog.text
    kept = "2929.5" if not broken else None
    if what == "values":
        rows = bot.rows("select value from pilot_values where workspace = :workspace")
        assert rows == ([{"value": kept}] if kept else [])


def test_satisfaction_stands_beside_and_is_never_mixed_with_time(
    ben: Say, chris: Say, bot: Stage
) -> None:
    """D23: entered or read in, with its own week, number and source."""
    id = started(bot)
    do(chris, "pilot value", pilot=id, value="6", number="41")
    effect = next(e for e in do(chris, "pilot", pilot=id).splitlines() if e.startswith("Effect:"))
    told = do(chris, "pilot import", pilot=id, what="satisfaction", source="Umfrage",
              table="2026-11-09;4\n2026-11-10;4.5\n2026-11-16;3")  # fmt: skip
    assert told == "2 weeks read in."
    shown = do(chris, "pilot", pilot=id)
    assert effect in shown.splitlines()
    assert "Customers' satisfaction: 3 in week 47 (n=1), Umfrage" in shown
    assert "Zufriedenheit der Kundschaft: 3 in Woche 47 (n=1), Umfrage" in do(
        ben, "pilot", pilot=id
    )
    do(chris, "pilot value", pilot=id, value="6", number="41", satisfaction="4.2")
    shown = do(chris, "pilot", pilot=id)
    assert effect in shown.splitlines()
    assert "Customers' satisfaction: 4.2 in week 48" in shown
    values = bot.rows("select week, value from pilot_values where workspace = :workspace")
    assert values == [{"week": "2026-W48", "value": "6"}]
    assert "Customers' satisfaction in week 47: 3" in do(chris, "pilot corrections", pilot=id)
    do(chris, "pilot satisfaction gone", pilot=id, week="2026-W48")
    assert "satisfaction: 3 in week 47" in do(chris, "pilot", pilot=id)
    assert "corrected, Chris. Week 48: 4.2" in history(chris, id)


def test_pilots_that_reached_operation_are_those_of_the_history(
    chris: Say, bot: Stage, wind: Wind
) -> None:
    """D08: the figure is computed anew from what happened."""
    do(chris, "pilot limits", area="5", all="9")
    for number, decision in enumerate(("operate", "stop", "operate", "", "run out"), 1):
        id = started(bot, name=f"Versuch {number}", area=f"Bereich {number}")
        if decision == "operate":
            operate(chris, id)
        elif decision == "stop":
            do(chris, "pilot decide", pilot=id, decision="stop", **ENDED)
        elif decision == "run out":
            wind(to="2027-03-16 10:00")
    given_up = prepared(bot, name="Nie begonnen")
    do(chris, "pilot stop", pilot=given_up, reason="Doch nicht gebraucht")

    def happened(*kinds: str) -> set[object]:
        rows = bot.rows("select pilot, kind from pilot_history where workspace = :workspace")
        return {each["pilot"] for each in rows if each["kind"] in kinds}

    ended = happened("operate", "stop", "run out") & happened("started")
    said = f"Reached operation: {len(happened('operate'))} of {len(ended)} that were decided."
    assert said in chris("pilot") and said in chris("digest")


# --- what is learnt ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "english", "german"),
    [("rules", "Rules fit better", "Regeln passen besser"),
     ("handover", "Handovers are clearer", "Übergaben sind klarer"),
     ("results", "Results are easier to understand", "Ergebnisse sind verständlicher")],
)  # fmt: skip
def test_an_improvement_has_one_of_three_kinds_in_history_and_digest(
    ben: Say, chris: Say, bot: Stage, wind: Wind, kind: str, english: str, german: str
) -> None:
    """C25."""
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    id = started(bot)
    assert "Please choose" in do(chris, "pilot improved", pilot=id, kind="polish", words="Hübscher")
    do(chris, "pilot improved", pilot=id, kind=kind, words="Dringende zuerst")
    assert f"improved: {english}, Chris. Dringende zuerst" in history(chris, id)
    assert f"verbessert: {german}, Chris. Dringende zuerst" in history(ben, id)
    assert f"“Reparatur-Triage”, {english}: Dringende zuerst" in chris("digest")
    wind(to="2026-11-30 10:00")
    posted = "\n".join(bot.sees("leitung"))
    assert f"„Reparatur-Triage“, {german}: Dringende zuerst" in posted
    assert english not in chris("digest"), "in the next week it is no news"


@pytest.fixture
def crowd(bot: Stage) -> list[Say]:
    """Give seven people who use it, one of whom never answers."""
    return relief.running(bot)[1]


def answer(users: list[Say], id: str, *answers: str) -> None:
    for user, each in zip(users, answers, strict=False):
        what, _colon, why = each.partition(":")
        do(user, "relief", pilot=id, answer=what)
        if why:
            do(user, "relief why", pilot=id, reason=why)


def test_why_it_does_not_relieve_is_counted_on_the_card(
    chris: Say, bot: Stage, crowd: list[Say], wind: Wind
) -> None:
    """C17: three reasons, shown once the week is over and enough have said no."""
    id = str(one(bot, "pilots")["id"])
    answer(crowd, id, "no:big", "no:big", "no:unclear", "no:far", "no", "relieved")
    assert "Too big" not in do(chris, "pilot", pilot=id)
    wind(to="2026-11-30 10:00")
    shown = do(chris, "pilot", pilot=id)
    assert "yes 1, partly 0, no 5" in shown
    assert "- Too big: 2" in shown and "- Too unclear: 1" in shown
    assert "- Too far from my day: 1" in shown


@pytest.mark.parametrize("answers", [("no",) * 4, ("no:big", "no", "no", "relieved")])
def test_below_five_nothing_is_split_and_no_reason_is_told(
    chris: Say, bot: Stage, crowd: list[Say], wind: Wind, answers: tuple[str, ...]
) -> None:
    """C16 and C17."""
    id = str(one(bot, "pilots")["id"])
    answer(crowd, id, *answers)
    wind(to="2026-11-30 10:00")
    shown = do(chris, "pilot", pilot=id)
    assert "too few answers to show" in shown and "Too big" not in shown and "no 4" not in shown


def test_what_is_for_later_opens_with_the_first_relief(
    carla: Say, chris: Say, bot: Stage, crowd: list[Say], wind: Wind
) -> None:
    """C18: before that it can be added, and not scheduled; with its words in the history."""
    id = str(one(bot, "pilots")["id"])
    do(chris, "pilot later", pilot=id, words="Auch Sonderteile", kind="special")
    item = str(one(bot, "pilot_later")["id"])
    answer(crowd, id, "no", "no", "no", "partly", "partly", "partly")
    wind(to="2026-11-30 10:00")  # nobody is relieved in the first week
    assert "effect before perfection" in do(chris, "pilot schedule", pilot=id, item=item)
    assert "Wirkung vor Perfektion" in do(carla, "pilot schedule", pilot=id, item=item)
    answer(crowd, id, "relieved", "no", "no", "partly", "partly", "partly")
    assert "effect before perfection" in do(chris, "pilot schedule", pilot=id, item=item)
    wind(to="2026-12-07 10:00")
    shown = do(chris, "pilot schedule", pilot=id, item=item)
    assert "Taken up:\n- Special case: Auch Sonderteile" in shown
    assert "taken up, Chris. Auch Sonderteile" in history(chris, id)
    assert "no longer exists" in do(chris, "pilot schedule", pilot=id, item="nothing")


def test_obstacles_that_are_overdue_stand_in_the_digest(
    anna: Say, ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D02: one card to the champion with its date, then a line of the digest."""
    id = started(bot)
    do(anna, "pilot obstacle", pilot=id, words="Zugriff aufs ERP fehlt", due="2026-11-30")
    wind(to="2026-11-27 18:00")
    told = "In the way of “Reparatur-Triage” until Mon 30 Nov: Zugriff aufs ERP fehlt"
    assert "\n".join(chris.sees()).count(told) == 1
    assert "still in the way" not in chris("digest")
    wind(to="2026-12-01 08:00")
    assert "“Reparatur-Triage”: still in the way: Zugriff aufs ERP fehlt" in chris("digest")
    item = str(one(bot, "pilot_obstacles")["id"])
    do(chris, "pilot solved", pilot=id, obstacle=item)
    assert "still in the way" not in chris("digest")


def test_what_is_in_operation_is_not_given_up_but_what_runs_is(chris: Say, bot: Stage) -> None:
    """The way out of operation is the automation's; no button leads in a circle."""
    id = started(bot)
    operate(chris, id)
    said = do(chris, "pilot stop", pilot=id, reason="Wird nicht mehr gebraucht")
    assert "It is in operation. What runs for it is paused or retired." in said
    assert said.endswith("[Show]")


def test_an_improvement_of_before_the_go_live_opens_nothing(
    chris: Say, bot: Stage, wind: Wind
) -> None:
    """C24: one finished since then, also if it was the same morning."""
    id = started(bot)
    do(chris, "pilot improved", pilot=id, kind="rules", words="Dringende zuerst")
    wind(minutes=60)
    operate(chris, id)
    wider = {**ABOUT, "goal": GOAL, "workflow": "Rechnungen prüfen"}
    second = prepared(bot, name="Zweiter")
    for said in (do(chris, "pilot describe", pilot=id, **wider),
                 do(chris, "pilot start", pilot=second)):  # fmt: skip
        assert "was not improved since. First improve, then extend." in said
    wind(minutes=60)
    do(chris, "pilot improved", pilot=id, kind="results", words="Grund steht dabei")
    assert "Rechnungen prüfen" in do(chris, "pilot describe", pilot=id, **wider)
    assert "week 1 of 12" in do(chris, "pilot start", pilot=second)


def test_what_was_retired_needs_no_improving(chris: Say, bot: Stage) -> None:
    id = started(bot)
    operate(chris, id)
    made = str(one(bot, "automations")["id"])
    second = prepared(bot, name="Zweiter")
    assert "First improve" in do(chris, "pilot start", pilot=second)
    do(chris, "auto people", automation=made, accountable="chris", deputy="ben")
    do(chris, "auto retire", automation=made)
    assert "Connection: retired: “Reparatur-Triage”" in do(chris, "pilot", pilot=id)
    assert "week 1 of 12" in do(chris, "pilot start", pilot=second)


def test_who_answers_for_the_it_looks_at_it_in_week_four(
    anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """B03: the contact of the mandate, else the integrator; nothing else of a pilot is theirs."""
    id = started(bot)

    def hold(tx: Tx) -> None:
        now, manager, it = bot.clock.now(), PersonId("chris"), PersonId("anna")
        drafts.begin(tx, "m", by=manager, secret="s", now=now)
        until = (now.date() + timedelta(days=365)).isoformat()
        drafts.change(tx, "m", it_contact=it, valid_until=until)
        drafts.confirm_lead(tx, "m", manager, now)
        drafts.confirm_it(tx, "m", it, now)
        assert drafts.release(tx, "m", now)

    bot.store(hold)
    assert "somebody else decides" in do(anna, "pilot value", pilot=id, value="6", number="4")
    wind(to="2026-12-21 10:00")
    told = "\n".join(anna.sees())
    assert "“Reparatur-Triage”: IT still has to look at it: Security is fine, " in told
    assert "IT still has to look" not in "\n".join(Say(bot, "ben").sees())
    anna.press("IT's view")
    assert "Still open: It runs stably" in anna.fill(checks="security,integration,feasibility")
    assert "all four are fine" in do(anna, "pilot it", pilot=id, checks=",".join(CHECKS))

"""A pilot from the problem to the decision: what it needs, what its clock does, who is asked."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from handlers.kit.context import LOTSE
from handlers.kit.messages import Call
from handlers.kit.words import Words
from handlers.pilots import clock, measure, open_tasks, roles
from storage import automations, pilots
from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId, PilotId
from storage.pilots import ROLES, Pilot
from storage.pilots.states import PilotState
from tests.automations import test_gate as gate
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import Say, Stage, answered

GOAL = "Schneller liefern"
ABOUT = {
    "name": "Reparatur-Triage", "goal": GOAL,
    "problem": "Reparaturanfragen liegen, bis jemand sortiert.",
    "workflow": "Reparaturanfragen sortieren", "takes": "Anfrage",
    "gives": "Anfrage bei der Technik", "area": "Service",
}  # fmt: skip
MEASURE = {
    "metric": "Tage bis zur fertigen Reparatur", "unit": "Tage", "better": "lower",
    "baseline": "8", "number": "40", "period": "September und Oktober", "source": "ERP",
    "target": "6", "guard": "Beschwerden in der Woche",
}  # fmt: skip
PEOPLE = ("chris", "carla", "ben")
LINK = "https://wiki.example.com/reparatur-triage"


def do(me: Say, word: str, **args: str) -> str:
    """Send a form or press a button that is not looked for."""
    me.answer = me.stage.handle(me.stage.request(me.id, call=Call(word, args), submitted=True))
    me.stage.carry()
    return answered(me.answer)


def id_of(bot: Stage, name: str = ABOUT["name"]) -> str:
    sql = "select id from pilots where workspace = :workspace and name = :name"
    return str(bot.rows(sql, name=name)[0]["id"])


def given_a_goal(chris: Say) -> None:
    """Let the mandate have the goal that pilots serve."""
    if not chris.stage.rows("select id from mandate_goals where workspace = :workspace"):
        do(chris, "mandate edit", goals=GOAL, focus="Service\nVersand")


def prepared(
    bot: Stage, *, people: tuple[str, str, str] = PEOPLE, users: str = "everybody", **about: str
) -> str:
    """Prepare a pilot with everything that it needs; return its id."""
    chris = Say(bot, "chris")
    given_a_goal(chris)
    do(chris, "pilot new", **{**ABOUT, **about})
    id = id_of(bot, about.get("name", ABOUT["name"]))
    do(chris, "pilot measure", pilot=id, **MEASURE)
    do(chris, "pilot people", pilot=id, **dict(zip(ROLES, people, strict=True)))
    for role, person in zip(ROLES, people, strict=True):
        do(Say(bot, person), "pilot accept", pilot=id, role=role)
    do(chris, "pilot users", pilot=id, who=users)
    return id


def started(bot: Stage, **about: str) -> str:
    id = prepared(bot, **about)  # type: ignore[arg-type]
    do(Say(bot, "chris"), "pilot start", pilot=id)
    return id


def through_the_gate(me: Say, id: str) -> str:
    """Say all that operation needs of a pilot's automation, and put it into operation."""
    (row,) = me.stage.rows(
        "select automation from pilots where workspace = :workspace and id = :id", id=id
    )
    made = AutomationId(row["automation"])
    gate.complete(me.stage, made)
    me.stage.store(lambda tx: automations.change(tx, made, rhythm="every 1 day"))
    return do(me, "auto live", automation=made)


def state(bot: Stage, id: str) -> str:
    sql = "select state from pilots where workspace = :workspace and id = :id"
    return str(bot.rows(sql, id=id)[0]["state"])


# --- before the start ----------------------------------------------------------------------


def test_a_pilot_says_what_is_missing_until_it_can_start(chris: Say, bot: Stage) -> None:
    given_a_goal(chris)
    chris("pilot new")
    shown = chris.fill(name="Triage", problem="Anfragen liegen zwei Tage", goal=GOAL)
    assert shown.startswith("Triage\nState: in preparation\n")
    assert "Before it can start:" in shown
    for each in ("one workflow", "a role: Champion", "a measure", "those who use it",
                 "one thing that must not get worse"):  # fmt: skip
        assert f"- {each}" in shown
    assert "Before it can start: one workflow" in do(
        chris, "pilot start", pilot=id_of(bot, "Triage")
    )


def test_it_starts_with_everything_and_shows_its_week_first(chris: Say, bot: Stage) -> None:
    id = prepared(bot)
    shown = do(chris, "pilot start", pilot=id)
    assert shown.splitlines()[:4] == [
        "Reparatur-Triage",
        "State: week 1 of 12",
        "Use: no runs are connected yet",
        "Relief: no week's answers are counted yet",
    ]
    assert "Baseline: 8 Tage (n=40, September und Oktober, ERP), target 6" in shown
    assert "By Sun 20 Dec: Who connects it is decided, and IT has looked at it" in shown


@pytest.mark.parametrize("accepted", list(itertools.product((False, True), repeat=3)))
def test_only_three_accepted_roles_start(accepted: tuple[bool, ...]) -> None:
    """Requirement D01: eight combinations, only the full one starts; each gap has its text."""
    now = datetime.fromisoformat("2026-11-23T09:00:00+00:00")
    given = {f"{role}_accepted_at": now if there else None
             for role, there in zip(ROLES, accepted, strict=True)}  # fmt: skip
    pilot = Pilot("p", "P", "x", "a", None, modeler="b", integrator="c", **given)  # type: ignore[arg-type]
    assert roles.may_start(pilot) is all(accepted)
    said = roles.warnings(pilot)
    for role, there in zip(ROLES, accepted, strict=True):
        assert (roles.WITHOUT[role] in said) is not there
    assert (roles.ONLY_CHAMPION in said) is (accepted == (True, False, False))


def test_one_person_in_all_three_roles_is_warned_of(chris: Say, bot: Stage) -> None:
    id = prepared(bot, people=("chris", "chris", "chris"))
    assert "One person has all three roles" in do(chris, "pilot", pilot=id)
    do(chris, "pilot start", pilot=id)
    assert state(bot, id) == "running"


def test_everybody_who_is_named_is_asked_and_may_decline(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    given_a_goal(chris)
    do(chris, "pilot new", **ABOUT)
    id = id_of(bot)
    do(chris, "pilot people", pilot=id, champion="chris", modeler="carla", integrator="ben")
    assert "Champion: Chris\nProcess modeller: Carla (asked)" in do(chris, "pilot", pilot=id)
    assert "Prozess" in carla.sees()[-1] and "Prozess" in carla("status")
    carla.press("Ja, mache ich")
    ben.press("Nein")
    shown = do(chris, "pilot", pilot=id)
    assert "Process modeller: Carla\nIntegrator: nobody yet" in shown
    assert "Without an integrator nothing is connected" in shown
    assert "schon beantwortet" in do(ben, "pilot accept", pilot=id, role="integrator")


def test_a_role_that_falls_vacant_is_told_to_those_who_are_left(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = started(bot)
    do(Say(bot, "ben"), "pilot decline", pilot=id, role="integrator")
    wind(to="2026-11-24 09:01")
    assert "Integrator is vacant. Without an integrator nothing is connected" in chris.sees()[-1]
    assert "Without an integrator" in do(chris, "pilot", pilot=id)


def test_whoever_is_back_has_their_role_again_and_nobody_is_told_that_it_is_vacant(
    chris: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = started(bot)
    leaves(bot, PersonId("ben"))
    assert "Without an integrator" in do(chris, "pilot", pilot=id)
    leaves(bot, PersonId("ben"), active=True)
    assert "Without an integrator" not in do(chris, "pilot", pilot=id)
    assert "is vacant" not in chris("status") and "Integrator" not in ben("stand")
    told = len(chris.sees())
    wind(to="2026-11-24 09:01")
    assert not any("is vacant" in each for each in chris.sees()[told:])


def test_a_champion_who_named_themselves_has_the_role_again_when_they_are_back(
    chris: Say, bot: Stage
) -> None:
    """Nothing in the history says that they accepted: who begins a pilot is its champion."""
    id = started(bot)
    leaves(bot, PersonId("chris"))
    assert "Ohne Champion" in do(Say(bot, "ben"), "pilot", pilot=id)
    leaves(bot, PersonId("chris"), active=True)
    shown = do(Say(bot, "ben"), "pilot", pilot=id)
    assert "Ohne Champion" not in shown and "Champion: Chris\n" in shown, shown
    assert "Champion" not in chris("status")
    assert "accepted." not in do(chris, "pilot history", pilot=id)


def test_whoever_had_only_been_asked_is_asked_again_when_they_are_back(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = started(bot)
    do(chris, "pilot people", pilot=id, champion="chris", modeler="anna", integrator="carla")
    leaves(bot, PersonId("carla"))
    leaves(bot, PersonId("carla"), active=True)
    assert "Without an integrator" in do(chris, "pilot", pilot=id)


@pytest.mark.parametrize("big", ["workflows", "teams", "tools", "weeks"])
def test_each_thing_that_is_too_big_is_hinted_at_alone(chris: Say, bot: Stage, big: str) -> None:
    given_a_goal(chris)
    shown = do(chris, "pilot new", **ABOUT, too_big=big)
    hints = ("More than one workflow:", "More than one team:", "More than one tool:",
             "More than twelve weeks:")  # fmt: skip
    assert sum(each in shown for each in hints) == 1


@pytest.mark.parametrize("touched", ["model", "prices", "processes", "leadership", "roles"])
def test_the_works_council_is_named_for_leadership_and_roles(
    chris: Say, bot: Stage, touched: str
) -> None:
    given_a_goal(chris)
    shown = do(chris, "pilot new", **ABOUT, touched=touched)
    assert ("works council" in shown) is (touched in ("leadership", "roles"))


def test_a_second_workflow_and_a_placeholder_are_refused(chris: Say) -> None:
    given_a_goal(chris)
    assert "One workflow, please." in do(
        chris, "pilot new", **{**ABOUT, "workflow": "Anfragen sortieren; Termine"}
    )
    assert "is not enough here" in do(chris, "pilot new", **{**ABOUT, "problem": "tbd"})


@pytest.mark.parametrize("template", ["mail", "meeting", "documents"])
def test_each_starter_starts_with_names_and_numbers_only(
    chris: Say, bot: Stage, template: str
) -> None:
    """Requirement C14."""
    given_a_goal(chris)
    form = bot.handle(bot.request("chris", call=Call("pilot new", {"template": template}))).form
    assert form is not None
    values = {each.name: each.value for each in form.fields}
    do(chris, "pilot new", template=template, **{**values, "goal": GOAL})
    id = id_of(bot, values["name"])
    form = bot.handle(bot.request("chris", call=Call("pilot measure", {"pilot": id}))).form
    assert form is not None
    values = {each.name: each.value for each in form.fields}
    do(
        chris,
        "pilot measure",
        pilot=id,
        **{**values, "baseline": "8", "number": "40", "target": "6"},
    )
    do(chris, "pilot people", pilot=id, **dict.fromkeys(ROLES, "chris"))
    do(chris, "pilot users", pilot=id, who="Anna, Ben")
    do(chris, "pilot start", pilot=id)
    assert state(bot, id) == "running"


def test_a_pilot_serves_a_goal_of_the_mandate(chris: Say, bot: Stage) -> None:
    """Requirement B01: without a goal it is not saved; one of before is listed, and not started."""
    without = {key: value for key, value in ABOUT.items() if key != "goal"}
    said = do(chris, "pilot new", **ABOUT)
    assert said.startswith("There is no goal “Schneller liefern” in the mandate.")
    assert chris("pilot new").startswith("A pilot serves a business goal, and the mandate names")
    chris.press("Set the goals")
    chris.fill(goals=GOAL, focus="Service\nVersand")
    assert "Please choose something here" in do(chris, "pilot new", **without)
    assert bot.rows("select id from pilots where workspace = :workspace") == []
    id = prepared(bot)
    assert "Please choose something here" in do(chris, "pilot describe", pilot=id, **without)
    other = {**ABOUT, "goal": "Reich werden"}
    assert "There is no goal" in do(chris, "pilot describe", pilot=id, **other)
    bot.store(lambda tx: pilots.change(tx.within("demo"), PilotId(id), goal=None))
    assert "the business goal that it serves" in do(chris, "pilot start", pilot=id)
    assert "Without one: Reparatur-Triage." in chris("mandate")
    assert "1 of 1 pilots and automations serves no goal" in chris("digest")
    do(chris, "pilot describe", pilot=id, **ABOUT)
    assert f"Goal: {GOAL}" in do(chris, "pilot start", pilot=id)
    assert "Without one" not in chris("mandate")


def test_whoever_may_not_set_goals_is_shown_the_mandate_first(anna: Say, bot: Stage) -> None:
    """B01, from the other side: nothing that is typed into a form is lost to it."""
    assert "the mandate names none yet" in anna("pilot new")
    assert anna.answer is not None and anna.answer.form is None
    assert "There are no goals yet." in anna.press("Mandate")


def test_one_runs_in_an_area_and_two_in_all_and_the_next_one_waits(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirement B10."""
    one = started(bot)
    same = prepared(bot, name="Zweiter")
    assert "In “Service” a pilot runs already: Reparatur-Triage." in do(
        chris, "pilot start", pilot=same
    )
    two = started(bot, name="Dritter", area="Versand")
    third = prepared(bot, name="Vierter", area="Büro")
    assert "As many pilots run as fit" in do(chris, "pilot start", pilot=third)
    assert state(bot, two) == "running" and state(bot, third) == "draft"
    do(chris, "pilot wait", pilot=third)
    assert "on the waiting list" in do(chris, "pilot", pilot=third)
    do(
        chris,
        "pilot decide",
        pilot=two,
        decision="stop",
        reason="Es lohnt nicht",
        learnt="Viel Neues",
    )
    wind(to="2026-11-24 09:01")
    assert "There is room for “Vierter” now." in chris.sees()[-1]
    do(chris, "pilot start", pilot=third)
    assert state(bot, third) == "running" and state(bot, one) == "running"
    do(chris, "pilot limits", area="2", all="3")
    do(chris, "pilot start", pilot=same)
    assert state(bot, same) == "running"


def test_first_improve_then_extend(chris: Say, bot: Stage) -> None:
    """Requirement C24: for a wider scope and for a further pilot in the area."""
    id = started(bot)
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    do(chris, "pilot decide", pilot=id, decision="operate", docs=LINK, reason="Es hilft allen",
       learnt="Regeln zuerst")  # fmt: skip
    assert state(bot, id) == "operating"
    about = ABOUT
    written = {**about, "workflow": "Reparaturanfragen sortieren (alle Anfragen)"}
    do(chris, "pilot describe", pilot=id, **written)
    do(chris, "pilot describe", pilot=id, **about)  # the same one in other words is no other one
    wider = {**about, "workflow": "Rechnungen prüfen"}
    assert "First improve, then extend." in do(chris, "pilot describe", pilot=id, **wider)
    more = prepared(bot, name="Zweiter")
    assert "First improve, then extend." in do(chris, "pilot start", pilot=more)
    do(chris, "pilot improved", pilot=id, kind="rules", words="Dringende zuerst")
    do(chris, "pilot describe", pilot=id, **wider)
    do(chris, "pilot start", pilot=more)
    assert state(bot, more) == "running"


# --- numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("better", "before", "target", "now", "percent"),
    [
        ("lower", "8", "6", "6", "25"), ("lower", "8", "6", "5.7", "28.75"),
        ("lower", "8", "6", "9", "-12.5"), ("higher", "8", "10", "10", "25"),
        ("higher", "8", "10", "6", "-25"), ("lower", "8", "6", "8", "0"),
    ],
)  # fmt: skip
def test_effects_have_the_right_sign(
    better: str, before: str, target: str, now: str, percent: str
) -> None:
    """Requirements D17 and D18."""
    pilot = Pilot(PilotId("p"), "P", "x", None, None, better=better, baseline=before, target=target)
    found = measure.effect_of(pilot, Decimal(now), 41, 4)
    assert found is not None and found.percent == Decimal(percent)
    assert found.reached is (percent in ("25", "28.75"))


def test_a_target_in_the_wrong_direction_is_asked_about(chris: Say, bot: Stage) -> None:
    given_a_goal(chris)
    do(chris, "pilot new", **ABOUT)
    wrong = {**MEASURE, "target": "9"}
    assert "nothing gets better that way" in do(chris, "pilot measure", pilot=id_of(bot), **wrong)


def test_values_make_the_effect_with_how_many_and_how_long(chris: Say, bot: Stage) -> None:
    id = started(bot)
    shown = do(chris, "pilot value", pilot=id, value="5,7", number="41")
    assert "8 → 5.7 Tage (28.8 % better, n=41, 1 week)" in shown
    shown = do(
        chris, "pilot value", pilot=id, value="6", number="41", waiting="4", satisfaction="4.2"
    )
    assert "8 → 6 Tage (25 % better, n=41, 1 week)" in shown, "the same week again corrects it"
    card = do(chris, "pilot", pilot=id)
    assert "Of that: waiting 4, work 2" in card and "Customers' satisfaction: 4.2" in card
    assert "A number, please" in do(chris, "pilot value", pilot=id, value="viel", number="3")


def test_a_table_is_read_in_as_weekly_means_and_not_kept(chris: Say, bot: Stage) -> None:
    """Requirements D19 and D20."""
    id = started(bot)
    table = (
        "eingang;begonnen;fertig\n"
        "2026-11-09 08:00;2026-11-12 08:00;2026-11-13 08:00\n"
        "2026-11-09 08:00;2026-11-14 08:00;2026-11-15 08:00\n"
        "2026-11-16 08:00;2026-11-20 08:00;2026-11-21 20:00"
    )
    assert do(chris, "pilot import", pilot=id, table=table).startswith("2 weeks read in.")
    rows = bot.rows("select week, value, number, waiting, working from pilot_values "
                    "where workspace = :workspace order by week")  # fmt: skip
    assert rows == [
        {"week": "2026-W46", "value": "5", "number": 2, "waiting": "4", "working": "1"},
        {"week": "2026-W47", "value": "5.5", "number": 1, "waiting": "4", "working": "1.5"},
    ]
    for row in rows:
        assert Decimal(row["waiting"]) + Decimal(row["working"]) == Decimal(row["value"])
    assert "2026-11-12" not in repr(
        bot.rows("select * from pilot_values where workspace = :workspace")
    )
    assert "I cannot read line 2." in do(chris, "pilot import", pilot=id, table="2026-11-09;5\nx;y")


# --- the clock -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "day", "week"),
    [
        ("2026-10-19", "2026-10-25", 1), ("2026-10-19", "2026-10-26", 2),  # clocks go back
        ("2027-03-22", "2027-03-28", 1), ("2027-03-22", "2027-03-29", 2),  # clocks go forward
        ("2026-11-23", "2027-02-14", 12), ("2026-11-23", "2027-02-15", 13),
    ],
)  # fmt: skip
def test_weeks_are_counted_in_days(start: str, day: str, week: int) -> None:
    pilot = Pilot(PilotId("p"), "P", "x", None, date.fromisoformat(start), state=PilotState.RUNNING)
    assert clock.week(pilot, date.fromisoformat(day)) == week
    assert clock.end_of(pilot, 12) == date.fromordinal(date.fromisoformat(start).toordinal() + 83)


def test_nothing_is_asked_on_a_holiday_of_the_state(
    anna: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """6 January is a holiday in Bavaria and not in Lower Saxony."""

    def move(region: str) -> None:
        def work(tx: Tx) -> None:
            tx.run("update workspaces set region = :region where id = :workspace", region=region)

        bot.store(work)

    started(bot)
    move("DE-BY")
    wind(to="2027-01-05 10:00")
    before = len(anna.sees())
    wind(to="2027-01-06 18:00")
    assert len(anna.sees()) == before


def test_a_pilot_of_twelve_weeks_asks_for_its_decision_and_ends_within_sixteen(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirements D13, D15, D25 and B03."""
    id = started(bot)
    wind(to="2026-12-21 10:00")
    told = "\n".join(chris.sees())
    assert "who connects it, our own people or somebody from outside?" in told
    do(chris, "pilot sourcing", pilot=id, who="internal")
    wind(to="2027-02-08 10:00")
    assert "“Reparatur-Triage” is in its last week. What becomes of it, until" in "\n".join(
        chris.sees()
    )
    assert "IT still has to say yes" in do(
        chris,
        "pilot decide",
        pilot=id,
        decision="operate",
        docs=LINK,
        reason="Es hilft allen",
        learnt="Viel",
    )
    do(
        chris,
        "pilot decide",
        pilot=id,
        decision="again",
        reason="Noch zu wenig",
        learnt="Viel gelernt",
    )
    assert "week 12 of 16" in do(chris, "pilot", pilot=id)
    wind(to="2027-03-12 10:00")
    assert "ist in der letzten Woche" in repr(messages_of(bot)) or "is in its last week" in repr(
        messages_of(bot)
    )
    assert "There was one more round already." in do(
        chris, "pilot decide", pilot=id, decision="again", reason="Noch zu wenig", learnt="Viel"
    )
    do(
        chris,
        "pilot decide",
        pilot=id,
        decision="stop",
        reason="Es reicht nicht",
        learnt="Viel gelernt",
    )
    assert state(bot, id) == "stopped"
    assert "What we learnt: Viel gelernt" in do(chris, "pilot", pilot=id)
    given_a_goal(chris)
    do(chris, "pilot new", **ABOUT)  # its name is free again


def test_no_pilot_is_older_than_sixteen_weeks_without_a_decision(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirement D25: what nobody decides ends, and says so; it can still be decided."""
    id = started(bot)
    wind(to="2027-02-16 10:00")
    assert "Nobody has decided about" in repr(undecided(bot))
    wind(to="2027-03-14 20:00")
    assert state(bot, id) == "running"
    wind(to="2027-03-15 10:00")
    assert state(bot, id) == "stopped"
    shown = do(chris, "pilot", pilot=id)
    assert "State: ended without a decision" in shown and "[Decide]" in shown
    assert "has ended after sixteen weeks, and nobody had decided." in chris.sees()[-1]
    assert "ended after sixteen weeks, and nobody has decided." in repr(undecided(bot))
    assert "does not run" in do(anna, "relief", pilot=id, answer="no")
    given = {"reason": "Es hilft allen", "learnt": "Viel gelernt"}
    assert "sixteen weeks are over" in do(
        chris, "pilot decide", pilot=id, decision="again", **given
    )
    do(chris, "pilot decide", pilot=id, decision="stop", **given)
    assert "State: stopped" in do(chris, "pilot", pilot=id)
    assert undecided(bot) == []
    assert "does not run" in do(chris, "pilot decide", pilot=id, decision="stop", **given)


def test_what_ran_out_can_still_go_into_operation(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = started(bot)
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    wind(to="2027-03-15 10:00")
    given = {"reason": "Es hilft allen", "learnt": "Viel gelernt"}
    do(chris, "pilot decide", pilot=id, decision="operate", docs=LINK, **given)
    assert state(bot, id) == "operating"
    through_the_gate(chris, id)
    wind(to="2027-09-13 10:00")
    assert "went into operation half a year ago" in "\n".join(chris.sees())


def test_after_fourteen_quiet_days_the_champion_is_asked_once(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirement B14."""
    started(bot)
    wind(to="2026-12-07 10:00")
    assert "Nothing was heard" not in "\n".join(chris.sees())
    wind(to="2026-12-08 10:00")
    wind(to="2026-12-18 10:00")
    assert "\n".join(chris.sees()).count("Nothing was heard of “Reparatur-Triage”") == 1
    assert chris("status").count("Nothing was heard of “Reparatur-Triage”") == 1
    chris.press("Something is in the way")
    chris.fill(words="Zugriff aufs ERP", due="2026-12-31")
    assert "Nothing was heard" not in chris("status")


def test_half_a_year_later_it_is_asked_once_whether_it_lives(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirements D08 and D09."""
    id = started(bot)
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    do(
        chris,
        "pilot decide",
        pilot=id,
        decision="operate",
        docs=LINK,
        reason="Es hilft allen",
        learnt="Viel",
    )
    through_the_gate(chris, id)
    wind(to="2027-05-20 10:00")
    assert "half a year ago" not in "\n".join(chris.sees())
    wind(to="2027-05-25 10:00")
    assert "\n".join(chris.sees()).count("went into operation half a year ago") == 1
    do(chris, "pilot alive", pilot=id, answer="yes")
    shown = chris("pilot")
    assert "Reached operation: 1 of 1 that were decided." in shown
    assert "Alive after six months: 1 of 1." in shown


# --- along the way -------------------------------------------------------------------------


def test_three_candidates_and_one_choice(chris: Say, bot: Stage) -> None:
    """Requirements D12 and D14."""
    id = started(bot)
    for each in ("Anfragen sortieren", "Termine vergeben", "Teile bestellen"):
        do(chris, "pilot candidate", pilot=id, workflow=each, takes="Anfrage", gives="Ergebnis")
    assert "Three are enough" in do(
        chris, "pilot candidate", pilot=id, workflow="Noch eins", takes="Anfrage", gives="Ergebnis"
    )
    rows = bot.rows("select id from pilot_candidates where workspace = :workspace order by id")
    do(chris, "pilot choose", pilot=id, candidate=str(rows[1]["id"]))
    assert "Workflow: Termine vergeben" in do(chris, "pilot", pilot=id)
    assert "One is chosen already" in do(
        chris, "pilot choose", pilot=id, candidate=str(rows[0]["id"])
    )
    shown = do(chris, "pilot candidates", pilot=id)
    assert "Chosen: Termine vergeben" in shown and "Parked: Anfragen sortieren" in shown


def test_an_obstacle_reaches_the_champion_with_its_date(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirement D02."""
    id = started(bot)
    do(anna, "pilot obstacle", pilot=id, words="Zugriff aufs ERP fehlt", due="2026-11-30")
    wind(to="2026-11-24 09:01")
    assert (
        "In the way of “Reparatur-Triage” until Mon 30 Nov: Zugriff aufs ERP fehlt"
        in chris.sees()[-1]
    )
    assert "still in the way" not in repr(undecided(bot))
    wind(to="2026-12-01 10:00")
    assert "still in the way" in repr(undecided(bot))
    rows = bot.rows("select id from pilot_obstacles where workspace = :workspace")
    do(chris, "pilot solved", pilot=id, obstacle=str(rows[0]["id"]))
    assert "still in the way" not in repr(undecided(bot))


def messages_of(bot: Stage) -> list[str]:
    """Return what was told in bundles, settled since or not."""
    rows = bot.rows("select message from matters where workspace = :workspace")
    return [row["message"] for row in rows]


def undecided(bot: Stage) -> list[Words]:
    def work(tx: Tx) -> list[Words]:
        ctx = bot.dispatcher._context(tx, LOTSE, None, bot.clock.now())
        return [each.words for each in open_tasks.undecided(ctx)]

    found: list[Words] = bot.store(work)
    return found


def test_what_is_for_later_opens_in_week_nine(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirement C18."""
    id = started(bot)
    do(chris, "pilot later", pilot=id, words="Auch für Sonderteile", kind="special")
    item = bot.rows("select id from pilot_later where workspace = :workspace")[0]["id"]
    assert "effect before perfection" in do(chris, "pilot schedule", pilot=id, item=item)
    wind(to="2027-01-18 10:00")
    do(chris, "pilot schedule", pilot=id, item=item)
    rows = bot.rows("select state from pilot_later where workspace = :workspace")
    assert rows == [{"state": "scheduled"}]


def test_a_human_posts_the_result(chris: Say, anna: Say, bot: Stage) -> None:
    """Requirement D16."""
    id = started(bot)
    do(chris, "pilot value", pilot=id, value="6", number="41")
    do(
        chris,
        "pilot decide",
        pilot=id,
        decision="stop",
        reason="Es reicht uns",
        learnt="Regeln zuerst",
    )
    assert not [each for each in bot.sees("allgemein") if "Ergebnis" in each]
    do(chris, "pilot result", pilot=id)
    assert not [each for each in bot.sees("allgemein") if "Ergebnis" in each]
    do(chris, "pilot post", pilot=id)
    (card,) = [each for each in bot.sees("allgemein") if "Ergebnis" in each]
    assert "25" in card and "Regeln zuerst" in card


def test_others_cannot_change_a_running_pilot(anna: Say, bot: Stage) -> None:
    id = started(bot, people=("chris", "carla", "ben"))  # type: ignore[arg-type]
    for word, args in (
        ("pilot decide", {"decision": "stop", "reason": "weil ich will", "learnt": "nichts davon"}),
        ("pilot value", {"value": "1", "number": "1"}), ("pilot measure", MEASURE),
        ("pilot describe", ABOUT), ("pilot history", {}), ("pilot users", {"who": "everybody"}),
    ):  # fmt: skip
        answer = bot.handle(bot.request("anna", call=Call(word, {"pilot": id, **args})))
        assert answer.outcome == "refused", word


def test_changes_stand_in_the_history(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(
        chris,
        "pilot describe",
        pilot=id,
        **{**ABOUT, "name": "Triage", "problem": "Anderes Problem"},
    )
    shown = do(chris, "pilot history", pilot=id)
    assert "renamed, Chris. Reparatur-Triage" in shown
    assert "Problem: Reparaturanfragen liegen, bis jemand sortiert." in shown


def test_a_pilot_of_before_is_incomplete_and_nothing_ends_it(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Settled 60."""
    began = date(2026, 1, 1)
    old = Pilot(
        PilotId("old"),
        "Alter Pilot",
        "x",
        PersonId("chris"),
        began,
        state=PilotState.INCOMPLETE,
        created_on=began,
    )
    bot.store(lambda tx: pilots.add(tx, replace(old), name_key="alter pilot"))
    shown = chris("pilot alter pilot")
    assert shown.startswith("Alter Pilot\nState: incomplete") and "Before it can start:" in shown
    wind(to="2027-03-01 10:00")
    assert "Alter Pilot" not in "\n".join(chris.sees())
    assert undecided(bot) == []


def test_choices_are_named_when_something_else_is_typed(anna: Say) -> None:
    assert anna("language fr").startswith(
        "I do not know “fr” here. Please choose:\n[Deutsch]\n[English]"
    )
    assert anna.press("Deutsch") == "Von jetzt an spreche ich Deutsch mit dir."

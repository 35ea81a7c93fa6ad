"""A pilot that goes into operation carries everything over into the register of automations."""

from __future__ import annotations

from collections.abc import Callable

from bot.slack import blocks as slack_blocks
from bot.teams import cards as teams_cards
from handlers.digest import schedule
from handlers.kit.commands import call
from handlers.kit.messages import Call
from handlers.pilots.weeks.it_checks import CHECKS
from tests.automations.test_requirements import texts
from tests.feedback import test_relief as relief
from tests.pilots.test_pilots import (
    ABOUT,
    GOAL,
    LINK,
    MEASURE,
    do,
    id_of,
    started,
    through_the_gate,
)
from tests.pretend.machines import enter, reports
from tests.pretend.stage import Say, Stage


def decided(bot: Stage, chris: Say, id: str) -> str:
    do(chris, "pilot it", pilot=id, checks=",".join(CHECKS))
    return do(chris, "pilot decide", pilot=id, decision="operate", docs=LINK,
              reason="Es hilft allen", learnt="Viel")  # fmt: skip


def profile(bot: Stage) -> dict[str, str]:
    rows = bot.rows("select field, value from automation_profile where workspace = :workspace")
    return {each["field"]: each["value"] for each in rows}


def test_what_a_pilot_knows_is_not_asked_for_again(
    chris: Say, ben: Say, carla: Say, bot: Stage
) -> None:
    id = started(bot)
    do(chris, "pilot value", pilot=id, value="6.4", number="41")
    decided(bot, chris, id)
    (row,) = bot.rows(
        "select id, name, purpose, accountable, deputy, phase from automations"
        " where workspace = :workspace"
    )
    made = row.pop("id")
    assert row == {
        "name": "Reparatur-Triage", "purpose": "Reparaturanfragen liegen, bis jemand sortiert.",
        "accountable": "chris", "deputy": "ben", "phase": "pilot",
    }  # fmt: skip
    assert profile(bot) == {
        "steps": "Anfrage → Reparaturanfragen sortieren → Anfrage bei der Technik",
        "area": "Service", "measure": MEASURE["metric"], "limit": "höchstens 6 Tage", "docs": LINK,
    }  # fmt: skip
    values = bot.rows("select value, day from automation_values where workspace = :workspace")
    assert values == [{"value": "6.4", "day": "2026-11-23"}]
    (linked,) = bot.rows("select automation from pilots where workspace = :workspace")
    assert linked == {"automation": made}
    card = chris("auto reparatur-triage")
    assert "Phase: being tried out" in card
    assert "Tage bis zur fertigen Reparatur: 6.4 on Mon 23 Nov, past its limit" in card
    assert [each for each in ben.sees() if "Vertretung für „Reparatur-Triage“" in each]


def test_who_connected_it_gets_the_address_and_the_recipe(chris: Say, ben: Say, bot: Stage) -> None:
    decided(bot, chris, started(bot))
    bot.wind(to="2026-11-24 09:05")
    assert [
        each for each in ben.sees() if "geht in Betrieb. Bitte binde das Pilotprojekt an." in each
    ]
    assert "/ping/" in ben.press(calls="auto address")
    assert "connected" in chris("auto reparatur-triage")


def test_what_is_connected_already_is_completed_and_nothing_that_was_said_is_lost(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = started(bot)
    enter(ben, name="Triage-Regeln", purpose="Sortiert Anfragen")
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    do(chris, "pilot connect", pilot=id, automation=row["id"])
    decided(bot, chris, id)
    rows = bot.rows("select name, purpose, phase from automations where workspace = :workspace")
    assert rows == [{"name": "Triage-Regeln", "purpose": "Sortiert Anfragen", "phase": "pilot"}], (
        "no second one"
    )
    assert profile(bot)["not_for"] == "Reklamationen"
    assert profile(bot)["limit"] == "höchstens 6 Tage"


def test_an_unclear_boundary_reaches_the_champion_too(
    chris: Say, ben: Say, anna: Say, bot: Stage
) -> None:
    decided(bot, chris, started(bot))
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    do(chris, "auto people", automation=row["id"], accountable="ben", deputy="carla")
    asks = call("auto boundary", automation=row["id"], words="Macht sie auch Retouren?")
    bot.handle(bot.request("anna", call=asks, submitted=True))
    bot.carry()
    for who in (ben, chris):
        assert [each for each in who.sees() if "Macht sie auch Retouren?" in each], who.id


def test_a_finished_review_of_the_automation_is_an_improvement_of_its_pilot(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = started(bot)
    decided(bot, chris, id)
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    wider = {**ABOUT, "workflow": "Angebote schreiben", "gives": "Angebot"}
    assert "First improve, then extend" in do(chris, "pilot describe", pilot=id, **wider)
    do(chris, "auto goes", automation=row["id"], how="badly", day="7")
    (review,) = bot.rows("select id from automation_reviews where workspace = :workspace")
    do(chris, "auto reviewed", review=review["id"], words="Regel für Eilfälle ergänzt")
    assert "First improve" not in do(chris, "pilot describe", pilot=id, **wider)
    assert id == id_of(bot)


def test_d08_decided_is_not_in_operation_until_the_gate_has_nothing_missing(
    chris: Say, ben: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = started(bot)
    card = decided(bot, chris, id)
    assert "State: on its way into operation" in card
    missing = "“Reparatur-Triage” is to go into operation. Missing: What not for, Steps, each"
    assert missing in card and "[Complete the profile]\n[Three sentences]" in card
    assert "[When should it run?]" in card, "the rhythm is missing as well"
    assert "Reached operation: 0 of 1 that were decided." in chris("pilot")
    assert missing in chris("status")
    assert missing not in chris("digest"), "nobody has seen it for two working days"
    wind(to="2026-11-24 09:05")
    assert missing in chris.sees()[-1]
    wind(to="2026-11-26 09:05")
    assert missing in chris("digest")
    (row,) = bot.rows("select automation from pilots where workspace = :workspace")
    said = do(chris, "auto live", automation=str(row["automation"]))
    assert said.startswith("“Reparatur-Triage” cannot go into operation yet. Missing: ")
    assert "is in operation" in through_the_gate(chris, id)
    card = do(chris, "pilot", pilot=id)
    assert "State: in operation since Thu 26 Nov" in card and "is to go into" not in card
    assert "Reached operation: 1 of 1 that were decided." in chris("pilot")
    assert "is to go into operation" not in chris("status") + chris("digest")
    assert "in operation, Chris" in do(chris, "pilot history", pilot=id)
    now = bot.clock.now()
    bot.store(lambda tx: schedule.plan(tx, id="plan", now=now, zone="Europe/Berlin", region="DE"))
    wind(to="2026-11-30 10:00")
    assert "„Reparatur-Triage“ ist in Betrieb" in "\n".join(bot.sees("leitung"))


def test_d08_what_a_pilot_tries_out_goes_nowhere_before_its_decision(
    chris: Say, bot: Stage
) -> None:
    id = started(bot)
    do(chris, "pilot address", pilot=id, tool="cron")
    said = through_the_gate(chris, id)
    assert "Missing: the decision about the pilot “Reparatur-Triage”." in said
    decided(bot, chris, id)
    assert "is in operation" in through_the_gate(chris, id)


def test_d08_what_runs_in_operation_already_has_reached_it_with_the_decision(
    chris: Say, ben: Say, bot: Stage
) -> None:
    id = started(bot)
    reports(bot, enter(ben, name="Triage-Regeln", rhythm="täglich"))
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    made = str(row["id"])
    bot.store(lambda tx: tx.run(
        "update automations set phase = 'operation' where workspace = 'demo' and id = :id", id=made
    ))  # fmt: skip
    do(chris, "pilot connect", pilot=id, automation=made)
    assert "State: in operation since Mon 23 Nov" in decided(bot, chris, id)


def test_b01_what_a_pilot_serves_its_automation_serves(chris: Say, bot: Stage) -> None:
    """B05: nothing that a pilot knows makes the share of what is linked smaller."""
    decided(bot, chris, started(bot))
    assert "Serve a goal: 2 of 2 pilots and automations." in chris("mandate")
    goals = bot.rows(
        "select name from mandate_goals g join automation_goals a on a.goal = g.id"
        " and a.workspace = g.workspace where g.workspace = :workspace"
    )
    assert goals == [{"name": GOAL}]


def test_c15_use_and_relief_stand_before_everything_else_on_both_platforms(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id, users = relief.running(bot)
    url = enter(Say(bot, "ben"), name="Triage-Regeln", rhythm="täglich")
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    do(chris, "pilot connect", pilot=id, automation=str(row["id"]))
    assert "Use: no runs are connected yet" in do(chris, "pilot", pilot=id)
    do(chris, "pilot value", pilot=id, value="6", number="41")
    for user, answer in zip(users, ("relieved",) * 4 + ("partly", "no"), strict=False):
        do(user, "relief", pilot=id, answer=answer)
    wind(to="2026-12-02 10:00")
    reports(bot, url)
    for word in ("pilot", "pilot result"):
        answer_ = bot.handle(bot.request("chris", call=Call(word, {"pilot": id})))
        assert answer_.message is not None
        for drawn in (slack_blocks.render(answer_.message), teams_cards.card(answer_.message)):
            shown = [each.removesuffix(": ") for each in texts(drawn)]
            ranks = [shown.index(each) for each in ("Use", "Relief", "Problem")]
            measured = "Effect" if word == "pilot" else "Now"
            assert ranks == sorted(ranks) and ranks[1] < shown.index(measured), word
    told = next(row for row in chris("digest").splitlines() if row.startswith("Reparatur-Triage:"))
    places = [told.index(each) for each in ("week 2 of 12", "1 run in", "yes 4", "8 → 6")]
    assert places == sorted(places), told
    listed = do(chris, "list", name="pilots")
    assert listed.index("1 run in the last four weeks") < listed.index("8 → 6"), listed

"""A pilot that goes into operation carries everything over into the register of automations."""

from __future__ import annotations

from handlers.kit.commands import call
from handlers.pilots.weeks.it_checks import CHECKS
from tests.pilots.test_pilots import ABOUT, LINK, MEASURE, do, id_of, started
from tests.pretend.machines import enter
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
    assert [each for each in ben.sees() if "geht in Betrieb. Bitte anbinden." in each]
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

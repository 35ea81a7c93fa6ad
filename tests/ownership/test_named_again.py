"""Whoever has said yes is not asked again when they are named once more for the same thing."""

from __future__ import annotations

import pytest

from handlers.kit.commands import call
from storage import automations, pilots, services
from storage.engine.ids import AutomationId, PilotId
from storage.services import Service
from tests.mandate.test_mandate import do, drafted
from tests.pilots.test_pilots import started
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage


def sent(bot: Stage, person: str) -> list[str]:
    """Return what somebody has been asked or told."""
    return bot.sees(f"@{person}")


def answerers(bot: Stage) -> list[tuple[str, str]]:
    rows = bot.rows(
        "select answerer, state from friction_answerers where workspace = :workspace order by 1"
    )
    return [(each["answerer"], each["state"]) for each in rows]


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("chris", "Anna answers the friction of “Versand” already."),
        ("ben", "Anna beantwortet die Reibung aus „Versand“ schon."),
    ],
)
def test_an_area_stays_with_who_answers_it(
    bot: Stage, anna: Say, ben: Say, chris: Say, who: str, said: str
) -> None:
    do(chris, "settings manager", person="ben")
    do(chris, "friction name", area="Versand", who="anna")
    do(anna, "friction accept", area="Versand")
    before = sent(bot, "anna")
    assert do(Say(bot, who), "friction name", area="Versand", who="anna") == said
    assert answerers(bot) == [("anna", "accepted")] and sent(bot, "anna") == before
    assert "Would you answer" not in anna("status") and "Würdest du" not in anna("status")


def test_an_area_is_handed_to_who_answers_it_without_a_question(
    bot: Stage, anna: Say, ben: Say, chris: Say
) -> None:
    for person in (ben, anna):
        do(chris, "friction name", area="Versand", who=person.id)
        do(person, "friction accept", area="Versand")
    before = sent(bot, "anna")
    do(chris, "hand over", person="ben", to="anna", deputy="chris")
    (asked,) = bot.rows("select id from handovers where workspace = :workspace")
    do(anna, "hand over accept", handover=str(asked["id"]))
    assert answerers(bot) == [("anna", "accepted")]
    assert not any("Versand" in each and "[Ja" in each for each in sent(bot, "anna")[len(before) :])


def test_who_declined_can_be_asked_again(bot: Stage, anna: Say, chris: Say) -> None:
    do(chris, "friction name", area="Versand", who="anna")
    do(anna, "friction decline", area="Versand")
    assert do(chris, "friction name", area="Versand", who="anna").startswith("I have asked")
    assert answerers(bot) == [("anna", "asked")]


def test_a_check_that_was_asked_for_or_done_is_not_asked_for_again(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    anna("incident Kasse tot")
    ben("ack 1")
    ben("restored 1 neues Kabel")
    do(ben, "ask check", number="1", person="carla")
    before = sent(bot, "carla")
    assert "Carla ist schon gebeten, INC-1 zu prüfen." in do(
        ben, "ask check", number="1", person="carla"
    )
    assert sent(bot, "carla") == before
    do(carla, "checked", number="1")
    told = sent(bot, "chris")
    assert "Carla hat INC-1 schon geprüft." in do(ben, "ask check", number="1", person="chris")
    assert sent(bot, "chris") == told
    rows = bot.rows("select checker from closings where workspace = :workspace")
    assert [each["checker"] for each in rows] == ["carla"]


def service(bot: Stage, name: str) -> Service:
    found: Service | None = bot.store(lambda tx: services.named(tx, name))
    assert found is not None
    return found


def test_a_service_stays_with_who_accepted_it(bot: Stage, ben: Say, carla: Say, chris: Say) -> None:
    for person in (ben, carla):
        do(person, "service accept", service="kasse")
    was = service(bot, "kasse")
    before = sent(bot, "ben"), sent(bot, "carla")
    for first, second in (("ben", "carla"), ("carla", "ben")):
        asked = call("service people", service="kasse", accountable=first, deputy=second)
        bot.handle(bot.request("chris", call=asked, submitted=True))
        bot.carry()
        now = service(bot, "kasse")
        assert now.accountable_accepted_at and now.deputy_accepted_at
    assert was.accountable_accepted_at == now.deputy_accepted_at
    assert (sent(bot, "ben"), sent(bot, "carla")) == before


def test_an_automation_stays_with_who_accepted_it(
    bot: Stage, ben: Say, carla: Say, chris: Say
) -> None:
    """Also where the two who answer for it change places."""
    enter(ben)
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    id = AutomationId(row["id"])
    do(chris, "auto people", automation=id, accountable="ben", deputy="carla")
    for person in (ben, carla):
        do(person, "auto accept", automation=id)
    before = sent(bot, "ben"), sent(bot, "carla")
    for first, second in (("ben", "carla"), ("carla", "ben")):
        do(chris, "auto people", automation=id, accountable=first, deputy=second)
        found = bot.store(lambda tx: automations.find(tx, id))
        assert found.accountable == first
        assert found.accountable_accepted_at and found.deputy_accepted_at
    assert (sent(bot, "ben"), sent(bot, "carla")) == before


def test_whoever_was_asked_to_take_an_automation_over_hears_that_it_is_over(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    enter(ben)
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    id = str(row["id"])
    do(ben, "auto handover", automation=id, to="anna")
    assert "accountable" in sent(bot, "anna")[-1] and "[" in sent(bot, "anna")[-1]
    do(ben, "auto handover", automation=id, to="chris")
    assert "[" not in sent(bot, "anna")[-1], "somebody else is asked"
    do(chris, "auto people", automation=id, accountable="ben", deputy="carla")
    assert "has been answered already" in sent(bot, "chris")[-1]


def test_a_role_of_a_pilot_stays_with_who_accepted_it(
    bot: Stage, anna: Say, ben: Say, carla: Say, chris: Say
) -> None:
    id = PilotId(started(bot))
    was = bot.store(lambda tx: pilots.find(tx, id))
    before = {each: sent(bot, each) for each in ("anna", "ben", "carla", "chris")}
    named = {
        role: getattr(was, role)
        for role in ("champion", "modeler", "integrator")
        if getattr(was, role)
    }
    do(Say(bot, was.champion), "pilot people", pilot=id, **named)
    now = bot.store(lambda tx: pilots.find(tx, id))
    for role in named:
        assert getattr(now, f"{role}_accepted_at") == getattr(was, f"{role}_accepted_at")
    assert {each: sent(bot, each) for each in before} == before


def test_who_confirmed_a_mandate_for_the_it_stays_confirmed(
    bot: Stage, ben: Say, chris: Say
) -> None:
    id = drafted(chris)
    do(ben, "mandate agree", mandate=id)
    do(chris, "mandate it", who="ben")
    rows = "select it_by from mandates where workspace = :workspace and state = 'draft'"
    assert [each["it_by"] for each in bot.rows(rows)] == ["ben"]
    do(chris, "mandate it", who="carla")
    assert [each["it_by"] for each in bot.rows(rows)] == [None]


def test_a_task_that_moves_is_asked_anew_of_who_has_not_answered(
    bot: Stage, anna: Say, chris: Say
) -> None:
    do(chris, "mandate action", item="Leitfaden", who="anna", due="2026-12-10")
    (row,) = bot.rows("select id from mandate_actions where workspace = :workspace")
    id = str(row["id"])
    do(chris, "mandate action change", action=id, item="Leitfaden", who="anna", due="2026-12-15")
    assert "15 Dec" in sent(bot, "anna")[-1] and "[" in sent(bot, "anna")[-1]
    do(anna, "mandate action accept", action=id)
    told = len(sent(bot, "anna"))
    do(chris, "mandate action change", action=id, item="Leitfaden", who="anna", due="2026-12-16")
    rows = bot.rows("select accepted_at from mandate_actions where workspace = :workspace")
    assert rows[0]["accepted_at"] is not None and len(sent(bot, "anna")) == told


def test_a_cause_stays_with_who_looks_after_it(bot: Stage, anna: Say, ben: Say) -> None:
    for number in range(1, 4):
        anna(f"incident Etikettendrucker offline {number}")
        ben(f"restored {number}")
        bot.wind(minutes=40)
        if number > 1:
            ben(f"repeat {number} of 1")
    (row,) = bot.rows("select number, owner from problems where workspace = :workspace")
    owner = Say(bot, row["owner"])
    do(owner, "problem accept", number=str(row["number"]))
    before = sent(bot, owner.id)
    do(Say(bot, "chris"), "problem owner", number=str(row["number"]), person=owner.id)
    now = bot.rows("select accepted_at, proposed_to from problems where workspace = :workspace")
    assert now[0]["accepted_at"] and now[0]["proposed_to"] is None
    assert sent(bot, owner.id) == before

"""The only manager leaves: whoever is asked can do what the button says."""

from __future__ import annotations

import pytest

from handlers.kit.words import flat
from storage import people
from storage.engine.ids import PersonId
from tests.mandate.test_mandate import do
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import Say, Stage


def test_whoever_is_asked_takes_it_on_and_can_name_others_then(
    bot: Stage, ben: Say, anna: Say
) -> None:
    leaves(bot, PersonId("chris"))
    asked = [who for who in (ben, anna, Say(bot, "carla")) if who.sees()]
    assert len(asked) == 1, "one person is asked"
    heir = asked[0]
    assert "python -m bot manager add" in heir.sees()[-1]
    labels = {each.button.call.word for each in heir.buttons()}
    assert "hand over" not in labels, "no button that refuses"
    heir.press(calls="settings begin")
    assert bot.store(lambda tx: [each.id for each in people.managers(tx)]) == [heir.id]
    card = next(each for each in heir.sees() if "Chris" in each)
    assert "python -m bot" not in card
    heir("dienst neu")
    assert heir.form is not None


def test_a_manager_who_held_nothing_is_missed_all_the_same(bot: Stage, ben: Say) -> None:
    bot.store(lambda tx: tx.write(
        "update services set accountable = 'ben', deputy = 'carla' where workspace = :workspace"
    ))  # fmt: skip
    leaves(bot, PersonId("chris"))
    assert ben.sees()[-1].startswith("Nicht mehr aktiv: Chris.")
    assert "Leitung übernehmen" in {flat(each.button.label) for each in ben.buttons()}
    assert ben("stand").splitlines()[1].startswith("Es gibt keine aktive Leitung mehr")


def test_others_hear_who_can_take_it_on_and_what_the_operator_types(
    bot: Stage, ben: Say, anna: Say
) -> None:
    leaves(bot, PersonId("chris"))
    assert anna("service new").startswith("Managers do this here, and none of them is active")
    said = anna.press("Who manages now?")
    assert said.startswith(
        "No manager is active any more. Carla can take this on here, and whoever operates Lotse "
        "with “python -m bot manager add”."
    )
    assert "Manage Lotse" not in {flat(each.button.label) for each in anna.buttons()}
    assert bot.store(people.managers) == []
    anna("settings begin")
    assert bot.store(people.managers) == []


@pytest.mark.parametrize("kind", ["guest", "external", "bot"])
def test_a_manager_who_is_a_guest_now_is_none(bot: Stage, anna: Say, kind: str) -> None:
    bot.store(lambda tx: people.set_manager(tx, PersonId("anna")))
    bot.store(lambda tx: tx.write(
        "update people set kind = :kind where workspace = :workspace and id = 'anna'", kind=kind
    ))  # fmt: skip
    assert bot.store(lambda tx: [each.id for each in people.managers(tx)]) == ["chris"]
    said = do(Say(bot, "chris"), "settings manager remove", person="chris")
    assert said.startswith("Chris is the only manager.")


def test_when_the_manager_is_back_nobody_may_take_it_on(bot: Stage, ben: Say, chris: Say) -> None:
    leaves(bot, PersonId("chris"))
    leaves(bot, PersonId("chris"), active=True)
    assert "einstellungen" not in ben("stand")
    ben("einstellungen beginnen")
    assert bot.store(lambda tx: [each.id for each in people.managers(tx)]) == ["chris"]

"""The guardrails where something is registered: shown, and confirmed by one tap a version."""

from __future__ import annotations

from datetime import datetime

from storage.engine.ids import PersonId
from tests.mandate.test_mandate import RAILS, do
from tests.ownership.test_ownership import leaves
from tests.pretend.stage import BERLIN, Say, Stage


def test_whoever_begins_a_pilot_sees_the_guardrails_and_confirms_by_one_tap(
    chris: Say, anna: Say
) -> None:
    do(chris, "mandate edit", goals="Schneller liefern")
    do(chris, "mandate guardrails", **RAILS)
    about = {"problem": "Angebote dauern zwei Tage.", "goal": "Schneller liefern"}
    said = do(anna, "pilot new", name="Angebote", **about)
    assert all(each in said for each in RAILS.values()) and "I have read the guardrails" in said
    do(anna, "mandate confirm", version="v1")
    assert "I have read the guardrails" not in do(anna, "pilot new", name="Mails", **about)


NOW = "Es gibt jetzt Leitplanken."


def test_everybody_hears_of_the_first_guardrails_once_in_their_bundle(
    anna: Say, ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    """Also who has no part in anything that runs: each one confirms them."""
    bot.store(
        lambda tx: tx.write(
            "update people set kind = 'guest' where workspace = :workspace and id = 'anna'"
        )
    )
    do(chris, "mandate guardrails", **RAILS)
    bot.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
    assert [len([each for each in say.sees() if NOW in each]) for say in (ben, carla)] == [1, 1]
    assert anna.sees() == [] and not [each for each in chris.sees() if "guardrails" in each]
    ben.press("Leitplanken gelesen")
    assert NOW not in "".join(ben.sees())
    bot.wind(to=datetime(2026, 12, 1, 9, tzinfo=BERLIN))
    assert len([each for each in carla.sees() if NOW in each]) == 1, "once"


def test_nobody_confirms_for_who_is_away_and_who_left_is_told_of_by_nobody(
    ben: Say, carla: Say, chris: Say, bot: Stage
) -> None:
    carla("vertreten Ben heute bis 25.11.2026")
    ben.press("Ja, einverstanden")
    do(chris, "mandate guardrails", **RAILS)
    bot.wind(to=datetime(2026, 11, 24, 9, tzinfo=BERLIN))
    assert "".join(ben.sees()).count(NOW) == 1, "his own, not Carla's"
    bot.wind(to=datetime(2026, 11, 26, 9, tzinfo=BERLIN))
    assert "".join(carla.sees()).count(NOW) == 1, "back at work"
    leaves(bot, PersonId("carla"))
    open_ones = bot.rows(
        "select person from matters where workspace = :workspace and key like 'guardrails:%'"
        " and state = 'told'"
    )
    assert "chris" not in {each["person"] for each in open_ones}
    leaves(bot, PersonId("carla"), active=True)
    assert "Leitplanken" in carla("stand")

"""The guardrails where something is registered: shown, and confirmed by one tap a version."""

from __future__ import annotations

from tests.mandate.test_mandate import RAILS, do
from tests.pretend.stage import Say


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

"""The name of something, typed alone, opens its card; it is no incident."""

from __future__ import annotations

import pytest

from tests.pilots.test_pilots import started
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage


@pytest.mark.parametrize("typed", ["Reparatur-Triage", "reparatur-triage", "Reparatur-Triage?"])
def test_a_pilot_named_alone_is_shown(bot: Stage, anna: Say, typed: str) -> None:
    started(bot)
    said = anna(typed)
    assert said.startswith("Reparatur-Triage\n") and "Declare this as an incident?" not in said
    assert bot.rows("select number from incidents where workspace = :workspace") == []


def test_so_is_a_service_and_an_automation(bot: Stage, anna: Say, ben: Say) -> None:
    enter(ben)
    assert anna("Mail-Sortierung").startswith("Mail-Sortierung\n")
    assert anna("Webshop").startswith("Webshop\n")

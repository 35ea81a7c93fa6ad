"""The own figures of an automation: entered, seen by everybody, told once past their limit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from handlers.automations.measures.measuring import Limit, read_limit
from tests.pretend.machines import enter
from tests.pretend.stage import Say

Wind = Callable[..., None]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5", Limit(Decimal(5))), ("höchstens 5 im Monat", Limit(Decimal(5))),
        ("at most 2.5", Limit(Decimal("2.5"))), ("mindestens 90 %", Limit(Decimal(90), least=True)),
        ("≥ 2,5", Limit(Decimal("2.5"), least=True)), ("at least 3", Limit(Decimal(3), least=True)),
        ("wenig", None), ("", None),
    ],
)  # fmt: skip
def test_a_limit_is_read_as_it_is_typed(typed: str, meant: Limit | None) -> None:
    assert read_limit(typed) == meant


def name_measures(ben: Say, **given: str) -> str:
    ben("auto mail-sortierung")
    ben.press(calls="auto measures")
    return ben.fill(carry=True, **given)


def value(ben: Say, value: str, of: str = "Fehler im Monat", **given: str) -> str:
    ben("auto mail-sortierung")
    ben.press(f"Wert: {of}")
    return ben.fill(carry=True, value=value, **given)


def told(who: Say) -> list[str]:
    return [each for each in who.sees() if "die Grenze ist" in each]


def test_a_value_stands_on_the_card_for_everybody_and_a_limit_is_told_once(
    ben: Say, anna: Say, wind: Wind
) -> None:
    enter(ben)
    assert "Zahl" in name_measures(ben, measure="Fehler im Monat", limit="wenig")
    name_measures(ben, measure="Fehler im Monat", limit="höchstens 5")
    value(ben, "4")
    assert "Fehler im Monat: 4 on Mon 23 Nov (limit: höchstens 5)" in anna("auto mail-sortierung")
    wind(to="2026-11-24 09:05")
    assert told(ben) == []
    value(ben, "7,5")
    assert "7.5 on Tue 24 Nov, past its limit (höchstens 5)" in anna("auto mail-sortierung")
    value(ben, "8")
    wind(to="2026-11-27 09:05")
    (once,) = told(ben)
    assert "„Mail-Sortierung“: Fehler im Monat ist 8; die Grenze ist höchstens 5." in once
    value(ben, "2")
    wind(to="2026-11-27 10:00")
    assert told(ben) == [], "it is within its limit again"


def test_up_to_three_each_with_a_limit_and_a_value_of_the_past_can_be_corrected(
    ben: Say, anna: Say
) -> None:
    enter(ben)
    assert "Jede Kennzahl hat eine Grenze" in name_measures(
        ben, measure="Fehler", limit="5", measure2="Antwortzeit"
    )
    name_measures(ben, measure="Fehler", limit="5", measure2="Antwortzeit", limit2="mindestens 2")
    value(ben, "3", "Antwortzeit", day="2026-11-20")
    value(ben, "1", "Antwortzeit", day="2026-11-20")
    card = anna("auto mail-sortierung")
    assert "Antwortzeit: 1 on Fri 20 Nov, past its limit (mindestens 2)" in card
    assert "gewesen" in value(ben, "1", "Fehler", day="2026-12-24")
    past = anna.press(calls="auto history")
    assert "measured, Second measure: 2026-11-20 1 (the accountable person)" in past


def test_only_its_people_enter_values(ben: Say, anna: Say) -> None:
    enter(ben)
    anna("auto mail-sortierung")
    assert not [each for each in anna.buttons() if each.button.call.word == "auto value"]

"""A federal state is called as in the language of who reads, and understood in both."""

from __future__ import annotations

import pytest

from handlers.working_time.hours import STATES, region_of
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say


def test_a_state_is_said_in_the_language_of_who_reads(chris: Say, ben: Say) -> None:
    said = do(chris, "settings hours", times="07:00–18:00", region="Bayern")
    assert "Bavaria, Europe/Berlin" in said and "Bayern" not in said
    chris("sprache de")
    assert "Bayern, Europe/Berlin" in chris("einstellungen")
    chris("sprache en")
    assert "Bavaria" in chris("settings")
    assert "Bavaria" in repr(form_of(chris))


def form_of(chris: Say) -> object:
    chris.press(calls="settings hours")
    assert chris.answer is not None
    return chris.answer.form


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Bavaria", "DE-BY"), ("bayern", "DE-BY"), ("BY", "DE-BY"), ("Thuringia", "DE-TH"),
        ("Thüringen", "DE-TH"), ("North Rhine-Westphalia", "DE-NW"), ("nrw", "DE-NW"),
        ("Österreich", "AT"), ("Atlantis", None),
    ],
)  # fmt: skip
def test_a_state_is_understood_in_both_languages(typed: str, code: str | None) -> None:
    assert region_of(typed) == code


def test_all_sixteen_are_known() -> None:
    assert len(STATES) == 16

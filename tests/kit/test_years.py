"""A day of another year is told with its year, wherever it is said; a day of this year is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from handlers.kit.words import Sentence, _, text
from tests.pretend.stage import Say

Wind = Callable[..., None]

NIGHT = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # in Berlin the year has ended


@pytest.mark.parametrize(
    ("words", "german", "english"),
    [
        (_("{day:day}", day=date(2026, 12, 4)), "Fr. 4. Dez.", "Fri 4 Dec"),
        (_("{day:day}", day=date(2027, 1, 17)), "So. 17. Jan. 2027", "Sun 17 Jan 2027"),
        (_("{at:day}", at=NIGHT), "Fr. 1. Jan. 2027", "Fri 1 Jan 2027"),
        (_("{at}", at=NIGHT), "Fr. 1. Jan. 2027, 00:30", "Fri 1 Jan 2027, 00:30"),
        (_("{at:time}", at=NIGHT), "00:30", "00:30"),
        (_("{days:day}", days=(date(2025, 12, 31), date(2026, 1, 1))),
         "Mi. 31. Dez. 2025 und Do. 1. Jan.", "Wed 31 Dec 2025 and Thu 1 Jan"),
    ],
)  # fmt: skip
def test_only_another_year_is_named(words: Sentence, german: str, english: str) -> None:
    assert text(words, "de", year=2026) == german
    assert text(words, "en", year=2026) == english


def test_an_answer_and_a_card_say_the_year_of_a_day_to_come(anna: Say, ben: Say) -> None:
    assert "Fri 15 Jan 2027: New version" in anna("change Kasse New version 15.1.2027")
    assert "Fr. 15. Jan. 2027: New version" in ben("dienst Kasse")


def test_what_is_told_in_the_new_year_names_the_old_one(anna: Say, ben: Say, wind: Wind) -> None:
    anna("incident Kasse druckt nicht")
    ben("ack 1")
    ben("restored 1")
    wind(to="2027-01-04 09:00")
    assert "Mon 23 Nov 2026, 09:00" in anna("INC-1")

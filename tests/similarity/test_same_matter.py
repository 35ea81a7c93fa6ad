"""What is asked about has to be wrong with the same thing, in more than one word."""

from __future__ import annotations

from contextlib import closing

import pytest

from handlers.similarity import Match
from storage.engine import Tx
from storage.engine.sqlite import Sqlite
from tests.similarity.test_similarity import ask, company


def first(earlier: str, now: str) -> Match | None:
    def look(tx: Tx) -> Match | None:
        found = ask(company(tx, earlier), now, None)
        return next((each for each in found if each.number == 1), None)

    with closing(Sqlite()) as database:
        return database.transact(look)


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("Dienstplan der Nachtschicht leer", "Dienstplan falsch gedruckt"),  # one word
        ("fuel card declined at the pump", "Tankkarte verloren"),
        ("shop scale weighs wrong", "scale battery empty"),
        ("Waschstraße hebt nicht", "Bücherwagen hebt nicht"),  # the same trouble of another thing
        ("Monteur-Auto springt nicht an", "LKW 7 springt nicht an"),
    ],
)
def test_one_thing_in_common_is_not_enough_for_a_question(earlier: str, now: str) -> None:
    found = first(earlier, now)
    assert found is None or not found.sure


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("Brotbackofen der Filiale heizt nicht", "bakery oven at the branch does not heat"),
        ("Bücherwagen", "Bücherwagen"),
        ("Bücherwagen kaputt", "Bücherwagen geht nicht"),  # nothing else could be another thing
    ],
)
def test_thing_and_trouble_in_common_are(earlier: str, now: str) -> None:
    found = first(earlier, now)
    assert found is not None and found.sure

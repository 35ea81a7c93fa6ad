"""What is asked about has to be wrong with the same thing, in more than one word."""

from __future__ import annotations

from contextlib import closing

import pytest

from handlers.similarity import AHEAD, BARELY, SURE, Match, is_probable
from handlers.similarity.index import Hit, Index
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, ServiceId
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


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("Zaun am Umspannwerk kaputt", "something is broken again"),
        ("wifi down in the warehouse", "geht nicht"),
        ("wifi down in the warehouse", "defekt"),
        ("something is broken again", "Computer defekt"),
    ],
)
def test_what_only_says_that_something_is_broken_is_no_question(earlier: str, now: str) -> None:
    found = first(earlier, now)
    assert found is None or not found.sure


def hit(score: float, ahead: float, *, fits: bool = True, same: bool = False) -> Hit:
    return Hit(
        number=IncidentNumber(1),
        service=ServiceId("it"),
        score=score,
        same_service=same,
        same_text=same,
        numbers_fit=fits,
        words=(),
        device=False,
        ahead=ahead,
    )


def test_what_is_a_little_like_it_has_to_stand_out_from_the_next_one() -> None:
    assert is_probable(hit(SURE, AHEAD))
    assert not is_probable(hit(SURE, AHEAD - 0.001))
    assert is_probable(hit(SURE + BARELY, 0.0))
    assert not is_probable(hit(SURE + BARELY - 0.001, 0.0))
    assert is_probable(hit(0.0, 0.0, same=True))
    assert not is_probable(hit(1.0, 1.0, fits=False, same=True))


def test_the_next_one_that_says_the_same_takes_nothing_away() -> None:
    """Declared three times it is not less likely the same than declared once."""
    index = Index()
    for number, text in enumerate(
        ("Etikettendrucker klemmt", "klemmt, Etikettendrucker", "Tor klemmt"), 1
    ):
        index.add(IncidentNumber(number), text, ServiceId("it"), 100.0)
    found = {each.number: each for each in index.search("Etikettendrucker klemmt", None, 100.0, 5)}
    first, second, other = (found[IncidentNumber(each)] for each in (1, 2, 3))
    assert first.ahead == pytest.approx(first.score - other.score)
    assert second.ahead == pytest.approx(second.score - other.score)

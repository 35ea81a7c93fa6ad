"""What does not happen, which one it is, and which language it is told in."""

from __future__ import annotations

import pytest

from handlers.similarity.index import Hit, Index
from handlers.similarity.terms import tongue_of, words
from storage.engine.ids import IncidentNumber, ServiceId

WORKS = ServiceId("")


def hit(earlier: str, asked: str, *others: str) -> Hit:
    """Return what is found of an earlier incident."""
    index = Index()
    for number, text in enumerate((earlier, *others), 1):
        index.add(IncidentNumber(number), text, WORKS, 10.0)
    return next(each for each in index.search(asked, None, 10.0, 9) if each.number == 1)


def troubles(text: str) -> set[str]:
    return {idea for word in words(text) if word.trouble for idea in word.ideas}


@pytest.mark.parametrize(
    "said",
    [
        "Die Klappe lässt sich nicht mehr öffnen",
        "Klappe geht einfach nicht auf",
        "the flap won't open",
        "the flap can’t be opened",
        "flap doesnt open",
        "Klappe öffnet nichts mehr",
        "the flap opens nothing",
    ],
)
def test_what_does_not_happen_is_one_trouble_in_whatever_words(said: str) -> None:
    assert "#!öffnet_nicht" in troubles(said)


def test_what_happens_is_no_trouble_and_another_clause_denies_nothing() -> None:
    assert "#!öffnet_nicht" not in troubles("Klappe öffnet von allein")
    assert "#!öffnet_nicht" not in troubles("Klappe öffnet von allein, Licht geht nicht")


def test_a_short_verb_is_not_made_of_one_letter() -> None:
    """ "geht" is no participle of "hen"."""
    assert {each.shown for each in words("Anzeige geht nicht")} == {"Anzeige", "geht nicht"}


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("Brunnen fünf meldet nichts", "5"),
        ("Halle im zweiten Stock dunkel", "2"),
        ("printer on the 3rd floor", "3"),
        ("Beamer in R207 flimmert", "207"),
    ],
)
def test_numbers_in_words_tell_which_one(said: str, number: str) -> None:
    assert number in {each.key for each in words(said) if each.number}


def test_how_many_there_are_does_not_tell_which_one() -> None:
    assert not [each for each in words("Seit Tagen fehlen zwei Stühle") if each.number]


def test_streets_and_names_are_only_the_same_or_others() -> None:
    one = "Wasserrohr geplatzt Ahornstr."
    assert hit(one, "Wasserrohr geplatzt in der Ahornstraße").numbers_fit
    assert not hit(one, "Wasserrohr geplatzt in der Birkenstraße").numbers_fit
    assert hit("Therme bei Frau Ostermann tropft", "Frau Ostermann: Therme tropft").numbers_fit
    assert not hit("Therme bei Frau Ostermann tropft", "Frau Wiebe: Therme tropft").numbers_fit


def test_opposite_sides_are_not_the_same() -> None:
    both = {each.key: each for each in words("links rechts Nord Süd")}
    assert not both["link"].ideas & both["recht"].ideas
    assert not both["nord"].ideas & both["sud"].ideas


def test_the_language_is_told_by_the_words() -> None:
    assert tongue_of(words("Förderband steht still")) == 1
    assert tongue_of(words("conveyor belt stopped")) == -1
    assert tongue_of(words("Xylo 7")) == 0


def test_in_the_same_language_more_has_to_agree_than_differs() -> None:
    """Two things in common and two others on each side are two matters."""
    earlier = "Anhänger am Zaun zerbeult, Gurt Griff"
    assert hit(earlier, "Anhänger am Zaun beklebt, Plakat Stempel").device
    assert not hit(earlier, "Anhänger am Zaun zerbeult, Plakat").device


def test_what_is_told_in_the_other_language_counts_more() -> None:
    others = ("Schublade knirscht", "Regal knirscht", "Fenster knirscht")
    across = hit("conveyor belt xyz", "Förderband steht", *others)
    within = hit("Förderband xyz", "Förderband steht", *others)
    assert across.score > 0.9 * within.score


def test_when_it_was_and_who_waits_says_little() -> None:
    said = {each.shown: each.weight for each in words("Montag Waage defekt, Leute warten")}
    assert said["Montag"] < said["defekt"] < said["Waage"]


def test_what_may_only_mean_that_it_does_not_work_is_held_against_nobody() -> None:
    assert next(each for each in words("Winde klemmt") if each.shown == "klemmt").vague

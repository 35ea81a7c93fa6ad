"""What a text's words are: inflected, abbreviated, apart, mistyped, in the other language."""

from __future__ import annotations

import pytest

from handlers.similarity.distance import COGNATE, EDIT, word_similarity
from handlers.similarity.spelling import one_edit
from handlers.similarity.terms import LITTLE, Word, word_of, words
from handlers.similarity.vocabulary import Vocabulary


def single(text: str) -> Word:
    found = word_of(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("inflected", "plain"),
    [
        ("Druckaufträge", "Druckauftrag"),
        ("Kartenlesern", "Kartenleser"),
        ("Lieferscheinen", "Lieferschein"),
        ("Netzlaufwerken", "Netzlaufwerk"),
    ],
)
def test_inflected_compounds_are_split_like_their_singular(inflected: str, plain: str) -> None:
    one, other = single(inflected), single(plain)
    assert one.ideas | one.part_ideas == other.ideas | other.part_ideas != frozenset()
    assert word_similarity(one, other) >= 0.7


@pytest.mark.parametrize("text", ["PCs", "PDFs", "TANs", "LKWs", "USVs"])
def test_an_abbreviation_s_plural_is_the_abbreviation(text: str) -> None:
    assert single(text).key == single(text[:-1]).key


def test_a_name_that_is_written_as_two_words_counts_once() -> None:
    assert [each.key for each in words("PowerPoint")] == ["powerpoint"]
    assert [each.shown for each in words("OrderService")] == ["OrderService", "Order", "Service"]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Maschine hängt sich dauernd auf", "aufgehängt"),
        ("Die Pumpe schaltet immer wieder ab", "abschalten"),
        ("Programm stürzt beim Start ab", "abstürzen"),
    ],
)
def test_a_verb_and_its_prefix_are_found_apart(text: str, form: str) -> None:
    assert single(form).ideas <= {idea for each in words(text) for idea in each.ideas}


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        ("kase", "kasse", True), ("druker", "drucker", True), ("shcranke", "schranke", True),
        ("tor", "rot", False), ("tür", "tor", False), ("kasse", "klasse", True),
        ("kasse", "tasten", False), ("kasse", "kasse", True),
    ],
)  # fmt: skip
def test_one_letter_may_be_wrong(one: str, two: str, expected: bool) -> None:
    assert one_edit(one, two) == expected == one_edit(two, one)


def test_two_words_that_are_both_known_are_no_mistake_of_each_other() -> None:
    assert word_similarity(single("Kase"), single("Kasse")) >= EDIT
    assert word_similarity(single("Tisch"), single("Tusch")) >= EDIT
    assert word_similarity(single("Motor"), single("Monitor")) < EDIT


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("Zylinder", "cylinder"), ("Zertifikat", "certificate"), ("Konfiguration", "configuration"),
        ("Maschine", "machine"), ("Kontakt", "contact"), ("Mikrofon", "microphone"),
    ],
)  # fmt: skip
def test_words_of_one_origin_are_close(german: str, english: str) -> None:
    assert word_similarity(single(german), single(english)) >= COGNATE


def test_composed_and_decomposed_umlauts_and_soft_hyphens_make_no_difference() -> None:
    keys = [each.key for each in words("Kühlraum Etikettendrucker")]
    assert [each.key for each in words("Ku\u0308hlraum Etiket\u00adtendrucker")] == keys


def test_no_word_is_longer_than_64_letters() -> None:
    assert [len(each.shown) for each in words("x" * 300)] == [64]


def test_tax_is_not_control() -> None:
    assert not single("Steuer").ideas & single("Steuerung").ideas
    assert single("Steuer").ideas


def test_the_order_of_arrival_makes_no_difference() -> None:
    texts = ("Kartenlesern", "Kartenleser", "Druckaufträge", "Druckauftrag", "Kase", "Kassen")
    asked = [single(each) for each in ("Kartenlesegerät", "print", "Kasse", "Leser")]
    found = []
    for order in (texts, texts[::-1]):
        vocabulary = Vocabulary()
        for text in order:
            vocabulary.add(single(text))
        names = {id: key for key, id in vocabulary.ids.items()}
        found.append(
            [
                {names[id]: round(share, 3) for id, share in vocabulary.close_to(each).items()}
                for each in asked
            ]
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("text", ["geliefert", "gesteuert", "geklingelt", "gesichert"])
def test_participles_of_verbs_in_ern_and_eln_are_led_back(text: str) -> None:
    assert single(text).ideas


def test_what_says_a_trouble_only_with_others_is_not_said_by_itself() -> None:
    """ "fährt" and "hoch" have nothing to say beside "fährt nicht hoch"."""
    said = {each.shown for each in words("Rechner fährt nicht hoch")}
    assert said & {"fährt", "hoch"} == set()
    assert {"Rechner", "fährt nicht hoch", "nicht"} <= said
    assert [each.shown for each in words("Lampe schaltet ab")] == ["Lampe", "ab", "schaltet ab"]


def test_the_same_trouble_counts_once() -> None:
    """The prefix that stands apart and the phrase tell one trouble, and not two."""
    told = [each for each in words("Auto springt nicht an") if each.trouble]
    assert [each.shown for each in told] == ["springt nicht an", "nicht"]


def test_a_word_that_only_has_a_known_stem_may_be_mistyped() -> None:
    assert word_similarity(single("Kase"), single("Kasse")) >= EDIT
    assert single("Kase").ideas == single("Käse").ideas != frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "gate does not open",
        "gate did not open",
        "gate will not open",
        "gate cannot open",
        "gate won't open",
        "gate is unable to open",
        "gate fails to open",
        "gate no longer opens",
    ],
)
def test_the_ways_to_say_that_something_does_not_happen_are_one(text: str) -> None:
    told = frozenset[str]().union(*(each.ideas for each in words(text) if each.trouble))
    german = words("Tor geht nicht auf")
    assert told & frozenset[str]().union(*(e.ideas for e in german if e.trouble and not e.vague))


def test_a_trouble_that_is_part_of_a_longer_one_is_not_told() -> None:
    """What "does not come on" is switched off; who "does not come" has not turned up."""
    said = {each.shown for each in words("light does not come on")}
    assert "does not come on" in said
    assert "does not come" not in said


def test_a_verb_in_ing_is_only_denied_right_behind_the_denial() -> None:
    assert "nicht heating" not in {each.shown for each in words("heating did not start")}
    assert any(each.trouble for each in words("oven not heating") if not each.vague)


def test_words_of_the_grammar_say_little() -> None:
    weights = [each.weight for each in words("während zwischen ging through although pump")]
    assert weights == [LITTLE] * 5 + [1.0]

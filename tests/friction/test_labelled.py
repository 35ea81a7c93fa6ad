"""Labelled sentences: like ones are proposed, and the page tells how well (docs/pilots.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import friction
from handlers.friction import proposals, themes
from handlers.friction.proposals import Said

PAGE = Path(__file__).parent.parent.parent / "docs" / "pilots.md"


def test_what_the_page_says_is_what_is_measured() -> None:
    rows = friction.labelled()
    half = friction.measure(friction.halves(rows)[1])
    whole = friction.measure(rows)
    other = friction.measure(friction.labelled(source=friction.OTHER_KINDS))
    few, wrong, kinds = friction.among_few(rows)
    said = PAGE.read_text(encoding="utf-8")
    for each in (
        f"{half.right} of {half.proposed} proposed pairs",
        f"{half.whole} of {half.groups} proposed groups",
        f"for {half.among_five} of {half.of} sentences",
        f"all {whole.pairs} pairs of both halves that say the same, {whole.right} are proposed, "
        f"and {whole.proposed - whole.right} proposals are wrong; "
        f"{whole.whole} of {whole.groups} groups are right, and {whole.together} pairs",
        f"{kinds} kinds of friction",
        f"{few} of {kinds} kinds are proposed, and {wrong} groups are wrong",
        f"{other.right} of {other.pairs} pairs are proposed there, "
        f"{other.proposed - other.right} proposals are wrong, and "
        f"{other.whole} of {other.groups} groups are right; "
        f"for {other.among_five} of {other.of} sentences",
    ):
        assert each in said, each
    assert len(rows) >= 120


def test_proposals_do_not_get_worse() -> None:
    found = friction.measure(friction.halves(friction.labelled())[1])
    assert found.right / found.proposed > 0.65 and found.whole / found.groups > 0.8
    assert found.right / found.pairs > 0.35


@pytest.mark.parametrize("name", list(friction.sets()))
def test_a_group_is_mostly_of_one_kind_also_where_the_table_knows_nothing(name: str) -> None:
    found = friction.measure(friction.sets()[name])
    assert found.whole / found.groups > 0.85, name


def test_the_first_like_notes_of_a_company_do_not_punish_each_other() -> None:
    """What all of a few notes share tells most about them, not least."""
    texts = ("Freigabe vom Chef dauert", "Auf Genehmigung warten wir", "Drei Unterschriften nötig")
    assert proposals.groups([Said(each) for each in texts]) == [[0, 1, 2]]
    few, wrong, kinds = friction.among_few(friction.labelled())
    assert few * 2 > kinds and wrong == 0


def test_what_is_tiresome_alone_makes_nothing_alike() -> None:
    """Waiting for a forklift is not waiting for a signature."""
    one, other = proposals.seen(
        [Said("Wir warten ewig auf den Stapler"), Said("Auf Unterschriften warten alle ewig")]
    )
    assert one.troubles & other.troubles and proposals.similarity(one, other) < proposals.ALIKE


def test_a_thing_alone_is_less_than_a_thing_with_what_is_tiresome_about_it() -> None:
    texts = ("Passwörter vergessen alle", "Wieder ein Passwort vergessen", "Passwörter sind bunt")
    same, again, one, other = proposals.seen([Said(each) for each in (*texts, "Passwort zu lang")])
    assert proposals.similarity(same, again) > proposals.similarity(again, one)
    assert proposals.similarity(again, one) > proposals.similarity(one, other)


def test_another_area_makes_it_less_likely_and_none_does_not() -> None:
    text = "Auf die Freigabe warten wir ewig"
    here, there, same, nowhere = proposals.seen(
        [Said(text, "Lager"), Said(text, "Büro"), Said(text, "lager"), Said(text)]
    )
    assert proposals.similarity(here, there) < proposals.similarity(here, same)
    assert proposals.similarity(here, nowhere) == proposals.similarity(here, same)


@pytest.mark.parametrize(
    ("text", "things"),
    [
        ("Die Eingangsrechnung prüfe ich", {"invoices"}),  # inside a compound
        ("The locks vanish", set()),  # "van" ends there
        ("Two vans are missing", {"vehicles"}),
        ("Ich mag such a thing", set()),
    ],
)
def test_themes_are_words_also_inside_compounds(text: str, things: set[str]) -> None:
    assert themes.of(text).things == things
    assert "searching" not in themes.of(text).troubles

"""The page about friction and pilots is played: a whole pilot over twelve weeks."""

from __future__ import annotations

import pytest

from storage.delivery import places
from storage.delivery.places import PlaceKind, PlaceRole
from storage.engine import Database, Tx
from storage.engine.ids import PlaceId
from tests.pretend.company import Company, welcome
from tests.pretend.stage import DEMO, Stage
from tests.stories.test_tour import DOCS, Player, _shape, furnish, seen, steps

PAGES = {"en": DOCS / "pilots.md", "de": DOCS / "pilots.de.md"}
MORE = ("Dora", "Emil", "Farid", "Greta")


def furnish_more(tx: Tx, language: str, stage: Stage) -> None:
    """Put four more people and a channel for all into the company of the tour."""
    furnish(tx, language, stage)
    tx = tx.within(DEMO)
    for name in MORE:
        welcome(tx, Company((), ()), name, stage.clock.now())
    hall = {"en": "everybody", "de": "alle"}[language]
    places.ensure(tx, PlaceId(f"local:{hall}"), PlaceKind.CHANNEL, hall, role=PlaceRole.GENERAL)


@pytest.mark.parametrize("language", PAGES)
def test_the_page_about_pilots_is_true(database: Database, language: str) -> None:
    stage = Stage(database)
    try:
        database.transact(lambda tx: furnish_more(tx, language, stage))
        player = Player(stage, language)
        found = steps(PAGES[language].read_text(encoding="utf-8"))
        assert len(found) > 60
        for step in found:
            shown = player.play(step)
            if shown is None:
                assert not step.expected, f"line {step.number}: there is nothing to see"
            elif step.expected or step.text[0] in "#@":
                where = f"line {step.number}, {step.text}"
                assert seen(shown, step.expected), f"{where}\n\nis:\n{shown}"
    finally:
        stage.close()


def test_both_pages_tell_the_same_story() -> None:
    told = {
        language: [_shape(step) for step in steps(path.read_text(encoding="utf-8"))]
        for language, path in PAGES.items()
    }
    assert told["en"] == told["de"]

"""The page about repeats is played, as the tour is."""

from __future__ import annotations

import pytest

from storage.engine import Database
from tests.pretend.stage import Stage
from tests.stories.test_tour import DOCS, Player, _shape, furnish, seen, steps

PAGES = {"en": DOCS / "repeats.md", "de": DOCS / "repeats.de.md"}


@pytest.mark.parametrize("language", PAGES)
def test_the_page_is_true(database: Database, language: str) -> None:
    stage = Stage(database)
    try:
        database.transact(lambda tx: furnish(tx, language, stage))
        player = Player(stage, language)
        played = steps(PAGES[language].read_text(encoding="utf-8"))
        assert played
        for step in played:
            shown = player.play(step)
            if shown is None:
                assert not step.expected, f"line {step.number}: nothing is answered to this"
            else:
                assert seen(shown, step.expected), (
                    f"line {step.number}, {step.text}\n\nis:\n{shown}\n\nin the page:\n"
                    + "\n".join(step.expected)
                )
    finally:
        stage.close()


def test_both_pages_tell_the_same_story() -> None:
    told = {
        language: [_shape(step) for step in steps(path.read_text(encoding="utf-8"))]
        for language, path in PAGES.items()
    }
    assert told["en"] == told["de"]

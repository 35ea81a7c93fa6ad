"""What is shown of many says how many more there are, and leads to all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from handlers.kit.words import first_lines, some, text
from tests.mandate.test_mandate import do
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage

HANDLERS = Path(__file__).parent.parent.parent / "handlers"


@pytest.mark.parametrize("n", [0, 1, 3, 4, 12])
def test_a_part_is_never_taken_for_all(n: int) -> None:
    names = [f"n{each}" for each in range(n)]
    for cut, ends in ((some(names, 3), "{} more"), (first_lines(names, 3), "and {} more")):
        if n <= 3:
            assert cut == names
        else:
            assert cut[:3] == names[:3] and len(cut) == 4
            assert text(cut[3], "en") == ends.format(n - 3)


def many(ben: Say, count: int) -> None:
    for each in range(count):
        enter(ben, name=f"Automatik {each:02d}")


def test_what_serves_no_goal_is_counted_and_can_be_seen_whole(
    bot: Stage, ben: Say, chris: Say
) -> None:
    do(chris, "mandate edit", goals="Schneller liefern")
    many(ben, 12)
    card = chris("mandate")
    assert "Without one: Automatik 00, Automatik 01, Automatik 02, and 9 more." in card
    first = chris.press("All without a goal")
    assert first.splitlines()[0] == "Without a goal, 1–10 of 12" and "Automatik 09" in first
    assert "Automatik 11" in chris.press("More")


def test_retired_ones_are_all_within_reach(bot: Stage, ben: Say, chris: Say) -> None:
    many(ben, 13)
    for row in bot.rows("select id from automations where workspace = :workspace")[:12]:
        do(ben, "auto retire", automation=row["id"])
    chris("auto")
    first = chris.press(calls="auto retired")
    shown = set(re.findall(r"Automatik \d\d", first)) | set(
        re.findall(r"Automatik \d\d", chris.press("More"))
    )
    assert len(shown) == 12


def test_a_name_that_nothing_has_is_told_of_all_there_are(ben: Say, anna: Say) -> None:
    many(ben, 7)
    said = anna("auto Unbekannt")
    assert "Automatik 04, and 2 more." in said
    assert "Automatik 06" in anna.press("All of them")


def test_no_sentence_is_given_a_part_of_a_list_as_if_it_were_all() -> None:
    """`names=found[:5]` reads as complete: `some(found, 5)` does not."""
    cut = re.compile(r"\b(?:names|known|who|those|signals)=(?!raw\b)\w+\[:\w+\]")
    inline = re.compile(r"\b(?:names|who|known) = \[[^\n]*\[:(?:\d+|SHOWN)\]\]")
    found = [
        f"{path.name}: {each}"
        for path in HANDLERS.rglob("*.py")
        for each in (
            *cut.findall(path.read_text(encoding="utf-8")),
            *inline.findall(path.read_text(encoding="utf-8")),
        )
    ]
    assert found == []

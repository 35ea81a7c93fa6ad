"""Words of a problem that were typed by mistake are gone everywhere."""

from __future__ import annotations

import pytest

from tests.incidents.test_correcting import SECRET, everywhere
from tests.mandate.test_mandate import do
from tests.pretend.stage import Say, Stage
from tests.problems.test_problems import banned as banned


@pytest.fixture
def told(banned: Stage, ben: Say, chris: Say) -> Stage:
    """The banned problem, with a secret wherever something is typed about it."""
    do(ben, "problem retitle", number="1", title=f"Drucker {SECRET} offline")
    do(ben, "problem retitle", number="1", title=f"Drucker {SECRET} fällt aus")
    do(ben, "problem cause", number="1", kind="hardware", cause=f"Netzteil mit {SECRET} defekt")
    do(
        chris, "change override", id=planned(banned, ben), reason=f"{SECRET} muss heute raus",
        until="24.11.2026",
    )  # fmt: skip
    do(
        ben, "problem fixed", number="1", what=f"Netzteil {SECRET} getauscht",
        evidence=f"https://tickets.example.com/{SECRET}",
    )  # fmt: skip
    return banned


def planned(bot: Stage, ben: Say) -> str:
    do(ben, "change", service="drucker", what="Neue Firmware", day="2026-12-01")
    return str(bot.rows("select id from changes where workspace = :workspace")[0]["id"])


def problems_say(bot: Stage) -> str:
    """Return all that the store says of problems, on either store."""
    tables = ("problems", "problem_history", "overrides")
    return str([bot.rows(f"select * from {each} where workspace = :workspace") for each in tables])


def test_they_are_gone_from_title_cause_fix_history_and_exceptions(
    told: Stage, ben: Say, anna: Say
) -> None:
    assert problems_say(told).count(SECRET) >= 7
    ben("problem 1")
    ben.press("Verlauf")
    assert ben.press("Wörter entfernen") is not None
    said = ben.fill(words=SECRET)
    assert said.startswith("Die Wörter sind aus Titel") and "PRB-1" in said
    assert SECRET not in problems_say(told)
    assert "Drucker […] fällt aus" in anna("problem 1")
    assert "Ben removed words that were typed by mistake." in anna.press("History")
    if "postgres" not in type(told.database).__module__:
        assert [each for each in everywhere(told).splitlines() if SECRET in each] == []


def test_only_who_owns_the_cause_and_managers_remove_and_only_what_stands_there(
    told: Stage, anna: Say, carla: Say, chris: Say
) -> None:
    assert do(anna, "problem remove words", number="1", words=SECRET).startswith("For PRB-1 some")
    assert "[Remove words]" not in anna("problem 1") and SECRET in problems_say(told)
    nowhere = do(chris, "problem remove words", number="1", words="steht nirgends")
    assert nowhere == "These words do not stand in PRB-1."
    assert do(chris, "problem remove words", number="1", words="a").startswith("Three letters")
    assert do(chris, "problem remove words", number="1", words=SECRET).startswith("The words are")


def test_removing_from_the_incident_takes_them_out_of_its_problem_as_well(
    told: Stage, chris: Say, anna: Say
) -> None:
    do(chris, "remove words", number="1", words=SECRET)
    assert SECRET not in problems_say(told)

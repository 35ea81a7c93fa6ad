"""All faults of a form are told at once, each at its field; of a line, one below the other."""

from __future__ import annotations

import pytest

from tests.pilots.test_pilots import ABOUT, do, given_a_goal, id_of, prepared
from tests.pretend.stage import Say, Stage
from tests.problems.test_problems import banned as banned  # a fixture


def told(who: Say) -> set[str]:
    """Return the fields at which something was refused."""
    assert who.answer is not None and not who.answer.is_done, who.answer
    assert who.answer.field is not None, who.answer
    return {who.answer.field, *(field for field, _words in who.answer.faults)}


NEW = {"purpose": "Bestellt Papier nach", "not_for": "Keine Geräte"}
GOAL = {"goals": "\n".join(f"Ziel {n}" for n in range(40)), "focus": "Lager"}


@pytest.mark.parametrize(
    ("word", "values", "fields"),
    [
        ("service new", {"name": "Kasse", "accountable": "ben", "deputy": "ben"}, "name deputy"),
        ("service list", {"lines": "", "accountable": "niemand", "deputy": "ben"},
         "lines accountable"),
        ("cover", {"person": "chris", "start": "2026-12-04", "until": "2026-12-01"},
         "person until"),
        ("cover", {"person": "niemand", "start": "2026-12-04", "until": "2026-12-01"},
         "person until"),
        ("hand over", {"to": "ben", "person": "ben", "deputy": "ben"}, "to deputy"),
        ("change", {"service": "nichts", "what": "…", "day": "2020-01-01"}, "service what day"),
        ("settings repeats", {"often": "2", "serious": "3", "days": "0", "quiet": "0", "calm": "7"},
         "serious days quiet"),
        ("settings hours", {"times": "?", "closed": "?", "region": "?", "zone": "?", "digest": "?"},
         "times closed region zone digest"),
        ("attention", {"hour": "spät", "pace": "oft"}, "hour pace"),
        ("mandate edit", GOAL, "goals focus"),
        ("mandate action", {"item": "Anfangen", "who": "niemand", "due": "2020-01-01"}, "who due"),
        ("stop", {"what": "x" * 500, "until": "2020-01-01", "why": "Kein Nutzen."}, "what until"),
        ("auto new", {**NEW, "name": "Papier", "accountable": "ben", "deputy": "ben",
                      "rhythm": "ab und zu"}, "deputy rhythm"),
        ("auto days", {"reminder": "5", "deputy": "4", "manager": "3"}, "deputy manager"),
        ("pilot new", {**ABOUT, "workflow": "Eins; zwei", "touched": "nichts"},
         "workflow touched"),
        ("friction rule", {"area": "Lager", "words": "", "way": "nichts"}, "words way"),
        ("data correct", {"name": "x" * 90, "wrong": "y" * 20_000}, "name wrong"),
    ],
)  # fmt: skip
def test_all_faults_of_a_form_are_told_at_once(
    chris: Say, word: str, values: dict[str, str], fields: str
) -> None:
    if word == "pilot new":
        given_a_goal(chris)
    do(chris, word, **values)
    assert told(chris) == set(fields.split())


def test_of_a_block_s_exception(banned: Stage, chris: Say) -> None:
    do(chris, "problem override", number="1", reason="…", until="2030-01-01")
    assert told(chris) == {"reason", "until"}


def test_of_a_cause(banned: Stage, ben: Say) -> None:
    do(ben, "problem cause", number="1", kind="nichts", cause="tbd")
    assert told(ben) == {"kind", "cause"}


def test_of_a_pilot(bot: Stage, chris: Say) -> None:
    prepared(bot, name="Anderes")
    id = prepared(bot)
    measure = {"metric": "Tage", "unit": "Tage", "baseline": "6", "number": "0", "period": "Mai",
               "source": "Liste", "target": "7", "guard": "Klagen"}  # fmt: skip
    do(chris, "pilot measure", pilot=id, **measure)
    assert told(chris) == {"number", "target"}
    do(chris, "pilot describe", pilot=id_of(bot), **{**ABOUT, "name": "Anderes", "workflow": "1;2"})
    assert told(chris) == {"name", "workflow"}


def test_whoever_may_not_hears_that_and_nothing_of_the_fields(banned: Stage, anna: Say) -> None:
    do(anna, "problem cause", number="1", kind="process", cause="tbd")
    assert anna.answer is not None and anna.answer.field is None and not anna.answer.is_done


def test_of_a_line_one_below_the_other_and_the_line_is_given_back(chris: Say) -> None:
    said = chris("cover chris 4.12. bis 1.12.")
    assert "Please choose somebody else." in said
    assert "The last day is before the first." in said
    assert "cover chris 4.12. bis 1.12." in said


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ("assign 99 Niemandsen", ["called “Niemandsen”", "no incident INC-99"]),
        ("change Kassse Update 1.1.2020", ["no service called “Kassse", "That day is over"]),
        ("vertreten Ben 99.99. bis 1.1.2020", ["no 99.99.", "That is over already."]),
    ],
)
def test_of_what_cannot_be_read_in_a_line(chris: Say, typed: str, faults: list[str]) -> None:
    said = chris(typed)
    assert all(each in said for each in faults), said

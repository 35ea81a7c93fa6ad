"""Is anyone relieved by an automation? One tap a week, counted when it is over, nobody's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from handlers.automations.learning import relief
from handlers.pilots import relief as of_pilots
from storage.engine.ids import PilotId
from storage.pilots import Pilot
from storage.pilots.answers import Round
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage, answered

Wind = Callable[..., None]
PEOPLE = ("anna", "ben", "carla", "chris", "dora", "emil")


def taps(bot: Stage, *said: str) -> str:
    """Let people answer, one after the other; return the last answer."""
    told = ""
    for who, answer in zip(PEOPLE, said, strict=False):
        told = answered(bot.handle(bot.request(who, f"feedback mail-sortierung {answer}")))
    return told


def relieved(who: Say) -> str:
    """Return what its card says of it, "" where it says nothing."""
    lines = who("auto mail-sortierung").splitlines()
    return next((each.removeprefix("Relief: ") for each in lines if each[:8] == "Relief: "), "")


def test_it_moves_when_the_week_is_over_and_says_how_it_leans_from_five_people_on(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben)
    assert taps(bot, "yes", "ja", "entlastet", "no", "partly").startswith("Für diese Woche gezählt")
    assert relieved(anna) == "", "while the week goes on nothing moves"
    wind(to="2026-11-30 00:05")
    assert relieved(anna) == "week 48: mostly yes"
    taps(bot, "no", "nein", "nein", "no")
    wind(to="2026-12-07 12:00")
    assert relieved(anna) == "week 48: mostly yes", "four of the next week are too few"


def test_few_are_never_shown_and_one_who_taps_often_is_one(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben)
    for answer in ("yes", "no", "partly", "yes", "no", "yes"):
        anna(f"feedback mail-sortierung {answer}")
    wind(to="2026-11-30 12:00")
    assert relieved(anna) == "week 48: too few answers to show"
    counted = "select answer, count from automation_answers where workspace = :workspace"
    assert bot.rows(counted) == [{"answer": "relieved", "count": 1}]


def test_it_is_one_tap_beside_what_can_be_told_and_is_taken_back_until_monday(
    ben: Say, anna: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben)
    anna("auto mail-sortierung")
    shown = anna.press(calls="auto tell")
    assert "Does it save you work?\n[Yes]\n[Partly]\n[No]" in shown
    anna.press("Partly")
    kept = "select answer from automation_taps where workspace = :workspace"
    assert bot.rows(kept) == [{"answer": "partly"}]
    assert anna.press("Take it back") == "Taken back."
    assert bot.rows(kept) == []
    assert anna.press("Take it back") == "There is no answer of yours in this week."


def test_an_answer_leads_to_nobody_and_closing_destroys_what_keyed_it(
    ben: Say, bot: Stage, wind: Wind
) -> None:
    enter(ben)
    taps(bot, "yes", "ja", "nein", "no", "partly")
    rows = bot.rows("select * from automation_taps where workspace = :workspace")
    assert len(rows) == 5
    assert not [who for who in PEOPLE if who in str(rows)]
    audit = bot.rows("select person_key, command from audit where workspace = :workspace")
    assert {each["person_key"] for each in audit if each["command"] == "feedback"} == {"nobody"}
    wind(to="2026-11-30 00:05")
    assert bot.rows("select * from automation_taps where workspace = :workspace") == []
    (row,) = bot.rows("select secret from automation_rounds where workspace = :workspace")
    assert row == {"secret": None}


def test_what_is_retired_is_asked_about_no_more(ben: Say, anna: Say, bot: Stage) -> None:
    enter(ben)
    anna("auto mail-sortierung")
    anna.press(calls="auto tell")
    ben("auto mail-sortierung")
    ben.press(calls="auto retire")
    assert anna.press("Yes") == "“Mail-Sortierung” is not in the register."


def test_it_tells_what_pilots_tell_where_nobody_knows_who_was_asked() -> None:
    pilot = Pilot(PilotId("p"), "P", "", None, None)
    meant = {"yes": "relieved", "mixed": "mixed", "no": "no", "": ""}
    for yes, partly, no in product(range(7), repeat=3):
        counts = {"relieved": yes, "partly": partly, "no": no}
        shown = of_pilots.shown(pilot, counts, Round("2026-W48", False, yes + partly + no, False))
        assert relief.leaning(counts) == meant[shown.leaning], counts

"""What is due of a pilot waits in the status until it is done, and only possible values count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handlers.pilots.weeks.it_checks import CHECKS
from tests.pilots.test_pilots import do, started
from tests.pretend.stage import Say, Stage

Wind = Callable[..., None]
LAST_WEEK = "Was wurde letzte Woche gemessen"


def test_the_fourth_week_s_decisions_stay_in_the_status_until_they_are_made(
    ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D13 and B03: told once, listed until done, for the champion and the integrator."""
    id = started(bot)
    champion, integrator = "who connects it, our own people", "Die IT sollte es noch prüfen"
    wind(to="2026-12-19 10:00")
    assert champion not in chris("status") and integrator not in ben("status")
    wind(to="2027-01-05 10:00")  # told long ago
    assert chris("status").count(champion) == 1
    assert ben("status").count(integrator) == 1
    do(chris, "pilot sourcing", pilot=id, who="internal")
    do(chris, "pilot it", pilot=id, checks=",".join(CHECKS))
    assert champion not in chris("status") and integrator not in ben("status")


def test_a_week_without_its_value_is_no_reason_not_to_ask_for_the_next_one(
    carla: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """D15: each week is asked about, and what was asked before is asked no more."""
    id = started(bot)
    wind(to="2027-01-18 18:00")
    asked = [each for each in carla.sees() if LAST_WEEK in each]
    assert len(asked) == 1
    wind(to="2027-01-25 18:00")
    asked = [each for each in carla.sees() if LAST_WEEK in each]
    assert len(asked) == 1, "the older bundle no longer asks"
    shown = carla("status")
    assert shown.count(LAST_WEEK) == 1
    carla.press("Wert eintragen")
    carla.fill(value="6", number="12")
    rows = bot.rows("select week from pilot_values where workspace = :workspace")
    assert rows == [{"week": "2027-W03"}]
    assert LAST_WEEK not in carla("status")
    wind(to="2027-02-01 18:00")
    assert "in week 3 (n=12)" in do(chris, "pilot", pilot=id)
    assert LAST_WEEK in carla("status")


def test_one_more_round_is_a_decision_of_the_last_week(chris: Say, bot: Stage, wind: Wind) -> None:
    """D25: not of the first, however early it is pressed; stopping early is possible."""
    id = started(bot)
    more = {"decision": "again", "reason": "Noch zu wenig", "learnt": "Viel gelernt"}
    said = do(chris, "pilot decide", pilot=id, **more)
    assert "One more round is for the last week; until Sun 7 Feb 2027 there is time." in said
    assert "week 1 of 12" in do(chris, "pilot", pilot=id)
    wind(to="2027-02-07 22:00")
    assert "One more round is for" in do(chris, "pilot decide", pilot=id, **more)
    wind(to="2027-02-08 07:00")
    do(chris, "pilot decide", pilot=id, **more)
    assert "week 12 of 16" in do(chris, "pilot", pilot=id)


@pytest.mark.parametrize(
    ("entered", "why"),
    [({"value": "7", "day": "2026-11-30"}, "Week 49 is still to come."),
     ({"value": "7", "day": "2026-11-22"}, "It began on Mon 23 Nov; what was before"),
     ({"value": "-5"}, "A value below zero does not fit here."),
     ({"value": "5", "waiting": "-1"}, "Waiting is a part of the value.")],
)  # fmt: skip
def test_what_cannot_have_been_measured_is_refused(
    chris: Say, bot: Stage, entered: dict[str, str], why: str
) -> None:
    id = started(bot)
    assert why in do(chris, "pilot value", pilot=id, number="10", **entered)
    assert bot.rows("select week from pilot_values where workspace = :workspace") == []


@pytest.mark.parametrize("what", ["values", "baseline", "satisfaction"])
def test_a_table_tells_of_no_week_that_is_still_to_come(chris: Say, bot: Stage, what: str) -> None:
    id = started(bot)
    table = "2026-11-23;6\n2027-03-01;5"
    said = do(chris, "pilot import", pilot=id, table=table, what=what, source="ERP")
    assert "Week 9 is still to come." in said
    said = do(chris, "pilot import", pilot=id, table="2026-11-23;-6", what="values")
    assert "A value below zero does not fit here." in said
    assert bot.rows("select week from pilot_values where workspace = :workspace") == []


def test_what_was_before_the_pilot_is_none_of_its_effect(chris: Say, bot: Stage) -> None:
    """D18: also when a table reaches back to before its start."""
    id = started(bot)
    do(chris, "pilot import", pilot=id, table="2026-11-16;2\n2026-11-23;6", what="values")
    assert "8 → 6 Tage (25 % better, n=1, 1 week)" in do(chris, "pilot", pilot=id)


def test_where_less_than_nothing_makes_sense_it_may_be_entered(chris: Say, bot: Stage) -> None:
    """A margin may be below zero: where more is better, nothing is refused."""
    id = started(bot)
    do(chris, "pilot measure", pilot=id, metric="Marge", unit="Prozent", better="higher",
       baseline="2", number="40", period="zwei Wochen", source="ERP", target="4",
       guard="Reklamationen")  # fmt: skip
    assert "2 → -1 Prozent (150 % worse" in do(chris, "pilot value", pilot=id, value="-1",
                                               number="4")  # fmt: skip


TAPS = "select voter from pilot_taps where workspace = :workspace"
SECRETS = "select secret from pilot_rounds where workspace = :workspace and secret is not null"


@pytest.mark.parametrize("taken_up", [False, True])
def test_the_last_round_of_a_pilot_that_was_stopped_is_closed_like_any_other(
    anna: Say, chris: Say, bot: Stage, wind: Wind, taken_up: bool
) -> None:
    """Settled 51: its secret and who took part go with the week, whatever became of the pilot."""
    id = started(bot)
    do(anna, "relief", pilot=id, answer="no")
    do(chris, "pilot decide", pilot=id, decision="stop", reason="Es hilft nicht",
       learnt="Viel gelernt")  # fmt: skip
    if taken_up:
        do(chris, "pilot again", pilot=id)
    wind(to="2026-11-29 22:00")
    assert len(bot.rows(TAPS)) == 1, "until the week is over it can be taken back"
    wind(to="2026-11-30 10:00")
    assert bot.rows(TAPS) == [] and bot.rows(SECRETS) == []
    counted = "select answer, count from pilot_answers where workspace = :workspace"
    assert bot.rows(counted) == [{"answer": "no", "count": 1}]
    looks = "select due_at from timers where workspace = :workspace and kind = 'pilot day'"
    last = bot.rows(looks)
    wind(to="2026-12-02 10:00")
    assert bot.rows(looks) == last, "nobody looks at it for ever"


def test_a_round_that_was_left_open_is_closed_when_another_pilot_is_looked_at(
    anna: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """Also where nobody looks at the ended one any more, as before this was mended."""
    id = started(bot)
    do(anna, "relief", pilot=id, answer="no")
    do(chris, "pilot decide", pilot=id, decision="stop", reason="Es hilft nicht",
       learnt="Viel gelernt")  # fmt: skip
    bot.store(lambda tx: tx.write("delete from timers where workspace = :workspace "
                                  "and kind = 'pilot day'"))  # fmt: skip
    started(bot, name="Ein anderes")
    wind(to="2026-11-30 10:00")
    assert bot.rows(TAPS) == []


def test_what_was_asked_about_a_pilot_is_asked_no_more_once_it_has_ended(
    ben: Say, chris: Say, bot: Stage, wind: Wind
) -> None:
    """Neither who connects it nor whether it relieves: the button would only say it is over."""
    id = started(bot)
    wind(to="2026-12-21 10:00")
    assert any("Die IT sollte es noch prüfen" in each for each in ben.sees())
    assert any("Entlastet dich „Reparatur-Triage“" in each for each in ben.sees())
    do(chris, "pilot decide", pilot=id, decision="stop", reason="Es hilft nicht",
       learnt="Viel gelernt")  # fmt: skip
    wind(to="2026-12-21 11:00")
    left = "\n".join([*ben.sees(), ben("status")])
    assert "Die IT sollte es" not in left and "Entlastet dich" not in left

"""Everything that was entered along a pilot can be put right, with its history; its use counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from handlers.kit.messages import Call, Message, Text, spoken
from handlers.pilots import measure, picture
from storage.automations import intake
from storage.engine import Tx
from storage.engine.ids import AutomationId, PilotId
from storage.pilots import Pilot, log
from tests.pilots.test_pilots import ABOUT, LINK, MEASURE, do, given_a_goal, id_of, started
from tests.pretend import machines
from tests.pretend.stage import Say, Stage, plain


def one(bot: Stage, table: str) -> dict[str, object]:
    (row,) = bot.rows(f"select * from {table} where workspace = :workspace")
    return dict(row)


def form(bot: Stage, word: str, **args: str) -> dict[str, str | None]:
    """Return what stands in a form at first."""
    shown = bot.handle(bot.request("chris", call=Call(word, args))).form
    assert shown is not None
    return {each.name: each.value for each in shown.fields}


def history(chris: Say, id: str) -> str:
    return do(chris, "pilot history", pilot=id)


def test_a_workflow_to_choose_is_put_in_other_words(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot candidate", pilot=id, workflow="Termin vergeben", takes="Anruf", gives="Tag")
    item = str(one(bot, "pilot_candidates")["id"])
    do(chris, "pilot choose", pilot=id, candidate=item)
    at_first = form(bot, "pilot correct candidate", pilot=id, item=item)
    assert at_first == {"workflow": "Termin vergeben", "takes": "Anruf", "gives": "Tag"}
    do(chris, "pilot correct candidate", pilot=id, item=item, workflow="Termine vergeben",
       takes="Anruf", gives="Termin")  # fmt: skip
    assert "Workflow: Termine vergeben: Anruf → Termin" in do(chris, "pilot", pilot=id)
    assert "corrected, Chris. Termin vergeben" in history(chris, id)


def test_an_obstacle_gets_other_words_and_another_day(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = started(bot)
    do(chris, "pilot obstacle", pilot=id, words="Zugriff fehlt", due="2026-11-30")
    item = str(one(bot, "pilot_obstacles")["id"])
    do(chris, "pilot correct obstacle", pilot=id, item=item, words="Zugriff aufs ERP fehlt",
       due="2026-12-04")  # fmt: skip
    wind(to="2026-11-24 09:01")
    told = chris.sees()[-1]
    assert "until Fri 4 Dec: Zugriff aufs ERP fehlt" in told and "Mon 30 Nov" not in told
    assert "corrected, Chris. Zugriff fehlt (Mon 30 Nov)" in history(chris, id)


def test_what_was_improved_or_is_for_later_gets_other_words(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot improved", pilot=id, kind="rules", words="Dringende zuerst")
    do(chris, "pilot later", pilot=id, words="Auch Sonderteile", kind="special")
    for word, table, kind in (
        ("pilot correct improved", "pilot_iterations", "handover"),
        ("pilot correct later", "pilot_later", "polish"),
    ):
        item = str(one(bot, table)["id"])
        do(chris, word, pilot=id, item=item, kind=kind, words="Anders gesagt")
        row = one(bot, table)
        assert (row["kind"], row["words"]) == (kind, "Anders gesagt")
    shown = history(chris, id)
    assert "Rules fit better: Dringende zuerst" in shown
    assert "Special case: Auch Sonderteile" in shown


def test_a_value_that_is_none_is_taken_away(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot value", pilot=id, value="57", number="41")
    shown = do(chris, "pilot corrections", pilot=id)
    assert "Week 48: 57 (n=41)" in shown and "[Take it away]" in shown
    do(chris, "pilot value gone", pilot=id, week="2026-W48")
    assert "Effect:" not in do(chris, "pilot", pilot=id)
    assert "corrected, Chris. Week 48: 57 (n=41)" in history(chris, id)
    assert "no longer exists" in do(chris, "pilot value gone", pilot=id, week="2026-W48")


def test_reason_and_learnt_of_a_decision_are_put_right(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot decide", pilot=id, decision="stop", reason="Zu wenik", learnt="Vil gelernt")
    assert form(bot, "pilot correct decision", pilot=id) == {
        "reason": "Zu wenik", "learnt": "Vil gelernt",
    }  # fmt: skip
    shown = do(chris, "pilot correct decision", pilot=id, reason="Zu wenig", learnt="Viel gelernt")
    assert "What we learnt: Viel gelernt" in shown
    assert "Zu wenik Vil gelernt" in history(chris, id)


def test_others_put_nothing_right(anna: Say, chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot later", pilot=id, words="Auch Sonderteile", kind="special")
    item = str(one(bot, "pilot_later")["id"])
    for word, args in (
        ("pilot correct later", {"item": item, "words": "Anders gesagt", "kind": "polish"}),
        ("pilot corrections", {}), ("pilot value gone", {"week": "2026-W48"}),
        ("pilot connect", {}),
    ):  # fmt: skip
        answer = bot.handle(bot.request("anna", call=Call(word, {"pilot": id, **args})))
        assert answer.outcome == "refused", word


# --- use, first on the card ----------------------------------------------------------------


def test_the_runs_of_what_is_connected_are_the_use(ben: Say, chris: Say, bot: Stage) -> None:
    """Requirement C15: use and relief before everything else."""
    id = started(bot)
    machines.enter(ben, name="Triage-Skript")
    automation = str(one(bot, "automations")["id"])
    shown = do(chris, "pilot connect", pilot=id, automation=automation)
    assert shown.splitlines()[1:4] == [
        "State: week 1 of 12",
        "Use: no runs are connected yet",
        "Relief: no week's answers are counted yet",
    ]

    def runs(tx: Tx) -> None:
        for kind, times in (("ok", 3), ("idle", 2), ("fail", 1)):
            for _time in range(times):
                intake.count_day(tx, AutomationId(automation), "2026-11-23", kind)

    bot.store(runs)
    assert "Use: 3 runs in the last four weeks" in do(chris, "pilot", pilot=id)
    do(chris, "pilot connect", pilot=id, automation="")
    assert "Use: no runs are connected yet" in do(chris, "pilot", pilot=id)


# --- before and now ------------------------------------------------------------------------


def test_a_baseline_is_read_from_a_table_and_the_table_not_kept(chris: Say, bot: Stage) -> None:
    """Requirement D20."""
    given_a_goal(chris)
    do(chris, "pilot new", **ABOUT)
    id = id_of(bot)
    table = "2026-09-07;7\n2026-09-08;9\n2026-10-12;8,5\n2026-10-13;7,5"
    do(chris, "pilot import", pilot=id, table=table, what="baseline", source="ERP")
    assert form(bot, "pilot measure", pilot=id)["baseline"] == "8"
    row = bot.rows("select baseline, baseline_n, baseline_period, baseline_source from pilots "
                   "where workspace = :workspace")[0]  # fmt: skip
    assert dict(row) == {
        "baseline": "8", "baseline_n": 4, "baseline_period": "week 37 to week 42",
        "baseline_source": "ERP",
    }  # fmt: skip
    assert "2026-09-07" not in repr(bot.rows("select * from pilots where workspace = :workspace"))
    assert bot.rows("select * from pilot_values where workspace = :workspace") == []


@pytest.mark.parametrize(
    ("values", "mean"),
    [("2026-09-07;10\n2026-09-14;20\n2026-09-15;30", "20"), ("2026-09-07;100", "100")],
)
def test_the_mean_of_a_table_is_that_of_its_cases(values: str, mean: str) -> None:
    assert Decimal(measure.as_baseline(measure.aggregated(values)).mean) == Decimal(mean)


@pytest.mark.parametrize(
    ("template", "unit", "better"),
    [("time", "days", "lower"), ("errors", "percent", "lower"),
     ("satisfaction", "of 5 points", "higher")],
)  # fmt: skip
def test_measures_to_begin_with_have_unit_and_direction(
    chris: Say, bot: Stage, template: str, unit: str, better: str
) -> None:
    """Requirement D17."""
    given_a_goal(chris)
    shown = do(chris, "pilot new", **ABOUT)
    assert "[Time saved]\n[Fewer mistakes]\n[Happier customers]" in shown
    at_first = form(bot, "pilot measure", pilot=id_of(bot), template=template)
    assert (at_first["unit"], at_first["better"]) == (unit, better) and at_first["metric"]


def test_the_card_shows_the_row_of_numbers_between_before_and_target(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    id = started(bot)
    do(chris, "pilot value", pilot=id, value="7.5", number="11")
    wind(minutes=7 * 24 * 60)
    do(chris, "pilot value", pilot=id, value="6.5", number="11")
    shown = do(chris, "pilot", pilot=id)
    assert "Week by week: before 8 | 7.5 · 6.5 | target 6 (from week 48)" in shown
    assert "[How is this computed?]" in shown
    chris("pilot triage")
    assert "(before − now) ÷ before" in chris.press("How is this computed?")


def test_the_next_step_is_the_first_that_is_not_done(
    chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirements D11 to D15: steps with their dates, read off what is there."""
    id = started(bot)
    shown = do(chris, "pilot more", pilot=id)
    assert "- done: The champion is named" in shown
    assert "- by Sun 20 Dec: Who connects it is decided" in shown
    do(chris, "pilot sourcing", pilot=id, who="internal")
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    assert "By Sun 17 Jan 2027: A simple solution is in use" in do(chris, "pilot", pilot=id)
    wind(to="2026-12-21 10:00")
    do(chris, "pilot value", pilot=id, value="7", number="9")
    assert "By Sun 14 Feb 2027: It is measured, and improved" in do(chris, "pilot", pilot=id)
    do(chris, "pilot improved", pilot=id, kind="rules", words="Dringende zuerst")
    assert "By Sun 14 Feb" not in do(chris, "pilot", pilot=id)


def test_extending_without_improving_names_what_people_told(
    anna: Say, chris: Say, bot: Stage, wind: Callable[..., None]
) -> None:
    """Requirement C24: refused with the open signals listed."""
    id = started(bot)
    do(anna, "feedback bypassed", pilot=id, reason="special")
    do(chris, "pilot it", pilot=id, checks="security,stability,integration,feasibility")
    do(chris, "pilot decide", pilot=id, decision="operate", docs=LINK, reason="Es hilft allen",
       learnt="Viel gelernt")  # fmt: skip
    wind(to="2026-11-30 10:00")
    wider = {**ABOUT, "workflow": "Rechnungen prüfen"}
    refused = do(chris, "pilot describe", pilot=id, **wider)
    assert "First improve, then extend." in refused
    assert "What people told: bypassed 1 time: It does not know this case." in refused


def test_measuring_again_corrects_the_baseline_with_its_history(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot measure", pilot=id, **{**MEASURE, "baseline": "9"})
    assert "baseline corrected, Chris. 8 → 9" in history(chris, id)


@pytest.mark.parametrize(
    ("before", "target", "values", "lengths"),
    [
        ("8", "6", ("8", "4"), [12, 12, 6, 9]),
        ("50", "100", ("75", "100"), [6, 9, 12, 12]),
        ("0", "4", ("0", "2"), [1, 0.5, 6, 12]),  # nothing is still a mark
        ("-10", "10", ("0", "10"), [1, 6, 12, 12]),  # below zero a bar begins at the least
    ],
)
def test_bars_are_as_long_as_their_values(
    before: str, target: str, values: tuple[str, ...], lengths: list[float]
) -> None:
    pilot = Pilot(PilotId("p"), "P", "x", None, None, baseline=before, target=target)
    told = [log.Value(f"2026-W{48 + at}", each, 9) for at, each in enumerate(values)]
    drawn = picture.bars(pilot, told)
    assert drawn is not None
    bars = [
        plain(spoken(Message((Text(each),)), "en", "UTC")).partition(" ")[0] for each in drawn.items
    ]
    assert [len(each) - each.count("▌") / 2 for each in bars] == lengths
    assert [each[0] for each in bars] == ["░", *("█" if n > 0.5 else "▌" for n in lengths[1:-1]),
                                          "░"]  # fmt: skip


def test_no_picture_is_drawn_of_nothing() -> None:
    pilot = Pilot(PilotId("p"), "P", "x", None, None, baseline="8", target="6")
    assert picture.bars(pilot, []) is None
    assert (
        picture.bars(Pilot(PilotId("p"), "P", "x", None, None), [log.Value("2026-W48", "7", 9)])
        is None
    )


def test_the_history_is_told_in_the_readers_words(chris: Say, bot: Stage) -> None:
    id = started(bot)
    do(chris, "pilot value", pilot=id, value="57", number="41")
    do(chris, "pilot obstacle", pilot=id, words="Zugriff fehlt", due="2026-11-30")
    item = str(one(bot, "pilot_obstacles")["id"])
    do(chris, "pilot correct obstacle", pilot=id, item=item, words="Kein Zugriff", due="2026-12-04")
    do(chris, "pilot later", pilot=id, words="Auch Sonderteile", kind="special")
    item = str(one(bot, "pilot_later")["id"])
    do(chris, "pilot correct later", pilot=id, item=item, words="Sonderteile", kind="polish")
    do(chris, "pilot sourcing", pilot=id, who="internal")
    other = {"name": "Triage", "problem": "Anderes Problem"}
    do(chris, "pilot describe", pilot=id, **{**ABOUT, **other})
    chris("sprache deutsch")
    said = history(chris, id)
    assert "Wert, Chris. KW 48: 57 (n=41)" in said
    assert "korrigiert, Chris. Zugriff fehlt (Mo. 30. Nov.)" in said
    assert "korrigiert, Chris. Sonderfall: Auch Sonderteile" in said
    assert "wer es anbindet, Chris. Eigene Personen" in said
    assert "beschrieben, Chris. Problem: Reparaturanfragen liegen" in said
    assert "Nutzende benannt, Chris. alle" in said
    assert "gestartet, Chris\n" in said
    assert not re.search(r"\d{4}-W?\d\d|everybody|problem: |Special|Our own", said)

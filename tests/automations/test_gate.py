"""The gate to operation: ownership, rules and a measure first; what is missing says its name."""

from __future__ import annotations

import pytest

from handlers.automations.profile import PROFILE
from handlers.kit.commands import call
from storage import automations
from storage.automations import history
from storage.automations.columns import AutomationChanges
from storage.automations.states import AutomationPhase
from storage.engine import Tx
from storage.engine.ids import AutomationId
from tests.pretend.machines import enter
from tests.pretend.stage import Say, Stage, answered

PARTS = {
    "not_for": "Reklamationen", "category": "workflow",
    "steps": "automatic: sortieren\nhuman: freigeben", "decision": "Vor dem Versand",
    "fallback": "Carla sortiert von Hand", "measure": "Fehler im Monat", "limit": "5", "ai": "no",
    "data": "Bestellungen", "docs": "https://wiki.example.com/mail", "version": "1.2",
    "check_days": "30", "roles": "Ben pflegt die Regeln", "priorities": "Eilbestellungen zuerst",
    "consequences": "Sonst pausieren wir sie",
}  # fmt: skip
GAPS = {
    "purpose": ("What for", "Wofür"), "not_for": ("What not for", "Wofür nicht"),
    "steps": ("Steps", "Schritte"), "category": ("Category", "Art"),
    "accountable": ("the accountable person has not accepted yet",
                    "die verantwortliche Person hat noch nicht übernommen"),
    "deputy": ("Deputy", "Vertretung"),
    "decision": ("Where a person decides", "Wo ein Mensch entscheidet"),
    "fallback": ("If it fails", "Wenn sie nicht läuft"), "roles": ("Roles", "Rollen"),
    "rhythm": ("Rhythm", "Rhythmus"), "measure": ("Measure", "Kennzahl"),
    "limit": ("Limit", "Grenze"), "priorities": ("Priorities", "Prioritäten"),
    "consequences": ("Consequences", "Folgen"),
    "check_days": ("Quality check", "Qualitätsprüfung"),
    "ai": ("Uses AI", "Nutzt KI"), "data": ("Data used", "Genutzte Daten"),
    "docs": ("Documentation", "Dokumentation"), "version": ("Version", "Fassung"),
}  # fmt: skip
EMPTY: dict[str, AutomationChanges] = {
    "purpose": {"purpose": ""}, "accountable": {"accountable_accepted_at": None},
    "deputy": {"deputy": None}, "rhythm": {"rhythm": ""},
}  # fmt: skip


def complete(bot: Stage, id: AutomationId) -> None:
    """Let everything be said that operation needs."""

    def say(tx: Tx) -> None:
        for field, value in PARTS.items():
            history.say(tx, id, field, value)

    bot.store(say)


def test_every_part_that_operation_needs_is_tried_below() -> None:
    assert {each.field for each in PROFILE if each.needed} == set(GAPS)


@pytest.mark.parametrize("gap", GAPS)
def test_each_missing_part_alone_blocks_operation_and_names_itself_and_nothing_else(
    ben: Say, bot: Stage, gap: str
) -> None:
    """Requirements A07, A08, C29, E02 and E20, in both languages."""
    enter(ben)
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    id = str(row["id"])
    complete(bot, AutomationId(id))

    def take_away(tx: Tx) -> None:
        if gap in PARTS:
            history.say(tx, AutomationId(id), gap, "")
        else:
            automations.change(tx, AutomationId(id), **EMPTY[gap])

    bot.store(take_away)
    for language, label in zip(("en", "de"), GAPS[gap], strict=True):
        bot.store(
            lambda tx, to=language: tx.run(
                "update people set language = :to where workspace = :workspace and id = 'ben'",
                to=to,
            )
        )
        answer = bot.handle(bot.request("ben", call=call("auto live", automation=id)))
        assert answer.outcome == "refused"
        missing = {"en": "Missing: ", "de": "Es fehlt: "}[language]
        told = answered(answer).splitlines()[0]
        assert told.endswith(f"{missing}{label}."), told
    (row,) = bot.rows("select phase from automations where workspace = :workspace")
    assert row["phase"] == AutomationPhase.IDEA


def test_with_everything_it_opens_and_says_when_and_by_whom(
    ben: Say, anna: Say, bot: Stage
) -> None:
    enter(ben)
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    complete(bot, AutomationId(str(row["id"])))
    assert "Qualitätsprüfung: alle 30 Tage\n" in ben("auto mail-sortierung")
    assert "Jetzt beginnt die Arbeit" in ben.press(calls="auto live")
    card = anna("auto mail-sortierung")
    assert "Phase: in operation" in card and "In operation since: Mon 23 Nov" in card
    past = anna.press(calls="auto history")
    assert "23 November 2026 into operation (the accountable person)" in past


def test_what_is_missing_is_named_in_the_order_responsibility_rules_measure(
    ben: Say, bot: Stage
) -> None:
    """Requirement A07: the order in which it is filled."""
    enter(ben)
    ben("auto mail-sortierung")
    answer = ben.stage.handle(bot.request("ben", call=call("auto live", automation=_id(bot))))
    told = answered(answer)
    places = [told.index(GAPS[each][1]) for each in ("decision", "roles", "measure", "priorities")]
    assert places == sorted(places)


def _id(bot: Stage) -> str:
    (row,) = bot.rows("select id from automations where workspace = :workspace")
    return str(row["id"])

"""Machines that report their runs, and the forms in which automations are entered."""

from __future__ import annotations

from tests.pretend.stage import Say, Stage

FORM = {
    "name": "Mail-Sortierung", "purpose": "Ordnet Bestellungen", "not_for": "Reklamationen",
    "accountable": "ben", "deputy": "carla", "rhythm": "7",
}  # fmt: skip


def enter(who: Say, **values: str) -> str:
    """Enter an automation; return the secret of its address."""
    who("auto new")
    given = {**FORM, **values}
    answer = who.fill(carry=True, **given)
    found = [line for line in answer.splitlines() if "/ping/" in line and " " not in line]
    assert found, answer
    return found[0].rpartition("/")[2]


def reports(bot: Stage, secret: str, rid: str | None = None, kind: str = "", **said: str) -> str:
    """Let a machine report; return what became of the call ("" when nobody has the address)."""
    hook = next(each for feature in bot.dispatcher.features for each in feature.hooks)
    query = {"kind": kind, **said}
    answer = bot.run(bot.dispatcher.run_hook(hook, secret, rid, query))
    return answer.outcome if answer else ""

"""The rules that managers can change: how often is too often, and how long is quiet."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.words import Sentence, _n
from storage import workspaces
from storage.engine import Tx

# docs/rules.md, repeats
OFTEN, SERIOUS, DAYS, QUIET, CALM = 3, 2, 30, 14, 7


@dataclass(frozen=True, slots=True)
class Rules:
    """A problem opens at the `often`th time in `days` days, at the `serious`th when serious.

    A fix that nobody verifies is taken for one after `quiet` days without a repeat, and an
    incident that nobody checks for done after `calm` days.
    """

    often: int
    serious: int
    days: int
    quiet: int
    calm: int


def in_days(count: int) -> Sentence:
    """Return a number of days, to stand behind "in" or "after" in a sentence."""
    return _n("{n} day", "{n} days", count)


def rules(tx: Tx) -> Rules:
    """Return this workspace's rules."""

    def number(name: str, default: int) -> int:
        return int(workspaces.setting(tx, f"repeats.{name}") or default)

    return Rules(
        number("often", OFTEN),
        number("serious", SERIOUS),
        number("days", DAYS),
        number("quiet", QUIET),
        number("calm", CALM),
    )


def set_rules(tx: Tx, those: Rules) -> None:
    """Change this workspace's rules."""
    for name in ("often", "serious", "days", "quiet", "calm"):
        workspaces.set_setting(tx, f"repeats.{name}", str(getattr(those, name)))

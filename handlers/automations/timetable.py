"""The one timetable of the question "still needed?": it asks, and it prints the help.

Managers may choose other numbers of working days; who is asked, and that nobody further is, stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Setting
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import NumberReader
from handlers.kit.words import Sentence, _, _n
from storage import workspaces
from storage.engine import Tx

feature = Feature(_("Automations"))

DAYS = "automations.days"  # the setting: working days until the reminder, the deputy, a manager
MOST = 250


@dataclass(frozen=True, slots=True)
class Step:
    """After so many working days: to whom, and what."""

    days: int
    to: str
    says: Sentence


USUAL = (
    Step(0, "accountable", _("the accountable person is asked")),
    Step(5, "accountable", _("one reminder")),
    Step(10, "deputy", _("the deputy is asked, and the digest says “without answer”")),
    Step(20, "manager", _("a manager is asked, with the history")),
)
WITHOUT_ANSWER = 2  # from this step on the digest says so


def steps(tx: Tx) -> tuple[Step, ...]:
    """Return the timetable as this company has it."""
    kept = workspaces.setting(tx, DAYS)
    if not kept:
        return USUAL
    days = (0, *(int(each) for each in kept.split()))
    return tuple(replace(each, days=n) for each, n in zip(USUAL, days, strict=True))


def step_lines(timetable: Sequence[Step]) -> tuple[Sentence, ...]:
    """Return a timetable in words, for chat and docs."""
    return tuple(
        _n(
            "after {n} working day: {what}",
            "after {n} working days: {what}",
            each.days,
            what=each.says,
        )
        if each.days
        else _("at first: {what}", what=each.says)
        for each in timetable
    )


@feature.command(
    "auto timetable",
    "auto fristen",
    help=_("Who is asked when something no longer runs."),
    hidden=True,
    reads=True,
)
def show(ctx: Context) -> Reply:
    parts: list[Part] = [
        Title(_("When something no longer runs")),
        Items(step_lines(steps(ctx.tx))),
        Text(
            _("Any run, answer or pause ends it. Lotse switches nothing off and hides nothing."),
            small=True,
        ),
    ]
    if ctx.person.manager:
        parts.append(Buttons((_change(),)))
    return Reply(Message(tuple(parts)))


def _change() -> Button:
    return Button(_("Change when to ask"), call("auto days"), "quiet")


def _now(ctx: Context, _fixed: Mapping[str, str]) -> dict[str, str]:
    names = ("reminder", "deputy", "manager")
    return {name: str(each.days) for name, each in zip(names, steps(ctx.tx)[1:], strict=True)}


def _in_order(_ctx: Context, reminder: int, deputy: int) -> None:
    if not reminder < deputy:
        raise Refusal(_("Each step comes later than the one before."), field="deputy")


def _managers_last(_ctx: Context, deputy: int, manager: int) -> None:
    if not deputy < manager:
        raise Refusal(_("Each step comes later than the one before."), field="manager")


@feature.command(
    "auto days",
    "auto tage",
    help=_("After how many working days who is asked."),
    hidden=True,
    needs="settings",
    current=_now,
    checks=(_in_order, _managers_last),
)
def change(
    ctx: Context,
    *,
    reminder: Annotated[int, NumberReader(1, MOST), Ask(_("Working days until the reminder"))],
    deputy: Annotated[int, NumberReader(1, MOST), Ask(_("Working days until the deputy"))],
    manager: Annotated[int, NumberReader(1, MOST), Ask(_("Working days until a manager"))],
) -> Reply:
    workspaces.set_setting(ctx.tx, DAYS, f"{reminder} {deputy} {manager}")
    shown = Button(_("Who is asked, and when"), call("auto timetable"))
    return Reply(line(_("Saved. It also holds for questions that are open."), shown))


@feature.sets(61)
def settings(ctx: Context) -> list[Setting]:
    """Return the numbers of days."""
    days = ", ".join(str(each.days) for each in steps(ctx.tx))
    return [Setting(_("Questions after working days"), days, _change())]

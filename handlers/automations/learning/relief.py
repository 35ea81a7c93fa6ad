"""Is anyone relieved by an automation? A tap for this week; shown once the week is over.

By the rule of pilots (docs/pilots.md), at its strictest: nobody knows who uses an automation, so
how it leans is told from five people on, and never a split.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from handlers.automations.lookup import AutoRef
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Reply, line
from handlers.kit.worded import Worded, choice
from handlers.kit.words import Sentence, _
from storage.automations import Automation, relief
from storage.automations.states import AutomationPhase, AutomationState
from storage.delivery import timers
from storage.delivery.timers import TimerKind

feature = Feature(_("Automations"))

ENOUGH = 5  # people from whom on it is told how a week leans; may only be raised


class RoundTimer(TimerKind):
    """The week's rounds of relief."""

    ROUNDS = "automation rounds"


class Relief(Worded):
    """Is anyone relieved?"""

    RELIEVED = "relieved", _("Yes")
    PARTLY = "partly", _("Partly")
    NO = "no", _("No")


def buttons(automation: Automation) -> tuple[Button, ...]:
    """Return the three answers."""
    return tuple(
        Button(each.words, call("auto relief", automation=automation.id, answer=each))
        for each in Relief
    )


@feature.command(
    "auto relief",
    "auto entlastung",
    help=_("Does it save you work?"),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def tap(
    ctx: Context,
    automation: AutoRef,
    answer: Annotated[Relief, choice(Relief), Ask(_("Answer"))],
) -> Reply:
    if automation.state is AutomationState.RETIRED or automation.phase is AutomationPhase.DRAFT:
        raise Refusal(_("“{name}” is not in the register.", name=automation.name))
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    relief.open_round(ctx.tx, automation.id, week, ctx.new_secret())
    relief.tap(ctx.tx, automation.id, week, ctx.person.id, answer.value)
    if timers.due_of(ctx.tx, RoundTimer.ROUNDS) is None:
        timers.set(
            ctx.tx,
            id=ctx.new_id(),
            kind=RoundTimer.ROUNDS,
            key=RoundTimer.ROUNDS,
            due=_next_monday(ctx),
        )
    counted = _("Counted for this week. Until Monday you can answer differently, or take it back.")
    undo = Button(_("Take it back"), call("auto relief undo", automation=automation.id), "quiet")
    return Reply(line(counted, undo), nameless=True)


@feature.command(
    "auto relief undo",
    "auto entlastung zurück",
    help=_("Take this week's answer back."),
    hidden=True,
    needs="feedback",
    nameless=True,
)
def undo(ctx: Context, automation: AutoRef) -> Reply:
    week = calendar.week_of(ctx.now, ctx.workspace.zone)
    if not relief.take_back(ctx.tx, automation.id, week, ctx.person.id):
        raise Refusal(_("There is no answer of yours in this week."))
    return Reply(line(_("Taken back.")), nameless=True)


def _next_monday(ctx: Context) -> datetime:
    today = calendar.day_of(ctx.now, ctx.workspace.zone)
    return calendar.midnight(today + timedelta(days=7 - today.weekday()), ctx.workspace.zone)


@feature.timer(RoundTimer.ROUNDS)
def close_rounds(ctx: Context) -> Reply:
    """Count the rounds of the weeks that are over."""
    relief.close_before(ctx.tx, calendar.week_of(ctx.now, ctx.workspace.zone))
    return Reply()


def leaning(counts: dict[str, int]) -> str:
    """Return how a closed round leans, "" where too few answered."""
    total = sum(counts.values())
    if total < ENOUGH:
        return ""
    for answer in (Relief.RELIEVED, Relief.NO):
        if counts.get(answer, 0) * 2 > total:
            return answer
    return "mixed"


def summary(ctx: Context, automation: Automation) -> Sentence | None:
    """Return the newest round of which something may be known; None where nobody was asked."""
    rounds = relief.closed(ctx.tx, automation.id)
    if not rounds:
        return None
    known = next((each for each in rounds if leaning(each[1])), rounds[0])
    week = int(known[0][6:])
    few = _("week {week}: too few answers to show", week=week)
    words: dict[str, Sentence] = {
        "relieved": _("week {week}: mostly yes", week=week),
        "mixed": _("week {week}: mixed", week=week),
        "no": _("week {week}: mostly no", week=week),
    }
    return words.get(leaning(known[1]), few)

"""Creeping decline: three falling weeks in a row raise one question; noise does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from handlers.attention import matters
from handlers.automations import profile
from handlers.automations.rules.company import company_of
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button
from handlers.kit.words import _
from storage.automations import Automation, history, intake, learning
from storage.automations.states import AutomationEvent, RunKind, SignalKind
from storage.engine.ids import PersonId

WEEKS = 4
LEAST = 5  # runs and signals of a week that say something
FALL = 0.05  # so much lower, at least, is the last week than the first
AGAIN = timedelta(days=28)
GOOD, BAD = (RunKind.OK, RunKind.IDLE), (RunKind.FAIL,)
SIGNALS = (SignalKind.BYPASSED, SignalKind.BY_HAND, SignalKind.WRONG)


def falls(weeks: Sequence[tuple[int, int]]) -> bool:
    """Say whether the share of good ones fell three weeks in a row; weeks are (good, bad)."""
    if len(weeks) < WEEKS or any(good + bad < LEAST for good, bad in weeks[-WEEKS:]):
        return False
    shares = [good / (good + bad) for good, bad in weeks[-WEEKS:]]
    falling = all(later < earlier for earlier, later in zip(shares, shares[1:], strict=False))
    return falling and shares[0] - shares[-1] >= FALL


def weeks_of(ctx: Context, automation: Automation, monday: date) -> list[tuple[int, int]]:
    """Return good and bad of the four weeks before a Monday."""
    first = monday - timedelta(weeks=WEEKS)
    weeks = [[0, 0] for _each in range(WEEKS)]
    for day, kind, count, _seconds, _saved in intake.sums(ctx.tx, automation.id, first.isoformat()):
        number = (date.fromisoformat(day) - first).days // 7
        if number < WEEKS and kind in (*GOOD, *BAD):
            weeks[number][kind in BAD] += count
    zone = ctx.workspace.zone
    for each in learning.signals(ctx.tx, automation.id, calendar.midnight(first, zone)):
        number = (calendar.day_of(each.at, zone) - first).days // 7
        if number < WEEKS and each.kind in SIGNALS:
            weeks[number][1] += 1
    return [(good, bad) for good, bad in weeks]


def wonder(ctx: Context, automation: Automation, to: PersonId) -> None:
    """Ask whoever answers for it once, when it has got worse three weeks in a row."""
    if not falls(weeks_of(ctx, automation, company_of(ctx).day_of(ctx.now))):
        return
    before = history.last(ctx.tx, automation.id, "falling")
    if before is not None and ctx.now - before.at < AGAIN:
        return
    profile.note(ctx, automation, AutomationEvent.FALLING)
    words = _(
        "“{name}” has worked a little less well three weeks in a row. What has changed?",
        name=automation.name,
    )
    learn = Button(_("What we are learning"), call("auto learn", automation=automation.id))
    matters.note(ctx, to, f"automation:{automation.id}:falling", words, learn)

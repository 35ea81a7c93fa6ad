"""Since when an automation stands as it does, and whether whoever decides has seen that yet."""

from __future__ import annotations

from datetime import datetime

from handlers.automations import escalation
from handlers.automations.rules.company import Known
from handlers.automations.rules.standing import State
from handlers.kit import calendar
from handlers.kit.context import Context
from handlers.kit.words import Words, _
from storage.automations import Automation, looks, questions
from storage.automations.states import RunKind

SEEN = 2  # working days that whoever decides has known of it before others read of it


def began(ctx: Context, automation: Automation, seen: Known) -> datetime | None:
    """Return since when it fails, finds nothing to do, or is late; None in any other state."""
    found = seen.standing(automation)
    if found.state is State.FAILING:
        return looks.began(ctx.tx, automation.id, RunKind.FAIL)
    if found.state is State.IDLE:
        return looks.began(ctx.tx, automation.id, RunKind.IDLE)
    if found.state is State.LATE and found.first_missed is not None:
        return found.first_missed.due
    return None


def is_seen(
    automation: Automation,
    seen: Known,
    question: questions.Question | None,
    began: datetime | None,
) -> bool:
    """Say whether whoever decides has known for two working days how an automation stands."""
    if seen.standing(automation).state is State.UNUSED:
        return question is not None and escalation.age(question, seen) >= SEEN
    return began is None or seen.working_days(began, seen.now) >= SEEN


def named(
    ctx: Context,
    automation: Automation,
    question: questions.Question | None,
    began: datetime | None,
) -> Words:
    """Return an automation, since when it stands so, and when it was asked about it."""
    zone = ctx.workspace.zone
    if question is not None:
        day = calendar.day_of(question.opened_at, zone)
        return _("“{name}”, asked on {day}", name=automation.name, day=day)
    if began is not None:
        since = calendar.day_of(began, zone)
        return _("“{name}”, since {day}", name=automation.name, day=since)
    return _("“{name}”", name=automation.name)

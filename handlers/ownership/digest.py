"""What nobody has taken over: for Monday's message."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.kit import calendar as kit_calendar
from handlers.kit import working_hours
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Button
from handlers.kit.people import name
from handlers.kit.words import _
from handlers.on_call import duty as on_call_duty
from handlers.services.cards import name_somebody, unaccepted
from storage import services as storage_services

DECIDE_IN = 3  # working days (requirement A01)


def untaken(ctx: Context, *, manages: bool = True) -> list[Task]:
    """Return what nobody has taken over for three working days, with the remedies.

    The remedies are for whoever `manages`.
    """
    found: list[Task] = []
    for service in storage_services.all(ctx.tx):
        who = [name(ctx, each) for each in unaccepted(service)]
        late = service.asked_at is not None and _too_long(ctx, service.asked_at)
        if service.asked_at is not None and late and who and not on_call_duty.is_red(ctx, service):
            words = _(
                "“{service}” has not been taken over by {who} yet.", service=service.name, who=who
            )
            ask = Button(_("Ask again"), call("service ask", service=service.id))
            buttons = (ask, name_somebody(service)) if manages else ()
            found.append(Task(words, buttons, service.asked_at))
    return found


def _too_long(ctx: Context, asked_at: datetime) -> bool:
    ours = working_hours.company(ctx)
    local = asked_at.astimezone(ZoneInfo(ours.zone))
    last = ours.working_days_after(local.date(), DECIDE_IN)
    return ctx.now >= kit_calendar.at(last, local.time(), ours.zone)

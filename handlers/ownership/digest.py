"""What the weekly digest says of services that nobody has taken over, or that are red."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from handlers import rights
from handlers.closing import digest as closing_digest
from handlers.kit import calendar as kit_calendar
from handlers.kit import working_hours
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Section, Task, Week, figure
from handlers.kit.messages import Button, Items, Part, Title
from handlers.kit.people import name
from handlers.kit.words import Words, _, _n
from handlers.on_call import duty as on_call_duty
from handlers.on_call import reach
from handlers.ownership import leaving
from handlers.services.cards import name_somebody, unaccepted
from storage import services as storage_services
from storage.incidents import pages

feature = Feature(_("Services"))

DECIDE_IN = 3  # working days (requirement A01)

GAPS = feature.measure(
    "gaps",
    _("Gaps"),
    _(
        "incidents in which no service was recognised, and services whose accountable person is "
        "not active"
    ),
    "incidents",
    "services",
)
RUNBOOKS = feature.measure(
    "runbooks",
    _("Without a runbook"),
    _(
        "services without a link to a runbook that had an incident in the week. "
        "Those count too whose newest closing says that there is none yet"
    ),
    "services",
    "closings",
)


@feature.section(20)
def section(ctx: Context, week: Week) -> Section:
    """Return what nobody has taken over, what somebody left behind, and the gaps of the week."""
    manages = rights.may("service", rights.general(ctx))
    tasks = (*leaving.left_behind(ctx, manages=manages), *_untaken(ctx, manages=manages))
    gaps = _gaps(ctx, week)
    return Section(tasks, gaps, quiet=() if tasks or gaps else (GAPS.name,))


def _gaps(ctx: Context, week: Week) -> tuple[Part, ...]:
    ours = pages.summary(ctx.tx, week.start, week.end)
    gaps = sum(each.gaps for each in ours)
    known = storage_services.all(ctx.tx)
    missing = [each.name for each in known if not on_call_duty.is_here(ctx, each.accountable)]
    failed, said = {each.service for each in ours}, closing_digest.without_runbook(ctx)
    unwritten = [
        each.name
        for each in known
        if each.runbook is None and not each.fallback and (each.id in failed or each.name in said)
    ]
    found: list[Words] = []
    if gaps:
        found.append(
            _n(
                "{n} incident of the week belonged to no known service.",
                "{n} incidents of the week belonged to no known service.",
                figure(GAPS, gaps),
            )
        )
    if missing:
        found.append(
            _("Without an accountable person: {services}.", services=figure(GAPS, missing))
        )
    if unwritten:
        found.append(_("Without a runbook: {services}.", services=figure(RUNBOOKS, unwritten)))
    if (gone := reach.everywhere(ctx)) is not None:
        found.append(gone)
    return (Title(_("Gaps")), Items(tuple(found))) if found else ()


def _untaken(ctx: Context, *, manages: bool) -> list[Task]:
    """Return what nobody has taken over for three working days, with the remedies.

    The remedies are for whoever `manages`.
    """
    found: list[Task] = []
    for service in storage_services.all(ctx.tx):
        who = [name(ctx, each) for each in unaccepted(service)]
        late = service.asked_at is not None and _too_long(ctx, service.asked_at)
        if service.asked_at is not None and late and who and not on_call_duty.is_red(ctx, service):
            words = _(
                "“{service}” has not been taken over yet. Asked: {who}.",
                service=service.name,
                who=who,
            )
            ask = Button(_("Ask again"), call("service ask", service=service.id))
            buttons = (ask, name_somebody(service)) if manages else ()
            key = f"service:{service.id}"
            found.append(Task(words, buttons, service.asked_at, key))
    return found


def _too_long(ctx: Context, asked_at: datetime) -> bool:
    ours = working_hours.company(ctx)
    local = asked_at.astimezone(ZoneInfo(ours.zone))
    last = ours.working_days_after(local.date(), DECIDE_IN)
    return ctx.now >= kit_calendar.at(last, local.time(), ours.zone)

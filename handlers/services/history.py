"""What was entered and corrected of a service, told in order, with what stood there before."""

from __future__ import annotations

from datetime import datetime

from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Known, known
from handlers.kit.messages import Items, Message, Reply, Text, Title
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former, name
from handlers.kit.words import Sentence, Words, _
from handlers.services.lookup import AnyServiceRef
from handlers.working_time.hours import service_hours_words
from storage.engine.ids import PersonId, ServiceId
from storage.services import Service, history
from storage.services.history import Entry, ServiceEvent

feature = Feature(_("Services"))

SHOWN = 25
FIELDS: dict[ServiceEvent, Sentence] = {
    ServiceEvent.NAME: _("Name"),
    ServiceEvent.WORDS: _("Other words for it"),
    ServiceEvent.SERIOUS: _("When is it serious here?"),
    ServiceEvent.LIMIT: _("Minutes until the alert escalates"),
    ServiceEvent.RUNBOOK: _("Runbook"),
    ServiceEvent.HOURS: _("Own working hours"),
    ServiceEvent.ACCOUNTABLE: _("Accountable"),
    ServiceEvent.DEPUTY: _("Deputy"),
}


def note(
    ctx: Context, service: ServiceId, kind: ServiceEvent, before: str = "", after: str = ""
) -> None:
    """Write down what the asker did; a field that stays as it was is no change."""
    if kind in FIELDS and before == after:
        return
    entry = Entry(kind, ctx.person.id, ctx.now, before, after)
    history.add(ctx.tx, service, entry, id=ctx.new_id())


def note_changes(ctx: Context, before: Service, after: Service) -> None:
    """Write down each field in which a service differs from how it stood."""
    for kind, was, is_ in (
        (ServiceEvent.NAME, before.name, after.name),
        (ServiceEvent.WORDS, ", ".join(before.words), ", ".join(after.words)),
        (ServiceEvent.SERIOUS, before.serious_when, after.serious_when),
        (ServiceEvent.LIMIT, str(before.limit_minutes), str(after.limit_minutes)),
        (ServiceEvent.RUNBOOK, before.runbook or "", after.runbook or ""),
        (ServiceEvent.HOURS, before.hours, after.hours),
        (ServiceEvent.ACCOUNTABLE, before.accountable, after.accountable),
        (ServiceEvent.DEPUTY, before.deputy, after.deputy),
    ):
        note(ctx, after.id, kind, was, is_)


@feature.command(
    "service history",
    "dienst verlauf",
    help=_("What was entered and corrected of a service."),
    hidden=True,
    reads=True,
    needs="read",
)
def past(ctx: Context, service: AnyServiceRef) -> Reply:
    entries = history.of(ctx.tx, service.id, SHOWN)
    if not entries:
        return Reply(Message((Title(service.name), Text(_("Nothing was corrected yet.")))))
    lines: tuple[Words, ...] = tuple(
        _("{at}: {what}", at=each.at, what=_line(ctx, each)) for each in entries
    )
    return Reply(Message((Title(service.name), Items(lines))))


def _line(ctx: Context, entry: Entry) -> Sentence:
    who = name(ctx, entry.person)
    if entry.kind == ServiceEvent.ENTERED:
        return _("{who} entered it.", who=who)
    if entry.kind == ServiceEvent.RETIRED:
        return _("{who} took it out of use.", who=who)
    if entry.kind == ServiceEvent.BROUGHT_BACK:
        return _("{who} took it into use again.", who=who)
    what = FIELDS[entry.kind]
    before, after = (_value_words(ctx, entry.kind, each) for each in (entry.before, entry.after))
    return _(
        "{who}, {what}: {after} (before: {before})", who=who, what=what, after=after, before=before
    )


def _value_words(ctx: Context, kind: ServiceEvent, value: str) -> Words:
    if not value:
        return _("nothing")
    if kind == ServiceEvent.HOURS:  # stored in one way, said in the reader's
        return service_hours_words(value)
    return (
        name(ctx, PersonId(value))
        if kind in (ServiceEvent.ACCOUNTABLE, ServiceEvent.DEPUTY)
        else value
    )


@feature.knows(
    11,
    _("History of services"),
    {"service_history": ("person",)},
    replace=history.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell what somebody corrected."""
    return known(history.of_person(ctx.tx, person), {"service_history.person": _("In its history")})


@feature.keeps(
    "service_history", what=_("Who corrected what of a service"), days=NAMES_KEPT, then=NAMES_GO
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of their names; what was corrected stays."""
    return history.forget_people(ctx.tx, before, former(ctx))

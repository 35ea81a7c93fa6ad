"""What happens by the clock after an incident works again: reminders, the quiet end, late fixes.

One timer per incident (`transitions.next_step` says what is next). Rule: docs/rules.md, done.
"""

from __future__ import annotations

from handlers.bans.rules import rules
from handlers.closing.cards import check_button
from handlers.incidents import checklist, escalation
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.cards import finish, headline, label, undone_line
from handlers.incidents.keys import IncidentTimer
from handlers.incidents.lookup import note
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Button, Buttons, Message, Part, Post, Reply, Text, Title
from handlers.kit.people import name
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, _, _n, shortened
from handlers.on_call import duty
from storage import closing as closings
from storage import incidents
from storage.closing import Closing
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import NOBODY, PersonId
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState, TimelineKind

feature = Feature(_("After an incident"))

SHOWN = 5  # incidents in one reminder
REMINDERS = ("remind", "fix", "overdue")


@feature.timer(IncidentTimer.AFTER_RESTORED)
def after(ctx: Context, number: int, what: str) -> Reply:
    """Do what is due now, and plan what comes next; `what` "again" only looks again."""
    incident = incidents.find(ctx.tx, number)
    if incident is None:
        return Reply()
    start = working_hours.company(ctx).next_start(ctx.now)
    if what in REMINDERS and start > ctx.now:  # nobody is reminded at night or on a holiday
        incident_transitions.set_timer(ctx, number, what, start)
        return Reply()
    coming = incident_transitions.next_step(ctx, incident)
    if what == "quiet" and incident.state == IncidentState.RESTORED:
        return _quiet(ctx, incident)
    if what == "remind" and coming is not None and coming[0] == "remind":
        return _remind(ctx, incident)
    if what in ("fix", "overdue") and incident.state == IncidentState.DONE:
        return _fix(ctx, incident, what)
    incident_transitions.plan(ctx, incident)
    return Reply()


def _quiet(ctx: Context, incident: Incident) -> Reply:
    """It stayed quiet for long enough: done, unless something came back or still keeps it."""
    number = incident.number
    closing = closings.find(ctx.tx, number)
    early = checklist.quiet_until(ctx, incident) > ctx.now
    waits = checklist.waits_for_check(ctx, incident)
    if not waits or early or incident_transitions.obstacle(ctx, incident) is not None:
        incident_transitions.plan(ctx, incident)
        return Reply()
    closings.stay_quiet(ctx.tx, number, ctx.now)
    note(ctx, number, TimelineKind.QUIET, str(rules(ctx.tx).calm))
    incident = incident_transitions.finish(ctx, number, closing.asked_by or incident.responsible)
    return Reply(
        posts=(*escalation.ended_posts(ctx, incident), escalation.declarer_post(ctx, incident))
    )


def _remind(ctx: Context, incident: Incident) -> Reply:
    """Remind whoever is responsible of everything that waits for them, in one message."""
    if incident_transitions.waits_for_others(ctx, incident):
        incident_transitions.plan(ctx, incident)
        return Reply()
    who = incident.responsible
    found = [
        each
        for each in incident_lists.undone(ctx.tx, person=who)
        if incident_transitions.remind_at(ctx, each) <= ctx.now
    ]
    found = [each for each in sorted(found, key=_by_number) if _not_reminded(ctx, each)]
    if not found:
        return Reply()
    parts: list[Part] = [
        Title(
            _n(
                "Still to finish: {n} incident",
                "Still to finish: {n} incidents",
                len(found),
            )
        )
    ]
    for each in found[:SHOWN]:
        note(ctx, each.number, TimelineKind.REMINDED, who)
        count = len(checklist.missing_of(ctx, each))
        said = _(
            "{title}: {open}.",
            title=shortened(headline(each), 100),
            open=checklist.open_of_all(count),
        )
        parts += [Text(said), Buttons((finish(each.number),))]
    rest = len(found) - SHOWN
    if rest > 0:
        parts.append(Text(_n("and {n} more", "and {n} more", rest), small=True))
    day = calendar.day_of(ctx.now, ctx.workspace.zone)
    key = f"undone:{who}:{day.isoformat()}"
    return Reply(posts=(Post(key, Message(tuple(parts)), _to(ctx, who), ParcelKind.NOTE),))


def _to(ctx: Context, person: PersonId) -> str:
    """Return where a reminder goes: to who stands in while somebody is away."""
    return f"direct:{duty.stands_in(ctx, person)}"


def _by_number(incident: Incident) -> int:
    return incident.number


def _not_reminded(ctx: Context, incident: Incident) -> bool:
    closings.begin(ctx.tx, incident.number)
    waits = incident_transitions.waits_for_others(ctx, incident)
    return not waits and closings.remind(ctx.tx, incident.number, ctx.now)


def _fix(ctx: Context, incident: Incident, what: str) -> Reply:
    """Remind whoever fixes the cause: once before the day, once after it."""
    incident_transitions.plan(ctx, incident)
    number = incident.number
    closing = closings.find(ctx.tx, number)
    if closing.fix_done_at is not None or closing.fixer is None:
        return Reply()
    before, afterwards, _heir = incident_transitions.fix_keys(ctx, number)
    if what == "fix":
        said = _("The cause is to be fixed by {on}. How is it going?", on=closing.fix_on)
    else:
        said = _("The date {on} has passed. Is the cause fixed?", on=closing.fix_on)
    message = Message((Title(headline(incident)), Text(said), Buttons(fix_buttons(number))))
    key = before if what == "fix" else afterwards
    return Reply(posts=(Post(key, message, _to(ctx, closing.fixer), ParcelKind.NOTE),))


@feature.waits(40)
def waiting(ctx: Context) -> list[Task]:
    """Return what waits for the asker after it works again: a check, the points, a late fix."""
    mine = duty.acts_for(ctx, ctx.person.id)
    found: list[Task] = []
    for number in [number for each in mine for number in closings.to_check(ctx.tx, each)]:
        words = _("Have you checked that {incident} is over?", incident=label(number))
        found.append(Task(words, (check_button(number), _show(number))))
    found += [
        Task(undone_line(ctx, each), (finish(each.number), _show(each.number)), each.restored_at)
        for me in mine
        for each in incident_lists.undone(ctx.tx, person=me)
    ]
    for closing in closings.unfixed(ctx.tx, today_of(ctx)):
        if closing.fixer in mine:
            found.append(Task(late_fix(ctx, closing), fix_buttons(closing.incident)))
    return found


def _show(number: int) -> Button:
    return Button(label(number), call("show", number=number))


def fix_buttons(number: int) -> tuple[Button, ...]:
    """Return the buttons of whoever fixes the cause behind a workaround."""
    return (
        Button(_("The cause is fixed"), call("fixed", number=number), "primary"),
        Button(_("New date"), call("fix date", number=number)),
        Button(label(number), call("show", number=number), "quiet"),
    )


def late_fix(ctx: Context, closing: Closing) -> Sentence:
    """Return in one line that the cause behind a workaround should be fixed by now."""
    incident = incidents.find(ctx.tx, closing.incident)
    title = shortened(headline(incident), 100) if incident else label(closing.incident)
    return _(
        "{title}: the date {on} for the cause has passed; responsible: {who}",
        title=title,
        on=closing.fix_on,
        who=name(ctx, closing.fixer or NOBODY),
    )

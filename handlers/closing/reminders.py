"""What happens by the clock after an incident works again: reminders, the quiet end, late fixes.

One timer per incident (`transitions.next_step` says what is next). Rule: docs/rules.md, done.
"""

from __future__ import annotations

from handlers.attention import matters
from handlers.bans.rules import rules
from handlers.closing.cards import check_button
from handlers.incidents import checklist, escalation, keys
from handlers.incidents import transitions as incident_transitions
from handlers.incidents.alarms import reminding
from handlers.incidents.cards import finish, headline, label, undone_line
from handlers.incidents.keys import IncidentTimer
from handlers.incidents.lookup import note
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Button, Reply
from handlers.kit.people import name
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, _, shortened
from handlers.on_call import duty
from storage import closing as closings
from storage import incidents
from storage.closing import Closing
from storage.closing import digest as closing_figures
from storage.engine.ids import NOBODY, IncidentNumber
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState, TimelineKind

feature = Feature(_("After an incident"))


@feature.timer(IncidentTimer.AFTER_RESTORED)
def after(ctx: Context, number: IncidentNumber, what: str) -> Reply:
    """Do what is due now, and plan what comes next; `what` "again" only looks again."""
    incident = incidents.find(ctx.tx, number)
    if incident is None:
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
        posts=(*escalation.ended_posts(ctx, incident), *escalation.declarer_edits(ctx, incident))
    )


def _remind(ctx: Context, incident: Incident) -> Reply:
    """Remind whoever is responsible, once, that it is not done."""
    if incident_transitions.waits_for_others(ctx, incident):
        incident_transitions.plan(ctx, incident)
        return Reply()
    closings.begin(ctx.tx, incident.number)
    if closings.remind(ctx.tx, incident.number, ctx.now):
        note(ctx, incident.number, TimelineKind.REMINDED, incident.responsible)
        reminding.remind(ctx, incident)
    return Reply()


def _fix(ctx: Context, incident: Incident, what: str) -> Reply:
    """Remind whoever fixes the cause: once before the day, once after it."""
    incident_transitions.plan(ctx, incident)
    closing = closings.find(ctx.tx, incident.number)
    if closing.fix_done_at is not None or closing.fixer is None:
        return Reply()
    before, afterwards = keys.fix_keys(incident.number, closing.fix_on)
    over = afterwards if what == "fix" else before
    posts = matters.settle(ctx, over)
    reminding.remind_of_fix(ctx, incident, closing, late=what == "overdue")
    return Reply(posts=posts)


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
    for closing in closing_figures.unfixed(ctx.tx, today_of(ctx)):
        if closing.fixer in mine:
            found.append(Task(late_fix(ctx, closing), reminding.fix_buttons(closing.incident)))
    return found


def _show(number: IncidentNumber) -> Button:
    return Button(label(number), call("show", number=number))


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

"""Transitions: the one place where the state of an incident changes, for every caller.

open → restored → done; withdrawn by its declarer; closed as a duplicate, a false alarm or
superseded; reopened. Chat, page, machines and timers all come here (docs/rules.md, done), and a
test sees to it that nobody goes around. What else keeps an incident from being done says so
in `BLOCKERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from handlers.attention import matters
from handlers.bans import blocks as ban_blocks
from handlers.incidents import escalation, keys
from handlers.incidents.cards import headline, label, works_again
from handlers.incidents.checklist import Point, missing_of, quiet_until, waits_for_check
from handlers.incidents.keys import IncidentTimer
from handlers.incidents.lookup import NEWS, find, not_open, note
from handlers.kit import calendar, working_hours
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post
from handlers.kit.words import Sentence, _, shortened
from handlers.kit.working_hours import WorkingTime
from handlers.on_call import duty
from handlers.services import lookup as service_lookup
from storage import closing as closings
from storage import incidents
from storage.closing.states import Ending
from storage.delivery import timers
from storage.engine.ids import IncidentNumber, PersonId
from storage.incidents import Incident
from storage.incidents import transitions as states
from storage.incidents.states import ClosedAs, IncidentState, Severity, TimelineKind
from storage.repeats.outages import overlap

Blocker = Callable[[Context, Incident], Sentence | None]

# What keeps an incident from being done beside its own points; each says why, or None.
BLOCKERS: tuple[Blocker, ...] = (ban_blocks.blocks,)

OPEN, RESTORED, DONE, CLOSED, WITHDRAWN = IncidentState
MOVES = {  # from each state, where to
    OPEN: (RESTORED, CLOSED, WITHDRAWN),
    RESTORED: (DONE, CLOSED, OPEN),
    DONE: (OPEN,),
    CLOSED: (OPEN,),
    WITHDRAWN: (),
}
PATIENCE = 3  # working days between restored and the reminder


@contextmanager
def changing(
    ctx: Context, *numbers: IncidentNumber, goes_on: Collection[IncidentNumber] = ()
) -> Iterator[None]:
    """Change incidents with nobody else at them: who is just at one finishes first.

    This alone knows the order in which locks are taken: timers before rows, as the scheduler
    does, and the smaller number first. Their timers stop, and at the end each gets the one of
    what comes next after it works again; those of `goes_on` are let alone. Within another one
    for the same incidents it changes nothing.
    """
    in_order = sorted(set(numbers))
    for number in in_order:
        if number in goes_on:
            escalation.lock(ctx, number)
        else:
            escalation.stop(ctx, number)
            timers.cancel(ctx.tx, keys.after_key(number))
    if len(in_order) > 1:  # one is locked by the change itself
        states.lock(ctx.tx, in_order)
    yield
    for number in in_order:
        if number not in goes_on:
            plan(ctx, find(ctx, number))


def restore(ctx: Context, number: IncidentNumber, text: str = "") -> Incident:
    """It works again. A missing acknowledgement stays missing."""
    with changing(ctx, number):
        if text and incidents.tell(ctx.tx, number, ctx.person.id, text, ctx.now, None):
            note(ctx, number, TimelineKind.NEWS, text)
        if not states.restore(ctx.tx, number, ctx.person.id, ctx.now):
            raise not_open(ctx, find(ctx, number), text)
        closings.begin(ctx.tx, number)
        return note(ctx, number, TimelineKind.RESTORED)


def withdraw(ctx: Context, number: IncidentNumber, since: datetime) -> Incident | None:
    """Take back what the asker declared at `since` or later; None when it is too late."""
    with changing(ctx, number):
        if not states.withdraw(ctx.tx, number, ctx.person.id, since):
            return None
        return note(ctx, number, TimelineKind.WITHDRAWN)


def obstacle(ctx: Context, incident: Incident) -> Sentence | None:
    """Return what else keeps an incident from being done, None when nothing does."""
    return next((words for each in BLOCKERS if (words := each(ctx, incident)) is not None), None)


def finish(ctx: Context, number: IncidentNumber, person: PersonId, reason: str = "") -> Incident:
    """It is done, in the name of `person`; with a `reason` also while points are open.

    Raises `Refusal` while something is missing: whoever asks may show it more kindly before.
    """
    with changing(ctx, number):
        incident = find(ctx, number)
        must_go(ctx, incident, DONE)
        hindrance = obstacle(ctx, incident)
        if hindrance is not None:
            raise Refusal(hindrance)
        points = missing_of(ctx, incident)
        if points and not reason:
            raise Refusal(
                _("{incident} is not done yet.", incident=label(number)),
                buttons=(Button(_("What is missing"), call("done", number=number)),),
            )
        if reason:
            closings.begin(ctx.tx, number)
            still_open = ",".join(points)
            closings.override(ctx.tx, number, person, reason, still_open, ctx.now)
            note(ctx, number, TimelineKind.OVERRIDDEN, reason, person=person)
        if not states.finish(ctx.tx, number, person, ctx.now):
            raise not_open(ctx, find(ctx, number))
        return note(ctx, number, TimelineKind.DONE, person=person)


def close(
    ctx: Context,
    number: IncidentNumber,
    closed_as: ClosedAs,
    target: IncidentNumber | None,
    why: str,
) -> Incident:
    """It was something else; a duplicate and what is superseded say what they go into."""
    ends_in = _ways_end(ctx, target) if target is not None else ()
    with changing(ctx, number, *ends_in, goes_on=ends_in):
        incident = find(ctx, number)
        must_go(ctx, incident, CLOSED)
        hindrance = obstacle(ctx, incident)
        if target is not None:
            target = root(ctx, number, target)
            if closed_as is ClosedAs.DUPLICATE and overlap(*_in_order(incident, find(ctx, target))):
                hindrance = None  # one outage, reported twice: the other one stays held
        if hindrance is not None:
            raise Refusal(hindrance)
        by = ctx.person.id
        if not states.close(ctx.tx, number, by, ctx.now, closed_as=closed_as, target=target):
            raise not_open(ctx, find(ctx, number))
        if why:
            note(ctx, number, TimelineKind.REASON, why)
        return note(ctx, number, TimelineKind.CLOSED)


def _in_order(one: Incident, other: Incident) -> tuple[Incident, Incident]:
    return (one, other) if one.number < other.number else (other, one)


def _ways_end(ctx: Context, target: IncidentNumber) -> tuple[IncidentNumber, ...]:
    """Return `target` and what it goes on in, as it looks before anything is locked."""
    found = find(ctx, target)
    while found.closed_into is not None:
        found = find(ctx, found.closed_into)
    return target, found.number


def root(ctx: Context, number: IncidentNumber, target: IncidentNumber) -> IncidentNumber:
    """Return the incident that `target` ended up in: links never form a ring."""
    found = find(ctx, target)
    while found.closed_into is not None and found.number != number:
        found = find(ctx, found.closed_into)
    if found.number == number:
        raise Refusal(
            _("Please name another incident than {incident}.", incident=label(number)),
            field="target",
        )
    if found.state in (IncidentState.WITHDRAWN, IncidentState.CLOSED):
        raise Refusal(
            _(
                "{incident} is itself closed or withdrawn. Please name another incident.",
                incident=shortened(headline(found)),
            ),
            field="target",
        )
    return found.number


def reopen(ctx: Context, number: IncidentNumber, reason: str) -> Incident:
    """It came back, or was not over: open again, with whoever is on duty now."""
    with changing(ctx, number):
        incident = find(ctx, number)
        must_go(ctx, incident, OPEN)
        service = ctx.service_of(incident.service) or service_lookup.fallback(ctx)
        if not states.reopen(ctx.tx, number, duty.on_duty(ctx, service), ctx.now):
            raise not_open(ctx, find(ctx, number))
        closings.forget_moments(ctx.tx, number)
        return note(ctx, number, TimelineKind.REOPENED, reason)


def set_severity(
    ctx: Context, number: IncidentNumber, severity: Severity
) -> tuple[Incident, tuple[Post, ...]]:
    """Call an open incident serious or normal; nothing is posted if it was called so already."""
    incident = find(ctx, number)
    # Of the steps only the first one's time is still to be had.
    with changing(ctx, number, goes_on=() if incident.alarms == 1 else (number,)):
        known = not incidents.set_severity(ctx.tx, number, severity)
        incident = find(ctx, number) if known else note(ctx, number, TimelineKind(severity))
        again: tuple[Post, ...] = ()
        if incident.alarms == 1:
            _wait_as_severe(ctx, incident)
        elif severity == Severity.SERIOUS and not known:
            again = escalation.quicken(ctx, incident)
            incident = find(ctx, number)
    if known:
        return incident, ()
    followed = ctx.follow(Event.MADE_SERIOUS, str(number))
    return incident, (*followed, *again, *escalation.card_posts(ctx, incident))


def _wait_as_severe(ctx: Context, incident: Incident) -> None:
    if incident.unanswered:
        escalation.wait_for_answer(ctx, incident)
    elif incident.next_news_at is not None:
        sooner = min(incident.next_news_at, ctx.now + NEWS[incident.severity])
        escalation.wait_for_news(ctx, incident, sooner)


def must_go(ctx: Context, incident: Incident, state: IncidentState) -> None:
    """Refuse kindly what the table of moves does not have."""
    if state in MOVES[incident.state]:
        return
    if incident.state != IncidentState.OPEN:
        raise not_open(ctx, incident)
    if state == DONE:
        raise Refusal(
            _(
                "Nobody has said yet that {incident} works again.",
                incident=label(incident.number),
            ),
            buttons=(works_again(incident.number),),
        )
    raise Refusal(_("{incident} is open already.", incident=label(incident.number)))


# --- what comes next, by the clock -------------------------------------------------------


def plan(ctx: Context, incident: Incident) -> None:
    """Set the timer for whatever comes next after an incident works again, if anything does."""
    coming = next_step(ctx, incident)
    if coming is not None:
        set_timer(ctx, incident.number, *coming)


def set_timer(ctx: Context, number: IncidentNumber, what: str, due: datetime) -> None:
    """Set the one timer that an incident has after it works again."""
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=IncidentTimer.AFTER_RESTORED,
        key=keys.after_key(number),
        due=due,
        number=number,
        what=what,
    )


def next_step(ctx: Context, incident: Incident) -> tuple[str, datetime] | None:
    """Return what comes next and when: remind, quiet, fix (before its day) or overdue."""
    if incident.state not in (IncidentState.RESTORED, IncidentState.DONE):
        return None  # most changes are of an open one: nothing has to be looked up for them
    closing = closings.find(ctx.tx, incident.number)
    if incident.state == IncidentState.RESTORED:
        tomorrow = ctx.now + timedelta(days=1)
        banned = obstacle(ctx, incident) is not None
        if waits_for_check(ctx, incident):
            until = quiet_until(ctx, incident)
            return "quiet", tomorrow if banned and until <= ctx.now else max(until, ctx.now)
        if closing.reminded_at is None:
            at = remind_at(ctx, incident)
            waits = banned and waits_for_others(ctx, incident)
            return "remind", max(at, tomorrow) if waits else at
    if incident.state == IncidentState.DONE and closing.fix_on and closing.fix_done_at is None:
        if closing.ending is not Ending.WORKAROUND:
            return None
        ours, day = working_hours.company(ctx), closing.fix_on
        steps = (
            ("fix", _look(ours, ours.working_days_after(day, -1))),
            ("overdue", _look(ours, ours.working_days_after(day, 1))),
        )
        return next(((what, due) for what, due in steps if due > ctx.now), None)
    return None


def waits_for_others(ctx: Context, incident: Incident) -> bool:
    """Say whether everything that can be said is said: it waits for a check, or for a ban's end."""
    if missing_of(ctx, incident) not in ([], [Point.CHECKED]):
        return False
    return waits_for_check(ctx, incident) or obstacle(ctx, incident) is not None


def remind_at(ctx: Context, incident: Incident) -> datetime:
    """Return when whoever is responsible is reminded that restored is not done."""
    ours = working_hours.company(ctx)
    day = calendar.day_of(incident.restored_at or ctx.now, ours.zone)
    return _look(ours, ours.working_days_after(day, PATIENCE))


def _look(ours: WorkingTime, day: date) -> datetime:
    """Return when the reminders of a day are noted: who gets one is told at their own hour."""
    return calendar.at(day, matters.LOOK, ours.zone)

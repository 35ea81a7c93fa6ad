"""One step of escalation: when it is due, when it is late, and when nobody was reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from handlers.incidents import cards, escalation, keys
from handlers.incidents.alarms import posting, steps, targets, wording
from handlers.incidents.alarms.steps import ASK, BEGIN, TOP, Due, Rounds
from handlers.incidents.escalation import Escalation
from handlers.incidents.keys import IncidentTimer
from handlers.kit import working_hours
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Message, Post, Reply
from handlers.kit.words import Sentence, _
from handlers.kit.working_hours import WorkingTime
from handlers.on_call import duty
from storage import incidents
from storage.delivery import heartbeat, timers
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PersonId
from storage.incidents import Incident, alarms
from storage.incidents import timeline as incident_timeline
from storage.incidents.states import IncidentState, TimelineKind

feature = Feature(_("Escalation"))

SOON = timedelta(seconds=10)  # what runs sooner than planned by more was hastened
CROWD = posting.MOST  # other incidents that are due in this moment: then it is a list at once


@feature.timer(IncidentTimer.ESCALATION)
def escalate(
    ctx: Context,
    number: int,
    level: int,
    since: str,
    planned: str = "",
    jump: bool = False,
    jumped: str = "",
    fell: bool = False,
    missed: str = "",
) -> Reply:
    """Make the step that is due. Timers from before carry number, level and since alone."""
    incident = incidents.find(ctx.tx, number)
    if incident is None or incident.state != IncidentState.OPEN:
        return Reply()
    this = Escalation(
        level=level,
        since=datetime.fromisoformat(since),
        due=datetime.fromisoformat(planned) if planned else ctx.now,
        jump=jump,
        jumped=datetime.fromisoformat(jumped) if jumped else None,
        fell=fell,
        missed=tuple(PersonId(each) for each in missed.split(",")) if missed else (),
    )
    assert this.due is not None
    if jump or this.due - ctx.now > SOON:
        return _nobody_reached(ctx, incident, this)
    if level == ASK:
        return _ask_for_news(ctx, incident, this)
    return _step(ctx, incident, this)


def _rules(ctx: Context, incident: Incident) -> tuple[timedelta, Rounds, WorkingTime]:
    ours = working_hours.of_service(ctx, ctx.service_of(incident.service))
    return escalation.limit_of(ctx, incident), steps.ROUNDS[incident.severity], ours


def _step(ctx: Context, incident: Incident, this: Escalation) -> Reply:
    """Alarm everybody of every step that fell due, each once."""
    limit, rounds, ours = _rules(ctx, incident)
    assert this.due is not None
    first = Due(this.level, this.due)
    late = ctx.now - this.due > steps.LATE
    due = steps.due_until(first, ctx.now, limit, rounds, ours) if late else [first]
    levels = [each.level for each in due]
    last = Due(levels[-1], ctx.now)  # whoever is alarmed last has the full time
    wanted = list(this.missed) or targets.of_levels(ctx, incident, levels)
    why: Sentence
    after: Escalation
    rested: datetime | None
    if late and rounds.rests and not ours.is_working(ctx.now) and not this.missed:
        # After a restart at night the one responsible; the others when work begins.
        now = targets.of_levels(ctx, incident, [BEGIN])
        others = tuple(each for each in wanted if each not in now)
        begins = ours.next_start(ctx.now)
        after = Escalation(levels[-1], this.since, begins, missed=others)
        if not others:
            after = Escalation(BEGIN, this.since, begins)
        wanted, rested = now, begins
    else:
        coming = steps.following(last, limit, rounds, ours)
        after = Escalation(coming.level, this.since, coming.at)
        rested = coming.at if coming.rests else None
    if late:
        stood = heartbeat.standstill(ctx.tx, this.due)
        why = wording.why_late(ctx, incident, this.since, stood)
    elif this.level == BEGIN or this.missed:
        why = wording.why_again(ctx, incident, this.since)
    else:
        minutes = wording.minutes_between(this.since, ctx.now)
        why = cards.why_escalated(ctx, incident, minutes)
    top = max(levels) >= TOP
    wanted = _within_daily_limit(ctx, incident, targets.awake(ctx, incident, wanted), rounds)
    wanted += _all_managers(ctx, incident, this, rounds, but=wanted)
    posts = _alarm(ctx, incident, wanted, why)
    escalation.plan(ctx, incident.number, after)
    told = _tell_declarer(ctx, incident, top=top, rested=rested, alarmed=wanted)
    incident = incidents.find(ctx.tx, incident.number) or incident
    return Reply(posts=(*posts, *told, *escalation.card_posts(ctx, incident)))


def _alarm(
    ctx: Context, incident: Incident, people: list[PersonId], why: Sentence
) -> tuple[Post, ...]:
    """Alarm some people, and note it in the timeline; nobody is a step that alarms nobody."""
    if not incident.unanswered and not incident.silent:
        incidents.mark_silent(ctx.tx, incident.number)
    if not people:
        return ()
    number = incident.number
    position = incidents.count_alarm(ctx.tx, number)
    incident = incidents.find(ctx.tx, number) or incident
    _note(ctx, incident, TimelineKind.ALARMED, ",".join(people))
    crowded = timers.many_due(ctx.tx, IncidentTimer.ESCALATION, ctx.now, CROWD)

    def message(person: PersonId) -> Message:
        more = wording.pause_buttons(ctx, incident, person, position)
        return cards.alarm(ctx, incident, why, more)

    return posting.alarm_posts(ctx, incident, position, people, message, crowded=crowded)


def _note(ctx: Context, incident: Incident, kind: TimelineKind, detail: str = "") -> None:
    incident_timeline.add(
        ctx.tx, incident.number, id=ctx.new_id(), at=ctx.now, kind=kind, detail=detail
    )


def _within_daily_limit(
    ctx: Context, incident: Incident, people: list[PersonId], rounds: Rounds
) -> list[PersonId]:
    """Leave out who has had as many alarms of a normal incident as one gets in a day."""
    if rounds.most is None:
        return people
    had = posting.often(ctx, incident, ctx.now - steps.DAY)
    return [each for each in people if had.get(each, 0) < rounds.most]


def _all_managers(
    ctx: Context, incident: Incident, this: Escalation, rounds: Rounds, but: list[PersonId]
) -> list[PersonId]:
    """Return every other manager, once, when a serious incident has waited for hours."""
    if rounds.widens is None or ctx.now - this.since < rounds.widens:
        return []
    if _once(ctx, incident, TimelineKind.WIDENED):
        return []
    _note(ctx, incident, TimelineKind.WIDENED)
    others = dict.fromkeys(targets.other_managers(ctx))
    return [each for each in others if each not in but]


def _once(ctx: Context, incident: Incident, kind: TimelineKind) -> bool:
    """Say whether something was told already since the incident began."""
    return any(
        each.kind == kind and each.at >= incident.begun_at
        for each in incident_timeline.of(ctx.tx, incident.number)
    )


def _tell_declarer(
    ctx: Context, incident: Incident, *, top: bool, rested: datetime | None, alarmed: list[PersonId]
) -> tuple[Post, ...]:
    """Tell whoever declared it once that it reached the top, and once that it rests."""
    number, place = incident.number, f"direct:{incident.declared_by}"
    hears = duty.is_here(ctx, incident.declared_by) and not (
        rested is None and incident.declared_by in alarmed
    )
    rests = rested is not None and not _once(ctx, incident, TimelineKind.RESTS)
    reached = top and not _once(ctx, incident, TimelineKind.AT_THE_TOP)
    if reached:
        _note(ctx, incident, TimelineKind.AT_THE_TOP)
    if rests and rested is not None:
        _note(ctx, incident, TimelineKind.RESTS)
        if hears:
            return (
                Post(
                    keys.rests_key(number),
                    wording.rests(ctx, incident, rested),
                    place,
                    ParcelKind.NOTE,
                ),
            )
    if reached and hears:
        return (
            Post(keys.top_key(number), wording.reached_top(ctx, incident), place, ParcelKind.NOTE),
        )
    return ()


def _ask_for_news(ctx: Context, incident: Incident, this: Escalation) -> Reply:
    """Ask whoever promised news, before anybody else, also when it is late."""
    number = incident.number
    if not incidents.mark_silent(ctx.tx, number):
        return Reply()
    position = incidents.count_alarm(ctx.tx, number)
    incident = incidents.find(ctx.tx, number) or incident
    _note(ctx, incident, TimelineKind.SILENT)
    due = ctx.now + escalation.limit_of(ctx, incident)
    escalation.plan(ctx, number, Escalation(steps.SECOND, this.since, due))
    people = targets.of_levels(ctx, incident, [BEGIN])
    question = cards.question(ctx, incident)
    ask = posting.alarm_posts(ctx, incident, position, people, lambda _person: question)
    return Reply(posts=(*ask, *escalation.card_posts(ctx, incident)))


# --- nobody was reached ------------------------------------------------------------------


def _nobody_reached(ctx: Context, incident: Incident, this: Escalation) -> Reply:
    """An alarm could not be delivered: the step counts as silent, if nobody of it was reached."""
    position = incident.alarms - 1
    last = _last_alarmed(ctx, incident)
    places = {each: posting.unheard(ctx, incident, position, each) for each in last}
    gone = [(each, place) for each, place in places.items() if place is not None]
    for each in posting.beside(ctx, incident, position):  # the list could not be delivered
        if gone:
            timers.hasten(ctx.tx, keys.escalation_key(each), ctx.now)
    for person, platform in gone:
        _note_unreached(ctx, incident, person, platform)
    shown = escalation.card_posts(ctx, incident)
    assert this.due is not None
    if len(gone) < len(last) or not gone:  # somebody has it, and has the full time
        escalation.plan(ctx, incident.number, replace(this, jump=False, due=max(this.due, ctx.now)))
        return Reply(posts=shown if gone else ())
    if this.jumped is not None and ctx.now < this.jumped + steps.JUMP:
        soon = this.jumped + steps.JUMP
        escalation.plan(ctx, incident.number, replace(this, jump=True, due=soon))
        return Reply(posts=shown)
    away = {person for person, _platform in gone} | _unreached_before(ctx, incident)
    level = steps.SECOND if this.level <= steps.SECOND else this.level
    wanted: list[PersonId] = []
    if not this.fell:
        while level <= TOP and not wanted:
            found = targets.of_levels(ctx, incident, [level])
            wanted = [each for each in found if each not in away]
            level += 1
    fell = this.fell
    if not wanted and not fell:
        wanted, fell = targets.everybody_else(ctx, incident, away), True
    limit, rounds, ours = _rules(ctx, incident)
    if not wanted:
        coming = steps.following(Due(max(level, TOP + 1) - 1, ctx.now), limit, rounds, ours)
        after = Escalation(coming.level, this.since, coming.at, jumped=this.jumped, fell=True)
        escalation.plan(ctx, incident.number, after)
        return Reply(posts=shown)
    made = TOP if fell else level - 1
    posts = _alarm(ctx, incident, wanted, wording.why_unreachable(ctx, gone))
    coming = steps.following(Due(made, ctx.now), limit, rounds, ours)
    after = Escalation(coming.level, this.since, coming.at, jumped=ctx.now, fell=fell)
    escalation.plan(ctx, incident.number, after)
    incident = incidents.find(ctx.tx, incident.number) or incident
    told = _tell_declarer(
        ctx, incident, top=made >= TOP, rested=coming.at if coming.rests else None, alarmed=wanted
    )
    return Reply(posts=(*posts, *told, *escalation.card_posts(ctx, incident)))


def _last_alarmed(ctx: Context, incident: Incident) -> list[PersonId]:
    """Return who was alarmed by the last step."""
    found = alarms.of(ctx.tx, incident.number)
    return [each.person for each in found if each.position == incident.alarms - 1]


def _note_unreached(ctx: Context, incident: Incident, person: PersonId, platform: str) -> None:
    """Note once since it began that somebody cannot be reached."""
    if person not in _unreached_before(ctx, incident):
        _note(ctx, incident, TimelineKind.UNREACHED, f"{person}:{platform}")


def _unreached_before(ctx: Context, incident: Incident) -> set[PersonId]:
    return {person for person, _platform in targets.unreached(ctx, incident)}

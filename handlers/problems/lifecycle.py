"""How a problem comes, goes and comes back: opened by repeats, lifted by a verified fix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from handlers.bans.blocks import owner
from handlers.bans.cards import label
from handlers.bans.rules import rules
from handlers.incidents import escalation, keys
from handlers.incidents.keys import IncidentTimer
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.messages import Post, Reply
from handlers.kit.people import name
from handlers.kit.readers.dates import today_of
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from handlers.problems import changes
from handlers.problems.cards import card, key, personal_card, quiet_until, settled_reminder
from storage import incidents, problems, repeats
from storage import repeats as storage_repeats
from storage.delivery import timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState
from storage.problems import Problem
from storage.problems import history as problem_history
from storage.problems.states import ProblemEvent, ProblemState
from storage.repeats import outages
from storage.services import Service

feature = Feature(_("Problems and blocks"))

# docs/rules.md, repeats
TIME = 10  # working days until a cause should be fixed, unless somebody sets another date
BEFORE = 2  # working days before that on which its owner is reminded
HOUR = time(8, 30)
SHOWN = 20  # incidents of a problem whose cards are kept current


class ProblemTimer(TimerKind):
    """Until when a cause has time, and how long a fix stays quiet."""

    CAUSE_DUE = "cause due"
    CAUSE_QUIET = "cause quiet"


class Became(StrEnum):
    """What happened to a group's problem just now."""

    OPENED = "opened"
    REOPENED = "reopened"
    LIFTED = "lifted"
    MERGED = "merged"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a group: its problem, and whether it was opened, reopened or dropped now."""

    problem: Problem | None = None
    what: Became | None = None
    posts: tuple[Post, ...] = ()


def reconsider(ctx: Context, root: int) -> Step:
    """Open, or reopen, a group's problem if it happened often enough; the caller is alone at it."""
    newest = outages.newest(ctx.tx, root)
    problem = problems.of_group(ctx.tx, root)
    if newest is None:
        return Step(problem)
    if problem is not None:
        again = problem.fixed_at is not None and newest > problem.fixed_at
        return _again(ctx, problem) if again else Step(problem)
    those, zone = rules(ctx.tx), ctx.workspace.zone
    last = problems.last_lifted(ctx.tx, root)
    start = calendar.days_before(newest, those.days, zone)
    if last is not None and last.fixed_at is not None and last.lifted_at is not None:
        held = calendar.days_before(last.lifted_at, -those.quiet, zone)
        if last.fixed_at < newest <= held:
            return _again(ctx, last)
        start = max(start, last.fixed_at + timedelta(microseconds=1))
    if newest < calendar.days_before(ctx.now, those.days, zone):
        return Step()  # all of it is long ago
    return _begin(ctx, root, start)


def _begin(ctx: Context, root: int, start: datetime) -> Step:
    those = rules(ctx.tx)
    numbers = repeats.members(ctx.tx, root)
    members = [each for each in (incidents.find(ctx.tx, number) for number in numbers) if each]
    service = _service(ctx, members)
    often, serious = outages.times(ctx.tx, root, start, members[-1].declared_at)
    if often < (those.serious if serious else those.often) or not problems.begin(
        ctx.tx,
        root=root,
        service=service.id,
        title=members[0].title,
        owner=duty.on_duty(ctx, service),
        due_on=working_hours.company(ctx).working_days_after(today_of(ctx), TIME),
        now=ctx.now,
    ):
        return Step()
    problem = problems.of_group(ctx.tx, root)
    assert problem is not None, "it was opened just now"
    named_ones = ", ".join(f"INC-{each}" for each in numbers)
    note(ctx, problem, ProblemEvent.OPENED, named_ones, by_hand=False)
    remind(ctx, problem)
    return Step(problem, Became.OPENED, (*card_posts(ctx, problem), to_owner(ctx, problem)))


def _service(ctx: Context, members: list[Incident]) -> Service:
    """Return the service that most of a group are about; what was not recognised counts less."""
    counted = Counter(each.service for each in members)
    newest_first = [each.service for each in reversed(members)]
    found = [each for each in (ctx.service_of(id) for id in dict.fromkeys(newest_first)) if each]
    return max(found, key=lambda each: (not each.fallback, counted[each.id]))


def _again(ctx: Context, problem: Problem) -> Step:
    """It came back after the fix: the ban stands again."""
    timers.cancel(ctx.tx, quiet_key(problem.number))
    members = repeats.members(ctx.tx, problem.root)
    problem = reopen(ctx, problem)
    note(ctx, problem, ProblemEvent.AGAIN, f"INC-{members[-1]}", by_hand=False)
    return Step(problem, Became.REOPENED, (*card_posts(ctx, problem), to_owner(ctx, problem)))


def reopen(ctx: Context, problem: Problem) -> Problem:
    """Let the ban stand again, with new time for the cause."""
    due = working_hours.company(ctx).working_days_after(today_of(ctx), TIME)
    problems.reopen(ctx.tx, problem.number, due)
    problem = again(ctx, problem)
    remind(ctx, problem)
    return problem


def without_one(ctx: Context, root: int) -> Step:
    """Drop a group's problem when it did not happen often enough after all."""
    problem, newest = problems.of_group(ctx.tx, root), outages.newest(ctx.tx, root)
    if problem is None:
        return Step()
    those = rules(ctx.tx)
    if newest is not None:
        start = calendar.days_before(newest, those.days, ctx.workspace.zone)
        n, serious = outages.times(ctx.tx, root, start, newest)
        if n >= (those.serious if serious else those.often):
            return Step(problem, None, card_posts(ctx, problem))
    return _end(ctx, problem, ProblemState.DROPPED)


def join(ctx: Context, one: int, other: int) -> tuple[int, tuple[Post, ...]]:
    """Make one group of two; of two problems the older one goes on."""
    found = [each for each in (problems.of_group(ctx.tx, root) for root in (one, other)) if each]
    posts: tuple[Post, ...] = ()
    kept = min(found, key=lambda each: each.number, default=None)
    for each in found:
        if kept is not None and each is not kept:
            posts = _end(ctx, each, ProblemState.MERGED, label(kept.number)).posts
            note(ctx, kept, ProblemEvent.MERGED, label(each.number), by_hand=False)
    root = repeats.join(ctx.tx, one, other)
    if kept is not None:
        problems.move(ctx.tx, kept.number, root)
    problems.gather(ctx.tx, root, max(one, other))
    return root, posts


def _end(ctx: Context, problem: Problem, state: ProblemState, detail: str = "") -> Step:
    calm(ctx, problem)
    problems.end(ctx.tx, problem.number, state)
    problem = again(ctx, problem)
    note(ctx, problem, ProblemEvent(state), detail, by_hand=False)
    go_on(ctx, problem)
    return Step(problem, Became(state), (*card_posts(ctx, problem), *changes.free(ctx, problem)))


def lift(ctx: Context, problem: Problem, person: PersonId | None) -> Step:
    """End the ban if the fix is verified by somebody else, or by having stayed quiet."""
    timers.cancel(ctx.tx, quiet_key(problem.number))
    if not problems.lift(ctx.tx, problem.number, person, ctx.now):
        return Step(again(ctx, problem))
    problem = again(ctx, problem)
    note(
        ctx,
        problem,
        ProblemEvent.VERIFIED if person else ProblemEvent.QUIET,
        by_hand=person is not None,
    )
    go_on(ctx, problem)
    posts = (*card_posts(ctx, problem), *changes.free(ctx, problem))
    return Step(problem, Became.LIFTED, posts)


def go_on(ctx: Context, problem: Problem) -> None:
    """Let the incidents that waited for the end of a ban be looked at again, at once."""
    for number in repeats.members(ctx.tx, problem.root):
        incident = incidents.find(ctx.tx, number)
        if incident is not None and incident.state == IncidentState.RESTORED:
            timers.set(
                ctx.tx,
                id=ctx.new_id(),
                kind=IncidentTimer.AFTER_RESTORED,
                key=keys.after_key(number),
                due=ctx.now,
                number=number,
                what="again",
            )


# --- what is shown where -----------------------------------------------------------------


def card_posts(ctx: Context, problem: Problem) -> tuple[Post, ...]:
    """Return the posts that show a problem's new state: its cards, and those of incidents."""
    numbers = set(repeats.members(ctx.tx, problem.root)[-SHOWN:])
    numbers |= {
        each.number for each in incident_lists.open_ones(ctx.tx) if each.service == problem.service
    }
    posts = [Post(key(problem.number), card(ctx, problem))]
    for number in sorted(numbers):
        incident = incidents.find(ctx.tx, number)
        if incident is not None:
            posts += escalation.card_posts(ctx, incident)
    if problem.stands:
        posts += changes.held_up(ctx, problem)
    return tuple(posts)


def to_owner(ctx: Context, problem: Problem) -> Post:
    """Return the card for whoever owns the cause, and for whoever is asked to."""
    person = duty.stands_in(ctx, problem.proposed_to or owner(ctx, problem))
    return Post(key(problem.number), card(ctx, problem), f"direct:{person}", ParcelKind.NOTE)


def again(ctx: Context, problem: Problem) -> Problem:
    """Return a problem as it is now."""
    found = problems.find(ctx.tx, problem.number)
    assert found is not None, "problems stay"
    return found


def note(
    ctx: Context, problem: Problem, kind: ProblemEvent, detail: str = "", *, by_hand: bool = True
) -> None:
    """Write a line into a problem's history."""
    problem_history.add(
        ctx.tx,
        problem.number,
        id=ctx.new_id(),
        at=ctx.now,
        kind=kind,
        person=ctx.person.id if by_hand else None,
        detail=detail,
    )


# --- reminders and the quiet period ------------------------------------------------------


def due_key(number: int) -> str:
    """Return the key of the timer that reminds of a cause."""
    return f"problem:{number}:due"


def quiet_key(number: int) -> str:
    """Return the key of the timer that ends the quiet period."""
    return f"problem:{number}:quiet"


def calm(ctx: Context, problem: Problem) -> None:
    """Let nothing remind of a problem any more. To be called before its row is touched."""
    timers.cancel(ctx.tx, due_key(problem.number))
    timers.cancel(ctx.tx, quiet_key(problem.number))


def wait_quietly(ctx: Context, problem: Problem) -> None:
    """Take the fix for one when it stayed quiet for long enough."""
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=ProblemTimer.CAUSE_QUIET,
        key=quiet_key(problem.number),
        due=quiet_until(ctx, problem),
        number=problem.number,
    )


def remind(ctx: Context, problem: Problem) -> None:
    """Remind the owner before the agreed day, or on the first working day after it."""
    soon = working_hours.company(ctx).working_days_after(problem.due_on, -BEFORE)
    if soon > today_of(ctx):
        _remind_on(ctx, problem, "soon", soon)
    else:
        _remind_on(ctx, problem, "over", _next(ctx, problem.due_on))


def _next(ctx: Context, day: date) -> date:
    """Return the next working day on which somebody can still be reminded."""
    return working_hours.company(ctx).working_days_after(max(day, today_of(ctx)), 1)


def _remind_on(ctx: Context, problem: Problem, step: str, day: date) -> None:
    _remind_at(ctx, problem, step, working_hours.company(ctx).on(day, HOUR))


def _remind_at(ctx: Context, problem: Problem, step: str, moment: datetime) -> None:
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=ProblemTimer.CAUSE_DUE,
        key=due_key(problem.number),
        due=moment,
        number=problem.number,
        step=step,
    )


@feature.timer(ProblemTimer.CAUSE_DUE)
def due(ctx: Context, number: int, step: str) -> Reply:
    """Remind: the owner before and after the day, then the manager; each once for a day."""
    problem = problems.find(ctx.tx, number)
    if problem is None or problem.state != ProblemState.OPEN:
        return Reply()
    start = working_hours.company(ctx).next_start(ctx.now)
    if start > ctx.now:  # nobody is reminded at night or on a holiday
        _remind_at(ctx, problem, step, start)
        return Reply()
    person = owner(ctx, problem)
    if step == "soon":
        _remind_on(ctx, problem, "over", _next(ctx, problem.due_on))
    elif step == "over":
        _remind_on(ctx, problem, "boss", _next(ctx, today_of(ctx)))
    else:
        person = duty.escalation_manager(ctx) or person
    person = duty.stands_in(ctx, person)
    note(ctx, problem, ProblemEvent.REMINDED, person, by_hand=False)
    message = personal_card(ctx, problem, _why(ctx, problem, step))
    posted = Post(reminder_key(problem, step), message, f"direct:{person}", ParcelKind.NOTE)
    return Reply(posts=(posted, *(card_posts(ctx, problem) if step == "over" else ())))


def reminder_key(problem: Problem, step: str) -> str:
    """Return the key of one reminder of one agreed day."""
    return f"problem:{problem.number}:{step}:{problem.due_on.isoformat()}"


def reminder_posts(ctx: Context, problem: Problem) -> tuple[Post, ...]:
    """Return the posts that settle the reminders of a problem's agreed day so far."""
    return tuple(
        Post(reminder_key(problem, step), settled_reminder(ctx, again(ctx, problem)))
        for step in ("soon", "over", "boss")
    )


def _why(ctx: Context, problem: Problem, step: str) -> Sentence:
    values = {"day": problem.due_on}
    match step:
        case "soon":
            return _("The cause should be fixed by {day:day}.", **values)
        case "over":
            return _("The cause should have been fixed by {day:day}. How is it going?", **values)
        case _step:
            return _(
                "The cause should have been fixed by {day:day}, by {who}. Please decide "
                "how to go on.",
                who=name(ctx, owner(ctx, problem)),
                **values,
            )


@feature.timer(ProblemTimer.CAUSE_QUIET)
def quiet(ctx: Context, number: int) -> Reply:
    """End the ban: nobody verified the fix, but it held."""
    storage_repeats.lock_groups(ctx.tx)
    problem = problems.find(ctx.tx, number)
    if problem is None or problem.state != ProblemState.FIXED or problem.fixed_at is None:
        return Reply()
    if repeats.looked_alike_since(ctx.tx, problem.root, problem.fixed_at):
        # Something may have come back; whoever is asked about it has to say so first.
        timers.set(
            ctx.tx,
            id=ctx.new_id(),
            kind=ProblemTimer.CAUSE_QUIET,
            key=quiet_key(number),
            due=calendar.days_before(ctx.now, -1, ctx.workspace.zone),
            number=number,
        )
        return Reply()
    return Reply(posts=lift(ctx, problem, None).posts)

"""What is open about pilots: decisions, questions, roles that nobody fills."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from handlers.attention import tasks
from handlers.automations.state import is_own
from handlers.kit import calendar, working_hours
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.doors import Task
from handlers.kit.messages import Button
from handlers.kit.words import _
from handlers.pilots import clock, roles
from handlers.pilots.weeks import operation
from handlers.pilots.weeks.it_checks import answers_for_it, open_checks
from storage import pilots
from storage.pilots import ROLES, Pilot, answers, log
from storage.pilots.states import PilotState

ANSWER_IN = 5  # working days for a question
SEEN_FOR = 2  # working days in which it is seen by who answers for it, before the digest


def undecided(ctx: Context) -> list[Task]:
    """Return what somebody has to decide about pilots: late decisions, obstacles, questions.

    Who may not decide reads where it stands, and has no button that would refuse them.
    """
    day, found = clock.current_day(ctx), []
    for each in pilots.all(ctx.tx):
        show, may = Button(_("Show"), call("pilot", pilot=each.id)), roles.may(ctx, each)
        if each.undecided:
            words = _(
                "“{pilot}” ended after sixteen weeks, and nobody has decided.", pilot=each.name
            )
            decide = Button(_("Decide"), call("pilot decide", pilot=each.id))
            since = _midnight(ctx, each.stopped_on or day)
            found.append(Task(words, (decide if may else show,), since, f"pilot:{each.id}"))
        if not each.state.goes_on:
            continue
        if clock.is_late(each, day):
            due = clock.end_of(each, clock.weeks(each))
            words = _(
                "Nobody has decided about “{pilot}” yet; it was due on {day}.",
                pilot=each.name,
                day=due,
            )
            decide = Button(_("Decide"), call("pilot decide", pilot=each.id))
            buttons = (decide, show) if may else (show,)
            found.append(Task(words, buttons, _midnight(ctx, due), f"pilot:{each.id}"))
        if each.state is PilotState.RUNNING and clock.week(each, day) > 4 and each.sourcing is None:
            words = _("“{pilot}”: it is open who connects it.", pilot=each.name)
            since = _midnight(ctx, clock.end_of(each, 4))
            found.append(Task(words, (show,), since, f"pilot:{each.id}:sourcing"))
        still = open_checks(each)
        if each.state is PilotState.RUNNING and clock.week(each, day) > 4 and still:
            words = _(
                "“{pilot}”: IT still has to look at it: {checks}.", pilot=each.name, checks=still
            )
            look = Button(_("IT's view"), call("pilot it", pilot=each.id))
            since = _midnight(ctx, clock.end_of(each, 4))
            theirs = may or answers_for_it(ctx)
            found.append(Task(words, (look if theirs else show,), since, f"pilot:{each.id}:it"))
        found += _at_the_gate(ctx, each)
        found += vacancies(ctx, each)
        for obstacle in log.obstacles(ctx.tx, each.id):
            if obstacle.solved_on is None and obstacle.due_on < day:
                words = _(
                    "“{pilot}”: still in the way: {words}", pilot=each.name, words=obstacle.words
                )
                since = _midnight(ctx, obstacle.due_on)
                found.append(Task(words, (show,), since, f"obstacle:{obstacle.id}"))
        late = working_hours.company(ctx).working_days_after(day, -ANSWER_IN)
        for question in answers.questions(ctx.tx, each.id):
            if question.answer is None and question.asked_on < late:
                words = _(
                    "“{pilot}”: a question without an answer: {words}",
                    pilot=each.name,
                    words=question.words,
                )
                answer = Button(_("Answer"), call("feedback answer", question=question.id))
                since = _midnight(ctx, question.asked_on)
                buttons = (answer if may else show,)
                found.append(Task(words, buttons, since, f"question:{question.id}"))
    return found


def _at_the_gate(ctx: Context, pilot: Pilot) -> list[Task]:
    """Return a pilot that has been decided for operation, and is not there after some days."""
    waits, decided = operation.at_the_gate(ctx, pilot), pilot.decided_on
    if waits is None or decided is None or decided > _seen_since(ctx):
        return []
    since = _midnight(ctx, decided)
    buttons = waits.buttons()[:2]
    if not is_own(ctx, waits.automation):
        buttons = (Button(_("Show"), call("auto", automation=waits.automation.id)),)
    return [Task(waits.told(), buttons, since, f"pilot:{pilot.id}:gate")]


def vacancies(ctx: Context, pilot: Pilot) -> list[Task]:
    """Return the roles of a pilot that nobody fills, so that it is never silently without one."""
    found = []
    for role in ROLES:
        if role in roles.filled(pilot):
            continue
        words = _(
            "“{pilot}”: {role} is vacant. {lacks}",
            pilot=pilot.name,
            role=roles.LABELS[role],
            lacks=roles.WITHOUT[role],
        )
        people = Button(_("Name people"), call("pilot people", pilot=pilot.id))
        left = [e.at for e in log.history(ctx.tx, pilot.id) if e.kind == f"vacant {role}"]
        since = max(left, default=None)
        show = Button(_("Show"), call("pilot", pilot=pilot.id))
        buttons = (people if roles.may(ctx, pilot) else show,)
        found.append(Task(words, buttons, since, f"pilot:{pilot.id}:vacant {role}"))
    return found


def _seen_since(ctx: Context) -> date:
    """Return the last day of which whoever answers for it has known for two working days."""
    return working_hours.company(ctx).working_days_after(clock.current_day(ctx), -SEEN_FOR)


def _midnight(ctx: Context, day: date) -> datetime:
    return calendar.midnight(day, ctx.workspace.zone)


def is_quiet(ctx: Context, pilot: Pilot) -> bool:
    """Say whether nothing was heard of a pilot for two weeks."""
    last = max((each.at for each in log.history(ctx.tx, pilot.id)), default=ctx.now)
    return ctx.now - last > timedelta(days=clock.QUIET)


def told_before(ctx: Context, pilot: Pilot) -> list[Task]:
    """Return what the asker was told of a quiet pilot and has not answered."""
    return tasks.still_open(ctx, f"pilot:{pilot.id}:quiet") if is_quiet(ctx, pilot) else []

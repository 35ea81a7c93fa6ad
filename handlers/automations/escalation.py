"""Whoever answers for an automation is asked, later others, by one table. Nothing is switched off.

A question goes out on day 0, again after so many working days, and ends with the next run, an
answer or a pause. It is put to whoever acts now, and its days stand still while it waits for
somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from handlers.attention import matters
from handlers.automations import timetable
from handlers.automations.rules import standing
from handlers.automations.rules.company import Known, known
from handlers.automations.rules.standing import Standing, State
from handlers.automations.state import decisions, evidence, label_with_end, owner, people_of
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Message,
    Post,
    Reply,
    Text,
    Title,
    Tone,
    line,
)
from handlers.kit.people import name
from handlers.kit.words import Sentence, Words, _
from handlers.on_call import duty
from storage import automations, people
from storage.automations import Automation, looks, questions
from storage.automations.questions import Question
from storage.delivery import timers
from storage.delivery.outbox import ParcelKind
from storage.delivery.timers import TimerKind
from storage.engine.ids import AutomationId, PersonId
from storage.people import Person

feature = Feature(_("Automations"))

QUIET_DAYS = 10  # working days without a question after an update carried an automation over
KEPT = timedelta(days=90)  # how long "in use" holds
SOONEST = timedelta(minutes=1)  # between two looks


# --- looking -------------------------------------------------------------------------------


class AutomationTimer(TimerKind):
    """The look at all automations; earlier versions set one for each."""

    LOOK = "automations"
    UNUSED = "unused"


def look_at(ctx: Context, when: datetime) -> None:
    """Let the automations be looked at by `when`; a look that is planned sooner stays."""
    timers.at_the_latest(
        ctx.tx, id=ctx.new_id(), kind=AutomationTimer.LOOK, key=AutomationTimer.LOOK, due=when
    )


@feature.timer(AutomationTimer.LOOK)
def look(ctx: Context) -> Reply:
    """Look at every automation whose state may have changed, and plan the next look."""
    seen = known(ctx)
    open_ones = questions.open_ones(ctx.tx)
    posts: list[Post] = []
    for each in looks.to_look_at(ctx.tx, ctx.now):
        posts += look_at_one(ctx, each, seen, open_ones.get(each.id))
        again = standing.look_again(each, seen.company, ctx.now, seen.outages)
        automations.change(ctx.tx, each.id, look_at=again)
    soon = looks.next_look(ctx.tx)
    if soon is not None:
        due = max(soon, ctx.now + SOONEST)
        timers.set(
            ctx.tx, id=ctx.new_id(), kind=AutomationTimer.LOOK, key=AutomationTimer.LOOK, due=due
        )
    return Reply(posts=tuple(posts))


@feature.timer(AutomationTimer.UNUSED)
def look_at_old(ctx: Context, automation: AutomationId) -> Reply:
    """Carry out a timer that an earlier version set for one automation."""
    look_at(ctx, ctx.now)
    return Reply()


def look_at_one(
    ctx: Context, automation: Automation, seen: Known, question: Question | None
) -> tuple[Post, ...]:
    """Tell what is late or hangs, and carry the question about it one step further."""
    if automation.carried:
        automation = _carry_over(ctx, automation, seen)
    found = seen.standing(automation)
    posts = _tell_late(ctx, automation, found)
    if found.state in (State.PAUSED, State.SNOOZED, State.SAID_UNUSED, State.RETIRED):
        return (*posts, *end_question(ctx, automation, "paused"))
    if found.state is State.UNUSED and question is None and not _is_quiet(automation, ctx.now):
        questions.open(ctx.tx, automation.id, id=ctx.new_id(), at=ctx.now)
        question = questions.open_of(ctx.tx, automation.id)
    if question is None or found.state is not State.UNUSED:
        return posts
    return (*posts, *step(ctx, automation, question, seen))


def _carry_over(ctx: Context, automation: Automation, seen: Known) -> Automation:
    """Give those of what was entered before ten working days before the first question."""
    day, left = seen.company.day_of(ctx.now), QUIET_DAYS
    while left:
        day += timedelta(days=1)
        left -= seen.company.works(day)
    until = ctx.now + timedelta(days=(day - seen.company.day_of(ctx.now)).days)
    automations.change(ctx.tx, automation.id, carried=0, quiet_until=until)
    changed = automations.find(ctx.tx, automation.id)
    assert changed is not None
    return changed


def _is_quiet(automation: Automation, now: datetime) -> bool:
    return automation.quiet_until is not None and now < automation.quiet_until


def _tell_late(ctx: Context, automation: Automation, found: Standing) -> tuple[Post, ...]:
    """Tell once that something is late or hangs."""
    key = f"automation:{automation.id}:late"
    hanging = f"automation:{automation.id}:hangs"
    if not found.late or _is_quiet(automation, ctx.now):
        if not automation.late_told:
            return ()  # nothing was told
        automations.change(ctx.tx, automation.id, late_told="")
        return (*matters.settle(ctx, key), *matters.settle(ctx, hanging))
    decides = owner(ctx, automation)
    if decides is None or found.state is State.UNUSED:
        return ()
    buttons = in_trouble(ctx, automation)
    if found.hangs:
        assert automation.begun_at is not None
        words = _(
            "“{name}” began on {at} and has not ended.",
            name=automation.name,
            at=automation.begun_at,
        )
        key = hanging
    else:
        assert found.first_missed is not None
        words = _(
            "“{name}” was expected by {at} and has not reported.",
            name=automation.name,
            at=found.first_missed.due,
        )
    stamp = f"{key} {automation.begun_at if found.hangs else automation.last_report_at}"
    if automation.late_told == stamp:
        return ()
    automations.change(ctx.tx, automation.id, late_told=stamp)
    if automation.at_once:
        return (at_once(key, words, buttons, decides.id, ctx.new_id()),)
    matters.note(ctx, decides.id, key, words, *buttons)
    return ()


def in_trouble(ctx: Context, automation: Automation) -> tuple[Button, ...]:
    """Return what to do about something that failed or is missing; nothing happens by itself."""
    title = ctx.text(_("{name} does not run", name=automation.name))
    return (
        Button(automation.name, call("auto", automation=automation.id)),
        Button(_("Declare incident"), call("incident", title=title), "quiet"),
    )


def at_once(key: str, words: Words, buttons: Sequence[Button], to: str, stamp: str) -> Post:
    """Return a message for an automation of which somebody wants to hear at once."""
    return Post(
        f"{key}:{stamp}", line(words, *buttons, tone=Tone.ALARM), f"direct:{to}", ParcelKind.NOTE
    )


# --- the question --------------------------------------------------------------------------


def key_of(automation: Automation) -> str:
    """Return what the question is called where it is told."""
    return f"automation:{automation.id}:question"


def step(ctx: Context, automation: Automation, question: Question, seen: Known) -> tuple[Post, ...]:
    """Put the question to whom the timetable names by now, if that has not been done."""
    if question.waits_for:
        return ()
    days = age(question, seen)
    steps = timetable.steps(ctx.tx)
    number = max(n for n, each in enumerate(steps) if days >= each.days)
    number = max(number, question.step)
    to = _recipient(ctx, automation, steps[number].to)
    if to is None or (number, to.id) == (question.step, question.asked):
        return ()
    posts = matters.settle(ctx, _matter(automation, question.step))
    words = _question(ctx, automation, seen, number, question)
    buttons = decisions(automation)
    if timetable.USUAL[number].to == "manager":
        buttons += (Button(_("History"), call("auto history", automation=automation.id)),)
    matters.note(ctx, to.id, _matter(automation, number), words, *buttons)
    questions.put_to(ctx.tx, question.id, number, to.id)
    return posts


def _matter(automation: Automation, number: int) -> str:
    return f"{key_of(automation)}:{number}"


def age(question: Question, seen: Known) -> int:
    """Return how many working days a question has been open, without those it waited."""
    return max(0, seen.working_days(question.opened_at, seen.now) - question.waited_days)


def _recipient(ctx: Context, automation: Automation, to: str) -> Person | None:
    """Return whom a step asks; while somebody is away, whoever acts, and at last a manager."""
    named = people_of(automation)
    if to == "accountable":
        return owner(ctx, automation) or _manager(ctx, automation)
    if to == "deputy":
        acting = duty.acting(ctx, automation.deputy) if automation.deputy else None
        found = ctx.person_of(acting) if acting else None
        return found or owner(ctx, automation) or _manager(ctx, automation)
    manager = _manager(ctx, automation)
    return manager or next(
        (found for each in named if (found := ctx.person_of(each)) and found.here), None
    )


def _manager(ctx: Context, automation: Automation) -> Person | None:
    managers = [each for each in people.managers(ctx.tx) if each.here]
    others = [each for each in managers if each.id not in people_of(automation)]
    return next(iter(others or managers), None)


def _question(
    ctx: Context, automation: Automation, seen: Known, number: int, question: Question
) -> Sentence:
    told = evidence(ctx, automation, seen)
    values = {"name": automation.name, "evidence": told}
    if timetable.USUAL[number].to == "manager":
        return _(
            "Is “{name}” still needed? {evidence}. Asked since {at:day}, without an answer.",
            at=question.opened_at,
            **values,
        )
    if number == 1:
        return _("Once more: is “{name}” still needed? {evidence}.", **values)
    return _("Is “{name}” still needed? {evidence}.", **values)


def question_message(ctx: Context, automation: Automation) -> Message:
    """Return the question as somebody who asks on their own puts it."""
    seen = known(ctx)
    rows = (
        (_("Use"), label_with_end(seen.standing(automation))),
        (_("Evidence"), evidence(ctx, automation, seen)),
    )
    return Message(
        (
            Title(_("Is “{name}” still needed?", name=automation.name)),
            Text(automation.purpose or automation.name),
            Facts(rows),
            Buttons(decisions(automation)),
        )
    )


def second_keep(ctx: Context, automation: Automation) -> tuple[Post, ...]:
    """Ask a manager about what was called in use twice without a run between."""
    manager = _manager(ctx, automation)
    if manager is None:
        return ()
    words = _(
        "“{name}” was called in use a second time and has not run between. Is that right?",
        name=automation.name,
    )
    key = f"automation:{automation.id}:twice"
    open_card = Button(automation.name, call("auto", automation=automation.id))
    matters.note(ctx, manager.id, key, words, open_card)
    return ()


def waits(ctx: Context, automation: Automation, what: str | None) -> None:
    """Let the days of an open question stand still while it waits for somebody else."""
    question = questions.open_of(ctx.tx, automation.id)
    if question is None or (what is None and question.waits_since is None):
        return
    waited = 0
    if question.waits_since is not None:
        waited = known(ctx).working_days(question.waits_since, ctx.now)
    questions.wait(ctx.tx, question.id, what, ctx.now, waited)


def end_question(ctx: Context, automation: Automation, how: str) -> tuple[Post, ...]:
    """End the open question about an automation wherever it stands; no question is fine, too."""
    question = questions.open_of(ctx.tx, automation.id)
    if question is None:
        return ()
    questions.end(ctx.tx, automation.id, how, ctx.now)
    return matters.settle(ctx, _matter(automation, question.step))


def move_questions(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Put what was asked of somebody who left to whoever acts now, at once."""
    seen = known(ctx)
    posts: tuple[Post, ...] = ()
    for id, question in questions.open_ones(ctx.tx).items():
        automation = automations.find(ctx.tx, id)
        if automation is not None and person == question.asked:
            posts += step(ctx, automation, question, seen)
    return posts


# --- somebody else is asked to become accountable ------------------------------------------


def offer_key(automation: Automation, asked: PersonId) -> str:
    """Return the key of the question to somebody."""
    return f"automation:{automation.id}:offer:{asked}"


def end_offer(ctx: Context, automation: Automation, asked: PersonId | None) -> tuple[Post, ...]:
    """Say to whoever was asked that they are not any more."""
    if asked is None:
        return ()
    waits(ctx, automation, None)
    key = offer_key(automation, asked)
    said = line(_("This question has been answered already."), tone=Tone.QUIET)
    return (Post(key, said), *matters.settle(ctx, key))


def tell_offer_left(ctx: Context, automation: Automation, left: PersonId) -> None:
    """Tell whoever decides that whom they wait for has left."""
    decides = owner(ctx, automation)
    if decides is None:
        return
    told = _(
        "{who} is no longer active and cannot take over “{name}”. Please ask somebody else.",
        who=name(ctx, left),
        name=automation.name,
    )
    again = Button(_("Hand over"), call("auto handover", automation=automation.id))
    matters.note(ctx, decides.id, f"{offer_key(automation, left)}:left", told, again)

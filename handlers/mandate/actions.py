"""Who does what by when: one person and one day, asked first, reminded exactly twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated

from handlers import rights
from handlers.attention import matters
from handlers.kit import calendar, working_hours
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Task
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.people import name
from handlers.kit.readers import PersonReader, TextReader
from handlers.kit.readers.dates import DateReader, today_of
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.words import Sentence, _
from handlers.mandate import drafting
from handlers.on_call import duty
from storage.delivery import timers
from storage.delivery.timers import TimerKind
from storage.engine.ids import PersonId
from storage.mandate import actions, drafts
from storage.mandate.actions import Action
from storage.people import Person

feature = Feature(_("Mandate"))

LOOK = time(6, 30)  # local time, before anybody is told anything
AHEAD, BEHIND = 2, 1  # working days before and after the day at which somebody is reminded
BEFORE, AFTER = 1, 2  # the two reminders

Item = Annotated[str, RequiredTextReader(long=False, most=120), Ask(_("What"))]
Which = Annotated[str, TextReader(long=False), Ask(_("What"))]


class ActionTimer(TimerKind):
    """Before and after an action's day."""

    ACTION = "mandate action"


def _need_future(ctx: Context, due: date) -> None:
    if due < today_of(ctx):
        raise Refusal(_("Please choose a day from today on."), field="due")


@feature.command(
    "mandate action",
    "mandat aufgabe",
    help=_("Who does what by when?"),
    hidden=True,
    needs="mandate",
    checks=(_need_future,),
)
def add(
    ctx: Context,
    *,
    item: Item,
    who: Annotated[Person, PersonReader(), Ask(_("Person"), _("One person; they are asked."))],
    due: Annotated[date, DateReader(), Ask(_("By when"))],
) -> Reply:
    mine = who.id == ctx.person.id
    new = Action(
        id=ctx.new_id(),
        item=item,
        owner=who.id,
        accepted=mine,
        due_on=due,
        reminded=0,
        done_on=None,
    )
    actions.add(ctx.tx, new, by=ctx.person.id, now=ctx.now)
    _plan(ctx, new)
    posts = (
        ()
        if mine
        else matters.ask(ctx, who.id, _question_key(new), line(_question(new), *_choice(new)))
    )
    said = _("Noted: {who} – {item}, by {day}.", who=who.name, item=item, day=due)
    found = drafts.draft(ctx.tx)
    if found is not None:  # the next steps of a half day stand in its agenda
        posts += drafting.draft_reply(ctx).posts
    drop_ = Button(_("Not needed any more"), call("mandate action drop", action=new.id), "quiet")
    return Reply(line(said, *_handling(new), drop_), posts=posts, subject=new.id)


def _question_key(action: Action) -> str:
    return f"action:{action.id}:asked"


def _question(action: Action) -> Sentence:
    return _("Will you do this by {day}? {item}", day=action.due_on, item=action.item)


def _choice(action: Action) -> tuple[Button, Button]:
    return (
        Button(_("Yes, I will"), call("mandate action accept", action=action.id), "primary"),
        Button(_("No"), call("mandate action decline", action=action.id)),
    )


def _handling(action: Action) -> tuple[Button, ...]:
    return (
        Button(_("It is done"), call("mandate action done", action=action.id)),
        Button(_("Change it"), call("mandate action change", action=action.id), "quiet"),
    )


def _plan(ctx: Context, action: Action) -> None:
    """Set the timer of the next reminder, if one is left."""
    if action.reminded >= AFTER:
        return
    days = -AHEAD if action.reminded < BEFORE else BEHIND
    day = working_hours.company(ctx).working_days_after(action.due_on, days)
    due = calendar.at(day, LOOK, ctx.workspace.zone)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=ActionTimer.ACTION,
        key=f"action:{action.id}",
        due=max(due, ctx.now),
        action=action.id,
    )


@feature.timer(ActionTimer.ACTION)
def remind(ctx: Context, action: str) -> Reply:
    """Remind whoever does it: once before the day and once after it, never a third time."""
    found = actions.find(ctx.tx, action)
    if found is None or found.done_on is not None:
        return Reply()
    step = found.reminded + 1
    if not actions.remind(ctx.tx, found.id, step):
        return Reply()
    if step == BEFORE:
        words = _("By {day}: {item}", day=found.due_on, item=found.item)
    else:
        words = _(
            "{item} was planned for {day}. Is it done, or does it need another day?",
            day=found.due_on,
            item=found.item,
        )
    matters.note(ctx, _recipient(ctx, found), f"action:{found.id}:{step}", words, *_handling(found))
    _plan(
        ctx,
        Action(
            id=found.id,
            item=found.item,
            owner=found.owner,
            accepted=True,
            due_on=found.due_on,
            reminded=step,
            done_on=None,
        ),
    )
    return Reply()


def _recipient(ctx: Context, action: Action) -> PersonId:
    """Return who is told: whoever does it, or a manager when they are gone."""
    managers = duty.managers(ctx)
    gone = duty.acting(ctx, action.owner) is None
    return managers[0].id if gone and managers else action.owner


def _mine(ctx: Context, id: str) -> Action:
    """Return an open action that the asker may handle."""
    found = actions.find(ctx.tx, id)
    if found is None or found.done_on is not None:
        raise Refusal(_("This is done or dropped by now."))
    mine = found.owner in duty.acts_for(ctx, ctx.person.id)
    if not mine and not rights.may("mandate", rights.general(ctx)):
        raise Refusal(
            _("Somebody else decides that. Please ask {who:or}.", who=name(ctx, found.owner))
        )
    return found


def _settle(ctx: Context, action: Action) -> tuple[Post, ...]:
    keys = (_question_key(action), f"action:{action.id}:{BEFORE}", f"action:{action.id}:{AFTER}")
    return tuple(post for key in keys for post in matters.settle(ctx, key))


@feature.command(
    "mandate action done", "mandat aufgabe erledigt", help=_("It is done."), hidden=True
)
def done(ctx: Context, action: Which) -> Reply:
    found = _mine(ctx, action)
    actions.mark_done(ctx.tx, found.id, today_of(ctx))
    timers.cancel(ctx.tx, f"action:{found.id}")
    said = _("Done: {item}. Thank you.", item=found.item)
    return Reply(line(said), posts=_settle(ctx, found), subject=found.id)


@feature.command(
    "mandate action drop",
    "mandat aufgabe streichen",
    help=_("Retire it."),
    hidden=True,
    needs="mandate",
)
def drop(ctx: Context, action: Which) -> Reply:
    found = _mine(ctx, action)
    actions.drop(ctx.tx, found.id, today_of(ctx))
    timers.cancel(ctx.tx, f"action:{found.id}")
    said = _("Not needed any more: {item}", item=found.item)
    return Reply(line(said), posts=_settle(ctx, found), subject=found.id)


def _stands(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = actions.find(ctx.tx, fixed.get("action", ""))
    if found is None:
        return {}
    return {"item": found.item, "who": found.owner, "due": found.due_on.isoformat()}


def _may_change(ctx: Context, action: str) -> None:
    _mine(ctx, action)


@feature.command(
    "mandate action change",
    "mandat aufgabe ändern",
    help=_("Who does what by when?"),
    hidden=True,
    current=_stands,
    checks=(_may_change, _need_future),
)
def change(
    ctx: Context,
    action: Which,
    *,
    item: Item,
    who: Annotated[Person, PersonReader(), Ask(_("Person"))],
    due: Annotated[date, DateReader(), Ask(_("By when"))],
) -> Reply:
    found = _mine(ctx, action)
    posts = _settle(ctx, found) if due != found.due_on or who.id != found.owner else ()
    actions.change(ctx.tx, found.id, item, due)
    if who.id != found.owner:
        posts += _name(ctx, found, who.id)
    fresh = actions.find(ctx.tx, found.id)
    assert fresh is not None
    if who.id == found.owner and not found.accepted:  # they are still asked, about what it is now
        posts += _ask(ctx, fresh, who.id)
    _plan(ctx, fresh)
    said = _("Noted: {who} – {item}, by {day}.", who=who.name, item=item, day=due)
    may = rights.may("mandate", rights.general(ctx))
    drop_ = Button(_("Not needed any more"), call("mandate action drop", action=found.id), "quiet")
    return Reply(line(said, *((drop_,) if may else ())), posts=posts, subject=found.id)


def _name(ctx: Context, action: Action, to: PersonId) -> tuple[Post, ...]:
    """Name somebody else, and ask them."""
    mine = to == ctx.person.id
    actions.name(ctx.tx, action.id, to, ctx.now if mine else None)
    over = matters.settle(ctx, _question_key(action))
    return over if mine else (*over, *_ask(ctx, action, to))


def _ask(ctx: Context, action: Action, to: PersonId) -> tuple[Post, ...]:
    return matters.ask(ctx, to, _question_key(action), line(_question(action), *_choice(action)))


@feature.command(
    "mandate action accept", "mandat aufgabe annehmen", help=_("I will do it."), hidden=True
)
def accept(ctx: Context, action: Which) -> Reply:
    found = _open_question(ctx, action)
    actions.name(ctx.tx, found.id, ctx.person.id, ctx.now)
    said = _("Thank you. You do it by {day}: {item}", day=found.due_on, item=found.item)
    return Reply(line(said, *_handling(found)), posts=matters.settle(ctx, _question_key(found)))


@feature.command(
    "mandate action decline", "mandat aufgabe ablehnen", help=_("I cannot do it."), hidden=True
)
def decline(ctx: Context, action: Which) -> Reply:
    found = _open_question(ctx, action)
    posts = matters.settle(ctx, _question_key(found))
    managers = [each.id for each in duty.managers(ctx) if each.id != ctx.person.id]
    if managers:
        actions.name(ctx.tx, found.id, managers[0], None)
        words = _("Somebody else is looked for: {item}", item=found.item)
        posts += matters.ask(ctx, managers[0], _question_key(found), line(words, *_handling(found)))
    return Reply(line(_("Good. Somebody else is looked for.")), posts=posts)


def _open_question(ctx: Context, id: str) -> Action:
    found = actions.find(ctx.tx, id)
    mine = duty.acts_for(ctx, ctx.person.id)
    if found is None or found.done_on is not None or found.accepted or found.owner not in mine:
        raise Refusal(_("This question has been answered already."))
    return found


@feature.waits(58)
def waiting(ctx: Context) -> list[Task]:
    """Return what the asker does for the mandate, and what they are asked to do."""
    return [
        Task(
            _("By {day}: {item}", day=each.due_on, item=each.item)
            if each.accepted
            else _question(each),
            _handling(each) if each.accepted else _choice(each),
        )
        for each in actions.open_ones(ctx.tx)
        if each.owner in duty.acts_for(ctx, ctx.person.id)
    ]


def _asked(ctx: Context, person: PersonId) -> list[Action]:
    return [
        each for each in actions.open_ones(ctx.tx) if each.owner == person and not each.accepted
    ]


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Take the question from somebody who left; a manager hears that nobody does it."""
    posts: tuple[Post, ...] = ()
    for each in _asked(ctx, person):
        posts += matters.settle(ctx, _question_key(each))
        words = _(
            "{who} is no longer active. Nobody does this yet: {item}",
            who=name(ctx, person),
            item=each.item,
        )
        matters.note(ctx, _recipient(ctx, each), _question_key(each), words, *_handling(each))
    return posts


@feature.follows(Event.CAME_BACK)
def back(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Ask somebody who is back what they were asked before, if nobody else does it."""
    return tuple(
        post
        for each in _asked(ctx, person)
        for post in (*matters.settle(ctx, _question_key(each)), *_ask(ctx, each, person))
    )


@feature.holds(85, "mandate_actions.owner", left=_hand_on)
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return what somebody does for the mandate."""
    acts = duty.acting(ctx, person)
    return [
        Held(
            each.item,
            _("does this for the mandate"),
            lambda to, _other, action=each: _name(ctx, action, to),  # type: ignore[misc]
            acts=acts,
            gap=acts is None,
        )
        for each in actions.open_ones(ctx.tx)
        if each.owner == person
    ]

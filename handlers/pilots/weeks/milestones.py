"""Once a day a pilot is looked at: rounds are closed and opened, and what is due is told."""

from __future__ import annotations

from handlers.attention import matters
from handlers.kit import working_hours
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Message, Post, Reply, Text
from handlers.kit.words import _
from handlers.on_call import duty
from handlers.pilots import clock, digest, editing, open_tasks, relief
from handlers.pilots.weeks import decisions, due
from storage import pilots
from storage.delivery.outbox import ParcelKind
from storage.engine.ids import PilotId
from storage.pilots import Pilot, answers
from storage.pilots.states import PilotState

feature = Feature(_("Pilots"))


@feature.timer(clock.PilotTimer.DAY)
def look(ctx: Context, pilot: PilotId) -> Reply:
    """Let happen what is due today, however long nobody looked."""
    found = pilots.find(ctx.tx, pilot)
    if found is None:
        return Reply()
    posts: tuple[Post, ...] = ()
    for each in pilots.all(ctx.tx):  # also of those that ended, before anybody looked on
        if each.id == found.id or not each.state.goes_on:
            for week in relief.close_rounds(ctx, each):
                posts += matters.settle(ctx, due.survey_key(each, week))
    if found.state.goes_on or relief.is_open(ctx, found):
        digest.plan(ctx, pilot)
    if not found.state.goes_on:
        return Reply(posts=posts)
    if clock.is_over(found, clock.current_day(ctx)):
        posts += decisions.run_out(ctx, found)
    elif found.state is PilotState.RUNNING:
        posts += _ask(ctx, found)
        posts += _running(ctx, found)
    else:
        posts += _tell(ctx, found)
    return Reply(posts=posts)


def _ask(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    """Ask the week's question on its first working day that we see, once."""
    day, week = clock.current_day(ctx), relief.week_of(ctx)
    known = {each.week for each in answers.rounds(ctx.tx, pilot.id)}
    if not working_hours.company(ctx).is_working_day(day) or week in known:
        return ()
    relief.open_round(ctx, pilot)
    question = _(
        "Does “{pilot}” save you work? {note}",
        pilot=pilot.name,
        note=relief.before_the_tap(ctx, pilot),
    )
    taps = tuple(
        Button(label, call("relief", pilot=pilot.id, answer=value))
        for value, label in relief.LABELS.items()
    )
    if pilot.users_kind == "channel" and pilot.users_place is not None:
        message = Message((Text(question), Buttons(taps)))
        return (Post(due.survey_key(pilot, week), message, pilot.users_place, ParcelKind.NOTE),)
    off = (
        Button(_("Not this week"), call("relief later", pilot=pilot.id), "quiet"),
        Button(_("Do not ask me"), call("relief mute", pilot=pilot.id), "quiet"),
    )
    for person in relief.asked(ctx, pilot):
        matters.note(ctx, person, due.survey_key(pilot, week), question, *taps, *off, survey=True)
    return ()


def _running(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    day = clock.current_day(ctx)
    posts = _tell(ctx, pilot)
    if clock.decision_due(pilot, day):
        _decide(ctx, pilot)
    return posts + _quiet(ctx, pilot)


def _tell(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    """Tell what is due; whose value was asked for in an earlier week is not asked for it again."""
    posts: tuple[Post, ...] = ()
    for each in due.due(ctx, pilot):
        if each.person is not None:
            key = f"pilot:{pilot.id}:{each.key}"
            matters.note(ctx, each.person, key, each.words, *each.buttons)
        else:
            editing.tell(ctx, pilot, each.key, each.words, *each.buttons, role=each.role)
    for key in due.value_keys(ctx)[1:]:
        posts += editing.settle(ctx, pilot, key)
    return posts


def _decide(ctx: Context, pilot: Pilot) -> None:
    due = clock.end_of(pilot, clock.weeks(pilot))
    said = _(
        "“{pilot}” is in its last week. What becomes of it, until {day}?", pilot=pilot.name, day=due
    )
    button = Button(_("Decide"), call("pilot decide", pilot=pilot.id), "primary")
    editing.tell(ctx, pilot, "decide", said, button)
    if clock.is_late(pilot, clock.current_day(ctx)):
        late = _(
            "Nobody has decided about “{pilot}” yet; it was due on {day}.",
            pilot=pilot.name,
            day=due,
        )
        for manager in duty.managers(ctx):
            matters.note(ctx, manager.id, f"pilot:{pilot.id}:decide", late, button)


def _quiet(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    """Ask the champion once when nothing was heard for two weeks; any sign of life ends it."""
    if not open_tasks.is_quiet(ctx, pilot):
        return editing.settle(ctx, pilot, "quiet")
    said = _("Nothing was heard of “{pilot}” for two weeks. How is it going?", pilot=pilot.name)
    blocked = Button(_("Something is in the way"), call("pilot obstacle", pilot=pilot.id))
    value = Button(_("Enter a value"), call("pilot value", pilot=pilot.id))
    editing.tell(ctx, pilot, "quiet", said, blocked, value)
    return ()

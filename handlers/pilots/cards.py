"""What a pilot looks like: its state first, then use and relief, then everything else."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.automations.learning.signals import Reason
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Buttons, Facts, Items, Message, Part, Text, Title
from handlers.kit.people import name
from handlers.kit.words import Sentence, Words, _, _n, first_lines
from handlers.mandate.standing import valid
from handlers.on_call import duty
from handlers.pilots import clock, fields, measure, picture, relief, roles, start_check, use
from handlers.pilots.weeks import operation, progress
from storage import mandate
from storage.pilots import ROLES, Pilot, answers, log
from storage.pilots.states import STARTED, PilotState

age = clock.age  # for those who only name a pilot
SENTENCES = 3  # that stand on the card; the others behind a button


def card(ctx: Context, pilot: Pilot) -> Message:
    """Return the card of a pilot."""
    parts: list[Part] = [Title(pilot.name), Facts(tuple(_facts(ctx, pilot)))]
    values = log.values(ctx.tx, pilot.id)
    seen = picture.bars(pilot, values)
    if seen is not None:
        parts.append(seen)
    if measure.effect(pilot, values) is not None:
        parts.append(Buttons((computed_button(),)))
    parts += _learnt(ctx, pilot)
    if pilot.state.is_prepared or pilot.state is PilotState.WAITING:
        parts += _preparing(ctx, pilot)
    elif pilot.state is PilotState.RUNNING:
        parts += _running(ctx, pilot)
    else:
        parts += _over(ctx, pilot)
    return Message(tuple(parts))


def computed_button() -> Button:
    """Return the button that leads to how the effect is computed."""
    return Button(_("How is this computed?"), call("computed", only="effect"), "quiet")


def _facts(ctx: Context, pilot: Pilot) -> list[tuple[Words, Words]]:
    rows: list[tuple[Words, Words]] = [(_("State"), age(ctx, pilot))]
    if pilot.state in STARTED and pilot.started_on is not None:
        rows.append((_("Use"), use.use_words(ctx, pilot)))
        rounds = relief.closed(ctx, pilot)
        told = relief.round_words(rounds[0] if rounds else None)
        rows.append((_("Relief"), told))
    values = log.values(ctx.tx, pilot.id)
    found = measure.effect(pilot, values)
    if pilot.metric:
        rows.append((_("Measure"), _("{metric} ({unit})", metric=pilot.metric, unit=pilot.unit)))
    if found is not None:
        rows.append((_("Effect"), measure.effect_words(pilot, found)))
    if pilot.baseline is not None:
        rows.append((_("Baseline"), _baseline(pilot)))
    rows += _series(pilot, values)
    happy = log.satisfaction(ctx.tx, pilot.id)
    if happy:
        rows.append((_("Customers' satisfaction"), _satisfaction_words(happy[-1])))
    rows.append((_("Problem"), pilot.problem))
    noted = fields.pattern_of(ctx, pilot)
    if noted is not None:
        rows.append((_("Pattern"), noted.title))
    if pilot.workflow:
        said = _(
            "{workflow}: {takes} → {gives}",
            workflow=pilot.workflow,
            takes=pilot.takes,
            gives=pilot.gives,
        )
        rows.append((_("Workflow"), said))
    if pilot.goal is not None:
        goal = mandate.goal(ctx.tx, pilot.goal)
        rows.append((_("Goal"), goal.name if goal else pilot.goal))
    if pilot.area:
        rows.append((_("Area"), pilot.area))
    rows += [(roles.LABELS[each], _holder(ctx, pilot, each)) for each in ROLES]
    if pilot.state.goes_on:
        rows.append((_("Connection"), use.connection(ctx, pilot)))
    if pilot.state is not PilotState.STOPPED:
        rows.append((_("Mandate"), _mandate(ctx)))
    return rows


def _mandate(ctx: Context) -> Sentence:
    """Return whether the mandate holds that the pilot stands on: without it, it is marked."""
    holds = valid(ctx)
    if holds is None:
        return _("⚠ none holds at present; type “mandate”")
    return _("valid until {day}", day=holds.valid_until)


def _baseline(pilot: Pilot) -> Sentence:
    baseline = measure.number(pilot.baseline or "0")
    return _(
        "{baseline} (n={n}, {period}, {source}), target {target}",
        baseline=_("{n} {unit}", n=baseline, unit=pilot.unit) if pilot.unit else baseline,
        n=pilot.baseline_n or 0,
        period=pilot.baseline_period,
        source=pilot.baseline_source,
        target=measure.number(pilot.target or "0"),
    )


def _series(pilot: Pilot, values: Sequence[log.Value]) -> list[tuple[Words, Words]]:
    """Return the row of numbers, and what stands beside it: never mixed with it."""
    if not values:
        return []
    recent = values[-12:]
    row: Words = _("{value}", value=measure.number(recent[0].value))
    for each in recent[1:]:
        row = _("{row} · {value}", row=row, value=measure.number(each.value))
    said = _(
        "before {before} | {row} | target {target} (from week {week})",
        before=measure.number(pilot.baseline or "0"),
        row=row,
        target=measure.number(pilot.target or "0"),
        week=int(recent[0].week[6:]),
    )
    rows: list[tuple[Words, Words]] = [(_("Week by week"), said)]
    newest = values[-1]
    if newest.waiting is not None and newest.working is not None:
        said = _(
            "waiting {waiting}, work {working}",
            waiting=measure.number(newest.waiting),
            working=measure.number(newest.working),
        )
        rows.append((_("Of that"), said))
    if pilot.guard:
        guarded = [each for each in values if each.guard is not None]
        if guarded:
            level = measure.number(guarded[-1].guard or "0")
            rows.append((pilot.guard, _("{value}", value=level)))
    return rows


def _satisfaction_words(told: log.Satisfaction) -> Words:
    """Return how satisfied customers were: a value of its own, with its week and its source."""
    said = _("{value} in week {week}", value=measure.number(told.value), week=int(told.week[6:]))
    if told.number:
        said = _("{said} (n={n})", said=said, n=told.number)
    return _("{said}, {source}", said=said, source=told.source) if told.source else said


def _holder(ctx: Context, pilot: Pilot, role: str) -> Words:
    holder = getattr(pilot, role)
    if holder is None:
        return _("nobody yet")
    if not duty.is_here(ctx, holder):
        return _("{who} – no longer active", who=name(ctx, holder))
    if getattr(pilot, f"{role}_accepted_at") is None:
        return _("{who} (asked)", who=name(ctx, holder))
    return name(ctx, holder)


def _learnt(ctx: Context, pilot: Pilot) -> list[Part]:
    """Return what is learnt from the weeks that are over: detours and sentences."""
    week = relief.week_of(ctx)
    items: list[Words] = signals(ctx, pilot)
    sentences = answers.sentences(ctx.tx, pilot.id, SENTENCES + 1, week)
    items += sentences[:SENTENCES]
    rounds = relief.closed(ctx, pilot)
    if rounds:
        items += [
            _("{reason}: {n}", reason=said, n=n)
            for said, n in relief.reasons(ctx, pilot, rounds[0])
        ]
    parts: list[Part] = [Text(_("What we are learning:")), Items(tuple(items))] if items else []
    if len(sentences) > SENTENCES:
        every = Button(_("All sentences"), call("feedback sentences", pilot=pilot.id), "quiet")
        parts.append(Buttons((every,)))
    answered = [each for each in answers.questions(ctx.tx, pilot.id) if each.answer is not None]
    if answered:
        told = [  # the latest first
            _("{question} – {answer}", question=each.words, answer=each.answer or "")
            for each in reversed(answered)
        ]
        parts += [Text(_("Asked and answered:")), Items(tuple(first_lines(told, 3)))]
    return parts


def signals(ctx: Context, pilot: Pilot) -> list[Words]:
    """Return the detours of the weeks that are over, each in a line."""
    found = answers.signals(ctx.tx, pilot.id, relief.week_of(ctx))
    return [signal_line(kind, reason, *told) for (kind, reason), told in found.items()]


# What was chosen before pilots and automations had the same four reasons.
BEFORE: dict[str, Words] = {
    "slower": Reason.SLOW.words,
    "wrong": Reason.RESULT.words,
    "special": Reason.FIT.words,
    "down": _("It did not run"),
}
BYPASSED: dict[str, Words] = {**BEFORE, **Reason.labels()}


def signal_line(kind: str, reason: str, times: int, minutes: int) -> Words:
    """Return how often something was bypassed or done by hand."""
    if kind == "bypassed":
        return _n(
            "bypassed {n} time: {reason}",
            "bypassed {n} times: {reason}",
            times,
            reason=BYPASSED[reason],
        )
    if minutes:
        return _n(
            "by hand {n} time, {minutes} minutes in all",
            "by hand {n} times, {minutes} minutes in all",
            times,
            minutes=minutes,
        )
    return _n("by hand {n} time", "by hand {n} times", times)


def _preparing(ctx: Context, pilot: Pilot) -> list[Part]:
    missing = start_check.missing(ctx, pilot)
    parts: list[Part] = [Text(each, small=True) for each in roles.warnings(pilot)]
    parts += [Text(each, small=True) for each in start_check.hints(pilot)]
    buttons = list({each.call.word: each for _words, each in missing}.values())
    if missing:
        parts += [Text(_("Before it can start:")), Items(tuple(words for words, _b in missing))]
    elif roles.may(ctx, pilot):
        buttons = [Button(_("Start it"), call("pilot start", pilot=pilot.id), "primary")]
    for word, label in (
        ("pilot describe", _("Describe it")),
        ("pilot people", _("Name people")),
        ("pilot measure", _("Measure")),
        ("pilot users", _("Name users")),
        ("pilot stop", _("Give it up")),
    ):
        if word not in {each.call.word for each in buttons}:
            buttons.append(Button(label, call(word, pilot=pilot.id), "quiet"))
    if not roles.may(ctx, pilot):
        return parts
    parts.append(Buttons(tuple(buttons)))
    if not pilot.metric:
        ready = tuple(
            Button(label, call("pilot measure", pilot=pilot.id, template=value), "quiet")
            for value, label in measure.TEMPLATES.items()
        )
        parts += [Text(_("A measure to begin with:"), small=True), Buttons(ready)]
    return parts


def _running(ctx: Context, pilot: Pilot) -> list[Part]:
    parts: list[Part] = [Text(each, small=True) for each in roles.warnings(pilot)]
    day = clock.current_day(ctx)
    number = clock.week(pilot, day)
    coming = next((each for each in progress.steps(ctx, pilot) if not each.done), None)
    if coming is not None:
        parts.append(Text(_("By {day}: {what}", day=coming.due, what=coming.milestone.words)))
    parts += _connecting(ctx, pilot)
    open_ones = [each for each in log.obstacles(ctx.tx, pilot.id) if each.solved_on is None]
    for each in open_ones[:3]:
        said = _("In the way until {day}: {words}", day=each.due_on, words=each.words)
        if each.due_on < day:
            said = _(
                "Still in the way, was to be gone by {day}: {words}",
                day=each.due_on,
                words=each.words,
            )
        solve = call("pilot solved", pilot=pilot.id, obstacle=each.id)
        parts += [Text(said), Buttons((Button(_("Out of the way"), solve),))]
    if len(open_ones) > 3:
        more = _n("{n} more in the way.", "{n} more in the way.", len(open_ones) - 3)
        parts.append(Text(more, small=True))
    if clock.is_late(pilot, day):
        parts.append(
            Text(_("A decision is due since {day}.", day=clock.end_of(pilot, clock.weeks(pilot))))
        )
    parts += taps(ctx, pilot)
    if roles.may(ctx, pilot):
        parts.append(Buttons(_own(pilot, number)))
    return parts


def _connecting(ctx: Context, pilot: Pilot) -> list[Part]:
    """Return the button that gets an address and a recipe, until the first run has come."""
    if use.is_connected(ctx, pilot) or not roles.may(ctx, pilot):
        return []
    return [Buttons((Button(_("Connect it"), call("pilot address", pilot=pilot.id)),))]


def taps(ctx: Context, pilot: Pilot) -> list[Part]:
    """Return the question, what is true of the answer, and the taps."""
    row = tuple(
        Button(label, call("relief", pilot=pilot.id, answer=value))
        for value, label in relief.LABELS.items()
    )
    beside = (
        Button(_("Bypassed"), call("feedback bypassed", pilot=pilot.id), "quiet"),
        Button(_("Done by hand"), call("feedback hand", pilot=pilot.id), "quiet"),
        Button(_("Ask something"), call("feedback question", pilot=pilot.id), "quiet"),
    )
    return [
        Text(_("Does “{pilot}” save you work?", pilot=pilot.name)),
        Text(relief.before_the_tap(ctx, pilot), small=True),
        Buttons(row),
        Buttons(beside),
    ]


def _own(pilot: Pilot, number: int) -> tuple[Button, ...]:
    decide = Button(_("Decide"), call("pilot decide", pilot=pilot.id), "primary")
    found = [decide] if number >= clock.weeks(pilot) else []
    if number <= 4 and pilot.sourcing is None:
        found.append(Button(_("Who connects it?"), call("pilot sourcing", pilot=pilot.id)))
    found.append(Button(_("Enter a value"), call("pilot value", pilot=pilot.id)))
    found.append(Button(_("Something is in the way"), call("pilot obstacle", pilot=pilot.id)))
    found.append(Button(_("Improved"), call("pilot improved", pilot=pilot.id)))
    found.append(Button(_("More"), call("pilot more", pilot=pilot.id), "quiet"))
    return tuple(found)


def _over(ctx: Context, pilot: Pilot) -> list[Part]:
    parts: list[Part] = []
    if pilot.reason:
        day = pilot.decided_on or clock.current_day(ctx)
        parts.append(Text(_("Decided on {day}: {reason}", day=day, reason=pilot.reason)))
    if pilot.learnt:
        parts.append(Text(_("What we learnt: {learnt}", learnt=pilot.learnt)))
    waits = operation.at_the_gate(ctx, pilot)
    if waits is not None:
        parts += [Text(waits.told()), Buttons(waits.buttons())]
    if pilot.state is PilotState.OPERATING:
        parts += [*_connecting(ctx, pilot), *taps(ctx, pilot)]
    if roles.may(ctx, pilot):
        buttons = [Button(_("Result card"), call("pilot result", pilot=pilot.id))]
        if pilot.undecided:
            decide = call("pilot decide", pilot=pilot.id)
            buttons.insert(0, Button(_("Decide"), decide, "primary"))
        if pilot.state is PilotState.OPERATING:
            buttons.append(Button(_("Improved"), call("pilot improved", pilot=pilot.id)))
        else:
            buttons.append(Button(_("Take it up again"), call("pilot again", pilot=pilot.id)))
        buttons.append(Button(_("Correct"), call("pilot corrections", pilot=pilot.id), "quiet"))
        buttons.append(Button(_("History"), call("pilot history", pilot=pilot.id), "quiet"))
        parts.append(Buttons(tuple(buttons)))
    return parts


def result(ctx: Context, pilot: Pilot) -> Message:
    """Return the result card: use and relief, problem, before, now, what was learnt, what next."""
    values = log.values(ctx.tx, pilot.id)
    found = measure.effect(pilot, values)
    rounds = relief.closed(ctx, pilot)
    nexts: dict[str, Words] = {
        "operate": _("It goes into operation."),
        "again": _("One more round of four weeks."),
        "stop": _("It ends here."),
    }
    rows: list[tuple[Words, Words]] = [
        (_("Use"), use.use_words(ctx, pilot)),
        (_("Relief"), relief.round_words(relief.newest_known(rounds))),
        (_("Problem"), pilot.problem),
    ]
    if pilot.baseline is not None:
        rows.append((_("Before"), _baseline(pilot)))
    if found is not None:
        rows.append((_("Now"), measure.effect_words(pilot, found)))
    if pilot.learnt:
        rows.append((_("What we learnt"), pilot.learnt))
    rows.append((_("Next"), nexts.get(pilot.decision or "", _("not decided yet"))))
    title = _("Result of the pilot “{pilot}”", pilot=pilot.name)
    return Message((Title(title), Facts(tuple(rows))))

"""What is stored of pilots, for whom and how long; the daily look, the digest, the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Glance, Known, Row, Section, Setting, Task, Week, figure
from handlers.kit.messages import Button, Facts, Items, Part, Text, Title
from handlers.kit.people import NAMES_GO, NAMES_KEPT, former, name
from handlers.kit.readers import NumberReader, folded
from handlers.kit.words import Sentence, Words, _, _n, first_lines
from handlers.pilots import clock, measure, relief, roles, start_check, use
from handlers.pilots.open_tasks import told_before, undecided, vacancies
from handlers.pilots.weeks import due, operation
from handlers.pilots.weeks.kinds import CHANGES
from storage import pilots, workspaces
from storage.delivery import timers
from storage.engine.ids import PersonId, PilotId
from storage.pilots import ROLES, Pilot, answers, log
from storage.pilots.states import PilotState

feature = Feature(_("Pilots"))

PILOTS = 5  # in one digest

FEEDBACK = feature.measure(
    "feedback",
    _("Feedback"),
    _("sentences given to pilots in the week, without names; counted once the week is over"),
    "pilot_sentences",
)
AGE = feature.measure(
    "age", _("How long a pilot has run"), _("weeks since it was started, of twelve"), "pilots"
)
REACHED = feature.measure(
    "reached",
    _("Reached operation"),
    _(
        "pilots whose automation has all that operation needs, of those about which somebody "
        "decided"
    ),
    "pilots",
)
ALIVE = feature.measure(
    "alive",
    _("Alive after six months"),
    _("pilots still used 180 days after going into operation, of those that were asked about"),
    "pilots",
)
RELIEF = feature.measure(
    "relief",
    _("Relief"),
    _(
        "people who tapped in the newest week that is over. Split only if five "
        "answered, somebody who was asked did not, and no answer holds everybody"
    ),
    "pilot_answers",
)
EFFECT = feature.measure(
    "effect",
    _("Effect of a pilot"),
    _(
        "(before − now) ÷ before, the other way round where more is better. Now is "
        "the mean of the newest four weeks, each weighed by its cases"
    ),
    "pilot_values",
)

FEW = NumberReader(1, 20)
LOOK = time(6, 30)  # local time of the daily look, before anybody is told anything


def plan(ctx: Context, pilot: PilotId) -> None:
    """Let a pilot be looked at tomorrow morning, today if that is still to come."""
    zone = ctx.workspace.zone
    due = calendar.at(clock.current_day(ctx), LOOK, zone)
    if due <= ctx.now:
        due = calendar.at(clock.current_day(ctx) + timedelta(days=1), LOOK, zone)
    timers.set(
        ctx.tx,
        id=ctx.new_id(),
        kind=clock.PilotTimer.DAY,
        key=f"pilot:{pilot}:day",
        due=due,
        pilot=pilot,
    )


def set_limits(ctx: Context, area: int, whole: int) -> None:
    """Set how many pilots may run in one area and in all."""
    workspaces.set_setting(ctx.tx, start_check.SETTING, f"{area}/{whole}")


@feature.sets(60)
def settings(ctx: Context) -> list[Setting]:
    area, whole = start_check.limits(ctx)
    said = _("{area} in one area, {whole} in all", area=area, whole=whole)
    button = Button(_("How many pilots at once?"), call("pilot limits"))
    return [Setting(_("Pilots at the same time"), said, button)]


def figures(ctx: Context) -> list[Sentence]:
    """Return how many pilots reached operation, and are alive after half a year (D08, D09)."""
    known = [each for each in pilots.all(ctx.tx) if each.started_on is not None]
    ended = [each for each in known if each.state in (PilotState.OPERATING, PilotState.STOPPED)]
    if not ended:
        return []
    operating = [each for each in ended if each.operating_on is not None]
    reached = figure(REACHED, len(operating))
    decided = figure(REACHED, len(ended))
    found = [_("Reached operation: {n} of {all} that were decided.", n=reached, all=decided)]
    asked = [each for each in operating if each.alive is not None]
    if asked:
        used = figure(ALIVE, sum(each.alive == "yes" for each in asked))
        whole = figure(ALIVE, len(asked))
        found.append(_("Alive after six months: {n} of {all}.", n=used, all=whole))
    return found


def pilot_line(ctx: Context, pilot: Pilot) -> Words:
    """Return a pilot in a line: its week, whether it is used and relieves, what it reached."""
    found = measure.effect(pilot, log.values(ctx.tx, pilot.id))
    rounds = relief.closed(ctx, pilot)
    age = figure(AGE, clock.age(ctx, pilot))
    said: Sentence = figure(RELIEF, relief.round_words(rounds[0] if rounds else None))
    said = _("{use}; {relief}", use=use.use_words(ctx, pilot), relief=said)
    if found is not None:
        effect = figure(EFFECT, measure.effect_words(pilot, found))
        if pilot.target is not None:
            target = figure(EFFECT, measure.number(pilot.target))
            effect = _("{effect}, target {target}", effect=effect, target=target)
        said = _("{relief}; {effect}", relief=said, effect=effect)
    return _("{age}; {relief}", age=age, relief=_in_the_way(ctx, pilot, said))


def _in_the_way(ctx: Context, pilot: Pilot, said: Sentence) -> Sentence:
    """Add what is in a pilot's way, and since when it should not be."""
    open_ones = [each for each in log.obstacles(ctx.tx, pilot.id) if each.solved_on is None]
    for each in open_ones[:2]:
        values = {"words": said, "obstacle": each.words, "day": each.due_on}
        late = each.due_on < clock.current_day(ctx)
        said = (
            _("{words}; still in the way, was to be gone by {day}: {obstacle}", **values)
            if late
            else _("{words}; in the way until {day}: {obstacle}", **values)
        )
    rest = len(open_ones) - 2
    more = _n("{n} more", "{n} more", rest)
    return _("{words}; {more}", words=said, more=more) if rest > 0 else said


def verdict(ctx: Context, known: Sequence[Pilot], week: str) -> tuple[Words, ...]:
    """Return how many of the week's answers said yes, of the rounds whose split may be shown."""
    splits = [
        each.split
        for pilot in known
        for each in relief.closed(ctx, pilot)
        if each.week == week and each.split is not None
    ]
    total = sum(sum(each.values()) for each in splits)
    if total == 0:
        return ()
    yes = figure(RELIEF, sum(each["relieved"] for each in splits))
    return (_("relief: {n} of {all} say yes", n=yes, all=figure(RELIEF, total)),)


def reached_lines(ctx: Context, known: Sequence[Pilot], week: Week) -> tuple[Words, ...]:
    """Return the pilots that went into operation in the week."""
    first, after = (calendar.day_of(each, ctx.workspace.zone) for each in (week.start, week.end))
    return tuple(
        _("“{pilot}” is in operation", pilot=each.name)
        for each in known
        if each.operating_on is not None and first <= each.operating_on < after
    )


@feature.section(70, team=True)
def section(ctx: Context, week: Week) -> Section | None:
    """Return what has to be decided, how each pilot goes, and how much was said."""
    known = [each for each in pilots.all(ctx.tx) if each.state.goes_on]
    if week.team is not None:
        ours = [each for each in known if folded(each.area) in week.team.areas]
        told_ = tuple(_rows(ctx, ours))
        lines = (Title(_("Pilots")), Facts(told_)) if told_ else ()
        return Section(parts=lines, solved=reached_lines(ctx, ours, week))
    rows: list[tuple[Words, Words]] = []
    if week.name < relief.week_of(ctx):  # while it runs, a number would tell
        said = figure(FEEDBACK, answers.said_in(ctx.tx, week.name))
        rows += [(_("Feedback"), _n("{n} sentence", "{n} sentences", said))] if said else []
    rows += _rows(ctx, known)
    parts: list[Part] = [Text(each) for each in figures(ctx)]
    better = _improvement_lines(ctx, week)
    if better:
        parts = [Text(_("Improved:")), Items(better), *parts]
    if rows:
        parts = [Title(_("What we are learning")), Facts(tuple(rows)), *parts]
    decisions = tuple(undecided(ctx))
    said_yes, solved = verdict(ctx, known, week.name), reached_lines(ctx, known, week)
    quiet = () if parts or decisions or not known else (_("Pilots"),)
    return Section(decisions, tuple(parts), said_yes, solved, quiet)


def _rows(ctx: Context, known: Sequence[Pilot]) -> list[tuple[Words, Words]]:
    rows: list[tuple[Words, Words]] = [
        (each.name, pilot_line(ctx, each)) for each in known[:PILOTS]
    ]
    rest = len(known) - PILOTS
    return [*rows, (_("More"), _n("{n} more", "{n} more", rest))] if rest > 0 else rows


def _improvement_lines(ctx: Context, week: Week) -> tuple[Words, ...]:
    """Return what was improved in a week; requirement C25."""
    found = [
        _("“{pilot}”, {kind}: {words}", pilot=each.name, kind=CHANGES[done.kind], words=done.words)
        for each in pilots.all(ctx.tx)
        for done in log.iterations(ctx.tx, each.id)
        if measure.week_of(done.done_on) == week.name
    ]
    return tuple(first_lines(found, PILOTS))


@feature.glance(40)
def glance(ctx: Context) -> list[Glance]:
    """Return the pilots in which the asker has a role."""
    mine = [
        _("{name}, {week}", name=each.name, week=clock.age(ctx, each))
        for each in pilots.all(ctx.tx)
        if ctx.person.id in {getattr(each, role) for role in ROLES}
        and each.state is not PilotState.STOPPED
    ]
    return [Glance(_("My pilots"), tuple(mine), rest=call("pilot"))]


@feature.waits(55)
def waiting(ctx: Context) -> list[Task]:
    """Return what waits for those who have a role: what is due, decisions, obstacles, questions."""
    me, found = ctx.person.id, []
    for each in pilots.all(ctx.tx):
        found += [
            Task(task.words, task.buttons) for task in due.due(ctx, each) if task.whose(each) == me
        ]
        if me not in {getattr(each, role) for role in ROLES if role in roles.filled(each)}:
            continue
        if each.undecided or clock.decision_due(each, clock.current_day(ctx)):
            words = _("“{pilot}”: what becomes of it?", pilot=each.name)
            found.append(Task(words, (Button(_("Decide"), call("pilot decide", pilot=each.id)),)))
        found += vacancies(ctx, each) if each.state.goes_on else []
        waits = operation.at_the_gate(ctx, each)
        if waits is not None and waits.automation.accountable == me:
            found.append(Task(waits.told(), waits.buttons()[:2]))
        if roles.decides(each) != me:
            continue
        found += told_before(ctx, each)
        for question in answers.questions(ctx.tx, each.id):
            if question.answer is None:
                answer = Button(_("Answer"), call("feedback answer", question=question.id))
                words = _("“{pilot}”: {words}", pilot=each.name, words=question.words)
                found.append(Task(words, (answer,)))
        for obstacle in log.obstacles(ctx.tx, each.id):
            if obstacle.solved_on is None:
                solve = call("pilot solved", pilot=each.id, obstacle=obstacle.id)
                values = {"pilot": each.name, "day": obstacle.due_on, "words": obstacle.words}
                words = _("In the way of “{pilot}” until {day}: {words}", **values)
                if obstacle.due_on < clock.current_day(ctx):
                    words = _(
                        "Still in the way of “{pilot}”, was to be gone by {day}: {words}", **values
                    )
                found.append(Task(words, (Button(_("Out of the way"), solve),)))
    return found


@feature.knows(
    70,
    _("Your part in pilots"),
    {
        "pilots": ROLES,
        "pilot_users": ("person",),
        "pilot_history": ("changed_by",),
        "pilot_values": ("entered_by",),
    },
    replace=pilots.replace,
)
def known(ctx: Context, person: PersonId) -> Known:
    rows: list[tuple[Words, Words]] = [
        (each.name, roles.LABELS[role]) for each, role in pilots.with_role(ctx.tx, person)
    ]
    for pilot, state in pilots.uses(ctx.tx, person):
        said = _("you are asked about it") if state == "asked" else _("you are not asked about it")
        rows.append((pilot, said))
    return Known(tuple(rows))


@feature.keeps(
    "pilot_rounds",
    "pilot_answers",
    "pilot_sentences",
    "pilot_signals",
    what=_("answers about pilots, without names"),
    days=365,
    then=_("deleted"),
)
def old_answers(ctx: Context, before: datetime) -> int:
    return answers.forget(ctx.tx, calendar.week_of(before, ctx.workspace.zone))


def _listed(ctx: Context, filter: Filter) -> list[Pilot]:
    found = pilots.all(ctx.tx)
    if filter.which == "open":
        found = [each for each in found if each.state is not PilotState.STOPPED]
    if filter.which == "mine":
        found = [each for each in found if ctx.person.id in {getattr(each, role) for role in ROLES}]
    if filter.since is not None:
        since = calendar.day_of(filter.since, ctx.workspace.zone)
        found = [each for each in found if each.created_on is None or each.created_on >= since]
    return found


@feature.lists(
    "pilots",
    _("Pilots"),
    (
        ("name", _("Pilot")),
        ("state", _("State")),
        ("use", _("Use")),
        ("relief", _("Relief")),
        ("effect", _("Effect")),
        ("problem", _("Problem")),
        ("champion", _("Champion")),
    ),
    count=lambda ctx, filter: len(_listed(ctx, filter)),
    which=("open", "mine", "all"),
    narrows=("since",),
)
def rows(ctx: Context, filter: Filter, first: int, most: int) -> Sequence[Row]:
    found = []
    for each in _listed(ctx, filter)[first : first + most]:
        effect = measure.effect(each, log.values(ctx.tx, each.id))
        rounds = relief.closed(ctx, each)
        closed = each.state is PilotState.STOPPED
        values: tuple[Words, ...] = (
            each.name,
            clock.age(ctx, each),
            use.use_words(ctx, each) if each.started_on is not None else "",
            relief.round_words(rounds[0]) if rounds else "",
            measure.effect_words(each, effect) if effect else "",
            each.problem,
            name(ctx, each.champion) if each.champion is not None and not closed else "",
        )
        found.append(Row(values, call("pilot", pilot=each.id)))
    return found


@feature.keeps(
    "pilots",
    "pilot_history",
    "pilot_values",
    "pilot_users",
    what=_("Who changed and measured a pilot, and the roles of one that was stopped"),
    days=NAMES_KEPT,
    then=NAMES_GO,
)
def forget_people(ctx: Context, before: datetime) -> int:
    """Let go of their names; who decides now stays."""
    return pilots.forget_people(ctx.tx, before, former(ctx))

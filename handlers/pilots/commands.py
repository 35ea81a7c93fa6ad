"""Pilots: what is tried, from a problem to the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from handlers.guardrails import cards as guardrails
from handlers.kit.commands import UNASKED, Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.readers import (
    ChoiceReader,
    NumberReader,
    folded,
)
from handlers.kit.readers.decimals import DecimalReader
from handlers.kit.words import Words, _
from handlers.pilots import cards, clock, digest, editing, fields, roles, start_check
from handlers.pilots import measure as measures
from handlers.pilots.fields import (
    LINE,
    SHORT,
    AreaField,
    BigField,
    GivesField,
    GoalField,
    NameField,
    PatternField,
    ProblemField,
    TakesField,
    TouchedField,
    WorkflowField,
    need_goals,
)
from handlers.pilots.lookup import PilotRef
from handlers.pilots.measure import BETTER, Better
from handlers.pilots.start_check import Template
from handlers.similarity import said_share
from storage import pilots
from storage.engine.ids import PatternId, PilotId
from storage.friction import patterns
from storage.pilots import Pilot
from storage.pilots.columns import PilotChanges
from storage.pilots.states import STARTED, PilotEvent, PilotState

feature = Feature(_("Pilots"))

SAME = 0.6  # share of the words from which it is the same workflow, better written


@feature.command("pilot", "pilot", help=_("A pilot, or the list of all."), reads=True)
def show(ctx: Context, pilot: PilotRef | None = None) -> Reply:
    if pilot is not None:
        return Reply(cards.card(ctx, pilot))
    known = pilots.all(ctx.tx)
    new = Buttons(
        (
            Button(_("Start a pilot"), call("pilot new")),
            *(
                Button(label, call("pilot new", template=value), "quiet")
                for value, label in start_check.STARTERS.items()
            ),
        )
    )
    if not known:
        return Reply(Message((Text(_("There is no pilot yet.")), new)))
    items: tuple[Words, ...] = tuple(
        _(
            "{name}, {week}: {problem}",
            name=each.name,
            week=cards.age(ctx, each),
            problem=each.problem,
        )
        for each in known[:12]
    )
    parts: list[Part] = [Title(_("Pilots")), Items(items)]
    if len(known) > 12:
        parts.append(Text(_("and {n} more", n=len(known) - 12), small=True))
    parts += [Text(each, small=True) for each in digest.figures(ctx)]
    taps = tuple(Button(each.name, call("pilot", pilot=each.id)) for each in known[:4])
    return Reply(Message((*parts, Buttons(taps), new)))


def _begun(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    """Return what a template or a pattern brings along."""
    need_goals(ctx)
    found = {
        name: ctx.text(words)
        for name, words in start_check.FIELDS.get(fixed.get("template", ""), {}).items()
    }
    pattern = patterns.find(ctx.tx, PatternId(fixed.get("pattern", "")))
    if pattern is not None:
        found |= {"name": pattern.title[:60], "area": pattern.area}
    return found


def _one_workflow(_ctx: Context, workflow: str = "") -> None:
    """Refuse a second workflow; requirement C13."""
    if "\n" in workflow or ";" in workflow:
        raise Refusal(
            _("One workflow, please. The others can be tried after it."), field="workflow"
        )


def _new_name(ctx: Context, name: str) -> None:
    editing.need_free_name(ctx, name)


@feature.command(
    "pilot new",
    "pilot neu",
    help=_("Prepare a pilot: one problem, one workflow."),
    submit=_("Continue"),
    needs="pilot",
    current=_begun,
    checks=(_new_name, _one_workflow),
)
def new(
    ctx: Context,
    *,
    name: NameField,
    problem: ProblemField,
    goal: GoalField,
    workflow: WorkflowField = "",
    takes: TakesField = "",
    gives: GivesField = "",
    area: AreaField = "",
    touched: TouchedField = frozenset(),
    too_big: BigField = frozenset(),
    template: Annotated[
        Template, ChoiceReader(Template, start_check.STARTERS, {}), Ask(_("Starter"))
    ]
    | None = None,
    pattern: PatternField | None = None,
) -> Reply:
    words = start_check.MEASURES.get(template or "", {})
    measure = {key: ctx.text(each) for key, each in words.items()}
    pilot = Pilot(
        PilotId(ctx.new_id()),
        " ".join(name.split())[: editing.LONGEST],
        problem,
        None,
        None,
        pattern=pattern.id if pattern else None,
        area=" ".join(area.split())[:60] or (pattern.area if pattern else ""),
        goal=goal.id,
        workflow=workflow,
        takes=takes,
        gives=gives,
        metric=measure.get("metric", ""),
        unit=measure.get("unit", ""),
        baseline_period=measure.get("period", ""),
        baseline_source=measure.get("source", ""),
        guard=measure.get("guard", ""),
        touched=",".join(sorted(touched)),
        too_big=",".join(sorted(too_big)),
        template=template,
        created_on=clock.current_day(ctx),
    )
    if not pilots.add(ctx.tx, pilot, name_key=folded(pilot.name)):
        raise Refusal(editing.taken_words(pilot.name))
    editing.note(ctx, pilot, PilotEvent.CREATED, pilot.name)
    shown = cards.card(ctx, pilot)
    return Reply(
        replace(shown, parts=(*shown.parts, *guardrails.guardrail_parts(ctx))), subject=pilot.name
    )


def _is_another(workflow: str, before: str) -> bool:
    """Say whether it is another workflow, and not the same one in corrected words."""
    return min(said_share(workflow, before), said_share(before, workflow)) < SAME


def _another_name(ctx: Context, pilot: Pilot, name: str) -> None:
    editing.need_free_name(ctx, name, editing.own(ctx, pilot).id)


def _same_workflow(ctx: Context, pilot: Pilot, workflow: str = "") -> None:
    """Refuse another workflow while one runs, and before one in operation was improved."""
    found = editing.own(ctx, pilot)
    if not found.workflow or not _is_another(workflow, found.workflow):
        return
    if found.state is PilotState.RUNNING:
        raise Refusal(
            _(
                "It runs with one workflow: “{workflow}”. Others come after it.",
                workflow=found.workflow,
            ),
            field="workflow",
        )
    if found.state is PilotState.OPERATING and not start_check.improved(ctx, found):
        raise _improve_first(ctx, found)


@feature.command(
    "pilot describe",
    "pilot beschreiben",
    help=_("What is tried: problem, workflow, goal."),
    hidden=True,
    current=fields.at_first,
    checks=(_another_name, _one_workflow, _same_workflow),
)
def describe(
    ctx: Context,
    pilot: PilotRef,
    *,
    name: NameField,
    problem: ProblemField,
    goal: GoalField,
    workflow: WorkflowField = "",
    takes: TakesField = "",
    gives: GivesField = "",
    area: AreaField = "",
    touched: TouchedField = frozenset(),
    too_big: BigField = frozenset(),
    pattern: PatternField | None = None,
) -> Reply:
    found = editing.own(ctx, pilot)
    editing.rename(ctx, found, name)
    changed: PilotChanges = {
        "problem": problem,
        "workflow": workflow,
        "takes": takes,
        "gives": gives,
        "area": " ".join(area.split())[:60],
        "goal": goal.id,
        "touched": ",".join(sorted(touched)),
        "too_big": ",".join(sorted(too_big)),
        "pattern": found.pattern,
    }
    if pattern is not None or fields.pattern_of(ctx, found) is not None:
        changed["pattern"] = pattern.id if pattern is not None else None
    before = fields.before(ctx, found, changed)
    pilots.change(ctx.tx, found.id, **changed)
    editing.note(ctx, found, PilotEvent.DESCRIBED, before)
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


def _improve_first(ctx: Context, pilot: Pilot) -> Refusal:
    told = cards.signals(ctx, pilot)
    said = _(
        "“{pilot}” is in operation and was not improved since. First improve, then extend.",
        pilot=pilot.name,
    )
    if told:
        said = _("{said} What people told: {signals}.", said=said, signals=told)
    return Refusal(
        said,
        buttons=(
            Button(_("Improved"), call("pilot improved", pilot=pilot.id)),
            Button(_("Show what people say"), call("pilot", pilot=pilot.id)),
        ),
    )


def _measured(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = pilots.find(ctx.tx, PilotId(fixed.get("pilot", "")))
    if found is None:
        return {}
    given = measures.GIVEN.get(fixed.get("template", ""), {})
    said = {
        key: words if isinstance(words, str) else ctx.text(words) for key, words in given.items()
    }
    return {
        "metric": said.get("metric", found.metric),
        "unit": said.get("unit", found.unit),
        "better": said.get("better", found.better),
        "baseline": found.baseline or "",
        "number": str(found.baseline_n or ""),
        "period": found.baseline_period,
        "source": found.baseline_source,
        "target": found.target or "",
        "guard": found.guard,
        "guard_limit": found.guard_limit or "",
    }


NUMBER = DecimalReader()


def _gets_better(
    ctx: Context, pilot: Pilot, baseline: str, target: str, better: Better = Better.LOWER
) -> None:
    editing.own(ctx, pilot)
    lower = float(target) < float(baseline)
    if float(target) == float(baseline) or lower != (better is Better.LOWER):
        raise Refusal(
            _(
                "From {baseline} to {target} nothing gets better that way. Please look again.",
                baseline=baseline,
                target=target,
            ),
            field="target",
        )


@feature.command(
    "pilot measure",
    "pilot messen",
    help=_("What is measured, from where to where?"),
    hidden=True,
    current=_measured,
    checks=(_gets_better,),
)
def measure(
    ctx: Context,
    pilot: PilotRef,
    *,
    metric: Annotated[str, LINE, Ask(_("Measure"), _("Such as: days until a repair is done."))],
    unit: Annotated[str, SHORT, Ask(_("Unit"), _("Such as days, hours, percent."))],
    better: Annotated[Better, BETTER, Ask(_("What is better?"))] = Better.LOWER,
    baseline: Annotated[str, NUMBER, Ask(_("Before the pilot"))],
    number: Annotated[int, NumberReader(1, 1_000_000), Ask(_("Of how many cases?"))],
    period: Annotated[str, LINE, Ask(_("In which period?"), _("Such as: September and October."))],
    source: Annotated[str, LINE, Ask(_("From where is it known?"))],
    target: Annotated[str, NUMBER, Ask(_("Target"))],
    guard: Annotated[
        str, LINE, Ask(_("What must not get worse?"), _("Such as: complaints a week."))
    ],
    guard_limit: Annotated[str, NUMBER, Ask(_("Its limit"))] = "",
    template: Annotated[
        measures.Template | None,
        ChoiceReader(measures.Template, measures.TEMPLATES, {}),
        UNASKED,
    ] = None,
) -> Reply:
    found = editing.own(ctx, pilot)
    if found.baseline is not None and found.baseline != baseline:
        editing.note(ctx, found, PilotEvent.BASELINE, f"{found.baseline} → {baseline}")
    pilots.change(
        ctx.tx,
        found.id,
        metric=metric,
        unit=unit[:30],
        better=better.value,
        baseline=baseline,
        baseline_n=number,
        baseline_period=period,
        baseline_source=source,
        target=target,
        guard=guard,
        guard_limit=guard_limit or None,
    )
    editing.note(ctx, found, PilotEvent.MEASURED, f"{metric}: {baseline} → {target} {unit}")
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)


@feature.command("pilot start", "pilot starten", help=_("Start the twelve weeks."), hidden=True)
def start(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    if found.state in STARTED:
        return Reply(cards.card(ctx, found))
    missing = start_check.missing(ctx, found)
    if missing or not roles.may_start(found):
        raise Refusal(
            _("Before it can start: {missing}.", missing=[words for words, _b in missing]),
            buttons=tuple({each.call.word: each for _w, each in missing}.values()),
        )
    behind = start_check.unimproved(ctx, found)
    if behind is not None:
        raise _improve_first(ctx, behind)
    full = start_check.no_room(ctx, found)
    if full is not None:
        if found.state is PilotState.WAITING:
            return Reply(Message((Text(full), Text(_("It stays on the waiting list.")))))
        wait = Button(_("Put it on the waiting list"), call("pilot wait", pilot=found.id))
        raise Refusal(full, buttons=(wait,))
    today = clock.current_day(ctx)
    pilots.change(ctx.tx, found.id, state=PilotState.RUNNING, started_on=today, waiting_since=None)
    editing.note(ctx, found, PilotEvent.STARTED)
    digest.plan(ctx, found.id)
    posts = editing.settle(ctx, found, "room")
    editing.let_connect(ctx, editing.fresh(ctx, found))
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), posts=posts, subject=found.name)


@feature.command("pilot wait", "pilot warten", help=_("Put it on the waiting list."), hidden=True)
def wait(ctx: Context, pilot: PilotRef) -> Reply:
    found = editing.own(ctx, pilot)
    if found.state.is_prepared:
        pilots.change(ctx.tx, found.id, state=PilotState.WAITING, waiting_since=ctx.now)
        editing.note(ctx, found, PilotEvent.WAITING)
    return Reply(cards.card(ctx, editing.fresh(ctx, found)), subject=found.name)

"""A pilot that goes into operation carries everything over into the register of automations.

There it stays a pilot until the gate to operation has nothing missing, and only then the pilot has
reached operation; what it knows is not asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.attention import matters
from handlers.automations import entering, profile
from handlers.automations.correcting import next_steps
from handlers.automations.entering import Expected
from handlers.automations.learning import arriving
from handlers.automations.measures.measuring import as_number, fields
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post
from handlers.kit.readers import folded
from handlers.kit.words import Sentence, Words, _, text
from handlers.pilots import roles, start_check
from storage import automations, pilots
from storage.automations import Automation, history, values
from storage.automations.states import AutomationKind, AutomationPhase, AutomationState
from storage.automations.values import Value
from storage.engine.ids import NOBODY, AutomationId, PersonId
from storage.mandate import links
from storage.pilots import Pilot, log
from storage.pilots.states import PilotState

NAMED = 3  # of what is missing; the rest is counted


def carry_over(ctx: Context, pilot: Pilot) -> tuple[Post, ...]:
    """Enter the automation of a pilot, or complete the one that is connected for it."""
    known = _known(ctx, pilot)
    before = _connected(ctx, pilot)
    connected, posts = connected_for(ctx, pilot)
    if before is not None:
        said = profile.field_texts(connected, history.profile(ctx.tx, connected.id))
        gaps = {field: value for field, value in known.items() if value and not said.get(field)}
        profile.correct(ctx, connected, gaps)
        if connected.phase in (AutomationPhase.IDEA, AutomationPhase.INCOMPLETE):
            automations.change(ctx.tx, connected.id, phase=AutomationPhase.PILOT)
    pilots.change(ctx.tx, pilot.id, automation=connected.id)
    if pilot.goal is not None and connected.id not in links.goals_of_automations(ctx.tx):
        links.link(ctx.tx, connected.id, pilot.goal)
    _carry_values(ctx, pilot, connected)
    _through_the_gate(ctx, pilot)
    if pilot.integrator is not None and connected.first_report_at is None:
        words = _("“{name}” goes into operation. Please connect it.", name=connected.name)
        button = Button(_("Address and recipe"), call("auto address", automation=connected.id))
        key = f"automation:{connected.id}:connect"
        matters.note(ctx, pilot.integrator, key, words, button)
    return posts


def _through_the_gate(ctx: Context, pilot: Pilot) -> None:
    """Let it be in operation where its automation is; else say what is missing until then."""
    waits = at_the_gate(ctx, pilots.find(ctx.tx, pilot.id) or pilot)
    if waits is None:
        arriving.arrive(ctx, pilot)
    elif waits.automation.accountable:
        key = arriving.gate_key(waits.automation)
        words, buttons = waits.told(), waits.buttons()
        matters.note(ctx, PersonId(waits.automation.accountable), key, words, *buttons)


@dataclass(frozen=True, slots=True)
class Waits:
    """A pilot that is to go into operation, and what its automation still lacks for it."""

    automation: Automation
    gaps: tuple[Words, ...]

    def told(self) -> Sentence:
        """Return what is missing, the first things by their names."""
        first, rest = list(self.gaps[:NAMED]), len(self.gaps) - NAMED
        name = self.automation.name
        if not first:
            return _("“{pilot}” can go into operation now.", pilot=name)
        if rest <= 0:
            return _("“{pilot}” is to go into operation. Missing: {gaps}.", pilot=name, gaps=first)
        return _(
            "“{pilot}” is to go into operation. Missing: {gaps} – and {n} more.",
            pilot=name,
            gaps=first,
            n=rest,
        )

    def buttons(self) -> tuple[Button, ...]:
        """Return the buttons that lead through."""
        return next_steps(self.automation, self.gaps)


def at_the_gate(ctx: Context, pilot: Pilot) -> Waits | None:
    """Return what keeps a pilot from operation that is decided to go there; None if nothing."""
    if pilot.state is not PilotState.OPERATING or pilot.operating_on is not None:
        return None
    found = automations.find(ctx.tx, AutomationId(pilot.automation or ""))
    if found is None or found.phase is AutomationPhase.OPERATION:
        return None
    return Waits(found, tuple(profile.lacks(ctx, found, history.profile(ctx.tx, found.id))))


def connected_for(ctx: Context, pilot: Pilot) -> tuple[Automation, tuple[Post, ...]]:
    """Return the automation that runs for a pilot, and the questions to its people.

    Where there is none it is entered, with all that the pilot knows.
    """
    found = _connected(ctx, pilot)
    if found is not None:
        return found, ()
    accountable, deputy = _people(pilot)
    return entering.register(
        ctx,
        name=pilot.name,
        purpose=pilot.problem,
        accountable=accountable,
        deputy=deputy,
        expected=Expected(AutomationKind.SCHEDULED),
        values=_known(ctx, pilot),
        phase=AutomationPhase.PILOT,
    )


def _connected(ctx: Context, pilot: Pilot) -> Automation | None:
    """Return what is connected for a pilot, or was entered under its name meanwhile."""
    found = automations.find(ctx.tx, AutomationId(pilot.automation or ""))
    if found is not None and found.state is AutomationState.ACTIVE:
        return found
    same = (each for each in automations.all(ctx.tx) if folded(each.name) == folded(pilot.name))
    return next(same, None)


def _people(pilot: Pilot) -> tuple[PersonId, PersonId]:
    """Return who is asked to answer for it, and whoever connected it as the deputy."""
    first = roles.decides(pilot)
    others = (pilot.integrator, pilot.modeler, pilot.champion)
    deputy = next((each for each in others if each is not None and each != first), None)
    return first or NOBODY, deputy or NOBODY


def _known(ctx: Context, pilot: Pilot) -> dict[str, str]:
    """Return what a pilot knows, as the profile has it, in the company's language."""
    language = ctx.workspace.language
    flow = [each for each in (pilot.takes, pilot.workflow, pilot.gives) if each]
    touched = [start_check.TOUCHED[each] for each in pilot.touched.split(",") if each]
    unit = f" {pilot.unit}" if pilot.unit else ""
    known = {
        "steps": " → ".join(flow),
        "area": pilot.area,
        "measure": pilot.metric,
        "docs": pilot.docs,
        "data": text(_("{touched}", touched=touched), language) if touched else "",
    }
    if pilot.target is not None:
        said = f"{as_number(pilot.target)}{unit}"
        least = pilot.better == "higher"
        bound = _("at least {n}", n=said) if least else _("at most {n}", n=said)
        known["limit"] = text(bound, language)
    if pilot.guard and pilot.guard_limit is not None:
        known["measure2"] = pilot.guard
        known["limit2"] = text(_("at most {n}", n=as_number(pilot.guard_limit)), language)
    return known


def _carry_values(ctx: Context, pilot: Pilot, automation: Automation) -> None:
    """Bring the values of the weeks along, those of what must not get worse, too."""
    kept = history.profile(ctx.tx, automation.id)
    for week in log.values(ctx.tx, pilot.id):
        day = calendar.monday(week.week).isoformat()
        for number, value, name in ((1, week.value, pilot.metric), (2, week.guard, pilot.guard)):
            if value is not None and name and kept.get(fields(number)[0]) == name:
                values.put(ctx.tx, automation.id, Value(number, day, value))

"""A pilot that goes into operation carries everything over into the register of automations.

There it stays a pilot until the gate to operation has nothing missing; what it knows is not asked
for again.
"""

from __future__ import annotations

from handlers.attention import matters
from handlers.automations import entering, profile
from handlers.automations.entering import Expected
from handlers.automations.measures.measuring import as_number, fields
from handlers.kit import calendar
from handlers.kit.commands import call
from handlers.kit.context import Context
from handlers.kit.messages import Button, Post
from handlers.kit.readers import folded
from handlers.kit.words import _, text
from handlers.pilots import roles, start_check
from storage import automations, pilots
from storage.automations import Automation, history, values
from storage.automations.states import AutomationKind, AutomationPhase, AutomationState
from storage.automations.values import Value
from storage.engine.ids import NOBODY, PersonId
from storage.pilots import Pilot, log


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
    _carry_values(ctx, pilot, connected)
    if pilot.integrator is not None and connected.first_report_at is None:
        words = _("“{name}” goes into operation. Please connect it.", name=connected.name)
        button = Button(_("Address and recipe"), call("auto address", automation=connected.id))
        key = f"automation:{connected.id}:connect"
        matters.note(ctx, pilot.integrator, key, words, button)
    return posts


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
    found = automations.find(ctx.tx, pilot.automation or "")
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

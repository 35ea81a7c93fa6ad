"""The job profile of an automation: what is said of it, in five parts, and what is missing.

The gate to operation asks for every part, and names each that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from handlers import rights
from handlers.automations.learning import arriving
from handlers.automations.state import ties
from handlers.kit.context import Context
from handlers.kit.worded import Worded
from handlers.kit.words import Sentence, Words, _, _n
from storage import automations, mandate, pilots
from storage.automations import Automation, history
from storage.automations.history import Entry
from storage.automations.states import AutomationEvent, AutomationKind, AutomationPhase
from storage.mandate import links
from storage.people import PersonKind


class Part(Worded):
    """The five parts, in their order."""

    TASKS = "tasks", _("Tasks")
    RESPONSIBILITY = "responsibility", _("Responsibility")
    LEADING = "leading", _("How it is led")
    FEEDBACK = "feedback", _("Feedback")
    DEVELOPMENT = "development", _("How it develops")


PHASES: dict[AutomationPhase, Words] = {
    AutomationPhase.DRAFT: _("draft: nobody answers for it yet"),
    AutomationPhase.IDEA: _("idea"),
    AutomationPhase.PILOT: _("being tried out"),
    AutomationPhase.INCOMPLETE: _("runs, profile incomplete"),
    AutomationPhase.OPERATION: _("in operation"),
}


class Category(Worded):
    """Typical duties."""

    PHONE = "phone", _("taking calls")
    APPOINTMENTS = "appointments", _("appointments")
    SERVICE = "service", _("messages to customers")
    KNOWLEDGE = "knowledge", _("knowledge")
    WORKFLOW = "workflow", _("workflows")
    DATA = "data", _("moving data")
    OTHER = "other", _("something else")


class Does(Worded):
    """What an automation may do: it prepares, and decides nothing."""

    PREPARES = "prepares", _("prepares")
    STRUCTURES = "structures", _("brings order")
    WATCHES = "watches", _("watches")
    RULES = "rules", _("follows fixed rules")


class Uses(Worded):
    """Whether it uses artificial intelligence."""

    YES = "yes", _("yes")
    NO = "no", _("no")


class Tool(Worded):
    """With what it was made; the recipe for its heartbeat depends on it."""

    CRON = "cron", "cron"
    SYSTEMD = "systemd", "systemd"
    WINDOWS = "windows", _("Windows tasks")
    GITHUB = "github", "GitHub Actions"
    N8N = "n8n", "n8n"
    MAKE = "make", "Make"
    ZAPIER = "zapier", "Zapier"
    POWER = "power", "Power Automate"
    EXCEL = "excel", "Excel / VBA"
    BY_HAND = "hand", _("by hand, with a button")
    OTHER = "other", _("something else")


CHOICES: dict[str, type[Worded]] = {
    "category": Category, "does": Does, "ai": Uses, "tool": Tool,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is said: the part it belongs to, its label; whether operation needs it."""

    field: str
    part: Part
    label: Sentence
    needed: bool = True


PROFILE = (
    Told("purpose", Part.TASKS, _("What for")),
    Told("not_for", Part.TASKS, _("What not for")),
    Told("steps", Part.TASKS, _("Steps")),
    Told("does", Part.TASKS, _("What it does"), needed=False),
    Told("category", Part.TASKS, _("Category")),
    Told("accountable", Part.RESPONSIBILITY, _("Accountable")),
    Told("deputy", Part.RESPONSIBILITY, _("Deputy")),
    Told("decision", Part.RESPONSIBILITY, _("Where a person decides")),
    Told("fallback", Part.RESPONSIBILITY, _("If it fails")),
    Told("roles", Part.RESPONSIBILITY, _("Roles")),
    Told("rhythm", Part.LEADING, _("Rhythm")),
    Told("measure", Part.LEADING, _("Measure")),
    Told("limit", Part.LEADING, _("Limit")),
    Told("measure2", Part.LEADING, _("Second measure"), needed=False),
    Told("limit2", Part.LEADING, _("Limit of the second"), needed=False),
    Told("measure3", Part.LEADING, _("Third measure"), needed=False),
    Told("limit3", Part.LEADING, _("Limit of the third"), needed=False),
    Told("priorities", Part.LEADING, _("Priorities")),
    Told("consequences", Part.LEADING, _("Consequences")),
    Told("check_days", Part.FEEDBACK, _("Quality check")),
    Told("ai", Part.FEEDBACK, _("Uses AI")),
    Told("data", Part.FEEDBACK, _("Data used")),
    Told("retention", Part.FEEDBACK, _("How long data are kept"), needed=False),
    Told("docs", Part.DEVELOPMENT, _("Documentation")),
    Told("version", Part.DEVELOPMENT, _("Version")),
    Told("area", Part.DEVELOPMENT, _("Area"), needed=False),
    Told("training", Part.DEVELOPMENT, _("Training"), needed=False),
    Told("tool", Part.DEVELOPMENT, _("Tool"), needed=False),
    Told("minutes", Part.DEVELOPMENT, _("Minutes saved by a run"), needed=False),
    Told("share", Part.DEVELOPMENT, _("How much of that counts, in percent"), needed=False),
)
BY_FIELD = {each.field: each for each in PROFILE}
GOAL = _("the business goal that it serves")


def field_texts(automation: Automation, kept: Mapping[str, str]) -> dict[str, str]:
    """Return all that is said of an automation, by field: the row's own and the profile's."""
    rhythm = automation.rhythm or (
        automation.kind if automation.kind is not AutomationKind.SCHEDULED else ""
    )
    own = {
        "purpose": automation.purpose,
        "accountable": automation.accountable,
        "deputy": automation.deputy,
        "rhythm": rhythm,
    }
    return {**kept, **{field: value for field, value in own.items() if value}}


STEP = re.compile(
    r"\s*(?:\d+[.)]\s*)?(?:automatic|automatisch|human|mensch)\s*:\s*\S.*", re.IGNORECASE
)


def are_steps(text: str) -> bool:
    """Say whether each line is a step that says who does it, the automation or a person."""
    lines = [each for each in text.splitlines() if each.strip()]
    return bool(lines) and all(STEP.fullmatch(each) for each in lines)


def missing(automation: Automation, kept: Mapping[str, str]) -> list[Sentence]:
    """Return what operation still needs, in the order of the profile, each by its name."""
    found = field_texts(automation, kept)
    gaps: list[Sentence] = []
    for each in PROFILE:
        if each.needed and not found.get(each.field, "").strip():
            gaps.append(each.label)
        elif each.field == "steps" and not are_steps(found["steps"]):
            gaps.append(_("Steps, each automatic or human"))
        elif each.field == "accountable" and automation.accountable_accepted_at is None:
            gaps.append(_("the accountable person has not accepted yet"))
    return gaps


def lacks(ctx: Context, automation: Automation, kept: Mapping[str, str]) -> list[Sentence]:
    """Return what operation still needs; where the mandate has goals, also which one it serves."""
    gaps = missing(automation, kept)
    tried = arriving.tried_in(ctx, automation)
    if tried is not None and automation.phase is not AutomationPhase.OPERATION:
        gaps.append(_("the decision about the pilot “{pilot}”", pilot=tried.name))
    if not mandate.goals(ctx.tx) or automation.id in links.goals_of_automations(ctx.tx):
        return gaps
    of_pilots = {each.automation for each in pilots.all(ctx.tx) if each.goal is not None}
    if automation.id not in of_pilots:  # what a pilot serves, its automation serves
        gaps.append(GOAL)
    return gaps


def value_words(field: str, value: str) -> Words:
    """Return what is said in a field, as it is shown."""
    if field in CHOICES:
        return CHOICES[field].labels().get(value, value)
    if field == "check_days":
        return _n("every day", "every {n} days", int(value)) if value.isdigit() else value
    return value


def role_of(ctx: Context, automation: Automation) -> str:
    """Return in which role the asker acts here; the name of the person is not needed for it."""
    found = ties(ctx, automation)
    for tie in (rights.Tie.ACCOUNTABLE, rights.Tie.DEPUTY, rights.Tie.MANAGER):
        if tie in found:
            return tie.value
    return rights.Tie.MEMBER.value


def note(
    ctx: Context,
    automation: Automation,
    kind: str,
    *,
    field: str = "",
    before: str = "",
    after: str = "",
) -> None:
    """Write down in the history what the asker did."""
    person = None if ctx.person.kind == PersonKind.BOT else ctx.person.id
    entry = Entry(
        id=ctx.new_id(),
        automation=automation.id,
        at=ctx.now,
        kind=kind,
        person=person,
        role=role_of(ctx, automation),
        field=field,
        before=before[:500],
        after=after[:500],
    )
    history.add(ctx.tx, entry)


def correct(ctx: Context, automation: Automation, values: Mapping[str, str]) -> list[str]:
    """Say things anew, each with its history; return the fields that have changed."""
    before = {
        **field_texts(automation, history.profile(ctx.tx, automation.id)),
        "name": automation.name,
    }
    changed: list[str] = []
    for field, value in values.items():
        old = before.get(field, "")
        if value == old:
            continue
        note(ctx, automation, AutomationEvent.CHANGED, field=field, before=old, after=value)
        changed.append(field)
        if field == "purpose":
            automations.change(ctx.tx, automation.id, purpose=value)
        else:
            history.say(ctx.tx, automation.id, field, value)
    return changed

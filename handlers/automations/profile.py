"""The job profile of an automation: what is said of it, in five parts, and what is missing.

The gate to operation asks for every part, and names each that is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from handlers import rights
from handlers.automations.state import ties
from handlers.kit.context import Context
from handlers.kit.words import Sentence, Words, _
from storage import automations
from storage.automations import Automation, history
from storage.automations.history import Entry
from storage.people import PersonKind


class Part(StrEnum):
    """The five parts, in their order."""

    TASKS = "tasks"
    RESPONSIBILITY = "responsibility"
    LEADING = "leading"
    FEEDBACK = "feedback"
    DEVELOPMENT = "development"


PARTS: dict[Part, Sentence] = {
    Part.TASKS: _("Tasks"),
    Part.RESPONSIBILITY: _("Responsibility"),
    Part.LEADING: _("How it is led"),
    Part.FEEDBACK: _("Feedback"),
    Part.DEVELOPMENT: _("How it develops"),
}


class Category(StrEnum):
    """Typical duties."""

    PHONE = "phone"
    APPOINTMENTS = "appointments"
    SERVICE = "service"
    KNOWLEDGE = "knowledge"
    WORKFLOW = "workflow"
    DATA = "data"
    OTHER = "other"


CATEGORIES: dict[str, Words] = {
    "phone": _("taking calls"),
    "appointments": _("appointments"),
    "service": _("messages to customers"),
    "knowledge": _("knowledge"),
    "workflow": _("workflows"),
    "data": _("moving data"),
    "other": _("something else"),
}


class Does(StrEnum):
    """What an automation may do: it prepares, and decides nothing."""

    PREPARES = "prepares"
    STRUCTURES = "structures"
    WATCHES = "watches"
    RULES = "rules"


DOES: dict[str, Words] = {
    "prepares": _("prepares"),
    "structures": _("brings order"),
    "watches": _("watches"),
    "rules": _("follows fixed rules"),
}


class Uses(StrEnum):
    """Whether it uses artificial intelligence."""

    YES = "yes"
    NO = "no"


USES: dict[str, Words] = {"yes": _("yes"), "no": _("no")}


class Tool(StrEnum):
    """With what it was made; the recipe for its heartbeat depends on it."""

    CRON = "cron"
    SYSTEMD = "systemd"
    WINDOWS = "windows"
    GITHUB = "github"
    N8N = "n8n"
    MAKE = "make"
    ZAPIER = "zapier"
    POWER = "power"
    EXCEL = "excel"
    BY_HAND = "hand"
    OTHER = "other"


TOOLS: dict[str, Words] = {
    "cron": "cron",
    "systemd": "systemd",
    "windows": _("Windows tasks"),
    "github": "GitHub Actions",
    "n8n": "n8n",
    "make": "Make",
    "zapier": "Zapier",
    "power": "Power Automate",
    "excel": "Excel / VBA",
    "hand": _("by hand, with a button"),
    "other": _("something else"),
}
CHOICES: dict[str, Mapping[str, Words]] = {
    "category": CATEGORIES, "does": DOES, "ai": USES, "tool": TOOLS,
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
    Told("category", Part.TASKS, _("Category"), needed=False),
    Told("accountable", Part.RESPONSIBILITY, _("Accountable")),
    Told("deputy", Part.RESPONSIBILITY, _("Deputy")),
    Told("decision", Part.RESPONSIBILITY, _("Where a person decides")),
    Told("fallback", Part.RESPONSIBILITY, _("If it fails")),
    Told("roles", Part.RESPONSIBILITY, _("Roles")),
    Told("rhythm", Part.LEADING, _("Rhythm")),
    Told("measure", Part.LEADING, _("Measure")),
    Told("limit", Part.LEADING, _("Limit")),
    Told("priorities", Part.LEADING, _("Priorities")),
    Told("consequences", Part.LEADING, _("Consequences")),
    Told("check_days", Part.FEEDBACK, _("Quality check every")),
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
COLUMNS = {"name", "purpose", "accountable", "deputy", "rhythm", "kind", "seasons"}


def said(automation: Automation, kept: Mapping[str, str]) -> dict[str, str]:
    """Return all that is said of an automation, by field: the row's own and the profile's."""
    rhythm = automation.rhythm or (automation.kind if automation.kind != "scheduled" else "")
    own = {
        "purpose": automation.purpose,
        "accountable": automation.accountable,
        "deputy": automation.deputy,
        "rhythm": rhythm,
    }
    return {**kept, **{field: value for field, value in own.items() if value}}


def missing(automation: Automation, kept: Mapping[str, str]) -> list[Sentence]:
    """Return what operation still needs, in the order of the profile, each by its name."""
    found = said(automation, kept)
    gaps: list[Sentence] = []
    for each in PROFILE:
        if each.needed and not found.get(each.field, "").strip():
            gaps.append(each.label)
        elif each.field == "accountable" and automation.accountable_accepted_at is None:
            gaps.append(_("the accountable person has not accepted yet"))
    return gaps


def value_words(field: str, value: str) -> Words:
    """Return what is said in a field, as it is shown."""
    if field in CHOICES:
        return CHOICES[field].get(value, value)
    if field == "check_days":
        return _("{n} days", n=int(value)) if value.isdigit() else value
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
    before = {**said(automation, history.profile(ctx.tx, automation.id)), "name": automation.name}
    changed: list[str] = []
    for field, value in values.items():
        old = before.get(field, "")
        if value == old:
            continue
        note(ctx, automation, "changed", field=field, before=old, after=value)
        changed.append(field)
        if field in COLUMNS:
            automations.change(ctx.tx, automation.id, **{field: value})
        else:
            history.say(ctx.tx, automation.id, field, value)
    return changed

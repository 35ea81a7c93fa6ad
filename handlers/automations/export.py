"""The register as a table, as CSV and as Markdown; those that use AI are the AI register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from handlers.automations import people, profile
from handlers.automations.learning.checks import Goes
from handlers.automations.profile import BY_FIELD, PHASES, PROFILE, Category, Part
from handlers.automations.rules.company import Known, known
from handlers.automations.state import expected_words, label_with_end, rhythm_words
from handlers.kit import calendar, tables
from handlers.kit.context import Context
from handlers.kit.doors import Cell, Filter
from handlers.kit.people import name
from handlers.kit.words import Sentence, Words, _
from storage import automations
from storage.automations import Automation, history
from storage.automations.history import Entry
from storage.automations.states import AutomationEvent, AutomationState
from storage.engine.ids import PersonId

PIECE = 2500  # characters that stand together in a message
PIECES = 6
DAY = re.compile(r"\d{4}-\d\d-\d\d")
ANSWERS: dict[str, Words] = {"yes": _("yes"), "no": _("no")}

COLUMNS: tuple[tuple[str, Sentence], ...] = (
    ("name", _("Name")),
    ("state", _("Use")),
    ("phase", _("Phase")),
    ("category", _("Category")),
    ("accountable", _("Accountable")),
    ("rhythm", _("Rhythm")),
    ("last", _("Last useful run")),
    ("ai", _("Uses AI")),
)
KINDS: dict[str, Sentence] = {
    AutomationEvent.ENTERED: _("entered"),
    AutomationEvent.SAID: _("said"),
    AutomationEvent.CHANGED: _("changed"),
    AutomationEvent.KEPT: _("in use"),
    AutomationEvent.UNUSED: _("marked as unused"),
    AutomationEvent.RETIRED: _("retired"),
    AutomationEvent.BROUGHT_BACK: _("brought back"),
    AutomationEvent.PAUSED: _("paused"),
    AutomationEvent.SNOOZED: _("snoozed"),
    AutomationEvent.WENT_ON: _("went on"),
    AutomationEvent.GATE: _("into operation"),
    AutomationEvent.PHASE: _("phase"),
    AutomationEvent.ACCEPTED: _("accepted"),
    AutomationEvent.DECLINED: _("declined"),
    AutomationEvent.TAKEN_OVER: _("taken over"),
    AutomationEvent.OFFERED: _("offered"),
    AutomationEvent.NAMED: _("people named"),
    AutomationEvent.CHECKED: _("results looked at"),
    AutomationEvent.REVIEW: _("review opened"),
    AutomationEvent.REVIEW_DONE: _("review done"),
    AutomationEvent.REVIEW_DECLINED: _("review: stays as it is"),
    AutomationEvent.SIGNAL_DONE: _("signal answered"),
    AutomationEvent.SIGNAL_DECLINED: _("signal: stays as it is"),
    AutomationEvent.VALUE: _("measured"),
    AutomationEvent.NEW_ADDRESS: _("new address"),
    AutomationEvent.DRAFT: _("draft"),
    AutomationEvent.FALLING: _("asked about a decline"),
    AutomationEvent.ASKED_WHETHER_A_TEST: _("asked whether it is a test"),
}
FIELDS: dict[str, Sentence] = {
    "name": _("Name"), "post_only": _("Only POST counts"), "kind": _("Kind of rhythm"),
    "seasons": _("Season"), "zone": _("Time zone"), "grace_minutes": _("Late after minutes"),
    "longest_minutes": _("Takes too long after minutes"), "window_days": _("May be silent, days"),
    "tell_from": _("Told from the n-th failure"), "at_once": _("Failures at once"),
    "always": _("Weekends and holidays, too"),
}  # fmt: skip
ROLES: dict[str, Sentence] = {
    "accountable": _("the accountable person"), "deputy": _("the deputy"),
    "manager": _("a manager"), "member": _("a member"), "call": _("a call"),
}  # fmt: skip


def chosen(ctx: Context, asked: Filter) -> list[Automation]:
    """Return the automations that a list is asked for: those in the register, mine, or all."""
    if asked.which == "all":
        found = automations.everything(ctx.tx)
    else:
        found = [*automations.all(ctx.tx), *automations.drafts(ctx.tx)]
    if asked.which == "mine":
        found = [each for each in found if ctx.person.id in (each.accountable, each.deputy)]
    if asked.which in set(Category):
        kept = history.profiles(ctx.tx)
        found = [each for each in found if kept.get(each.id, {}).get("category") == asked.which]
    if asked.since is not None:
        found = [each for each in found if each.registered_at >= asked.since]
    return found


def values(ctx: Context, automation: Automation, seen: Known) -> tuple[Cell, ...]:
    """Return a row of the table. What is retired shows no person."""
    kept = history.profile(ctx.tx, automation.id)
    open_one = automation.state is AutomationState.ACTIVE
    last = automation.last_useful_at
    return (
        automation.name,
        label_with_end(seen.standing(automation)),
        PHASES[automation.phase],
        profile.value_words("category", kept.get("category", "")),
        people.who_answers(ctx, automation) if open_one else "",
        expected_words(automation),
        calendar.day_of(last, ctx.workspace.zone) if last is not None else "",
        profile.value_words("ai", kept.get("ai", "")),
    )


def csv_text(ctx: Context, *, ai_only: bool = False) -> str:
    """Return the register as CSV: every field of the profile is a column."""
    fields = [each.field for each in PROFILE]
    head = [ctx.text(label) for _key, label in COLUMNS[:3]]
    rows = [[*head, *(ctx.text(BY_FIELD[each].label) for each in fields)]]
    seen = known(ctx)
    for automation, said in _all(ctx, ai_only):
        row = values(ctx, automation, seen)[:3]
        told = [ctx.text(tables.cell(each)) for each in row]
        rows.append([*told, *(_field_text(ctx, automation, said, each) for each in fields)])
    return tables.sheet(rows)


def _all(ctx: Context, ai_only: bool) -> Iterator[tuple[Automation, dict[str, str]]]:
    kept = history.profiles(ctx.tx)
    for each in automations.all(ctx.tx):
        said = profile.field_texts(each, kept.get(each.id, {}))
        if not ai_only or said.get("ai") == "yes":
            yield each, said


def _field_text(ctx: Context, automation: Automation, said: dict[str, str], field: str) -> str:
    value = said.get(field, "")
    if field in ("accountable", "deputy") and value:
        return ctx.text(name(ctx, who)) if ctx.person_of(who := PersonId(value)) is not None else ""
    if field == "rhythm" and value:
        return ctx.text(expected_words(automation))
    return ctx.text(profile.value_words(field, value))


def markdown(ctx: Context, *, ai_only: bool = False) -> str:
    """Return the register as Markdown, part by part."""
    lines: list[str] = []
    seen = known(ctx)
    use, phase = ctx.text(_("Use")), ctx.text(_("Phase"))
    for automation, said in _all(ctx, ai_only):
        lines += [f"## {automation.name}", ""]
        lines.append(f"- {use}: {ctx.text(label_with_end(seen.standing(automation)))}")
        lines.append(f"- {phase}: {ctx.text(PHASES[automation.phase])}")
        for part in Part:
            lines += ["", f"### {ctx.text(part.words)}", ""]
            for each in PROFILE:
                if each.part is part:
                    told = _field_text(ctx, automation, said, each.field) or ctx.text(_("missing"))
                    if each.needed or said.get(each.field):
                        lines.append(f"- {ctx.text(each.label)}: {' '.join(told.split())}")
        lines.append("")
    return "\n".join(lines)


def pieces(text: str) -> tuple[list[str], bool]:
    """Cut a long text at its lines into pieces that fit; say whether some had to be left out."""
    found, piece = [], ""
    for each in text.splitlines(keepends=True):
        if len(piece) + len(each) > PIECE:
            found.append(piece)
            piece = ""
        piece += each[:PIECE]
    whole = [each for each in [*found, piece] if each.strip()]
    return whole[:PIECES], len(whole) > PIECES


NAMING = frozenset(
    {AutomationEvent.NAMED, AutomationEvent.TAKEN_OVER, AutomationEvent.OFFERED}
)  # kinds that name people


def kind_words(kind: str) -> Words:
    """Return what was done."""
    day = kind.removeprefix("check-in ")
    if day != kind and day.isdecimal():
        return _("day {n}: how it goes", n=int(day))
    if kind.startswith(("asked ", "check ")) and kind not in KINDS:
        return _("asked by Lotse")
    return KINDS.get(kind, kind)


def role_words(role: str) -> Words:
    """Return in which role something was done."""
    return ROLES.get(role, role)


def field_words(field: str) -> Words:
    """Return what was corrected, as the profile and the forms call it."""
    if field in BY_FIELD:
        return BY_FIELD[field].label
    return FIELDS.get(field, field)


def entered_words(entry: Entry, value: str) -> Words:
    """Return what was there before or after, as people say it: it is kept as it is stored."""
    day, _space, rest = value.partition(" ")
    if entry.field == "rhythm":
        return rhythm_words(value)
    if entry.field in BY_FIELD:
        if entry.kind == AutomationEvent.VALUE and DAY.fullmatch(day):
            return _("{value} on {day:day}", value=rest, day=date.fromisoformat(day))
        return profile.value_words(entry.field, value)
    if entry.field:
        return ANSWERS.get(value, value)
    phases = {phase.value: words for phase, words in PHASES.items()}
    return {**phases, **Goes.labels()}.get(value, value)


def entry_words(entry: Entry) -> Sentence:
    """Return an entry of the history: what, in which role, before and after."""
    values = {"at": entry.at, "what": kind_words(entry.kind), "role": role_words(entry.role)}
    if not (entry.field in BY_FIELD or entry.field in FIELDS):
        return _("{at:date} {what} ({role})", **values)
    label = field_words(entry.field)
    if entry.after and entry.field not in ("accountable", "deputy"):
        return _(
            "{at:date} {what}, {label}: {after} ({role})",
            label=label,
            after=entered_words(entry, entry.after[:120]),
            **values,
        )
    return _("{at:date} {what}, {label} ({role})", label=label, **values)

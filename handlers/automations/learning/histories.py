"""The change history of automations as a list: what, when, and in which role."""

from __future__ import annotations

from handlers.automations.export import (
    NAMING,
    entered_words,
    field_words,
    kind_words,
    role_words,
)
from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Row
from handlers.kit.messages import Button
from handlers.kit.words import _
from storage import automations
from storage.automations import history
from storage.automations.history import Entry
from storage.engine.ids import AutomationId

feature = Feature(_("Automations"))

KEY = "histories"


def whole(automation: AutomationId) -> Button:
    """Return the button that shows the whole history of one automation."""
    return Button(_("All of it, as a list"), call("list", name=KEY, which=automation), "quiet")


def _one(asked: Filter) -> AutomationId | None:
    return None if asked.which in ("open", "mine", "all") else AutomationId(asked.which)


@feature.lists(
    KEY,
    _("History of automations"),
    (
        ("automation", _("Automation")),
        ("day", _("Day")),
        ("what", _("What")),
        ("field", _("Field")),
        ("before", _("Before")),
        ("after", _("After")),
        ("role", _("Role")),
    ),
    count=lambda ctx, asked: history.count(ctx.tx, _one(asked), asked.since),
    which=("all",),
    narrows=("since",),
)
def listed(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of it, the latest first; who did something is told as a role."""
    names = {each.id: each.name for each in automations.everything(ctx.tx)}
    entries = history.page(ctx.tx, _one(asked), asked.since, first=first, most=most)
    return [_row(ctx, each, names.get(each.automation, "")) for each in entries]


def _row(ctx: Context, entry: Entry, name: str) -> Row:
    tells = entry.kind not in NAMING and entry.field not in ("accountable", "deputy")
    return Row(
        (
            name,
            calendar.day_of(entry.at, ctx.workspace.zone),
            kind_words(entry.kind),
            field_words(entry.field),
            entered_words(entry, entry.before) if tells else "",
            entered_words(entry, entry.after) if tells else "",
            role_words(entry.role),
        ),
        call("auto", automation=entry.automation),
    )

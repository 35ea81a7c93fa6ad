"""The own figures of an automation: one to three, each with a limit; everybody sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from handlers.attention import matters
from handlers.automations import profile
from handlers.automations.lookup import AutoRef
from handlers.automations.rules.company import company_of
from handlers.automations.state import need_own, owner
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import figure
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Post, Reply, line
from handlers.kit.readers import TextReader
from handlers.kit.readers.dates import DateReader
from handlers.kit.readers.decimals import DecimalReader
from handlers.kit.readers.required_text import RequiredTextReader
from handlers.kit.worded import Worded, choice
from handlers.kit.words import Sentence, Words, _
from storage.automations import Automation, history, values
from storage.automations.states import AutomationEvent
from storage.automations.values import Value
from storage.engine.ids import AutomationId

feature = Feature(_("Automations"))

OWN = feature.measure(
    "own figures",
    _("Own figures"),
    _("the last value that was entered, and the limit that was set for it"),
    "automation_values",
    "automation_profile",
)
LEAST = re.compile(r">=?|≥|\b(?:mindestens|wenigstens|nicht unter|at least|min|minimum)\b", re.I)
NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,4})?")


class Number(Worded):
    """Which of the figures."""

    FIRST = "1", _("First measure")
    SECOND = "2", _("Second measure")
    THIRD = "3", _("Third measure")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure should not pass: at most, or at least."""

    value: Decimal
    least: bool = False

    def is_passed(self, value: str) -> bool:
        """Say whether a value is on the wrong side."""
        found = Decimal(value)
        return found < self.value if self.least else found > self.value


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of an automation: its name, its limit as it was typed and as it is compared."""

    number: int
    name: str
    limit: str

    @property
    def bound(self) -> Limit | None:
        """Return the limit as it is compared; None where it names no number."""
        return read_limit(self.limit)


def read_limit(text: str) -> Limit | None:
    """Read `at most 5`, `mindestens 90 %`, `≥ 2,5`, `5`; None without a number."""
    found = NUMBER.search(text)
    if found is None:
        return None
    return Limit(Decimal(found[0].replace(",", ".")), bool(LEAST.search(text)))


@dataclass(frozen=True, slots=True)
class LimitReader(TextReader):
    """A limit in words with a number in it; without other words it is the most."""

    long: bool = False

    def value(self, raw: str, ctx: Context) -> object:
        if read_limit(raw) is None:
            raise Refusal(_("A limit has a number, such as “at most 5” or “at least 90 %”."))
        return TextReader.value(self, raw, ctx)


def as_number(text: str) -> int | float:
    """Return a number as people read it: 4 and not 4.0."""
    found = Decimal(text)
    return int(found) if found == found.to_integral_value() else float(found)


LIMIT_HINT = _("For example: at most 5, at least 90 %.")
Name = Annotated[str, RequiredTextReader(most=200), Ask(_("Measure"))]
LimitField = Annotated[str, LimitReader(), Ask(_("Limit of the measure"), LIMIT_HINT)]


def fields(number: int) -> tuple[str, str]:
    """Return where the profile keeps a figure: its name, its limit."""
    return ("measure", "limit") if number == 1 else (f"measure{number}", f"limit{number}")


def measured(kept: Mapping[str, str]) -> list[Measured]:
    """Return the figures that a profile names."""
    found = []
    for number in (1, 2, 3):
        name, limit = fields(number)
        if kept.get(name, "").strip():
            found.append(Measured(number, kept[name], kept.get(limit, "")))
    return found


def rows(ctx: Context, automation: Automation) -> list[tuple[Words, Words]]:
    """Return the figures with their last values, for the card."""
    newest: dict[int, Value] = {}
    for entered in values.of(ctx.tx, automation.id):
        newest.setdefault(entered.number, entered)
    told: list[tuple[Words, Words]] = []
    for each in measured(history.profile(ctx.tx, automation.id)):
        last = newest.get(each.number)
        if last is not None:
            told.append((each.name[:80], figure(OWN, _value(ctx, each, last))))
    return told


def _value(ctx: Context, about: Measured, last: Value) -> Sentence:
    day = calendar.midnight(date.fromisoformat(last.day), ctx.workspace.zone)
    said = _("{value} on {day:day}", value=as_number(last.value), day=day)
    bound = about.bound
    if bound is not None and bound.is_passed(last.value):
        return _("{said}, past its limit ({limit})", said=said, limit=about.limit)
    return _("{said} (limit: {limit})", said=said, limit=about.limit) if about.limit else said


def buttons(automation: Automation, kept: Mapping[str, str]) -> tuple[Button, ...]:
    """Return what enters a value of each figure, and what names further ones."""
    enter = tuple(
        Button(
            _("Value: {measure}", measure=each.name),
            call("auto value", automation=automation.id, number=each.number),
        )
        for each in measured(kept)
    )
    return (*enter, Button(_("Measures"), call("auto measures", automation=automation.id), "quiet"))


def _measures_now(ctx: Context, given: Mapping[str, str]) -> dict[str, str]:
    return history.profile(ctx.tx, AutomationId(given.get("automation", "")))


def _may_measure(ctx: Context, automation: Automation) -> None:
    need_own(ctx, automation)


def _second_limit(_ctx: Context, measure2: str = "", limit2: str = "") -> None:
    if measure2 and not limit2:
        raise Refusal(_("Each measure has a limit."), field="limit2")


def _third_limit(_ctx: Context, measure3: str = "", limit3: str = "") -> None:
    if measure3 and not limit3:
        raise Refusal(_("Each measure has a limit."), field="limit3")


@feature.command(
    "auto measures",
    "auto kennzahlen",
    help=_("One to three measures, each with its limit."),
    hidden=True,
    submit=_("Save"),
    current=_measures_now,
    checks=(_may_measure, _second_limit, _third_limit),
)
def name_measures(
    ctx: Context,
    automation: AutoRef,
    *,
    measure: Name,
    limit: LimitField,
    measure2: Annotated[str, RequiredTextReader(most=200), Ask(_("Second measure"))] = "",
    limit2: Annotated[str, LimitReader(), Ask(_("Limit of the second"))] = "",
    measure3: Annotated[str, RequiredTextReader(most=200), Ask(_("Third measure"))] = "",
    limit3: Annotated[str, LimitReader(), Ask(_("Limit of the third"))] = "",
) -> Reply:
    need_own(ctx, automation)
    given = {
        "measure": measure,
        "limit": limit,
        "measure2": measure2,
        "limit2": limit2,
        "measure3": measure3,
        "limit3": limit3,
    }
    profile.correct(ctx, automation, given)
    posts: tuple[Post, ...] = ()
    for each in measured(history.profile(ctx.tx, automation.id)):
        posts += _look(ctx, automation, each)
    said = _("Saved.")
    shown = Button(automation.name, call("auto", automation=automation.id))
    return Reply(line(said, shown), posts=posts, subject=automation.name)


def _has_been(ctx: Context, day: date | None = None) -> None:
    if day is not None and day > company_of(ctx).day_of(ctx.now):
        raise Refusal(_("Please choose a day that has been."), field="day")


@feature.command(
    "auto value",
    "auto wert",
    help=_("Enter what was measured."),
    hidden=True,
    submit=_("Save"),
    checks=(_may_measure, _has_been),
)
def enter(
    ctx: Context,
    automation: AutoRef,
    *,
    number: Annotated[Number, choice(Number), Ask(_("Measure"))],
    value: Annotated[str, DecimalReader(), Ask(_("Value"))],
    day: Annotated[date, DateReader(), Ask(_("Day"), _("Leave it empty for today."))] | None = None,
) -> Reply:
    need_own(ctx, automation)
    kept = history.profile(ctx.tx, automation.id)
    about = next((each for each in measured(kept) if each.number == int(number)), None)
    if about is None:
        raise Refusal(
            _("“{name}” has no such measure yet.", name=automation.name),
            buttons=(Button(_("Measures"), call("auto measures", automation=automation.id)),),
        )
    on = day or company_of(ctx).day_of(ctx.now)
    values.put(ctx.tx, automation.id, Value(about.number, on.isoformat(), value))
    profile.note(
        ctx, automation, AutomationEvent.VALUE, field=fields(about.number)[0], after=f"{on} {value}"
    )
    posts = _look(ctx, automation, about)
    said = _("Noted: {measure} {value}.", measure=about.name[:80], value=as_number(value))
    shown = Button(automation.name, call("auto", automation=automation.id))
    return Reply(line(said, shown), posts=posts, subject=automation.name)


def _look(ctx: Context, automation: Automation, about: Measured) -> tuple[Post, ...]:
    """Tell whoever answers for it once that a limit is passed; take it back when it is not."""
    key = f"automation:{automation.id}:limit:{about.number}"
    last = next(
        (each for each in values.of(ctx.tx, automation.id) if each.number == about.number), None
    )
    bound = about.bound
    if last is None or bound is None or not bound.is_passed(last.value):
        return matters.settle(ctx, key)
    decides = owner(ctx, automation)
    if decides is not None:
        words = _(
            "“{name}”: {measure} is {value}; its limit is {limit}.",
            name=automation.name,
            measure=about.name[:80],
            value=as_number(last.value),
            limit=about.limit,
        )
        shown = Button(automation.name, call("auto", automation=automation.id))
        matters.note(ctx, decides.id, key, words, shown)
    return ()


@feature.keeps(
    "automation_values",
    what=_("values of the own figures of automations"),
    days=761,
    then=_("deleted"),
)
def keep_values(ctx: Context, before: datetime) -> int:
    return values.forget(ctx.tx, before.date().isoformat())

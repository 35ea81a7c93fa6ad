"""Numbers of a pilot: never typed percentages, always computed, with how many and how long."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from handlers.kit.readers import ChoiceReader
from handlers.kit.words import Sentence, _, _n
from storage.pilots import Pilot
from storage.pilots.log import Value

NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,12})?")  # what a mean can be made of
RECENT = 4  # weeks that make the value of now


class Better(StrEnum):
    """In which direction a number gets better."""

    LOWER = "lower"
    HIGHER = "higher"


BETTER = ChoiceReader(Better, {"lower": _("Less is better"), "higher": _("More is better")}, {})


@dataclass(frozen=True, slots=True)
class Effect:
    """What changed against the baseline: in percent, positive where it got better."""

    now: Decimal
    number: int
    weeks: int
    percent: Decimal
    reached: bool


def number(text: str | Decimal) -> int | float:
    """Return a number for a sentence: whole where it is, else with one digit, a half upwards."""
    value = Decimal(text)
    if value == value.to_integral_value():
        return int(value)
    return float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


def effect(pilot: Pilot, values: Sequence[Value]) -> Effect | None:
    """Return the effect by the newest weeks, each weighed by its cases; None without values.

    Formula (docs/pilots.md): (baseline − now) ÷ baseline, the other way round where more is
    better. Weeks before the pilot are none of its effect.
    """
    first = week_of(pilot.started_on) if pilot.started_on is not None else ""
    recent = [each for each in values if each.number > 0 and each.week >= first][-RECENT:]
    if not recent or pilot.baseline is None:
        return None
    cases = sum(each.number for each in recent)
    now = sum((Decimal(each.value) * each.number for each in recent), Decimal(0)) / cases
    return effect_of(pilot, now, cases, len(recent))


def is_below_zero(pilot: Pilot, value: str) -> bool:
    """Say whether a value below zero makes no sense for what a pilot measures."""
    known = [Decimal(each) for each in (pilot.baseline, pilot.target) if each is not None]
    below = Decimal(value) < 0 and pilot.better == Better.LOWER
    return below and all(each >= 0 for each in known)


def effect_of(pilot: Pilot, now: Decimal, cases: int, weeks: int) -> Effect | None:
    """Return the effect of one value."""
    baseline = Decimal(pilot.baseline or "0")
    if baseline == 0:
        return None
    share = (baseline - now) / abs(baseline)
    if pilot.better == "higher":
        share = -share
    reached = pilot.target is not None and (
        now <= Decimal(pilot.target) if pilot.better == "lower" else now >= Decimal(pilot.target)
    )
    return Effect(now, cases, weeks, share * 100, reached)


def effect_words(pilot: Pilot, found: Effect) -> Sentence:
    """Return the effect in a sentence, with its sign and what it rests on."""
    percent = number(abs(found.percent))
    values = {
        "before": number(pilot.baseline or "0"),
        "now": number(found.now),
        "unit": pilot.unit,
        "percent": percent,
        "n": found.number,
        "weeks": _n("{n} week", "{n} weeks", found.weeks),
    }
    if percent == 0:
        return _("{before} → {now} {unit} (unchanged, n={n}, {weeks})", **values)
    if found.percent > 0:
        return _("{before} → {now} {unit} ({percent} % better, n={n}, {weeks})", **values)
    return _("{before} → {now} {unit} ({percent} % worse, n={n}, {weeks})", **values)


# --- CSV -----------------------------------------------------------------------------------


class Unreadable(ValueError):
    """A line that is no value; its number is the argument."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a file: in which week, its value, and how much of that it waited."""

    week: str
    value: Decimal
    waiting: Decimal | None = None


def aggregated(text: str) -> list[Value]:
    """Return the weekly means of a pasted CSV; the lines themselves are kept nowhere.

    Either `day;value`, or `in;started;done` with moments: then the value is the days from in to
    done, which waiting and work add up to. A first line of names is left out.
    """
    weeks: dict[str, list[Case]] = {}
    for at, row in enumerate(_rows(text), 1):
        case = _case(row)
        if case is None:
            if at == 1:
                continue
            raise Unreadable(at)
        weeks.setdefault(case.week, []).append(case)
    return [_mean(week, cases) for week, cases in sorted(weeks.items())]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a table says about the time before: one mean, of how many, from when to when."""

    mean: str
    number: int
    first_week: str
    last_week: str


def as_baseline(values: Sequence[Value]) -> Baseline:
    """Return one mean of weekly means, each weighed by its cases."""
    cases = sum(each.number for each in values)
    whole = sum((Decimal(each.value) * each.number for each in values), Decimal(0)) / cases
    return Baseline(
        _written(whole.quantize(Decimal("0.01"))), cases, values[0].week, values[-1].week
    )


class Template(StrEnum):
    """A measure that is often used (requirement D17)."""

    TIME = "time"
    ERRORS = "errors"
    SATISFACTION = "satisfaction"


TEMPLATES: dict[str, Sentence] = {
    "time": _("Time saved"),
    "errors": _("Fewer mistakes"),
    "satisfaction": _("Happier customers"),
}
GIVEN: dict[str, Mapping[str, Sentence | str]] = {
    "time": {"metric": _("Days until it is done"), "unit": _("days"), "better": "lower"},
    "errors": {"metric": _("Mistakes in a hundred"), "unit": _("percent"), "better": "lower"},
    "satisfaction": {
        "metric": _("Customers' satisfaction"),
        "unit": _("of 5 points"),
        "better": "higher",
    },
}


def _rows(text: str) -> list[list[str]]:
    head = text.strip().partition("\n")[0]
    cut = ";" if ";" in head else "\t" if "\t" in head else ","
    rows = csv.reader(io.StringIO(text.strip()), delimiter=cut)
    try:
        return [[each.strip() for each in row] for row in rows if any(row)]
    except csv.Error as error:
        raise Unreadable(rows.line_num) from error


def _case(row: list[str]) -> Case | None:
    if len(row) == 2:
        day, value = _moment(row[0]), row[1].replace(",", ".")
        if day is None or NUMBER.fullmatch(value) is None:
            return None
        return Case(week_of(day.date()), Decimal(value))
    if len(row) == 3:
        moments = [_moment(each) for each in row]
        came, began, done = moments
        if came is None or began is None or done is None or not came <= began <= done:
            return None
        waiting, working = _days(came, began), _days(began, done)
        return Case(week_of(done.date()), waiting + working, waiting)
    return None


def _moment(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%d.%m.%Y %H:%M", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _days(start: datetime, end: datetime) -> Decimal:
    return Decimal(int((end - start).total_seconds())) / Decimal(86400)


def week_of(day: date) -> str:
    """Return the ISO week of a day."""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}"


def _mean(week: str, cases: list[Case]) -> Value:
    """Return the mean of a week; work is what is left of it without waiting, so that they add up.

    They are told only where every case of the week has its three moments.
    """

    def mean(values: list[Decimal]) -> Decimal:
        return (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.0001"))

    value = mean([each.value for each in cases])
    waits = [each.waiting for each in cases if each.waiting is not None]
    if len(waits) < len(cases):
        return Value(week=week, value=_written(value), number=len(cases), source="CSV")
    waiting = mean(waits)
    return Value(
        week=week,
        value=_written(value),
        number=len(cases),
        source="CSV",
        waiting=_written(waiting),
        working=_written(value - waiting),
    )


def _written(value: Decimal) -> str:
    """Write a number without an exponent and without zeros at its end."""
    return format(value.normalize(), "f")

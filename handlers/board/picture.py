"""The picture: incidents, repeats and use over twelve weeks, and a pilot's values, as SVG.

Drawn here, without a program of others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from handlers.board.drawing import DARK, LIGHT, SMALL, WIDTH, draw, svg
from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import figure
from handlers.kit.messages import Chart, Message, spoken
from handlers.kit.words import Sentence, Words, _
from handlers.pilots import measure
from storage.board import twelve_weeks
from storage.incidents import pages
from storage.pilots import Pilot, log

feature = Feature(_("Lists"))

WEEKS = 12

WEEKLY = feature.measure(
    "weekly incidents",
    _("Incidents of a week, in the picture"),
    _("declared from Monday 00:00 to Sunday 24:00 local time, without withdrawn ones"),
    "incidents",
)
CAME_BACK = feature.measure(
    "came back",
    _("Came back, in the picture"),
    _("incidents of a week that a person called the same as an earlier one"),
    "incidents",
    "repeats",
)
USED = feature.measure(
    "used",
    _("Useful runs, in the picture"),
    _("runs that automations reported as useful in a week, all of them together"),
    "automation_days",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A week: its incidents, those that came back, and the useful runs of automations."""

    week: str
    incidents: int
    repeats: int
    used: int


def points(ctx: Context) -> list[Point]:
    """Return the last twelve weeks that are over, the oldest first."""
    zone = ctx.workspace.zone
    running = calendar.week_of(ctx.now, zone)
    weeks = [calendar.after(running, -ago) for ago in range(WEEKS, 0, -1)]
    first, last = calendar.monday(weeks[0]), calendar.monday(running)
    used: Counter[str] = Counter()
    for day, n in twelve_weeks.useful_runs(ctx.tx, first.isoformat(), last.isoformat()).items():
        year, number, _day = date.fromisoformat(day).isocalendar()
        used[f"{year}-W{number:02d}"] += n
    found = []
    for week in weeks:
        start, end = calendar.bounds(week, zone)
        declared = sum(each.count for each in pages.summary(ctx.tx, start, end))
        again = twelve_weeks.came_back(ctx.tx, start, end)
        runs = figure(USED, used[week])
        found.append(Point(week, figure(WEEKLY, declared), figure(CAME_BACK, again), runs))
    return found


def series(found: Sequence[Point]) -> tuple[tuple[Sentence, list[int]], ...]:
    """Return each series with its name, in the order in which they stand."""
    return (
        (_("Incidents"), [each.incidents for each in found]),
        (_("Came back"), [each.repeats for each in found]),
        (_("Useful runs"), [each.used for each in found]),
    )


def summary(found: Sequence[Point]) -> Sentence:
    """Return the picture in a sentence, for those who hear it read."""
    return _(
        "Twelve weeks, from week {first} to week {last}: incidents {incidents}; "
        "came back {repeats}; useful runs {used}.",
        first=int(found[0].week[6:]),
        last=int(found[-1].week[6:]),
        incidents=", ".join(str(each.incidents) for each in found),
        repeats=", ".join(str(each.repeats) for each in found),
        used=", ".join(str(each.used) for each in found),
    )


def chart(found: Sequence[Point]) -> Chart:
    """Return the twelve weeks as a chart."""
    rows = tuple((label, tuple(values)) for label, values in series(found))
    return Chart(summary(found), tuple(each.week for each in found), rows)


def weeks(ctx: Context, found: Sequence[Point], *, dark: bool = False) -> str:
    """Draw the twelve weeks in the language of the asker."""
    (said,) = spoken(Message((chart(found),)), ctx.language, ctx.zone).parts
    assert isinstance(said, Chart)
    return draw(said, dark=dark)


# --- pilots ------------------------------------------------------------------------------


def pilot_summary(pilot: Pilot, values: Sequence[log.Value]) -> Sentence:
    """Return a pilot's values in a sentence: before, week by week, target."""
    return _(
        "{pilot}: before {baseline} {unit}, week by week {values}, target {target}.",
        pilot=pilot.name,
        baseline=measure.number(pilot.baseline or "0"),
        unit=pilot.unit,
        values=", ".join(each.value for each in values),
        target=measure.number(pilot.target or "0"),
    )


def pilot_values(
    ctx: Context, pilot: Pilot, values: Sequence[log.Value], *, dark: bool = False
) -> str:
    """Draw a pilot's values as a line, between its baseline and its target."""
    _ground, text, quiet, bar = DARK if dark else LIGHT
    shown = [Decimal(each.value) for each in values[-WEEKS:]]
    lines: tuple[tuple[Words, Decimal, str], ...] = (
        (_("Before"), Decimal(pilot.baseline or "0"), "6 4"),
        (_("Target"), Decimal(pilot.target or "0"), "1 4"),
    )
    known = [*shown, *(each for _label, each, _dash in lines)]
    least, most = min(known), max(known)
    span = (most - least) or Decimal(1)

    def high(value: Decimal) -> float:
        return 40 + 120 * float((most - value) / span)

    body = []
    for label, value, dash in lines:
        y = high(value)
        body.append(
            f'<line x1="20" y1="{y:.1f}" x2="{WIDTH - 150}" y2="{y:.1f}" stroke="{quiet}" '
            f'stroke-dasharray="{dash}"/>'
            f'<text x="{WIDTH - 142}" y="{y + 4:.1f}" fill="{text}" font-size="{SMALL}">'
            f"{escape(ctx.text(label))} {measure.number(value)}</text>"
        )
    step = (WIDTH - 190) / max(len(shown) - 1, 1)
    dots = [(30 + number * step, high(value)) for number, value in enumerate(shown)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    body.append(f'<polyline points="{path}" fill="none" stroke="{bar}" stroke-width="3"/>')
    for (x, y), value in zip(dots, shown, strict=True):
        body.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{bar}"/>'
            f'<text x="{x:.1f}" y="{y - 9:.1f}" fill="{text}" font-size="{SMALL}" '
            f'text-anchor="middle">{measure.number(value)}</text>'
        )
    for (x, _y), each in zip(dots, values[-WEEKS:], strict=True):
        body.append(
            f'<text x="{x:.1f}" y="190" fill="{quiet}" font-size="{SMALL}" text-anchor="middle">'
            f"{int(each.week[6:])}</text>"
        )
    return svg(ctx.text(pilot_summary(pilot, values[-WEEKS:])), 200, body, dark=dark)

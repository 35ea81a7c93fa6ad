"""Drawing a chart as SVG: one row of bars for each series, each with its own scale.

What differs by more than its colour: each series has a row of its own, and dark and light tell
the same in grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from handlers.kit.messages import Chart
from handlers.kit.words import flat

WIDTH, ROW, TOP = 640, 110, 30  # of the picture, of a series, and of its label
FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"
LIGHT = ("#ffffff", "#1b1f24", "#5b6672", "#1f5f99")  # ground, text, quiet, bars
DARK = ("#16191d", "#eceff2", "#a3adb8", "#8fc1f0")


def draw(chart: Chart, *, dark: bool = False) -> str:
    """Draw a spoken chart."""
    height = TOP + ROW * len(chart.rows)
    body = [
        _bars(flat(label), values, TOP / 2 + number * ROW, dark=dark)
        for number, (label, values) in enumerate(chart.rows)
    ]
    body.append(_weeks_below(chart.weeks, height - 6, dark=dark))
    return svg(flat(chart.alt), height, body, dark=dark)


def _bars(label: str, values: Sequence[int], top: float, *, dark: bool) -> str:
    _ground, text, quiet, bar = DARK if dark else LIGHT
    most = max(*values, 1)
    floor, room = top + ROW - 22, ROW - 62
    step = (WIDTH - 40) / len(values)
    found = [
        f'<text x="20" y="{top + 14:.0f}" fill="{text}" font-size="15" font-weight="600">'
        f"{escape(label)}</text>",
        f'<line x1="20" y1="{floor:.0f}" x2="{WIDTH - 20}" y2="{floor:.0f}" stroke="{quiet}"/>',
    ]
    for number, value in enumerate(values):
        left, tall = 20 + number * step + 6, room * value / most
        found.append(
            f'<rect x="{left:.1f}" y="{floor - tall:.1f}" width="{step - 12:.1f}" '
            f'height="{tall:.1f}" fill="{bar}"/>'
            f'<text x="{left + (step - 12) / 2:.1f}" y="{floor - tall - 4:.1f}" fill="{text}" '
            f'font-size="12" text-anchor="middle">{value}</text>'
        )
    return "".join(found)


def _weeks_below(names: Sequence[str], y: float, *, dark: bool) -> str:
    quiet = (DARK if dark else LIGHT)[2]
    step = (WIDTH - 40) / len(names)
    return "".join(
        f'<text x="{20 + (number + 0.5) * step:.1f}" y="{y:.0f}" fill="{quiet}" font-size="12" '
        f'text-anchor="middle">{int(each[6:])}</text>'
        for number, each in enumerate(names)
    )


def svg(title: str, height: float, body: Sequence[str], *, dark: bool) -> str:
    """Return a whole picture, with what it says in words as its title."""
    ground = (DARK if dark else LIGHT)[0]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'width="{WIDTH}" height="{height:.0f}" role="img" font-family="{FONT}">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="{ground}"/>{"".join(body)}</svg>'
    )

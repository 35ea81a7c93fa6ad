"""A chart: values week by week in rows, drawn where it is shown. Its `alt` says all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from handlers.kit.words import Phrase, Words


@dataclass(frozen=True, slots=True)
class Chart:
    """Weeks ("2026-W48"), and rows of a label and one value for each of them."""

    alt: Words
    weeks: tuple[str, ...]
    rows: tuple[tuple[Words, tuple[int, ...]], ...]


def spoken(chart: Chart, say: Callable[[Words], Phrase]) -> Chart:
    """Put a chart's words into a language."""
    rows = tuple((say(label), values) for label, values in chart.rows)
    return replace(chart, alt=say(chart.alt), rows=rows)


def as_data(chart: Chart, write: Callable[[Words], list[Any]]) -> dict[str, Any]:
    """Return a spoken chart as plain data."""
    rows = [[write(label), list(values)] for label, values in chart.rows]
    return {"kind": "chart", "alt": write(chart.alt), "weeks": list(chart.weeks), "rows": rows}


def from_data(data: Mapping[str, Any], read: Callable[[list[Any]], Phrase]) -> Chart:
    """Read a chart back from plain data."""
    rows: Sequence[Any] = data["rows"]
    return Chart(
        read(data["alt"]),
        tuple(data["weeks"]),
        tuple((read(label), tuple(values)) for label, values in rows),
    )

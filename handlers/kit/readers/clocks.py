"""Times of day as people type them, in both languages: `9`, `09:30`, `9 Uhr`, `5 p.m.`."""

from __future__ import annotations

import re
from datetime import time

from handlers.kit.readers import folded

CLOCK = r"(\d{1,2})(?:[:.](\d\d))?(?:\s*(uhr|h\b|[ap]\.?\s?m\b\.?))?"
MIDNIGHT = time.max  # the end of a day, written 24:00
NOON = 12


def read_clock(text: str) -> time | None:
    """Return the time of day that a text names, None when it names none."""
    found = re.fullmatch(rf"(?:um\s+|at\s+)?{CLOCK}\.?", folded(text))
    return clock(*found.groups()) if found else None


def clock(hour: str, minute: str | None, half: str | None = None) -> time | None:
    """Return the time that a clock shows; `half` is `am` or `pm`, or nothing that matters."""
    h, m, of_day = int(hour), int(minute or 0), (half or "")[:1]
    if of_day in ("a", "p"):
        if not 1 <= h <= NOON:
            return None
        h = h % NOON + (NOON if of_day == "p" else 0)
    return time(h, m) if h < 24 and m < 60 else None


def span(first: tuple[str, str, str], last: tuple[str, str, str]) -> tuple[time, time] | None:
    """Return the two times of `9–17` or `9am–5pm`, each as `CLOCK` found it; None for none.

    Of `1–5 pm` both are in the afternoon, of `9am–5` the last one; midnight ends a day.
    """
    start, end = clock(*first), clock(*last)
    if _is_half(last) and not _is_half(first):
        later = clock(first[0], first[1], last[2])
        start = later if later and end and later < end else start
    if _is_half(first) and not _is_half(last) and start and end and end <= start:
        end = clock(last[0], last[1], "pm")
    if (int(last[0]), int(last[1] or 0)) == (24, 0) or (end == time(0) and _is_half(last)):
        end = MIDNIGHT
    return (start, end) if start is not None and end is not None and start < end else None


def _is_half(given: tuple[str, str, str]) -> bool:
    return (given[2] or "")[:1] in ("a", "p")

"""Moments of the past as people type them: `09:28`, `23.11. 09:28`, `2026-11-23 09:28`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import FieldKind
from handlers.kit.readers.clocks import clock
from handlers.kit.readers.dates import read_day_near, today_of
from handlers.kit.words import Words, _

CLOCK = re.compile(
    r"(?:(?P<day>.*?),?\s+)?(?P<hour>\d{1,2})"
    r"(?:[:.](?P<minute>\d{2})(?:\s*(?:uhr|h|(?P<late>[ap]\.?m)))?"
    r"|\s*(?:uhr|h)(?:\s*(?P<after>\d{2}))?|\s*(?P<half>[ap]\.?m))"
)
AT = re.compile(r"\b(?:um|gegen|at)\s+(?=\d)")  # before the hour, where people put it


def read_moment(text: str, now: datetime, zone: str) -> datetime | None:
    """Return the moment of the past that a text names, in UTC; None when it names none.

    Without a day it is the last time that a clock in `zone` showed this; without a year the
    last such day. A moment of the future is returned as it is, so that it can be refused.
    """
    found = CLOCK.fullmatch(AT.sub("", text.strip().casefold()).rstrip("."))
    if found is None:
        return None
    shown = clock(found["hour"], found["minute"] or found["after"], found["late"] or found["half"])
    if shown is None:
        return None
    local = now.astimezone(ZoneInfo(zone))
    if found["day"]:
        day = read_day_near(found["day"], local.date())
    else:
        day = local.date() if shown <= local.time() else local.date() - timedelta(days=1)
    return datetime.combine(day, shown, ZoneInfo(zone)).astimezone(UTC) if day else None


WRITTEN = {"de": "%d.%m.%Y %H:%M", "en": "%Y-%m-%d %H:%M"}


def written(moment: datetime, zone: str, language: str) -> str:
    """Write a moment as its reader writes it: `23.11.2026 09:28` or `2026-11-23 09:28`."""
    return moment.astimezone(ZoneInfo(zone)).strftime(WRITTEN[language])


@dataclass(frozen=True, slots=True)
class PastReader:
    """A moment that has been, from a field or a button; it is never typed in a line."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.TEXT

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        found = read_moment(text, ctx.now, ctx.workspace.zone)
        return (found, "") if found is not None and last else None

    def value(self, raw: str, ctx: Context) -> object:
        found = read_moment(raw, ctx.now, ctx.workspace.zone)
        if found is None:
            today = datetime.combine(today_of(ctx), time(9, 28), ZoneInfo(ctx.workspace.zone))
            example = written(today, ctx.workspace.zone, ctx.language)
            raise Refusal(_("A time, please, such as 09:28 or {example}.", example=example))
        if found > ctx.now:
            raise Refusal(_("That is still to come. Please give a time in the past."))
        return found

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()

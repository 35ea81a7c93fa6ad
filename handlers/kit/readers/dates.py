"""Days as people type them, in both languages: `4.12.`, `2026-12-04`, `4 Dec`, `Freitag`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import get_day_names, get_month_names

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import FieldKind
from handlers.kit.readers import TextReader, folded
from handlers.kit.words import LANGUAGES, Words, _

BETWEEN = r"\s*[-‐‑–—−]\s*|\s+(?:bis|to|until|till)\s+"  # noqa: RUF001 - as phones write dashes
BEFORE = "am|on|bis|until|by|zum|vom|den|from|von|einschliesslich|including"
LEAP_YEAR = 2028  # where no year is said, 29.2. is a day
HALF_A_YEAR = 182  # days
PAST = {"yesterday": 1, "gestern": 1, "vorgestern": 2}
NEAR = {"today": 0, "heute": 0, "tomorrow": 1, "morgen": 1, "uebermorgen": 2}


def read_day(text: str, today: date) -> date | None:
    """Return the day that a text names, None when it names none.

    Without a year it is the next such day, today included; a day of the week is the next
    one after today.
    """
    said = _said(text)
    if said in NEAR:
        return today + timedelta(days=NEAR[said])
    if said.rstrip(".") in weekdays():
        ahead = (weekdays()[said.rstrip(".")] - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", said):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(\d{4}|\d{2}))?", said):
        return _next(found[3], int(found[2]), int(found[1]), today)
    if found := re.fullmatch(r"(\d{1,2})\.?\s?([a-z]+)\.?,?(?:\s(\d{4}))?", said):
        return _next(found[3], _months().get(found[2], 0), int(found[1]), today)
    if found := re.fullmatch(r"([a-z]+)\.?\s(\d{1,2})(?:,?\s(\d{4}))?", said):
        return _next(found[3], _months().get(found[1], 0), int(found[2]), today)
    return None


def split_range(text: str, today: date) -> tuple[str, str] | None:
    """Return the two days of `24.12.-1.1.` as they are written; None where there are no two.

    Of `24.-26.12.` the first one gets the month of the second.
    """
    if read_day(text, today) is not None:  # 2026-12-24 has hyphens, too
        return None
    for each in re.finditer(BETWEEN, text, flags=re.IGNORECASE):
        first, last = text[: each.start()].strip(), text[each.end() :].strip()
        if read_day(last, today) is None:
            continue
        day, month = re.fullmatch(r"(\d{1,2})\.?", first), re.fullmatch(r"\d{1,2}(\D.*)", last)
        if day is not None and month is not None:
            first = day[1] + month[1]
        if read_day(first, today) is not None:
            return first, last
    return None


def read_day_near(text: str, today: date) -> date | None:
    """Return the day from which on somebody looks back.

    A day of the week is the last one, today included; another without a year the one that is
    nearest, so that one of next week stays to come and is not taken for one of a year ago.
    """
    if _said(text) in NEAR:
        return read_day(text, today)
    if _said(text) in PAST:
        return today - timedelta(days=PAST[_said(text)])
    named = _said(text).rstrip(".") in weekdays()
    return read_day(text, today - timedelta(days=7 if named else HALF_A_YEAR))


def _said(text: str) -> str:
    return re.sub(rf"^(?:{BEFORE})\s+", "", folded(text).rstrip(","))


def no_such_day(text: str) -> Refusal | None:
    """Return what is said of a day that no calendar has, such as `31.2.`, at a text's head."""
    said = _said(text)
    if found := re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", said):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := re.match(r"(\d{1,2})\.\s?(\d{1,2})\.?(?:\s?(\d{4}))?(?![\d:])", said):
        year, month, day = int(found[3] or LEAP_YEAR), int(found[2]), int(found[1])
    else:
        return None
    if _day(year, month, day) is not None:
        return None
    return Refusal(_("There is no {day}. Which day do you mean?", day=found[0].strip()))


def _next(year: str | None, month: int, day: int, today: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    found = _day(today.year, month, day)
    return found if found is None or found >= today else _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    return {
        folded(name).rstrip("."): number
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for number, name in get_month_names(width, locale=language).items()
    }


@lru_cache(maxsize=1)
def weekdays() -> dict[str, int]:
    """Return the names of weekdays in both languages, folded; Monday is 0."""
    return {
        folded(name).rstrip("."): number
        for language in LANGUAGES
        for width in ("wide", "abbreviated")
        for number, name in get_day_names(width, locale=language).items()
    }


def today_of(ctx: Context) -> date:
    """Return the day that it is in the workspace."""
    return ctx.now.astimezone(ZoneInfo(ctx.workspace.zone)).date()


@dataclass(frozen=True, slots=True)
class DateReader:
    """A day. As the last value it takes the rest of the line."""

    @property
    def kind(self) -> FieldKind:
        return FieldKind.DATE

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        if last:
            found = read_day(text, today_of(ctx))
            return (found, "") if found else None
        words = text.split()
        for length in range(min(4, len(words)), 0, -1):
            found = read_day(" ".join(words[:length]), today_of(ctx))
            if found is not None:
                return found, " ".join(words[length:])
        return None

    def missing(self, text: str, ctx: Context) -> Refusal | None:
        """Return what is said of a day that cannot be read."""
        return no_such_day(text)

    def value(self, raw: str, ctx: Context) -> object:
        found = read_day(raw, today_of(ctx))
        if found is None and (fault := no_such_day(raw)) is not None:
            raise fault
        if found is None:
            raise Refusal(_("A day, please, such as 4.12. or 2026-12-04."))
        return found

    def choices(self, ctx: Context) -> tuple[tuple[str, Words], ...]:
        return ()


@dataclass(frozen=True, slots=True)
class PastDateReader(DateReader):
    """A day that has begun, to look back from."""

    def value(self, raw: str, ctx: Context) -> object:
        found = read_day_near(raw, today_of(ctx))
        if found is not None and found > today_of(ctx):
            raise Refusal(_("That day is still to come. Please choose an earlier one."))
        return DateReader.value(self, raw, ctx) if found is None else found


@dataclass(frozen=True, slots=True)
class BeforeDateReader(TextReader):
    """Text exactly as typed, up to the day at the end of the line if there is one."""

    def take(self, text: str, ctx: Context, *, last: bool) -> tuple[object, str] | None:
        for space in re.finditer(r"\s+", text):
            if read_day(text[space.end() :], today_of(ctx)) is not None:
                return self.value(text[: space.start()], ctx), text[space.end() :]
        return self.value(text, ctx), ""

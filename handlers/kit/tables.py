"""Lists for people and programs: a page in chat, CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from handlers.kit import calendar
from handlers.kit.commands import Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Cell, Filter, Listing, Row
from handlers.kit.messages import Button, Buttons, Call, Items, Part, Text, Title
from handlers.kit.words import Sentence, Words, _

PAGE = 10  # rows on one page in chat
WIDE = 5  # buttons in one row
FORMULA = re.compile(r"[\s\u200b-\u200f\ufeff]*[=+\-@\t\r＝＋－＠]")  # noqa: RUF001 - full-width ones begin formulas too
NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
WHICH: dict[str, Sentence] = {
    "open": _("Open"), "mine": _("Mine"), "all": _("All"), "retired": _("Retired"),
}  # fmt: skip


def find(features: Sequence[Feature], key: str) -> Listing | None:
    """Return the list of this name."""
    known = (each for feature in features for each in feature.all_lists)
    return next((each for each in known if each.key == key), None)


def page(ctx: Context, listing: Listing, asked: Filter, number: int = 1) -> list[Part]:
    """Return one page of a list: the true total, its rows, and buttons for what else there is."""
    asked = listing.able(asked)
    total = listing.count(ctx, asked)
    number = within(number, total, PAGE)
    first = (number - 1) * PAGE
    rows = list(listing.rows(ctx, asked, first, PAGE))
    only, others = _only(ctx, asked), _others(ctx, listing, asked)
    if not rows:
        nothing = _("{title}: nothing here.", title=listing.title)
        return [Text(nothing), *only, *_buttons(others)]
    last = first + len(rows)
    title = _(
        "{title}, {first}–{last} of {total}",
        title=listing.title,
        first=first + 1,
        last=last,
        total=total,
    )
    opens = [Button(_label(each), each.opens) for each in rows if each.opens is not None]
    more: list[Button] = []
    if number > 1:
        more.append(Button(_("Back"), asking(listing, asked, number - 1)))
    if last < total:
        more.append(Button(_("More"), asking(listing, asked, number + 1)))
    items = Items(tuple(row_words(each) for each in rows))
    return [Title(title), *only, items, *_buttons([*opens, *more, *others])]


def within(number: int, total: int, size: int) -> int:
    """Return a page that there is: beyond the end it is the last one."""
    return max(1, min(number, -(-total // size)))


def _only(ctx: Context, asked: Filter) -> list[Part]:
    """Say to what a list is narrowed, so that a total is not taken for all there is."""
    service = ctx.service_of(asked.service) if asked.service is not None else None
    since = calendar.day_of(asked.since, ctx.workspace.zone) if asked.since is not None else None
    if service is not None and since is not None:
        said = _("Only {service}, since {day:date}.", service=service.name, day=since)
    elif service is not None:
        said = _("Only {service}.", service=service.name)
    elif since is not None:
        said = _("Since {day:date}.", day=since)
    else:
        return []
    return [Text(said, small=True)]


def asking(listing: Listing, asked: Filter, number: int = 1) -> Call:
    """Return the call that shows a page of a list."""
    values: dict[str, object] = {"name": listing.key, "which": asked.which}
    if asked.service is not None:
        values["service"] = asked.service
    if asked.since is not None:
        values["since"] = asked.since.isoformat()
    if number > 1:
        values["page"] = number
    return call("list", **values)


def _others(ctx: Context, listing: Listing, asked: Filter) -> list[Button]:
    """Return the other ways to look at the same list, and the form that narrows it."""
    ways = [
        Button(label, asking(listing, replace(asked, which=which)), "quiet")
        for which, label in WHICH.items()
        if which in listing.which and which != asked.which
    ]
    if len(listing.which) == 1 and not listing.narrows:
        return ways
    since = calendar.day_of(asked.since, ctx.workspace.zone) if asked.since is not None else ""
    known = {"service": asked.service or "", "since": since}
    # A field that the rows know nothing of comes filled with nothing, so that nobody is asked.
    unknown = {each: "" for each in known if each not in listing.narrows}
    now = {f"now_{each}": value for each, value in known.items() if value}
    narrow = call("list filter", name=listing.key, now_which=asked.which, **now, **unknown)
    return [*ways, Button(_("Filter"), narrow, "quiet")]


def _buttons(buttons: Sequence[Button]) -> list[Part]:
    starts = range(0, len(buttons), WIDE)
    return [Buttons(tuple(buttons[start : start + WIDE])) for start in starts]


def _label(row: Row) -> Words:
    return cell(row.values[0])


def row_words(row: Row) -> Words:
    """Return a row as one line."""
    filled = [cell(each) for each in row.values if each not in ("", None)]
    line: Words = filled[0]
    for each in filled[1:]:
        line = _("{words} · {more}", words=line, more=each)
    return line


def cell(value: Cell) -> Words:
    """Return a value as it is said."""
    if value is None:
        return ""
    if isinstance(value, int | date | datetime):
        return _("{value}", value=value)
    return value


# --- for programs --------------------------------------------------------------------------


def plain(ctx: Context, value: Cell) -> str | int | None:
    """Return a value for a program: days as 2026-11-23, numbers as numbers, people as names."""
    if isinstance(value, datetime):
        raise TypeError("A list tells days, not minutes.")
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, int):
        return value
    return ctx.text(value)


def as_csv(ctx: Context, listing: Listing, rows: Sequence[Row]) -> str:
    """Return a list as a spreadsheet of a German Excel reads it: semicolons, BOM, all quoted."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([defused(ctx.text(label)) for _key, label in listing.columns])
    for row in rows:
        values = (plain(ctx, each) for each in row.values)
        writer.writerow(["" if each is None else defused(str(each)) for each in values])
    return "\ufeff" + file.getvalue()


def defused(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; plain numbers stay numbers."""
    if NUMBER.fullmatch(text) or not FORMULA.match(text):
        return text
    return f"'{text}"


def as_json(ctx: Context, listing: Listing, rows: Sequence[Row]) -> str:
    """Return a list as JSON: an object for each row, under the columns' keys."""
    found: list[Mapping[str, object]] = [
        {
            key: plain(ctx, value)
            for (key, _label), value in zip(listing.columns, row.values, strict=True)
        }
        for row in rows
    ]
    return json.dumps(found, ensure_ascii=False, indent=1)


def everything(ctx: Context, listing: Listing, asked: Filter, most: int = 100_000) -> list[Row]:
    """Return every row that fits, for an export."""
    return list(listing.rows(ctx, asked, 0, most))

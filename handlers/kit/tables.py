"""Lists for people and programs: a page in chat, CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

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
    total = listing.count(ctx, asked)
    first = (number - 1) * PAGE
    rows = list(listing.rows(ctx, asked, first, PAGE))
    if not rows:
        nothing = _("{title}: nothing here.", title=listing.title)
        return [Text(nothing), *_buttons(_others(listing, asked))]
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
    items = Items(tuple(said(each) for each in rows))
    return [Title(title), items, *_buttons([*opens, *more, *_others(listing, asked)])]


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


def _others(listing: Listing, asked: Filter) -> list[Button]:
    """Return the other ways to look at the same list, and the form that narrows it."""
    narrow = Button(_("Filter"), call("list filter", name=listing.key), "quiet")
    ways = [
        Button(label, asking(listing, replace(asked, which=which)), "quiet")
        for which, label in WHICH.items()
        if which in listing.which and which != asked.which
    ]
    return [*ways, narrow]


def _buttons(buttons: Sequence[Button]) -> list[Part]:
    starts = range(0, len(buttons), WIDE)
    return [Buttons(tuple(buttons[start : start + WIDE])) for start in starts]


def _label(row: Row) -> Words:
    return cell(row.values[0])


def said(row: Row) -> Words:
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

"""The picture in the digest, and past digests as a list and as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from handlers.board import picture
from handlers.kit import calendar
from handlers.kit.commands import Feature
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Listing, Row, Section, Week
from handlers.kit.messages import Facts, Items, Text, Title, load
from handlers.kit.words import Figure, Words, _, flat
from storage.board import twelve_weeks
from storage.digest import texts
from storage.incidents import pages

feature = Feature(_("Lists"))

ENOUGH = 3  # weeks with something in them; fewer are told faster than seen


@feature.section(190)
def section(ctx: Context, week: Week) -> Section | None:
    """Return the picture; none in a week in which nothing happened, or after a few weeks."""
    first, after = (calendar.day_of(each, ctx.workspace.zone) for each in (week.start, week.end))
    used = twelve_weeks.useful_runs(ctx.tx, first.isoformat(), after.isoformat())
    if not any(used.values()) and not pages.summary(ctx.tx, week.start, week.end):
        return None
    found = picture.points(ctx)
    if sum(bool(each.incidents or each.used) for each in found) < ENOUGH:
        return None
    return Section(parts=(picture.chart(found),))


def _weeks(ctx: Context, asked: Filter) -> list[str]:
    """Return the weeks whose digest is kept, from the one in which a day lies."""
    found = texts.weeks(ctx.tx)
    if asked.since is None:
        return found
    day = calendar.day_of(asked.since, ctx.workspace.zone)
    return [each for each in found if _monday(each) + timedelta(days=6) >= day]


def _monday(week: str) -> date:
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


@feature.lists(
    "digests",
    _("Weekly digests"),
    (("week", _("Week")), ("monday", _("First day")), ("said", _("In short"))),
    count=lambda ctx, filter: len(_weeks(ctx, filter)),
    which=("all",),
    narrows=("since",),
)
def digests(ctx: Context, filter: Filter, first: int, most: int) -> Sequence[Row]:
    """Return past digests, the newest first, each with its verdict, which names nobody."""
    return [
        Row((each, _monday(each), _verdict(ctx, each)))
        for each in _weeks(ctx, filter)[first : first + most]
    ]


def _verdict(ctx: Context, week: str) -> Words:
    kept = texts.of(ctx.tx, week, ctx.language)
    parts = load(kept).parts if kept is not None else ()
    return next((flat(each.words) for each in parts if isinstance(each, Text)), "")


FIGURES = (
    ("week", _("Week")),
    ("section", _("Section")),
    ("figure", _("Figure")),
    ("name", _("Name")),
    ("value", _("Value")),
)


def figures(ctx: Context, week: str) -> tuple[Listing, list[Row]] | None:
    """Return what a digest counted, each figure by its entry of the catalogue; no line's names."""
    kept = texts.of(ctx.tx, week, ctx.language)
    if kept is None:
        return None
    names = {each.id: each.name for feature in ctx.features for each in feature.measures}
    rows, section = [], ""
    for part in load(kept).parts:
        if isinstance(part, Title):
            section = flat(part.words)
        said = part.words if isinstance(part, Text) else ()
        lines: list[Words] = [said] if said else []
        if isinstance(part, Items):
            lines = list(part.items)
        elif isinstance(part, Facts):
            lines = [value for _label, value in part.rows]
        rows += [
            Row((week, section, each.id, names.get(each.id, ""), each.label))
            for line in lines
            for each in _counted(line)
        ]
    listing = Listing(
        f"digest-{week}",
        _("Weekly digest"),
        FIGURES,
        count=lambda _ctx, _filter: len(rows),
        rows=lambda _ctx, _filter, first, most: rows[first : first + most],
        which=("all",),
        narrows=(),
    )
    return listing, rows


def _counted(words: Words) -> Iterator[Figure]:
    if isinstance(words, tuple):
        yield from (each for each in words if isinstance(each, Figure))

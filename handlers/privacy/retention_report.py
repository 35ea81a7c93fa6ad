"""`retention`: what is kept and how long, what goes next, and what went."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Keeps
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title
from handlers.kit.readers import NumberReader
from handlers.kit.readers.dates import DateReader, today_of
from handlers.kit.tables import within
from handlers.kit.words import Sentence, Words, _, _n
from handlers.privacy import retention
from storage.privacy import retention as reports

feature = Feature(_("My data"))

PAGE = 12
NIGHTS = 7  # of the report
TRIED = 20  # lines of a dry run; there are fewer kinds that have something
MIDNIGHT = time(0)


@feature.command(
    "retention",
    "aufbewahrung",
    help=_("What is kept, how long, and what then."),
    reads=True,
    needs="read",
)
def show(ctx: Context, page: Annotated[int, NumberReader(1, 1000), Ask(_("Page"))] = 1) -> Reply:
    known = sorted(retention.kept(ctx), key=lambda each: _order(ctx, each))
    page = within(page, len(known), PAGE)
    shown = known[(page - 1) * PAGE : page * PAGE]
    first = (page - 1) * PAGE + 1
    title = _(
        "{title}, {first}–{last} of {total}",
        title=_("What is kept, and how long"),
        first=first,
        last=first + len(shown) - 1,
        total=len(known),
    )
    parts: list[Part] = [Title(title), Items(tuple(_retention_words(each) for each in shown))]
    buttons: list[Button] = []
    if page * PAGE < len(known):
        buttons.append(Button(_("More"), call("retention", page=page + 1)))
    if page > 1:
        buttons.append(Button(_("Back"), call("retention", page=page - 1)))
    if rights.may("settings", rights.general(ctx)):
        if page == 1:
            parts += _report(ctx)
        buttons.append(Button(_("What goes next?"), call("retention due")))
        buttons.append(Button(_("What is gone by a day?"), call("retention try")))
    return Reply(Message((*parts, Buttons(tuple(buttons)))))


def _order(ctx: Context, keeps: Keeps) -> tuple[bool, int, str]:
    return keeps.days is None, keeps.days or 0, ctx.text(keeps.what).casefold()


def _retention_words(keeps: Keeps) -> Words:
    if keeps.days is None:
        return _("{what}: {then}", what=keeps.what, then=keeps.then)
    return _(
        "{what}, after {days}: {then}",
        what=keeps.what,
        days=_n("{n} day", "{n} days", keeps.days),
        then=keeps.then,
    )


def _report(ctx: Context) -> list[Part]:
    """Return what went in the last nights in which something went."""
    what = {retention.kind(each): each.what for each in retention.kept(ctx)}
    lines: list[Words] = [
        _(
            "{day:date}: {what} ({n})",
            day=date.fromisoformat(each["day"]),
            what=what.get(each["kind"], each["kind"]),
            n=each["changed"],
        )
        for each in reports.latest(ctx.tx, NIGHTS)
    ]
    if not lines:
        return [Text(_("Nothing has had to go yet."), small=True)]
    return [Text(_("What went in the last nights:")), Items(tuple(lines[:TRIED]))]


@feature.command(
    "retention due",
    "aufbewahrung fällig",
    help=_("On which day the next of each kind goes."),
    hidden=True,
    needs="settings",
)
def due(ctx: Context) -> Reply:
    days = retention.next_due(ctx)
    known = [each for each in retention.kept(ctx) if retention.kind(each) in days]
    known.sort(key=lambda each: (days[retention.kind(each)], ctx.text(each.what)))
    lines: list[Words] = [
        _("{day:date}: {what}", day=days[retention.kind(each)], what=each.what) for each in known
    ]
    if not lines:
        return Reply(Message((Text(_("Nothing is stored that ever has to go.")),)))
    title = Title(_("The next that goes, each in the night to this day"))
    return Reply(Message((title, Items(tuple(lines)), Buttons((_try(),)))))


def _try() -> Button:
    return Button(_("What is gone by a day?"), call("retention try"))


@feature.command(
    "retention try",
    "aufbewahrung probe",
    help=_("A dry run: what would be gone by a day. Nothing changes."),
    hidden=True,
    submit=_("Try"),
    needs="settings",
)
def dry_run(ctx: Context, *, day: Annotated[date, DateReader(), Ask(_("By which day?"))]) -> Reply:
    if day < today_of(ctx):
        raise Refusal(_("That day is over. Please choose a coming one."), field="day")
    found = [each for each in retention.would_go(ctx, _end_of(ctx, day)) if each.rows]
    if not found:
        return Reply(Message((Text(_("By {day:date} nothing has to go.", day=day)),)))
    lines = tuple(_change_words(each) for each in found)
    title = Title(_("By {day:date} this would be gone, or nameless", day=day))
    nothing = Text(_("This was a dry run; nothing has changed."), small=True)
    return Reply(Message((title, Items(lines), nothing)))


def _end_of(ctx: Context, day: date) -> datetime:
    return retention.end_of(day, ctx.workspace.zone)


def _change_words(each: retention.Let) -> Sentence:
    return _("{what} ({n}): {then}", what=each.keeps.what, n=each.rows, then=each.keeps.then)

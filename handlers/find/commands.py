"""Find: words in, and everything that says them out, page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Found
from handlers.kit.messages import Button, Buttons, Message, Part, Reply, Text, Title, line
from handlers.kit.readers import NumberReader, TextReader
from handlers.kit.tables import within
from handlers.kit.words import _, _n, shortened

feature = Feature(_("Find"))

PAGE = 5
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Page = Annotated[int, NumberReader(), Ask(_("Page"))]
Searched = Annotated[
    str, TextReader(long=False), Ask(_("What are you looking for?"), short=_("words"))
]


def everything(ctx: Context, words: str) -> list[Found]:
    """Return what every room finds, the most fitting first."""
    doors = [each for feature in ctx.features for each in feature.all_finds]
    found = [(each, door.rank) for door in doors for each in door.run(ctx, words)]
    found.sort(key=lambda pair: pair[0].at or LONG_AGO, reverse=True)
    found.sort(key=lambda pair: (-round(pair[0].score, 2), pair[1]))
    return [each for each, _rank in found]


@feature.command(
    "find",
    ("suche", "suchen", "finde"),
    help=_("Find incidents, problems, services, friction, pilots and automations by words."),
    reads=True,
    submit=_("Find"),
)
def find(ctx: Context, words: Searched) -> Reply:
    return _page(ctx, words, 1)


@feature.command(
    "find more",
    "suche mehr",
    help=_("Show more of what was found."),
    hidden=True,
    reads=True,
)
def more(
    ctx: Context, words: Searched, page: Annotated[int, NumberReader(), Ask(_("Page"))]
) -> Reply:
    return _page(ctx, words, page)


def _page(ctx: Context, words: str, page: int) -> Reply:
    found = everything(ctx, words)
    total = len(found)
    page = within(page, total, PAGE)
    if not total:
        said = _("I found nothing for “{words}”.", words=shortened(words))
        declare = Button(_("Declare this as an incident"), call("incident", title=words))
        return Reply(line(said, declare))
    title = _n("{n} found for “{words}”", "{n} found for “{words}”", total, words=shortened(words))
    parts: list[Part] = [Title(title)]
    for each in found[(page - 1) * PAGE : page * PAGE]:
        said = _(
            "{kind} “{title}”: {state} (in the {where})",
            kind=each.kind,
            title=shortened(each.title, 100),
            state=each.state,
            where=each.where,
        )
        parts += [Text(said), Buttons((each.button,))]
    if total > page * PAGE:
        on = call("find more", words=words, page=page + 1)
        rest = _n("{n} more", "{n} more", total - page * PAGE)
        parts += [Text(rest, small=True), Buttons((Button(_("More"), on),))]
    own = any(each.own for each in found)
    return Reply(Message(tuple(parts)), nameless=own)

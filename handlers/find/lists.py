"""Lists: whatever the rooms list, page by page; and how much there is of everything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from handlers.kit import calendar, tables
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Listing
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Buttons, Message, Reply, Title
from handlers.kit.readers import ChoiceReader, NumberReader, TextReader
from handlers.kit.readers.dates import PastDateReader
from handlers.kit.words import Words, _
from handlers.services.lookup import SERVICE
from storage.engine.ids import ServiceId
from storage.services import Service

feature = Feature(_("Lists"))

HIDDEN = TextReader(long=False)


@feature.command(
    ("lists", "status all"),
    ("listen", "stand gesamt", "stand alles"),
    help=_("Everything that there is, as lists."),
    reads=True,
)
def overview(ctx: Context) -> Reply:
    found = [each for feature in ctx.features for each in feature.all_lists]
    buttons = tuple(
        Button(
            _("{title}: {n}", title=each.title, n=each.count(ctx, each.able(Filter("open")))),
            tables.asking(each, each.able(Filter("open"))),
        )
        for each in found
    )
    rows = [
        Buttons(buttons[start : start + tables.WIDE])
        for start in range(0, len(buttons), tables.WIDE)
    ]
    files = Button(_("As CSV or JSON: the board"), call("board"), "quiet")
    computed = Button(_("How is this computed?"), call("computed"), "quiet")
    title = Title(_("What is open, and what there is"))
    return Reply(Message((title, *rows, Buttons((files, computed)))))


@feature.command("list", "liste", help=_("A page of a list."), hidden=True, reads=True)
def page(
    ctx: Context,
    name: Annotated[str, HIDDEN, Ask(_("List"))],
    *,
    which: Annotated[str, HIDDEN, Ask(_("Which"))] = "open",
    service: Annotated[str, HIDDEN, Ask(_("Service"))] = "",
    since: Annotated[str, HIDDEN, Ask(_("Since"))] = "",
    page: Annotated[int, NumberReader(1, 100_000), Ask(_("Page"))] = 1,
) -> Reply:
    asked = Filter(which, ServiceId(service) if service else None, _moment(since))
    return Reply(Message(tuple(tables.page(ctx, _known(ctx, name), asked, page))))


class Which(StrEnum):
    """Which rows of a list."""

    OPEN = "open"
    MINE = "mine"
    ALL = "all"
    RETIRED = "retired"
    AS_NOW = "now"  # a way that no list names, such as one automation's history


def _now(_ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    """Return how the list is narrowed that the button stands below."""
    found = {each: fixed.get(f"now_{each}", "") for each in ("which", "service", "since")}
    if found["which"] not in tables.WHICH:
        found["which"] = Which.AS_NOW.value
    return found


def _ways(ctx: Context, fixed: Mapping[str, str]) -> dict[str, tuple[tuple[str, Words], ...]]:
    """Return the ways to look at the list that the button stands below."""
    found = tables.find(ctx.features, fixed.get("name", ""))
    ways = found.which if found is not None else ()
    known = tuple((each, tables.WHICH[each]) for each in ways)
    if fixed.get("now_which", "") in tables.WHICH:
        return {"which": known}
    return {"which": ((Which.AS_NOW.value, AS_NOW), *known)}


AS_NOW = _("As now")
NOW = Annotated[str, HIDDEN, Ask(_("Filter"), hidden=True)]
WHICH = ChoiceReader(Which, {**tables.WHICH, Which.AS_NOW.value: AS_NOW}, {})


def _has_way(ctx: Context, name: str, which: Which) -> None:
    listing = _known(ctx, name)
    if which is not Which.AS_NOW and which.value not in listing.which:
        ways = [tables.WHICH[each] for each in listing.which]
        raise Refusal(_("Please choose one of: {choices}.", choices=ways), field="which")


@feature.command(
    "list filter",
    "liste filtern",
    help=_("Narrow a list: which rows, of which service, since when."),
    hidden=True,
    reads=True,
    submit=_("Show"),
    current=_now,
    offers=_ways,
    checks=(_has_way,),
)
def narrow(
    ctx: Context,
    name: Annotated[str, HIDDEN, Ask(_("List"))],
    *,
    which: Annotated[Which, WHICH, Ask(_("Which"))],
    service: Annotated[Service, SERVICE, Ask(_("Service"), _("Empty: all of them."))] | None = None,
    since: Annotated[
        date, PastDateReader(), Ask(_("Since"), _("A day; empty: from the beginning."))
    ]
    | None = None,
    now_which: NOW = "",
    now_service: NOW = "",
    now_since: NOW = "",
) -> Reply:
    listing = _known(ctx, name)
    chosen = which.value
    if which is Which.AS_NOW:
        chosen = now_which
    begins = calendar.midnight(since, ctx.workspace.zone) if since is not None else None
    asked = Filter(chosen, service.id if service is not None else None, begins)
    return Reply(Message(tuple(tables.page(ctx, listing, asked))))


def _known(ctx: Context, name: str) -> Listing:
    found = tables.find(ctx.features, name)
    if found is None:
        raise Refusal(_("There is no list “{name}”.", name=name[:80]))
    return found


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written) if written else None
    except ValueError:
        return None

"""Incidents to look at: the list, one card, its history."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Annotated

from handlers import rights
from handlers.incidents.cards import (
    card,
    headline,
    label,
    list_line,
    service_name,
    standing,
    take,
    tell,
    undone_line,
    works_again,
)
from handlers.incidents.lookup import Ref, find, is_mine, waits_for_me
from handlers.incidents.timeline import history
from handlers.incidents.updates import correcting
from handlers.kit import calendar
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Filter, Found, Glance, Row, Task, Untold
from handlers.kit.messages import Button, Buttons, Items, Message, Part, Reply, Text, Title, pieces
from handlers.kit.people import name
from handlers.kit.readers import ChoiceReader, titles
from handlers.kit.readers.numbers import CALLED, numbered
from handlers.kit.words import Words, _, _n
from handlers.on_call import duty
from handlers.similarity import find_saying
from storage import incidents
from storage.engine.ids import IncidentNumber, PersonId
from storage.incidents import Incident, pages
from storage.incidents import lists as incident_lists
from storage.incidents.states import IncidentState, Severity

feature = Feature(_("Incidents"))

SHOWN = 10  # incidents in one list
MOST = 200  # incidents in one search
SHORT = 5  # incidents that home shows of what is not done


class Which(StrEnum):
    """Which incidents to list."""

    OPEN = "open"
    MINE = "mine"
    ALL = "all"


WHICH = ChoiceReader(
    Which,
    {"open": _("open ones"), "mine": _("mine"), "all": _("the newest of all")},
    {"open": ("offen", "offene"), "mine": ("meine",), "all": ("alle",)},
)


@feature.command("incidents", "störungen", help=_("Open incidents, mine, or all."), reads=True)
def overview(
    ctx: Context,
    which: Annotated[Which, WHICH, Ask(_("Which"), short=_("all or mine"))] = Which.OPEN,
) -> Reply:
    found, count = _listed(ctx, which)
    mine = ctx.person.id if which is Which.MINE else None
    undone = [] if which is Which.ALL else _undone(ctx, mine)
    parts: list[Part] = []
    if found or not undone:
        parts += _open(which, ctx, found, count)
    if undone:
        count = len(undone) if mine else incident_lists.count_undone(ctx.tx)
        parts += [
            Title(_n("{n} works again, not done yet", "{n} work again, not done yet", count)),
            Items(tuple(undone_line(ctx, each) for each in undone[:SHOWN])),
            *_more(count - SHOWN, "mine" if mine else "undone"),
            Buttons(tuple(_show(each) for each in undone[:5])),
        ]
    return Reply(Message(tuple(parts)))


def _undone(ctx: Context, person: PersonId | None) -> list[Incident]:
    """Return what works again and is not done: somebody's, else the first of all."""
    if person is not None:
        return incident_lists.undone(ctx.tx, person=person)
    return incident_lists.undone(ctx.tx, SHOWN)


def _listed(ctx: Context, which: Which) -> tuple[list[Incident], int]:
    """Return the first incidents of a list, and how many it has in all."""
    if which is Which.ALL:
        return incident_lists.latest(ctx.tx, SHOWN), _count(ctx, Filter("all"))
    if which is Which.OPEN:
        return incident_lists.first_open(ctx.tx, SHOWN), incident_lists.count_open(ctx.tx)
    mine = [each for each in incident_lists.open_ones(ctx.tx) if is_mine(ctx, each)]
    return mine, len(mine)


def _open(which: Which, ctx: Context, found: list[Incident], count: int) -> list[Part]:
    if not found:
        nothing = {
            Which.OPEN: _("No incident is open."),
            Which.MINE: _("No open incident is yours."),
            Which.ALL: _("There has been no incident yet."),
        }
        return [Text(nothing[which])]
    shown = {Which.OPEN: "untaken", Which.MINE: "mine", Which.ALL: "all"}
    return [
        Title(_n("{n} incident", "{n} incidents", count)),
        Items(tuple(list_line(ctx, each) for each in found[:SHOWN])),
        *_more(count - SHOWN, shown[which]),
        Buttons(tuple(_show(each) for each in found[:5])),
    ]


def _more(rest: int, which: str) -> list[Part]:
    """Return the button that opens the next page of exactly this list."""
    if rest <= 0:
        return []
    label = _n("Show {n} more", "Show {n} more", rest)
    return [Buttons((Button(label, call("list", name="incidents", which=which, page=2)),))]


COLUMNS = (
    ("number", _("Number")),
    ("title", _("Title")),
    ("service", _("Service")),
    ("state", _("State")),
    ("serious", _("Severity")),
    ("declared", _("Declared")),
    ("responsible", _("Responsible")),
)
STATES: dict[str, Words] = {
    "open": _("open"),
    "restored": _("works again, not done"),
    "done": _("done"),
    "closed": _("closed without a cause of its own"),
    "withdrawn": _("withdrawn"),
}


def _count(ctx: Context, asked: Filter) -> int:
    return pages.count(
        ctx.tx, asked.which, person=ctx.person.id, service=asked.service, since=asked.since
    )


@feature.lists("incidents", _("Incidents"), COLUMNS, _count, ("open", "mine", "all"))
def rows(ctx: Context, asked: Filter, first: int, most: int) -> list[Row]:
    """Return a page of incidents; who looks after one is told only while it is open."""
    found = pages.page(
        ctx.tx,
        asked.which,
        person=ctx.person.id,
        service=asked.service,
        since=asked.since,
        first=first,
        most=most,
    )
    return [_row(ctx, each) for each in found]


def _row(ctx: Context, incident: Incident) -> Row:
    live = incident.state in (IncidentState.OPEN, IncidentState.RESTORED)
    return Row(
        (
            label(incident.number),
            incident.title,
            service_name(ctx, incident),
            STATES[incident.state],
            _("serious") if incident.severity == Severity.SERIOUS else "",
            calendar.day_of(incident.declared_at, ctx.workspace.zone),
            name(ctx, incident.responsible) if live else None,
        ),
        call("show", number=incident.number),
    )


def _show(incident: Incident) -> Button:
    return Button(label(incident.number), call("show", number=incident.number))


@feature.glance(10)
def glance(ctx: Context) -> list[Glance]:
    """Return what is open, and what works again and is not done."""
    undone = tuple(undone_line(ctx, each) for each in incident_lists.undone(ctx.tx, SHORT))
    return [
        Glance(
            _("Open incidents"),
            tuple(list_line(ctx, each) for each in incident_lists.first_open(ctx.tx, SHORT)),
            incident_lists.count_open(ctx.tx),
            rest=call("list", name="incidents", which="untaken"),
        ),
        Glance(
            _("Works again, not done yet"),
            undone,
            incident_lists.count_undone(ctx.tx),
            call("list", name="incidents", which="undone"),
        ),
    ]


@feature.waits(10)
def waiting(ctx: Context) -> list[Task]:
    """Return the open incidents that wait for the asker: to be taken, or to be ended."""
    waits: dict[tuple[object, ...], bool] = {}  # by their ties: of many, most have the same
    found: list[Task] = []
    for each in pages.glimpses(ctx.tx):
        if each.ties not in waits:
            waits[each.ties] = _task(ctx, each.number) is not None
        if waits[each.ties]:
            told = partial(_open_task, ctx, each.number)
            found.append(Untold(told, each.declared_at, about=str(each.number)))
    return found


def _open_task(ctx: Context, number: IncidentNumber) -> Task:
    task = _task(ctx, number)
    assert task is not None, "nobody changes it while this looks"
    return task


def _task(ctx: Context, number: IncidentNumber) -> Task | None:
    """Return what an open incident waits for from the asker; None when it waits for others."""
    incident = find(ctx, number)
    if incident.responsible in duty.acts_for(ctx, ctx.person.id) and not incident.unanswered:
        buttons = (tell(number), works_again(number))
    elif waits_for_me(ctx, incident):
        buttons = (take(number), _show(incident))
    else:
        return None
    return Task(list_line(ctx, incident), buttons, incident.declared_at)


@feature.command("show", "zeigen", help=_("One incident."), hidden=True, reads=True)
def show(ctx: Context, number: Ref) -> Reply:
    return Reply(card(ctx, find(ctx, number)))


@feature.command(
    "text", "wortlaut", help=_("The whole text, as it was typed."), hidden=True, reads=True
)
def whole(ctx: Context, number: Ref) -> Reply:
    incident = find(ctx, number)
    if titles.is_mail(incident.body):  # somebody else's address may stand in it
        rights.need_for(ctx, "read mail", incident)
    parts: list[Part] = [Title(headline(incident)), *(Text(each) for each in pieces(incident.body))]
    return Reply(Message(tuple(parts)))


@feature.command("history", "verlauf", help=_("What happened."), hidden=True, reads=True)
def past(ctx: Context, number: Ref) -> Reply:
    incident = find(ctx, number)
    told = history(ctx, incident)
    return Reply(replace(told, parts=(*told.parts, *correcting(ctx, incident))))


@feature.finds(20)
def saying(ctx: Context, words: str) -> list[Found]:
    """Return the incidents that say it, the text below a title only for who may act."""
    seen = {each.number: each for each in find_saying(ctx.tx, words, now=ctx.now, limit=MOST)}
    named = numbered(words, "inc")
    called = incidents.find(ctx.tx, IncidentNumber(named)) if named is not None else None
    hits = [_hit(ctx, called, _("number"), CALLED)] if called is not None else []
    for each in incidents.several(ctx.tx, list(seen)):
        hit = seen[each.number]
        if each.number == named or hit.rest and not rights.may_for(ctx, "done", each):
            continue
        hits.append(_hit(ctx, each, _("text") if hit.rest else _("title"), hit.score))
    return hits


def _hit(ctx: Context, each: Incident, where: Words, score: float) -> Found:
    return Found(
        key=label(each.number),
        kind=label(each.number),
        title=each.title.splitlines()[0] if each.title else "",
        where=where,
        state=standing(ctx, each, pings=False),
        button=Button(label(each.number), call("show", number=each.number)),
        score=score,
        at=each.declared_at,
    )

"""Entering many services in one go: a list or a CSV, all of it or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Annotated

from handlers.attention import matters
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Items, Message, Post, Reply, Text, Title, line
from handlers.kit.people import name
from handlers.kit.readers import PersonReader, TextReader, folded
from handlers.kit.words import Sentence, Words, _, _n, some
from handlers.on_call import duty
from handlers.services import editing
from handlers.services.cards import ask, asked_in_list_key, unaccepted
from storage import services
from storage.engine.ids import PersonId, ServiceId
from storage.people import Person
from storage.services import Service

feature = Feature(_("Services"))

MOST = 200  # lines in one go
FAULTS = 5  # that are told at once
HEADS = {"name", "service", "dienst", "bezeichnung"}  # a first line that only says the columns
EXAMPLE = _("One a line: name; accountable; deputy; other words. Only the name is needed.")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list with its cells: name, accountable, deputy, other words."""

    number: int
    cells: tuple[str, ...]

    def cell(self, number: int) -> str:
        """Return a cell, empty if the line has fewer."""
        return self.cells[number] if len(self.cells) > number else ""


def read(text: str) -> Iterator[Line]:
    """Read a list or a CSV, as spreadsheets write it: semicolons, tabs or commas."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first = next((each for each in text.split("\n") if each.strip()), "")
    mark = next((each for each in (";", "\t", ",") if each in first), ";")
    rows = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        for number, row in enumerate(rows, start=1):
            cells = tuple(" ".join(each.strip().removeprefix("- ").split()) for each in row)
            if any(cells) and not (number == 1 and folded(cells[0]) in HEADS):
                yield Line(number, cells)
    except csv.Error as error:
        raise Refusal(_("I cannot read line {n}.", n=rows.line_num)) from error


def _lines_fit(ctx: Context, lines: str, accountable: Person, deputy: Person) -> None:
    """Refuse lines that name no service, or one that cannot be entered."""
    try:
        wanted = list(read(lines))
    except Refusal as refusal:
        refusal.field = "lines"
        raise
    if not wanted:
        raise Refusal(EXAMPLE, field="lines")
    if len(wanted) > MOST:
        raise Refusal(_("Please enter at most {n} services at once.", n=MOST), field="lines")
    faults: list[Words] = []
    known = {folded(each.name) for each in ctx.services()}
    for each in wanted:
        try:
            service = _service(ctx, each, accountable, deputy)
            if folded(service.name) in known:
                raise Refusal(editing.taken_words(service.name))
        except Refusal as refusal:
            faults.append(_("Line {n}: {what}", n=each.number, what=refusal.words))
        else:
            known.add(folded(service.name))
    if faults:
        raise Refusal(_line_words(faults), field="lines", kept=lines)


@feature.command(
    "service list",
    ("dienst liste", "dienste eintragen"),
    help=_("Enter many services in one go, from a list or a CSV."),
    submit=_("Enter services"),
    needs="service",
    checks=(_lines_fit,),
)
def enter(
    ctx: Context,
    *,
    lines: Annotated[str, TextReader(), Ask(_("Services"), EXAMPLE)],
    accountable: Annotated[
        Person, PersonReader(), Ask(_("Accountable"), _("Where a line names nobody."))
    ],
    deputy: Annotated[Person, PersonReader(), Ask(_("Deputy"), _("Where a line names nobody."))],
) -> Reply:
    found = [_service(ctx, each, accountable, deputy) for each in read(lines)]
    for service in found:
        services.add(ctx.tx, service, name_key=folded(service.name), now=ctx.now)
    return Reply(_entry_message(ctx, found), posts=tuple(_question_posts(ctx, found)))


def _line_words(faults: list[Words]) -> Sentence:
    said = reduce(
        lambda before, next_: _("{before} {next}", before=before, next=next_), faults[:FAULTS]
    )
    more = len(faults) - FAULTS
    if more > 0:
        return _("{faults} And {n} more. Nothing was entered.", faults=said, n=more)
    return _("{faults} Nothing was entered.", faults=said)


def _service(ctx: Context, each: Line, accountable: Person, deputy: Person) -> Service:
    called = editing.tidy_name(each.cell(0))
    if not called:
        raise Refusal(_("Some words are needed here."))
    one = _person(ctx, each.cell(1), accountable)
    other = _person(ctx, each.cell(2), deputy)
    if one.id == other.id:
        raise Refusal(editing.NOT_TWO)
    mine = ctx.person.id
    return Service(
        ServiceId(ctx.new_id()),
        called,
        editing.split_words(", ".join(each.cells[3:])),
        one.id,
        other.id,
        fallback=False,
        accountable_accepted_at=ctx.now if one.id == mine else None,
        deputy_accepted_at=ctx.now if other.id == mine else None,
    )


def _person(ctx: Context, said: str, otherwise: Person) -> Person:
    if not said:
        return otherwise
    found = PersonReader().value(said, ctx)
    assert isinstance(found, Person)
    return found


def _entry_message(ctx: Context, found: list[Service]) -> Message:
    items: list[Words] = [
        _(
            "{service}: {accountable}, deputy {deputy}",
            service=each.name,
            accountable=name(ctx, each.accountable),
            deputy=name(ctx, each.deputy),
        )
        for each in found[:20]
    ]
    if len(found) > 20:
        items.append(_("and {n} more", n=len(found) - 20))
    count = _n("{n} service is entered", "{n} services are entered", len(found))
    said = _("Everybody who is named is asked whether they take it over.")
    return Message((Title(count), Items(tuple(items)), Text(said, small=True)))


def _question_posts(ctx: Context, found: list[Service]) -> Iterator[Post]:
    """Ask each person once, however many services name them."""
    asked_for: dict[PersonId, list[Service]] = {}
    for each in found:
        for person in unaccepted(each):
            if duty.is_here(ctx, person):
                asked_for.setdefault(person, []).append(each)
    for person, theirs in asked_for.items():
        if len(theirs) == 1:
            yield from ask(ctx, theirs[0], person)
            continue
        names = some([each.name for each in theirs], 10)
        said = _n(
            "{who} has named you for {n} service: {names}.",
            "{who} has named you for {n} services: {names}.",
            len(theirs),
            who=ctx.who,
            names=names,
        )
        answer = Button(_("Answer"), call("status"), "primary")
        key = asked_in_list_key(theirs[0], person)
        yield from matters.ask(ctx, person, key, line(said, answer), personal=True)

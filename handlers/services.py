"""Services: what people depend on, and the one person who is accountable for each."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

from handlers import rights
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import (
    Button,
    Buttons,
    Facts,
    Items,
    Message,
    Part,
    Reply,
    Text,
    Title,
    line,
)
from handlers.kit.readers import NameReader, PersonReader, TextReader, folded
from handlers.kit.words import Who, Words, _
from storage import people, services
from storage.people import Person
from storage.services import Service

feature = Feature(_("Services"))


def _unknown(name: str, known: list[str]) -> Refusal:
    head = folded(name)
    near = [each for each in known if head[:4] in folded(each)]
    close = difflib.get_close_matches(head, [folded(each) for each in known], n=3, cutoff=0.6)
    near += [each for each in known if folded(each) in close and each not in near]
    if near:
        return Refusal(
            _("There is no service called “{name}”. Similar: {near}.",
              name=name[:80], near=near[:3])
        )  # fmt: skip
    return Refusal(
        _("There is no service called “{name}”.", name=name[:80]),
        buttons=(Button(_("All services"), call("service")),),
    )


SERVICE = NameReader(services.all, _unknown)
ServiceRef = Annotated[Service, SERVICE, Ask(_("Service"))]
ServiceOrNot = (
    Annotated[Service, SERVICE, Ask(_("Service"), _("Lotse proposes one if you leave it out."))]
    | None
)
PERSON = PersonReader()
NAME = TextReader(long=False)


@feature.command(
    "who",
    "wer",
    help=_("Who is accountable for a service, and who stands in."),
    reads=True,
    submit=_("Show"),
)
def who(ctx: Context, service: ServiceRef) -> Reply:
    return Reply(line(_("{service}: {accountable} is accountable, {deputy} stands in. "
                        "On duty now: {duty}.",
                        service=service.name,
                        accountable=person(ctx, service.accountable),
                        deputy=person(ctx, service.deputy),
                        duty=person(ctx, on_duty(ctx, service)))))  # fmt: skip


@feature.command("service", "dienst", help=_("A service, or the list of all."), reads=True)
def show(ctx: Context, service: ServiceRef | None = None) -> Reply:
    if service is not None:
        return Reply(card(ctx, service))
    known = services.all(ctx.tx)
    items: list[Words] = [
        _("{service} – {accountable}, deputy {deputy}",
          service=each.name,
          accountable=name(ctx, each.accountable),
          deputy=name(ctx, each.deputy))
        for each in known
    ]  # fmt: skip
    new = Button(_("New service"), call("service new"))
    buttons = (Buttons((new,)),) if rights.may("service", rights.general(ctx)) else ()
    return Reply(Message((Title(_("Services")), Items(tuple(items)), *buttons)))


@feature.command(
    "service new",
    "dienst neu",
    help=_("Enter a service with its accountable person and deputy."),
    submit=_("Enter service"),
    needs="service",
)
def new(
    ctx: Context,
    *,
    name: Annotated[str, NAME, Ask(_("Name"))],
    accountable: Annotated[Person, PERSON, Ask(_("Accountable"), _("Exactly one person."))],
    deputy: Annotated[Person, PERSON, Ask(_("Deputy"), _("Somebody else, who stands in."))],
    words: Annotated[
        str, NAME, Ask(_("Other words for it"), _("What people call it, with commas."))
    ] = "",
) -> Reply:
    if accountable.id == deputy.id:
        raise Refusal(
            _("The deputy has to be somebody else, else nobody stands in."), field="deputy"
        )
    service = Service(
        ctx.new_id(),
        " ".join(name.split())[:80],
        tuple(word.strip() for word in words.split(",") if word.strip()),
        accountable.id,
        deputy.id,
        fallback=False,
    )
    if not services.add(ctx.tx, service, name_key=folded(service.name), now=ctx.now):
        raise Refusal(
            _("There is a service called “{name}” already.", name=service.name), field="name"
        )
    return Reply(card(ctx, service), subject=service.name)


def card(ctx: Context, service: Service) -> Message:
    """Return the card of a service."""
    rows: list[tuple[Words, Words]] = [
        (_("Accountable"), (person(ctx, service.accountable),)),
        (_("Deputy"), (person(ctx, service.deputy),)),
    ]
    if service.words:
        rows.append((_("Also called"), ", ".join(service.words)))
    parts: list[Part] = [Title(service.name), Facts(tuple(rows))]
    if service.fallback:
        parts.append(
            Text(
                _(
                    "Catches what no other service is recognised in; each such incident counts as "
                    "an ownership gap."
                ),
                small=True,
            )  # fmt: skip
        )
    return Message(tuple(parts))


def person(ctx: Context, id: str) -> Who:
    """Return somebody for a sentence; who is gone stays readable."""
    found = ctx.person_of(id)
    return Who(id, found.name if found else id)


def name(ctx: Context, id: str) -> str:
    """Return somebody's name, where they are told of and not spoken to: nobody is pinged."""
    return person(ctx, id).name


def on_duty(ctx: Context, service: Service) -> str:
    """Return who is alarmed first: the accountable, else the deputy, else a manager."""
    for id in (service.accountable, service.deputy):
        found = ctx.person_of(id)
        if found is not None and found.active:
            return id
    bosses = people.managers(ctx.tx)
    return bosses[0].id if bosses else service.accountable


def guess(ctx: Context, title: str) -> Service | None:
    """Propose the service that a title talks about: the longest name or word found in it.

    Words are compared without case and umlauts; from five letters on a word may
    also be the beginning of a longer one ("Drucker" in "Druckerstau").
    """
    said = tokens(title)
    best: tuple[int, Service] | None = None
    for service in ctx.services():
        for name in (service.name, *service.words):
            wanted = tokens(name)
            if wanted and _contains(said, wanted) and (best is None or len(name) > best[0]):
                best = (len(name), service)
    return best[1] if best and not best[1].fallback else None


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared."""
    return tuple(re.findall(r"\w+", folded(text)))


def _contains(said: Sequence[str], wanted: Sequence[str]) -> bool:
    def alike(word: str, want: str) -> bool:
        return word == want or (len(want) >= 5 and word.startswith(want))

    return any(
        all(alike(word, want) for word, want in zip(said[start:], wanted, strict=False))
        for start in range(len(said) - len(wanted) + 1)
    )


def fallback(ctx: Context) -> Service:
    """Return the service under everything; made now if the company has none yet.

    So no declaration is ever without somebody: a manager, else whoever declares.
    """
    found = services.fallback(ctx.tx)
    if found is not None:
        return found
    bosses = people.managers(ctx.tx) or [ctx.person]
    name = ctx.text(_("Everything else"))
    service = Service(ctx.new_id(), name, (), bosses[0].id, bosses[-1].id, fallback=True)
    services.add(ctx.tx, service, name_key=folded(name), now=ctx.now)
    return services.fallback(ctx.tx) or service

"""The register of services: enter, look up, edit, name other persons, retire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from handlers import rights
from handlers.kit import commands
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Post, Reply, Text, line
from handlers.kit.people import person
from handlers.kit.readers import NumberReader, PersonReader, TextReader, folded
from handlers.kit.readers.required_text import LinkReader, TellingReader
from handlers.kit.words import _
from handlers.on_call import duty
from handlers.ownership.leaving import refreshed
from handlers.services.cards import (
    answered,
    asked,
    back_button,
    card,
    duty_words,
    overview,
    unaccepted,
    why_red,
)
from handlers.services.lookup import ServiceRef
from storage import incidents, services
from storage.people import Person
from storage.services import LIMIT, Service

feature = Feature(_("Services"))

NAME = TextReader(long=False)
LONGEST_NAME = 80

NameField = Annotated[str, NAME, Ask(_("Name"))]
WordsField = Annotated[
    str, NAME, Ask(_("Other words for it"), _("What people call it, with commas."))
]
SeriousField = Annotated[
    str,
    TellingReader(most=500),
    Ask(_("When is it serious here?"), _("By consequence: who cannot work, what does it cost?")),
]
LimitField = Annotated[
    int,
    NumberReader(2, 240),
    Ask(
        _("Minutes until the alarm climbs"),
        _("10 unless you say otherwise; half of it when serious."),
    ),
]
RunbookField = Annotated[
    str,
    LinkReader(),
    Ask(_("Link to the runbook"), _("Empty if there is none yet; the gap stays listed.")),
]
AccountableField = Annotated[
    Person, PersonReader(), Ask(_("Accountable"), _("Exactly one person."))
]
DeputyField = Annotated[
    Person, PersonReader(), Ask(_("Deputy"), _("Somebody else, who stands in."))
]


@feature.command(
    "who",
    "wer",
    help=_("Who is accountable for a service, and who stands in."),
    reads=True,
    submit=_("Show"),
)
def who(ctx: Context, service: ServiceRef) -> Reply:
    said = _("{service}: {accountable} is accountable, {deputy} stands in. On duty now: {duty}.",
             service=service.name, accountable=person(ctx, service.accountable),
             deputy=person(ctx, service.deputy), duty=duty_words(ctx, service))  # fmt: skip
    if duty.is_red(ctx, service):
        return Reply(Message((Text(said), Text(why_red(ctx, service)))))
    return Reply(line(said))


@feature.command("service", "dienst", help=_("A service, or the list of all."), reads=True)
def show(ctx: Context, service: ServiceRef | None = None) -> Reply:
    return Reply(card(ctx, service) if service is not None else overview(ctx))


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
    name: NameField,
    accountable: AccountableField,
    deputy: DeputyField,
    words: WordsField = "",
    serious: SeriousField = "",
    limit: LimitField = LIMIT,
    runbook: RunbookField = "",
) -> Reply:
    _two(accountable, deputy)
    mine = ctx.person.id
    service = Service(
        ctx.new_id(), _tidy(name), _split(words), accountable.id, deputy.id, fallback=False,
        accountable_accepted_at=ctx.now if accountable.id == mine else None,
        deputy_accepted_at=ctx.now if deputy.id == mine else None,
        serious_when=serious, limit_minutes=limit, runbook=runbook or None,
    )  # fmt: skip
    if not services.add(ctx.tx, service, name_key=folded(service.name), now=ctx.now):
        raise _taken(service.name)
    return Reply(card(ctx, service), posts=asked(ctx, service), subject=service.name)


@feature.command(
    "service edit",
    ("dienst ändern", "dienst bearbeiten"),
    help=_("Change a service: its name, its words, what is serious, the runbook."),
    reads=True,
    asks=True,
)
def edit(ctx: Context, service: ServiceRef) -> Reply:
    need_own(ctx, service)
    command = commands.by_name("service change", ctx.features)
    assert command is not None
    filled = {
        "name": service.name,
        "words": ", ".join(service.words),
        "serious": service.serious_when,
        "limit": str(service.limit_minutes),
        "runbook": service.runbook or "",
    }
    return Reply(form=commands.form_for(command, ctx, fixed={"service": service.id}, filled=filled))


@feature.command("service change", "dienst speichern", help=_("Change a service."), hidden=True)
def change(
    ctx: Context,
    service: ServiceRef,
    *,
    name: NameField,
    words: WordsField = "",
    serious: SeriousField = "",
    limit: LimitField = LIMIT,
    runbook: RunbookField = "",
) -> Reply:
    need_own(ctx, service)
    called, key = _tidy(name), folded(_tidy(name))
    other = services.named(ctx.tx, key)
    if other is not None and other.id != service.id:
        raise _taken(called)
    services.change(
        ctx.tx, service.id, name=called, name_key=key, words=_split(words), serious_when=serious,
        limit_minutes=limit, runbook=runbook or None,
    )  # fmt: skip
    return Reply(card(ctx, _find(ctx, service.id)), subject=called)


def _named(ctx: Context, fixed: Mapping[str, str]) -> dict[str, str]:
    found = services.find(ctx.tx, fixed.get("service", ""))
    named = {"accountable": found.accountable, "deputy": found.deputy} if found else {}
    return {role: id for role, id in named.items() if duty.is_here(ctx, id)}


@feature.command(
    "service people",
    "dienst personen",
    help=_("Who is accountable, and who is deputy?"),
    hidden=True,
    needs="service",
    current=_named,
)
def people(
    ctx: Context, service: ServiceRef, *, accountable: AccountableField, deputy: DeputyField
) -> Reply:
    _two(accountable, deputy)
    posts = name_people(ctx, service, accountable.id, deputy.id)
    return Reply(card(ctx, _find(ctx, service.id)), posts=posts, subject=service.name)


def name_people(ctx: Context, service: Service, accountable: str, deputy: str) -> tuple[Post, ...]:
    """Name who is accountable and deputy from now on; return the questions to them.

    Whoever held a role and keeps one is not asked again.
    """
    services.set_people(ctx.tx, service.id, accountable, deputy, ctx.now, by=ctx.person.id)
    mend(ctx, service.id)
    found = _find(ctx, service.id)
    old = {service.accountable, service.deputy} - {accountable, deputy}
    settled = [each for each in (*old, accountable, deputy) if each not in unaccepted(found)]
    return (
        *(answered(ctx, found, each) for each in settled),
        *asked(ctx, found),
        *refreshed(ctx, *old),
    )


def mend(ctx: Context, id: str) -> None:
    """Take the red away once everybody who is named for a service is here and has accepted."""
    found = _find(ctx, id)
    named = (found.accountable, found.deputy)
    if not unaccepted(found) and all(duty.is_here(ctx, each) for each in named):
        services.whole_again(ctx.tx, id)


@feature.command(
    "service retire",
    "dienst stilllegen",
    help=_("It is not used any more."),
    hidden=True,
    needs="service",
)
def retire(ctx: Context, service: ServiceRef) -> Reply:
    still = [each for each in incidents.open_ones(ctx.tx) if each.service == service.id]
    if still:
        raise Refusal(
            _("“{service}” still has an open incident.", service=service.name),
            buttons=tuple(
                Button(f"INC-{each.number}", call("show", number=each.number)) for each in still[:5]
            ),
        )
    if not services.retire(ctx.tx, service.id, f"{folded(service.name)} {service.id}", ctx.now):
        raise Refusal(_("“{service}” catches the rest and has to stay.", service=service.name))
    gone = _find(ctx, service.id)
    said = _("“{service}” is not used any more. Its incidents stay.", service=service.name)
    posts = tuple(answered(ctx, gone, each) for each in unaccepted(gone))
    return Reply(line(said, back_button(service)), posts=posts, subject=service.name)


@feature.command(
    "service back",
    "dienst zurückholen",
    help=_("Use a service again."),
    hidden=True,
    needs="service",
)
def back(ctx: Context, service: Annotated[str, TextReader(long=False), Ask(_("Service"))]) -> Reply:
    found = services.find(ctx.tx, service)
    if found is None:
        raise Refusal(_("There is no service called “{name}”.", name=service[:80]))
    if found.retired_at is not None:
        if services.named(ctx.tx, folded(found.name)) is not None:
            raise _taken(found.name)
        services.bring_back(ctx.tx, found.id, folded(found.name))
    return Reply(card(ctx, _find(ctx, found.id)), subject=found.name)


def need_own(ctx: Context, service: Service) -> None:
    """Refuse kindly unless the asker is accountable for the service, or a manager."""
    if rights.may("service's own", rights.ties_to_service(ctx, service)):
        return
    rights.need(ctx, "read")
    who = [person(ctx, service.accountable)] if duty.is_here(ctx, service.accountable) else []
    bosses = [person(ctx, each.id) for each in duty.managers(ctx)]
    raise Refusal(_("For “{service}” this is up to {who}.", service=service.name, who=who + bosses))


def _two(accountable: Person, deputy: Person) -> None:
    if accountable.id == deputy.id:
        raise Refusal(
            _("The deputy has to be somebody else, else nobody stands in."), field="deputy"
        )


def _taken(name: str) -> Refusal:
    return Refusal(_("There is a service called “{name}” already.", name=name), field="name")


def _tidy(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",") if word.strip())


def _find(ctx: Context, id: str) -> Service:
    """Return a service as it is now."""
    found = services.find(ctx.tx, id)
    assert found is not None, "it was found a moment ago"
    return found

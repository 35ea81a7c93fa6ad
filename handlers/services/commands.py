"""The register of services: enter, look up, edit, name other persons, retire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from handlers.kit import commands
from handlers.kit.commands import Ask, Feature, call
from handlers.kit.context import Context
from handlers.kit.doors import Event, Held, Known, known
from handlers.kit.errors import Refusal
from handlers.kit.messages import Button, Message, Part, Post, Reply, Text, line
from handlers.kit.people import person
from handlers.kit.readers import NumberReader, PersonReader, TextReader, folded
from handlers.kit.readers.required_text import LinkReader, RequiredTextReader
from handlers.kit.words import _
from handlers.on_call import duty, reach
from handlers.services import editing, history
from handlers.services.cards import (
    answered_posts,
    ask_to_accept,
    back_button,
    card,
    duty_words,
    overview,
    unaccepted,
    why_red,
)
from handlers.services.lookup import AnyServiceRef, ServiceRef
from handlers.working_time.hours import OfServiceReader, service_hours_text
from storage import services
from storage.engine.ids import PersonId, ServiceId
from storage.incidents import Incident
from storage.incidents import lists as incident_lists
from storage.people import Person
from storage.services import LIMIT, Service
from storage.services.history import ServiceEvent

feature = Feature(_("Services"))

NAME = TextReader(long=False)

NameField = Annotated[str, NAME, Ask(_("Name"))]
WordsField = Annotated[
    str, NAME, Ask(_("Other words for it"), _("What people call it, with commas."))
]
SeriousField = Annotated[
    str,
    RequiredTextReader(most=500),
    Ask(_("When is it serious here?"), _("By consequence: who cannot work, what does it cost?")),
]
LimitField = Annotated[
    int,
    NumberReader(2, 240),
    Ask(
        _("Minutes until the alert escalates"),
        _("10 unless you say otherwise; half of it when serious."),
    ),
]
RunbookField = Annotated[
    str,
    LinkReader(),
    Ask(_("Link to the runbook"), _("Empty if there is none yet; the gap stays listed.")),
]
HoursField = Annotated[
    str,
    OfServiceReader(long=False),
    Ask(
        _("Own working hours"),
        _("Empty: the company's. Or such as Mon–Sun 6–22, or: around the clock."),
    ),
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
    said = _(
        "{service}: {accountable} is accountable, {deputy} is deputy. Alerted first now: {duty}.",
        service=service.name,
        accountable=person(ctx, service.accountable),
        deputy=person(ctx, service.deputy),
        duty=duty_words(ctx, service),
    )
    parts: list[Part] = [Text(said)]
    if duty.is_red(ctx, service):
        parts.append(Text(why_red(ctx, service)))
    gone = reach.unreachable(ctx, duty.on_duty(ctx, service), service.accountable, service.deputy)
    if gone is not None:
        parts.append(Text(gone))
    return Reply(Message(tuple(parts)))


@feature.command("service", "dienst", help=_("A service, or the list of all."), reads=True)
def show(ctx: Context, service: AnyServiceRef | None = None) -> Reply:
    return Reply(card(ctx, service) if service is not None else overview(ctx))


@feature.command(
    "service new",
    "dienst neu",
    help=_("Enter a service with its accountable person and deputy."),
    submit=_("Enter service"),
    needs="service",
    checks=(editing.new_name, editing.two_people),
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
    hours: HoursField = "",
) -> Reply:
    mine = ctx.person.id
    service = Service(
        ServiceId(ctx.new_id()),
        editing.tidy_name(name),
        editing.split_words(words),
        accountable.id,
        deputy.id,
        fallback=False,
        accountable_accepted_at=ctx.now if accountable.id == mine else None,
        deputy_accepted_at=ctx.now if deputy.id == mine else None,
        serious_when=serious,
        limit_minutes=limit,
        runbook=runbook or None,
        hours=hours,
    )
    if not services.add(ctx.tx, service, name_key=folded(service.name), now=ctx.now):
        raise Refusal(editing.taken_words(service.name))
    history.note(ctx, service.id, ServiceEvent.ENTERED)
    return Reply(card(ctx, service), posts=ask_to_accept(ctx, service), subject=service.name)


@feature.command(
    "service edit",
    ("dienst ändern", "dienst bearbeiten"),
    help=_("Change a service: its name, its words, what is serious, the runbook."),
    reads=True,
    asks=True,
)
def edit(ctx: Context, service: ServiceRef) -> Reply:
    editing.need_own(ctx, service)
    command = commands.by_name("service change", ctx.features)
    assert command is not None
    filled = {
        "name": service.name,
        "words": ", ".join(service.words),
        "serious": service.serious_when,
        "limit": str(service.limit_minutes),
        "runbook": service.runbook or "",
        "hours": service_hours_text(ctx, service.hours),
    }
    return Reply(form=commands.form_for(command, ctx, fixed={"service": service.id}, filled=filled))


@feature.command(
    "service change",
    "dienst speichern",
    help=_("Change a service."),
    hidden=True,
    checks=(editing.other_name,),
)
def change(
    ctx: Context,
    service: ServiceRef,
    *,
    name: NameField,
    words: WordsField = "",
    serious: SeriousField = "",
    limit: LimitField = LIMIT,
    runbook: RunbookField = "",
    hours: HoursField = "",
) -> Reply:
    editing.need_own(ctx, service)
    called, key = editing.tidy_name(name), folded(editing.tidy_name(name))
    services.change(
        ctx.tx,
        service.id,
        name=called,
        name_key=key,
        words=editing.split_words(words),
        serious_when=serious,
        limit_minutes=limit,
        runbook=runbook or None,
        hours=hours,
    )
    now = editing.find(ctx, service.id)
    history.note_changes(ctx, service, now)
    return Reply(card(ctx, now), subject=called)


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
    checks=(editing.two_people,),
)
def people(
    ctx: Context, service: ServiceRef, *, accountable: AccountableField, deputy: DeputyField
) -> Reply:
    posts = editing.name_people(ctx, service, accountable.id, deputy.id)
    return Reply(card(ctx, editing.find(ctx, service.id)), posts=posts, subject=service.name)


def _still_open(service: Service, still: Sequence[Incident]) -> tuple[Button, ...]:
    opens = [Button(f"INC-{each.number}", call("show", number=each.number)) for each in still[:4]]
    if len(still) > len(opens):
        open_here = call("list", name="incidents", which="open", service=service.id)
        opens.append(Button(_("All of them"), open_here, "quiet"))
    return tuple(opens)


@feature.command(
    "service retire",
    "dienst stilllegen",
    help=_("Retire the service."),
    hidden=True,
    needs="service",
)
def retire(ctx: Context, service: ServiceRef) -> Reply:
    still = [each for each in incident_lists.open_ones(ctx.tx) if each.service == service.id]
    if still:
        raise Refusal(
            _("“{service}” still has an open incident.", service=service.name),
            buttons=_still_open(service, still),
        )
    if not services.retire(ctx.tx, service.id, f"{folded(service.name)} {service.id}", ctx.now):
        raise Refusal(
            _(
                "“{service}” takes what fits no other service, and has to stay.",
                service=service.name,
            )
        )
    history.note(ctx, service.id, ServiceEvent.RETIRED)
    gone = editing.find(ctx, service.id)
    said = _("“{service}” is retired. Its incidents stay.", service=service.name)
    posts = tuple(post for each in unaccepted(gone) for post in answered_posts(ctx, gone, each))
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
            raise Refusal(editing.taken_words(found.name))
        services.bring_back(ctx.tx, found.id, folded(found.name))
        history.note(ctx, found.id, ServiceEvent.BROUGHT_BACK)
    return Reply(card(ctx, editing.find(ctx, found.id)), subject=found.name)


def _hand_on(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    for each in services.concerning(ctx.tx, person):
        services.redden(ctx.tx, each.id, ctx.now)
    return ()


@feature.holds(10, "services.accountable", "services.deputy", left=_hand_on)
def held(ctx: Context, person: PersonId) -> list[Held]:
    """Return the services that somebody is accountable or deputy for, in both roles where so."""
    found: list[Held] = []
    for each in services.concerning(ctx.tx, person):
        give = partial(_give, ctx, each, person)
        clash = partial(_clash, each, person)
        if each.accountable == person:
            acts = duty.on_duty(ctx, each)
            found.append(Held(each.name, _("Accountable"), give, clash, acts))
        else:
            # Whoever came first is deputy of the rest unasked, and is not bound by it.
            unasked = each.fallback and each.deputy_accepted_at is None
            back = each.accountable if unasked else None
            found.append(Held(each.name, _("Deputy"), give, clash, back=back))
    return found


def _clash(service: Service, person: PersonId, to: str) -> bool:
    """Say whether `to` would be accountable and deputy; only for the fallback that is allowed."""
    stays = service.deputy if service.accountable == person else service.accountable
    return to == stays and not service.fallback


def _give(
    ctx: Context, service: Service, person: PersonId, to: PersonId, other: PersonId | None
) -> tuple[Post, ...]:
    """Name `to` in the place of `person`; where they would hold both roles, `other` is deputy."""
    accountable = to if service.accountable == person else service.accountable
    deputy = to if service.deputy == person else service.deputy
    if accountable == deputy and not service.fallback:
        assert other is not None, "whoever hands over named another deputy"
        accountable, deputy = to, other
    return editing.name_people(ctx, service, accountable, deputy)


@feature.follows(Event.CAME_BACK)
def whole_again(ctx: Context, person: PersonId) -> tuple[Post, ...]:
    """Take the red away where everybody who is named is here again."""
    for each in services.concerning(ctx.tx, person):
        if all(duty.is_here(ctx, id) for id in (each.accountable, each.deputy)):
            services.whole_again(ctx.tx, each.id)
    return ()


@feature.knows(
    10,
    _("Services"),
    {
        "services": (
            "accountable",
            "deputy",
        ),
    },
    replace=services.replace_person,
)
def known_here(ctx: Context, person: PersonId) -> Known:
    """Tell where somebody stands in this room."""
    return known(
        services.of_person(ctx.tx, person),
        {
            "services.accountable": _("Accountable"),
            "services.deputy": _("Deputy"),
        },
    )

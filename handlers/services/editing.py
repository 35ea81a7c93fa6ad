"""What is changed about a service, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers import rights
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.folding import folded
from handlers.kit.messages import Post
from handlers.kit.people import person
from handlers.kit.words import _
from handlers.on_call import duty
from handlers.services import history
from handlers.services.cards import answered_posts, ask_to_accept, unaccepted
from storage import services
from storage.engine.ids import PersonId
from storage.people import Person
from storage.services import Service

LONGEST_NAME = 80


def name_people(
    ctx: Context, service: Service, accountable: PersonId, deputy: PersonId
) -> tuple[Post, ...]:
    """Name who is accountable and deputy from now on; return the questions to them.

    Whoever held a role and keeps one is not asked again.
    """
    services.set_people(ctx.tx, service.id, accountable, deputy, ctx.now, by=ctx.person.id)
    mend(ctx, service.id)
    found = find(ctx, service.id)
    history.note_changes(ctx, service, found)
    old = {service.accountable, service.deputy} - {accountable, deputy}
    settled = [each for each in (*old, accountable, deputy) if each not in unaccepted(found)]
    return (
        *(post for each in settled for post in answered_posts(ctx, found, each)),
        *ask_to_accept(ctx, found),
        *(post for each in old for post in ctx.follow(Event.PEOPLE_CHANGED, each)),
    )


def mend(ctx: Context, id: str) -> None:
    """Take the red away once everybody who is named for a service is here and has accepted."""
    found = find(ctx, id)
    named = (found.accountable, found.deputy)
    if not unaccepted(found) and all(duty.is_here(ctx, each) for each in named):
        services.whole_again(ctx.tx, id)


def need_own(ctx: Context, service: Service) -> None:
    """Refuse kindly unless the asker is accountable for the service, or a manager."""
    if rights.may("service's own", rights.ties_to_service(ctx, service)):
        return
    rights.need(ctx, "read")
    who = [person(ctx, service.accountable)] if duty.is_here(ctx, service.accountable) else []
    managers = [person(ctx, each.id) for each in duty.managers(ctx)]
    raise Refusal(
        _(
            "For “{service}” somebody else decides. Please ask {who:or}.",
            service=service.name,
            who=who + managers,
        )
    )


def must_be_two(accountable: Person, deputy: Person) -> None:
    if accountable.id == deputy.id:
        raise Refusal(
            _("The deputy has to be somebody else, else nobody stands in."), field="deputy"
        )


def faults(ctx: Context, values: Mapping[str, Any]) -> list[Refusal]:
    """Return what is wrong with a service's name and people, of what a form could read."""
    own = values.get("service")
    if own is not None:
        need_own(ctx, own)
    found: list[Refusal] = []
    if "name" in values:
        called = tidy_name(values["name"])
        other = services.named(ctx.tx, folded(called))
        if other is not None and (own is None or other.id != own.id):
            found.append(name_taken(called))
    return [*found, *people_faults(ctx, values)]


def people_faults(_ctx: Context, values: Mapping[str, Any]) -> list[Refusal]:
    """Return what is wrong with a service's people, of what a form could read."""
    try:
        if "accountable" in values and "deputy" in values:
            must_be_two(values["accountable"], values["deputy"])
    except Refusal as refusal:
        return [refusal]
    return []


def name_taken(name: str) -> Refusal:
    return Refusal(_("There is a service called “{name}” already.", name=name), field="name")


def tidy_name(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


def split_words(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",") if word.strip())


def find(ctx: Context, id: str) -> Service:
    """Return a service as it is now."""
    found = services.find(ctx.tx, id)
    assert found is not None, "it was found a moment ago"
    return found

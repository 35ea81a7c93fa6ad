"""What is changed about a service, and what follows from it."""

from __future__ import annotations

from handlers import rights
from handlers.kit.context import Context
from handlers.kit.doors import Event
from handlers.kit.errors import Refusal
from handlers.kit.folding import folded
from handlers.kit.messages import Post
from handlers.kit.people import person
from handlers.kit.words import Sentence, _
from handlers.on_call import duty
from handlers.services import history
from handlers.services.cards import answered_posts, ask_to_accept, unaccepted
from storage import services
from storage.engine.ids import PersonId
from storage.people import Person
from storage.services import Service

LONGEST_NAME = 80
NOT_TWO = _("The deputy has to be somebody else, else nobody stands in.")


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


def two_people(_ctx: Context, accountable: Person, deputy: Person) -> None:
    """Refuse one person in both roles."""
    if accountable.id == deputy.id:
        raise Refusal(NOT_TWO, field="deputy")


def new_name(ctx: Context, name: str) -> None:
    """Refuse a name that another service has."""
    called = tidy_name(name)
    if services.named(ctx.tx, folded(called)) is not None:
        raise Refusal(taken_words(called), field="name")


def other_name(ctx: Context, service: Service, name: str) -> None:
    """Refuse a name that another service has, and whoever may not change this one."""
    need_own(ctx, service)
    other = services.named(ctx.tx, folded(tidy_name(name)))
    if other is not None and other.id != service.id:
        raise Refusal(taken_words(tidy_name(name)), field="name")


def taken_words(name: str) -> Sentence:
    """Say that another service has the name."""
    return _("There is a service called “{name}” already.", name=name)


def tidy_name(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]


def split_words(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",") if word.strip())


def find(ctx: Context, id: str) -> Service:
    """Return a service as it is now."""
    found = services.find(ctx.tx, id)
    assert found is not None, "it was found a moment ago"
    return found

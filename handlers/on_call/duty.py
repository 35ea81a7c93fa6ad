"""Duty: who is alarmed. Nobody is never the answer, whoever left or is away."""

from __future__ import annotations

from collections.abc import Iterator

from handlers.kit.context import Context
from handlers.kit.errors import Refusal
from handlers.kit.words import _
from storage import people, services
from storage.engine.ids import PersonId
from storage.on_call import Cover
from storage.people import Person
from storage.services import Service


def is_here(ctx: Context, id: PersonId) -> bool:
    """Say whether somebody can act: known, active, neither a guest nor a machine."""
    found = ctx.person_of(id)
    return found is not None and found.here


def cover_of(ctx: Context, id: PersonId) -> Cover | None:
    """Return the confirmed cover that somebody has now, if whoever stands in is here."""
    found = ctx.cover_of(id)
    return found if found is not None and is_here(ctx, found.cover) else None


def acting(ctx: Context, id: PersonId) -> PersonId | None:
    """Return who acts for somebody now: who stands in for them, else themselves; None if gone.

    Who stands in may be covered too; a circle ends with whoever would come twice.
    """
    met = [id]
    while (found := cover_of(ctx, met[-1])) is not None and found.cover not in met:
        met.append(found.cover)
    return met[-1] if is_here(ctx, met[-1]) else None


def acts_for(ctx: Context, id: PersonId) -> list[PersonId]:
    """Return for whom somebody acts now: for themselves, and for whom they stand in."""
    others = [each for each in ctx.covers() if each != id and acting(ctx, each) == id]
    return [id, *others]


def stands_in(ctx: Context, id: PersonId) -> PersonId:
    """Return who hears what is for somebody: who stands in for them, else themselves."""
    return acting(ctx, id) or id


def in_order(ctx: Context, service: Service) -> Iterator[PersonId]:
    """Yield who can be alarmed for a service, each once: the first is on duty.

    The accountable and the deputy or who stands in for them, then the managers, those of the
    fallback service, then whoever of the company is known the longest (docs/rules.md, duty).
    """
    given: set[PersonId] = set()
    for id in _named(ctx, service):
        found = acting(ctx, id)
        if found is not None and found not in given:
            given.add(found)
            yield found


def _named(ctx: Context, service: Service) -> Iterator[PersonId]:
    yield from (service.accountable, service.deputy)
    yield from (each.id for each in people.managers(ctx.tx))
    net = services.fallback(ctx.tx)
    if net is not None:
        yield from (net.accountable, net.deputy)
    yield from (each.id for each in people.everyone(ctx.tx))


def on_duty(ctx: Context, service: Service) -> PersonId:
    """Return who is alarmed first. Every way to a new incident asks here.

    When nobody of the company is here at all, it is the accountable person all the same.
    """
    return next(in_order(ctx, service), service.accountable)


def second_responder(ctx: Context, service: Service, first: PersonId) -> PersonId | None:
    """Return who is alarmed beside `first`: the deputy, or the next one who is here."""
    deputy = acting(ctx, service.deputy)
    if deputy not in (None, first):
        return deputy
    return next((each for each in in_order(ctx, service) if each != first), None)


def managers(ctx: Context) -> list[Person]:
    """Return the managers who are here, the longest known first."""
    return [each for each in people.managers(ctx.tx) if each.here]


def present(ctx: Context) -> list[Person]:
    """Return everybody of the company who can act."""
    return [each for each in people.everyone(ctx.tx) if each.here]


def is_unmanaged(ctx: Context) -> bool:
    """Say whether everybody who managed Lotse is gone, so that nobody may name anybody."""
    return people.managed_once(ctx.tx) and not people.managers(ctx.tx)


def heir(ctx: Context) -> PersonId | None:
    """Return who is asked to manage where everybody who did is gone: who is on duty for the rest.

    None where nobody of the company is here at all.
    """
    net = services.fallback(ctx.tx)
    if net is not None:
        return next(in_order(ctx, net), None)
    return next((each.id for each in present(ctx)), None)


def escalation_manager(ctx: Context) -> PersonId | None:
    """Return the manager who is alarmed at the top, or who stands in for them."""
    return next(
        (each for manager in people.managers(ctx.tx) if (each := acting(ctx, manager.id))), None
    )


def is_red(ctx: Context, service: Service) -> bool:
    """Say whether somebody who was named for a service left, and nobody has taken it over yet."""
    named = (service.accountable, service.deputy)
    return service.red_since is not None or not all(is_here(ctx, each) for each in named)


def somebody(ctx: Context) -> list[Person]:
    """Return who can be named when nobody was: managers, else the asker, else anybody.

    Raises `Refusal` when the company has nobody yet.
    """
    asker = people.find(ctx.tx, ctx.person.id)  # none when a machine or the clock asks
    found = managers(ctx) or ([asker] if asker else [])
    found = found or present(ctx)
    if not found:
        raise Refusal(
            _("I do not know anybody here yet whom I could alert. Please tell somebody directly.")
        )
    return found

"""Who asks and where: known from now on, as the platform calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.delivery.requests import Named, clean
from handlers.ownership import leaving
from storage import people
from storage import people as storage_people
from storage.delivery import places
from storage.delivery.places import Place, PlaceKind
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId
from storage.people import Person, PersonKind


def find_or_create_person(
    tx: Tx, named: Named, kind: PersonKind | None, now: datetime, new_id: Callable[[], str]
) -> Person:
    """Return the person behind a verified identity, known from now on.

    `kind` as in `Request`; what follows when it changed happens now.
    """
    id = PersonId(named.identity.rpartition(":")[2])
    person = storage_people.find_or_create(
        tx,
        named.identity,
        clean(named.shown) or id,
        id=id,
        key=new_id(),
        now=now,
        kind=kind or PersonKind.MEMBER,
    )
    if kind is not None and kind not in (PersonKind.NEW, person.kind):
        people.set_kind(tx, person.id, kind)
        leaving.notice(tx, person, id=new_id(), now=now)
        person = replace(person, kind=kind)
    if named.direct and places.find(tx, named.direct) is None:
        places.ensure(tx, named.direct, PlaceKind.DIRECT, person.name, person=person.id)
    return person


def find_or_create_place(tx: Tx, id: PlaceId, called: str | None) -> Place | None:
    """Return a place; a channel is known from now on, under the name that it has now."""
    found = places.find(tx, id) if id else None
    if called is None:
        return found
    name = clean(called)
    if found is None:
        places.ensure(tx, id, PlaceKind.CHANNEL, name)
        return places.find(tx, id)
    if name and name != found.name:
        places.rename(tx, id, name)
        return replace(found, name=name)
    return found

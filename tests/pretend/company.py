"""The company of all tests: Anna, Ben, Carla, and Chris who manages; where they talk, who answers.

Each platform names its people and places in its own way; what they are is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from handlers.kit.readers import folded
from storage import people, services, workspaces
from storage.delivery import places
from storage.delivery.places import PlaceKind, PlaceRole
from storage.engine import Tx
from storage.engine.ids import PersonId, PlaceId, ServiceId
from storage.services import Service
from storage.workspaces import Workspace

NAMES = ("Anna", "Ben", "Carla", "Chris")
MANAGER = "Chris"
EVERYTHING_ELSE = {"en": "Everything else", "de": "Alles andere"}


@dataclass(frozen=True, slots=True)
class Answered:
    """A service, with the names of the two who answer for it."""

    id: str
    name: str
    words: tuple[str, ...]
    accountable: str
    deputy: str
    fallback: bool = False


def rest(language: str) -> Answered:
    """Return the service for whatever is about no other."""
    return Answered("rest", EVERYTHING_ELSE[language], (), "Chris", "Carla", fallback=True)


@dataclass(frozen=True)
class Company:
    """What is to be put into a store. `channels` are ids, names and roles.

    The three functions turn a name into the id of a person, what the platform proves of them,
    and their direct place. `speaks` are the languages that they have chosen.
    """

    channels: tuple[tuple[str, str, PlaceRole | None], ...]
    services: tuple[Answered, ...]
    id: Callable[[str], str] = str.lower
    identity: Callable[[str], str] = lambda name: f"local:{name.lower()}"
    direct: Callable[[str], str] = lambda name: f"local:@{name.lower()}"
    names: tuple[str, ...] = NAMES
    speaks: dict[str, str] = field(default_factory=dict)
    key: str = "key"


def furnish(tx: Tx, workspace: Workspace, company: Company, now: datetime) -> None:
    """Put a company into the store; everybody has taken over what they answer for."""
    workspaces.ensure(tx, workspace, now)
    tx = tx.within(workspace.id)
    for name in company.names:
        welcome(tx, company, name, now)
    for id, name, role in company.channels:
        places.ensure(tx, PlaceId(id), PlaceKind.CHANNEL, name, role=role)
    for each in company.services:
        service = Service(
            id=ServiceId(each.id),
            name=each.name,
            words=each.words,
            accountable=PersonId(company.id(each.accountable)),
            deputy=PersonId(company.id(each.deputy)),
            fallback=each.fallback,
        )
        services.add(tx, accepted(service, now), name_key=folded(service.name), now=now)


def welcome(tx: Tx, company: Company, name: str, now: datetime) -> None:
    """Put somebody into the store, with their direct place."""
    id = PersonId(company.id(name))
    people.find_or_create(
        tx,
        company.identity(name),
        name,
        id=id,
        key=f"{company.key}-{folded(name)}",
        now=now,
        language=company.speaks.get(name),
        manager=name == MANAGER,
    )
    people.inform(tx, id, now.date())
    places.ensure(tx, PlaceId(company.direct(name)), PlaceKind.DIRECT, name, person=id)


def accepted(service: Service, now: datetime) -> Service:
    """Return a service that both of its people have taken over."""
    return replace(service, accountable_accepted_at=now, deputy_accepted_at=now)

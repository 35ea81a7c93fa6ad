"""A company of 300 services and 1,000 people, in which a form has many choices."""

from __future__ import annotations

from handlers.kit.readers import folded
from storage import people, services
from storage.engine import Tx
from storage.engine.ids import PersonId, ServiceId
from storage.services import Service
from tests.pretend.company import accepted
from tests.pretend.stage import MONDAY

SERVICES, PEOPLE = 300, 1000
# What “ham” finds, in this order: what begins with it, then a later word, then anywhere.
NAMES = ("Hamburger Tor", "Lager Hamburg", "SAP Hamburg", "Wohamba")


def furnish(
    tx: Tx, accountable: str, deputy: str, *, some: int = SERVICES, many: int = PEOPLE
) -> None:
    """Add `some` services, whose accountable person and deputy are known, and `many` people."""
    for number in range(many):
        id = f"more-{number}"
        people.find_or_create(
            tx, f"local:{id}", f"Person {number}", id=PersonId(id), key=f"key-{id}", now=MONDAY
        )
    branches = [f"Filiale {number:03} Düsseldorf" for number in range(some - len(NAMES))]
    for number, name in enumerate([*branches, *NAMES]):
        found = Service(
            ServiceId(f"s{number}"), name, (), PersonId(accountable), PersonId(deputy),
            fallback=False,
        )  # fmt: skip
        services.add(tx, accepted(found, MONDAY), name_key=folded(name), now=MONDAY)

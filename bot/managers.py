"""`python -m bot manager`: the operator names who manages Lotse, or takes it from somebody."""

from __future__ import annotations

import sys

from bot.config import Settings
from bot.delivery.clock import Clock
from bot.delivery.ids import new_id
from bot.lotse import DEMO, MAIN, running_url
from handlers.kit.readers import folded
from handlers.settings import managers
from storage import audit, people, workspaces
from storage.engine import AlreadyRunning, Tx, opening
from storage.engine.ids import NOBODY, PersonId
from storage.people import Person

WAYS = ("list", "add", "remove")
OPERATOR = "operator"  # whose key stands in the audit trail: nobody's of the company


def run(settings: Settings, way: str, who: PersonId = NOBODY, workspace: str = "") -> int:
    """Name somebody, take it from somebody, or list who manages; return the exit status.

    Raises `StorageError` when the database cannot be used.
    """
    company = workspace or (DEMO if settings.demo else MAIN)
    url = running_url(settings)
    try:
        database = opening.open_database(url)
    except AlreadyRunning:
        print(
            "A Lotse runs on this database. Stop it first, or name managers in the chat: "
            "settings, “Add a manager”.",
            file=sys.stderr,
        )
        return 1
    try:
        done, said = database.transact(lambda tx: _do(tx, company, way, who))
    finally:
        database.close()
    print(said, file=sys.stdout if done else sys.stderr)
    return 0 if done else 1


def _do(tx: Tx, company: str, way: str, who: PersonId) -> tuple[bool, str]:
    if not workspaces.known(tx, company):
        return False, f"There is no company “{company}” yet; the first start makes it."
    tx = tx.within(company)
    if way == "list":
        return True, "\n".join(_line(tx, each) for each in people.managers(tx)) or "Nobody."
    found = _found(tx, who)
    if len(found) != 1:
        near = found or [each for each in people.everyone(tx) if each.here]
        why = f"“{who}” is {'not one person only' if found else 'nobody whom Lotse knows'}."
        ask = " Whoever writes to Lotse once is known. Name one by the identity in brackets:"
        return False, "\n".join([why + (ask if near else ""), *(_line(tx, each) for each in near)])
    return _change(tx, way, found[0])


def _change(tx: Tx, way: str, person: Person) -> tuple[bool, str]:
    if way == "add":
        if person.manager:
            return True, f"{person.name} manages Lotse already."
        if not person.here:
            return False, f"{person.name} is not active, or a guest, and cannot manage Lotse."
        people.set_manager(tx, person.id)
        managers.notice(tx, person.id, id=new_id(), now=Clock().now())
        said = f"{person.name} manages Lotse now."
    else:
        if not person.manager:
            return True, f"{person.name} does not manage Lotse."
        if not people.unset_manager(tx, person.id):
            return False, f"{person.name} is the last who manages Lotse. Add somebody else first."
        said = f"{person.name} is no longer a manager."
    now = Clock().now()
    audit.add(
        tx, id=new_id(), at=now, person_key=OPERATOR, command=f"manager {way}",
        subject=person.person_key, outcome="done",
    )  # fmt: skip
    return True, said


def _found(tx: Tx, who: PersonId) -> list[Person]:
    """Return who is meant: by identity or id, else by the whole name."""
    exact = people.by_identity(tx, who) or people.find(tx, who)
    if exact is not None and not exact.former:
        return [exact]
    return [each for each in people.everyone(tx) if folded(each.name) == folded(who)]


def _line(tx: Tx, person: Person) -> str:
    return f"  {person.name} ({', '.join(people.identities_of(tx, person.id)) or person.id})"

"""People: known by the verified identity of their platform and by nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


class PersonKind(StrEnum):
    """What a platform knows of somebody; new until it has told us, former for a pseudonym."""

    MEMBER = "member"
    GUEST = "guest"
    EXTERNAL = "external"
    BOT = "bot"
    NEW = "new"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a workspace. `language` is None until chosen, `zone` until it is known.

    `kind` is member, guest, external or bot, new while the platform has not told us, or
    former: a pseudonym, which has no name of its own and is said in each reader's language;
    `admin` says that the platform names
    them its administrator.

    `person_key` stands for the person in the audit table; taking this row away
    leaves a key that names nobody. `informed`: they were told what is stored about them.
    `restricted`: they had it restricted; others do not read their name, nobody names them, and
    as long as that holds they manage nothing.
    """

    id: PersonId
    name: str
    language: str | None
    kind: PersonKind
    manager: bool
    active: bool
    admin: bool
    person_key: str
    zone: str | None = None
    informed: bool = True
    restricted: bool = False

    @property
    def former(self) -> bool:
        """Say whether this row only stands for somebody whose name was let go of."""
        return self.kind is PersonKind.FORMER

    @property
    def here(self) -> bool:
        """Say whether they can act: active, not restricted, and neither a guest nor a machine."""
        return self.active and self.kind == PersonKind.MEMBER and not self.restricted


COLUMNS = """
    p.id, p.name, p.language, p.kind, p.manager, p.active, p.admin, p.person_key, p.zone,
    p.informed_on is not null as informed, p.restricted_on is not null as restricted
"""


def by_identity(tx: Tx, identity: str) -> Person | None:
    """Return who a platform's verified identity (`local:anna`, `slack:T1:U1`) belongs to."""
    found = tx.recall_as(
        f"""
        select {COLUMNS} from identities i
        join people p on p.workspace = i.workspace and p.id = i.person
        where i.workspace = :workspace and i.identity = :identity
        """,
        _person,
        identity=identity,
    )
    return found[0] if found else None


def find_or_create(
    tx: Tx,
    identity: str,
    name: str,
    *,
    id: PersonId,
    key: str,
    now: datetime,
    language: str | None = None,
    manager: bool = False,
    kind: PersonKind = PersonKind.MEMBER,
) -> Person:
    """Return the person behind `identity`, stored now if we never met.

    Who has a free `id` gets it; when somebody else has it, one is made from it. Only
    the same identity is the same person, however alike two ids may look.
    """
    free = id
    for n in itertools.count(2):
        found = by_identity(tx, identity)
        if found is not None:
            return found
        if not _add(
            tx=tx,
            identity=identity,
            name=name,
            id=free,
            key=key,
            now=now,
            language=language,
            manager=manager,
            kind=kind,
        ):
            free = PersonId(f"{id}~{n}")
    raise AssertionError("the loop above returns")


def _add(
    tx: Tx,
    identity: str,
    name: str,
    id: PersonId,
    key: str,
    now: datetime,
    language: str | None,
    manager: bool,
    kind: PersonKind,
) -> bool:
    """Store a person; False when the id is taken (perhaps by a twin of this very moment)."""
    added = tx.run(
        """
        insert into people
            (workspace, id, name, language, kind, manager, person_key, first_seen_at)
        values (:workspace, :id, :name, :language, :kind, :manager, :key, :now)
        on conflict (workspace, id) do nothing
        """,
        id=id,
        name=name,
        language=language,
        kind=kind,
        manager=int(manager),
        key=key,
        now=as_text(now),
    )
    if added:
        tx.insert("identities", identity=identity, person=id)
    return added == 1


def find(tx: Tx, id: PersonId) -> Person | None:
    """Return a person by id."""
    found = tx.recall_as(
        f"select {COLUMNS} from people p where p.workspace = :workspace and p.id = :id",
        _person,
        id=id,
    )
    return found[0] if found else None


def everyone(tx: Tx) -> list[Person]:
    """Return all active people, by name."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from people p
        where p.workspace = :workspace and p.active = 1
        order by p.name, p.id
        """
    )
    return [_person(row) for row in rows]


def all(tx: Tx) -> list[Person]:
    """Return everybody who was ever here, also who left, by name."""
    rows = tx.rows(
        f"select {COLUMNS} from people p where p.workspace = :workspace order by p.name, p.id"
    )
    return [_person(row) for row in rows]


def called(tx: Tx, name: str) -> int:
    """Count the people who have a name."""
    rows = tx.rows(
        "select count(*) as n from people where workspace = :workspace and name = :name", name=name
    )
    return int(rows[0]["n"])


def managers(tx: Tx) -> list[Person]:
    """Return the managers who can act, the longest known first; a guest of now cannot."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from people p
        where p.workspace = :workspace and p.manager = 1 and p.active = 1
            and p.kind in ('member', 'new')
        and p.restricted_on is null
        order by p.first_seen_at, p.id
        """
    )
    return [_person(row) for row in rows]


def managed_once(tx: Tx) -> bool:
    """Say whether somebody was named a manager, also if they are not there any more."""
    rows = tx.rows("select 1 from people where workspace = :workspace and manager = 1 limit 1")
    return bool(rows)


def unset_manager(tx: Tx, id: PersonId) -> bool:
    """Let somebody no longer be a manager; False, and nothing changes, when they are the last."""
    # Locks them all: of two who take it from each other at once, the second one is the last.
    tx.write("update people set manager = 1 where workspace = :workspace and manager = 1")
    if not [each for each in managers(tx) if each.id != id]:
        return False
    tx.write("update people set manager = 0 where workspace = :workspace and id = :id", id=id)
    return True


def identities_of(tx: Tx, id: PersonId) -> list[str]:
    """Return by which identities somebody is known."""
    rows = tx.rows(
        """
        select identity from identities
        where workspace = :workspace and person = :id order by identity
        """,
        id=id,
    )
    return [row["identity"] for row in rows]


def identities(tx: Tx, ids: Sequence[PersonId], platform: str) -> list[str]:
    """Return the identities that people have on a platform (`slack`), in no order."""
    rows = tx.rows(
        """
        select identity, person from identities
        where workspace = :workspace and identity like :platform
        """,
        platform=f"{platform}:%",
    )
    return [row["identity"] for row in rows if row["person"] in ids]


FORMER = PersonId("former")  # who stands for everybody whose name was let go of with time


def former(tx: Tx, key: str, now: datetime, id: PersonId = FORMER) -> PersonId:
    """Return the id of who stands for those whose names were let go of; made when needed.

    Who was erased has a pseudonym of their own, `id`.
    """
    tx.write(
        """
        insert into people (workspace, id, name, kind, manager, active, person_key, first_seen_at)
        values (:workspace, :id, '', 'former', 0, 0, :key, :now)
        on conflict (workspace, id) do nothing
        """,
        id=id,
        key=key,
        now=as_text(now),
    )
    return id


def set_language(tx: Tx, id: PersonId, language: str | None) -> None:
    """Choose a person's language; None follows the workspace's."""
    tx.write(
        "update people set language = :language where workspace = :workspace and id = :id",
        id=id,
        language=language,
    )


def set_kind(tx: Tx, id: PersonId, kind: PersonKind) -> None:
    """Note what the platform says of a person: member, guest, external or bot."""
    tx.write(
        "update people set kind = :kind where workspace = :workspace and id = :id",
        id=id,
        kind=kind,
    )


def learn(
    tx: Tx,
    id: PersonId,
    *,
    name: str,
    kind: PersonKind,
    active: bool,
    language: str | None,
    admin: bool,
    zone: str | None = None,
) -> None:
    """Keep what the platform's profile says of a person; a name that they corrected stays."""
    tx.write(
        """
        update people set name = coalesce(own_name, :name), kind = :kind, active = :active,
            language = :language, admin = :admin, zone = :zone
        where workspace = :workspace and id = :id
        """,
        id=id,
        name=name,
        kind=kind,
        active=int(active),
        language=language,
        admin=int(admin),
        zone=zone,
    )


def set_active(tx: Tx, id: PersonId, active: bool) -> None:
    """Note that somebody left the company, or is back."""
    tx.write(
        "update people set active = :active where workspace = :workspace and id = :id",
        id=id,
        active=int(active),
    )


def set_admin(tx: Tx, id: PersonId) -> None:
    """Note that somebody administers the platform: they may become the first manager."""
    tx.write("update people set admin = 1 where workspace = :workspace and id = :id", id=id)


def set_manager(tx: Tx, id: PersonId) -> None:
    """Make somebody a manager."""
    tx.write("update people set manager = 1 where workspace = :workspace and id = :id", id=id)


def rename(tx: Tx, id: PersonId, name: str) -> None:
    """Change the name that people read."""
    tx.write(
        "update people set name = :name where workspace = :workspace and id = :id", id=id, name=name
    )


def correct_name(tx: Tx, id: PersonId, name: str) -> None:
    """Let somebody be called what they say, whatever their platform calls them."""
    tx.write(
        """
        update people set name = :name, own_name = :name
        where workspace = :workspace and id = :id
        """,
        id=id,
        name=name,
    )


def inform(tx: Tx, id: PersonId, day: date) -> bool:
    """Note that somebody is told what is stored about them; False when they were before.

    The day alone: the moment could say which nameless word was theirs.
    """
    return (
        tx.run(
            """
            update people set informed_on = :day
            where workspace = :workspace and id = :id and informed_on is null
            """,
            id=id,
            day=day.isoformat(),
        )
        == 1
    )


def restrict(tx: Tx, id: PersonId, day: date | None) -> None:
    """Restrict what is done with somebody's records, from a day on; None lifts it."""
    tx.write(
        "update people set restricted_on = :day where workspace = :workspace and id = :id",
        id=id,
        day=day.isoformat() if day is not None else None,
    )


def _person(row: Row) -> Person:
    row["kind"] = PersonKind(row["kind"])
    for name in ("manager", "active", "admin", "informed", "restricted"):
        row[name] = bool(row[name])
    row["manager"] = row["manager"] and not row["restricted"]
    return Person(**row)

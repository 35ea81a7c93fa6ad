"""Places: where the bot may speak. A channel may have a role; a direct place has its person.

The part of a place's id before the colon is its platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, PlaceId

COLUMNS = "id, kind, name, role, person, state"


class PlaceKind(StrEnum):
    """A channel, somebody's direct chat, or a mail address that gets the digest."""

    CHANNEL = "channel"
    DIRECT = "direct"
    MAIL = "mail"


class PlaceRole(StrEnum):
    """What a channel is for: incidents, the digest, or everybody."""

    INCIDENTS = "incidents"
    MANAGERS = "managers"
    GENERAL = "general"


ROLES = frozenset(PlaceRole)


class PlaceState(StrEnum):
    """Whether something can be sent there."""

    OPEN = "open"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Place:
    """`kind` is channel or direct; `state` is open, or parked when nothing can be sent there."""

    id: PlaceId
    kind: PlaceKind
    name: str
    role: PlaceRole | None
    person: PersonId | None
    state: PlaceState


def ensure(
    tx: Tx,
    id: PlaceId,
    kind: PlaceKind,
    name: str,
    *,
    role: PlaceRole | None = None,
    person: PersonId | None = None,
) -> None:
    """Store a place unless it is known."""
    tx.write(
        """
        insert into places (workspace, id, platform, kind, name, role, person)
        values (:workspace, :id, :platform, :kind, :name, :role, :person)
        on conflict (workspace, id) do nothing
        """,
        id=id,
        platform=id.partition(":")[0],
        kind=kind,
        name=name,
        role=role,
        person=person,
    )


def rename(tx: Tx, id: PlaceId, name: str) -> None:
    """Change the name that people read."""
    tx.write(
        "update places set name = :name where workspace = :workspace and id = :id", id=id, name=name
    )


def find(tx: Tx, name: str) -> Place | None:
    """Return the place with this id, this role, or `direct:<person>`."""
    if name.startswith("direct:"):
        found = tx.recall_as(
            f"""
            select {COLUMNS} from places
            where workspace = :workspace and kind = 'direct' and person = :person
            order by case when state = 'open' then 0 else 1 end, answers desc, id limit 1
            """,
            _place,
            person=name.removeprefix("direct:"),
        )
    else:
        found = tx.recall_as(
            f"""
            select {COLUMNS} from places
            where workspace = :workspace and (id = :name or role = :name)
            order by case when id = :name then 0 else 1 end, id limit 1
            """,
            _place,
            name=name,
        )
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Direct:
    """A direct chat of somebody; `answers` says that they answer in this one."""

    id: PlaceId
    open: bool
    answers: bool


def direct_of(tx: Tx, person: PersonId) -> list[Direct]:
    """Return the direct chats of somebody, open ones first, then the one they answer in."""
    return tx.recall_as(
        """
        select id, state, answers from places
        where workspace = :workspace and kind = 'direct' and person = :person
        order by case when state = 'open' then 0 else 1 end, answers desc, id
        """,
        _direct,
        person=person,
    )


def _direct(row: Row) -> Direct:
    return Direct(row["id"], row["state"] == "open", bool(row["answers"]))


def remember_platform(tx: Tx, person: PersonId, platform: str) -> None:
    """Remember, of somebody with several direct chats, on which platform they have answered."""
    tx.write(
        """
        update places set answers = case when platform = :platform then 1 else 0 end
        where workspace = :workspace and kind = 'direct' and person = :person
        and exists (
            select 1 from places other where other.workspace = :workspace
            and other.kind = 'direct' and other.person = :person
            and other.platform <> places.platform
        )
        """,
        person=person,
        platform=platform,
    )


def all_for(tx: Tx, person: PersonId) -> list[Place]:
    """Return the channels, then the direct place of `person`."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from places
        where workspace = :workspace and (kind = 'channel' or person = :person)
        order by kind, id
        """,
        person=person,
    )
    return [_place(row) for row in rows]


def with_role(tx: Tx, role: PlaceRole) -> list[Place]:
    """Return the channels with this role: at most one on each platform."""
    return tx.recall_as(
        f"select {COLUMNS} from places where workspace = :workspace and role = :role order by id",
        _place,
        role=role,
    )


def set_role(tx: Tx, id: PlaceId, role: PlaceRole) -> None:
    """Use a channel for `role`; the one before it on its platform is an ordinary one again."""
    tx.run(
        """
        update places set role = null where workspace = :workspace and role = :role
        and platform = :platform
        """,
        role=role,
        platform=id.partition(":")[0],
    )
    tx.run(
        "update places set role = :role where workspace = :workspace and id = :id",
        id=id,
        role=role,
    )


def park(tx: Tx, id: PlaceId, reason: str) -> bool:
    """Nothing can be sent there any more, because `reason`; say whether that is new."""
    return (
        tx.run(
            """
            update places set state = 'parked', reason = :reason
            where workspace = :workspace and id = :id and state <> 'parked'
            """,
            id=id,
            reason=reason,
        )
        == 1
    )


def reopen(tx: Tx, id: PlaceId) -> bool:
    """Something was heard from there again; say whether it was parked before."""
    return (
        tx.run(
            """
            update places set state = 'open', reason = null
            where workspace = :workspace and id = :id and state <> 'open'
            """,
            id=id,
        )
        == 1
    )


def unreachable(tx: Tx, person: PersonId) -> str | None:
    """Return on which platform somebody cannot be reached; None while there is a way to them."""
    rows = tx.rows(
        """
        select platform, state from places
        where workspace = :workspace and kind = 'direct' and person = :person order by id
        """,
        person=person,
    )
    if not rows or any(row["state"] == "open" for row in rows):
        return None
    return str(rows[0]["platform"])


def parked(tx: Tx) -> list[Place]:
    """Return every place to which nothing can be sent now."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from places
        where workspace = :workspace and state = 'parked' order by kind, id
        """
    )
    return [_place(row) for row in rows]


def parked_anywhere(tx: Tx, limit: int = 20) -> list[Row]:
    """As `parked`, over all workspaces, for the operator: `id`, `kind`, `name`, `reason`."""
    return tx.rows(
        """
        select id, kind, name, reason from places where state = 'parked'
        order by kind, id limit :limit
        """,
        limit=limit,
    )


def count_parked(tx: Tx) -> dict[str, int]:
    """Return how many places of each kind, over all workspaces, nothing can be sent to."""
    rows = tx.rows("select kind, count(*) as n from places where state = 'parked' group by kind")
    return {str(row["kind"]): int(row["n"]) for row in rows}


def _place(row: Row) -> Place:
    row["kind"], row["state"] = PlaceKind(row["kind"]), PlaceState(row["state"])
    row["role"] = PlaceRole(row["role"]) if row["role"] else None
    return Place(**row)

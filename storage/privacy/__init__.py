"""What is done with everything of one person: linking two identities, erasing, ageing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_moment, as_text

# The direct chats of somebody.
THEIRS = "select id from places where workspace = :workspace and person = :person"


@dataclass(frozen=True, slots=True)
class Link:
    """A code that somebody was shown; `other` typed it elsewhere and waits for a yes."""

    code_hash: str
    person: PersonId
    other: PersonId | None
    created_at: datetime


def hashed(code: str) -> str:
    """Return how a code is stored."""
    return hashlib.sha256(code.encode()).hexdigest()


def begin(tx: Tx, code: str, person: PersonId, now: datetime) -> None:
    """Remember that somebody was shown a code; an earlier one of theirs ends."""
    tx.write(
        "delete from link_codes where workspace = :workspace and person = :person", person=person
    )
    tx.insert("link_codes", code_hash=hashed(code), person=person, created_at=as_text(now))


def find(tx: Tx, code_hash: str) -> Link | None:
    """Return a code by its hash."""
    rows = tx.rows(
        """
        select code_hash, person, other, created_at from link_codes
        where workspace = :workspace and code_hash = :code_hash
        """,
        code_hash=code_hash,
    )
    return _link(rows[0]) if rows else None


def claim(tx: Tx, code_hash: str, other: str) -> bool:
    """Note who typed the code; False when somebody did before."""
    return (
        tx.run(
            """
            update link_codes set other = :other
            where workspace = :workspace and code_hash = :code_hash
            and (other is null or other = :other)
            """,
            code_hash=code_hash,
            other=other,
        )
        == 1
    )


def end(tx: Tx, code_hash: str) -> None:
    """Take a code away."""
    tx.write(
        "delete from link_codes where workspace = :workspace and code_hash = :code_hash",
        code_hash=code_hash,
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete the codes shown before a moment; return how many."""
    return tx.run(
        "delete from link_codes where workspace = :workspace and created_at < :before",
        before=as_text(before),
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return by which identities and in which direct chats somebody is known."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'identities.person' as what, identity as subject, null as at
            from identities where workspace = :workspace and person = :person
            union all
            select 'places.person' as what, id as subject, null as at
            from places where workspace = :workspace and person = :person
            union all
            select 'drafts.person' as what, call as subject, created_at as at
            from drafts where workspace = :workspace and person = :person
        ) as found order by what, subject
        """,
        person=person,
    )


def move_identities(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Let somebody's identities, direct chats and drafts be another person's."""
    tx.run(
        """
        update identities set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    tx.run(
        "update places set person = :to where workspace = :workspace and person = :person",
        person=person,
        to=to,
    )
    tx.run(
        "update drafts set person = :to where workspace = :workspace and person = :person",
        person=person,
        to=to,
    )


def forget_identities(tx: Tx, person: PersonId) -> None:
    """Delete by what somebody was known, and where Lotse wrote to them."""
    tx.write("delete from drafts where workspace = :workspace and person = :person", person=person)
    tx.write(
        "delete from link_codes where workspace = :workspace and person = :person", person=person
    )
    tx.write("delete from presses where workspace = :workspace and person = :person", person=person)
    tx.write(
        "delete from identities where workspace = :workspace and person = :person", person=person
    )
    # Whom nobody has written to yet: their first message waits for a place.
    tx.write(
        "delete from outbox where workspace = :workspace and place = :place",
        place=f"direct:{person}",
    )
    # A direct chat is called after its person on some platforms.
    tx.write(
        f"""
        update incidents set declared_in = null
        where workspace = :workspace and declared_in in ({THEIRS})
        """,
        person=person,
    )
    tx.write(
        f"""
        delete from outbox where workspace = :workspace and place in ({THEIRS})
        """,
        person=person,
    )
    tx.write(
        f"""
        delete from messages where workspace = :workspace and place in ({THEIRS})
        """,
        person=person,
    )
    tx.write(
        f"""
        delete from conversations where workspace = :workspace and place in ({THEIRS})
        """,
        person=person,
    )
    tx.write(
        f"""
        delete from last_buttons where workspace = :workspace and place in ({THEIRS})
        """,
        person=person,
    )
    tx.write(
        f"""
        delete from local_messages where workspace = :workspace and place in ({THEIRS})
        """,
        person=person,
    )
    tx.write(
        f"""
        delete from local_reads where workspace = :workspace and place in ({THEIRS})
        """,
        person=person,
    )
    tx.write("delete from places where workspace = :workspace and person = :person", person=person)


def forget_settings(tx: Tx, person: PersonId, former: PersonId) -> None:
    """Delete what settings remember of somebody who left, and of who left with them."""
    tx.write(
        """
        update settings set value = replace(value, '"' || :person || '"', '"' || :former || '"')
        where workspace = :workspace and name like 'left%'
        """,
        person=person,
        former=former,
    )
    tx.write(
        "delete from settings where workspace = :workspace and name = :name",
        name=f"left:{person}",
    )


def incidents_of(tx: Tx, person: PersonId, most: int) -> list[IncidentNumber]:
    """Return the newest incidents in which somebody has a part that its card shows."""
    rows = tx.rows(
        """
        select number from incidents where workspace = :workspace
        and :person in (declared_by, responsible, acknowledged_by, news_by, restored_by, ended_by)
        order by number desc limit :most
        """,
        person=person,
        most=most,
    )
    return [row["number"] for row in rows]


def forget_way_to(tx: Tx, person: PersonId, former: PersonId) -> None:
    """Take away that messages were for somebody: of no chat yet, or named by their key."""
    tx.write(
        """
        update outbox set key = replace(key, :person, :former)
        where workspace = :workspace and key like :named
        """,
        person=person,
        former=former,
        named=f"%:{person}",
    )
    tx.write(
        """
        update messages set key = replace(key, :person, :former)
        where workspace = :workspace and key like :named
        """,
        person=person,
        former=former,
        named=f"%:{person}",
    )
    tx.write(
        """
        update outbox set place = 'erased', message = '', state = 'cancelled', reason = 'erased'
        where workspace = :workspace and place = :place
        """,
        place=f"direct:{person}",
    )


def erasure_of(workspace: str, person: PersonId) -> str:
    """Return under what it is kept that somebody was erased: a hash of their random id."""
    return hashlib.sha256(f"{workspace}:{person}".encode()).hexdigest()


def note_erasure(tx: Tx, person: PersonId, now: datetime) -> None:
    """Keep that somebody was erased, so that a restored copy forgets them as well."""
    tx.write(
        """
        insert into erasures (workspace, erased, at) values (:workspace, :erased, :now)
        on conflict (workspace, erased) do update set at = excluded.at
        """,
        erased=erasure_of(tx.workspace, person),
        now=as_text(now),
    )


def everybody(tx: Tx) -> list[PersonId]:
    """Return the ids of all people."""
    rows = tx.rows("select id from people where workspace = :workspace order by id")
    return [PersonId(row["id"]) for row in rows]


def erasures(tx: Tx) -> list[Row]:
    """Return who was erased, in all workspaces: the list that lies beside the backups."""
    return tx.rows("select workspace, erased, at from erasures order by at, workspace, erased")


def forget_erasures(tx: Tx, before: datetime) -> int:
    """Delete erasures that are older than any copy."""
    return tx.run(
        "delete from erasures where workspace = :workspace and at < :before",
        before=as_text(before),
    )


def delete(tx: Tx, person: PersonId) -> None:
    """Delete somebody; with them goes the only thing that says whose the audit's key was."""
    tx.run("delete from people where workspace = :workspace and id = :person", person=person)


def _link(row: Row) -> Link:
    row["created_at"] = as_moment(row["created_at"])
    return Link(**row)

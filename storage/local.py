"""What the pretend chat server of the local page remembers: messages, and who has read them.

A message's `number` never changes and says how far somebody has read; its
`version` is new with every change and says what a page has not seen yet. Both
come from one counter, whose row is locked until the commit, so a page that
asks for everything after a version misses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage import workspaces
from storage.engine import Row, Tx
from storage.engine.ids import PersonId, PlaceId
from storage.engine.sql import as_text
from storage.people import COLUMNS as PERSON
from storage.people import Person

COUNTER = "localchat"
COLUMNS = """
    m.id, m.place, m.number, m.version, m.author, m.body, m.only_for,
    m.created_at, m.edited_at
"""
# A channel is everybody's, a direct place its person's, a private line its reader's.
VISIBLE = """
    (p.kind = 'channel' or p.person = :person)
    and (m.only_for is null or m.only_for = :person)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the page shows it. `body` is JSON; `only_for` names its only reader."""

    id: str
    place: PlaceId
    number: int
    version: int
    author: str
    body: str
    only_for: str | None
    created_at: str
    edited_at: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """What the demo has come to: how much of each, and since when."""

    incidents: int
    services: int
    messages: int
    since: str | None


def add(
    tx: Tx,
    *,
    id: str,
    place: PlaceId,
    author: str,
    body: str,
    parcel: str,
    now: datetime,
    only_for: str | None = None,
) -> str:
    """Store a message and return its id; the same parcel again gives the first one's."""
    before = tx.rows(
        "select id from local_messages where workspace = :workspace and parcel = :parcel",
        parcel=parcel,
    )
    if before:
        return str(before[0]["id"])
    number = workspaces.next_number(tx, COUNTER)
    tx.insert(
        "local_messages",
        id=id,
        place=place,
        number=number,
        version=number,
        author=author,
        body=body,
        only_for=only_for,
        parcel=parcel,
        created_at=as_text(now),
    )
    return id


def edit(tx: Tx, id: str, body: str, now: datetime) -> bool:
    """Replace what a message says; False when there is no such message."""
    changed = tx.run(
        """
        update local_messages set body = :body, edited_at = :now, version = :version
        where workspace = :workspace and id = :id and body <> :body
        """,
        id=id,
        body=body,
        now=as_text(now),
        version=workspaces.next_number(tx, COUNTER),
    )
    return changed == 1 or bool(
        tx.rows("select id from local_messages where workspace = :workspace and id = :id", id=id)
    )


def latest(
    tx: Tx, person: PersonId, place: PlaceId, *, before: str | None, most: int
) -> list[Line]:
    """Return the last lines of `place` that `person` sees, the oldest first.

    `before` is the id of the line that the page shows on top already.
    """
    edge = "true" if before is None else "(m.created_at, m.number) < (e.created_at, e.number)"
    rows = tx.rows(
        f"""
        select {COLUMNS} from local_messages m
        join places p on p.workspace = m.workspace and p.id = m.place
        left join local_messages e on e.workspace = m.workspace and e.id = :before
        where m.workspace = :workspace and m.place = :place and {VISIBLE} and {edge}
        order by m.created_at desc, m.number desc limit :most
        """,
        person=person,
        place=place,
        before=before or "",
        most=most,
    )
    return [_line(row) for row in reversed(rows)]


def changes(tx: Tx, person: PersonId, since: int, *, most: int) -> list[Line]:
    """Return what `person` may see and what is newer than version `since`, in that order."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from local_messages m
        join places p on p.workspace = m.workspace and p.id = m.place
        where m.workspace = :workspace and m.version > :since and {VISIBLE}
        order by m.version limit :most
        """,
        person=person,
        since=since,
        most=most,
    )
    return [_line(row) for row in rows]


def version(tx: Tx) -> int:
    """Return the newest version there is."""
    rows = tx.rows(
        "select value from counters where workspace = :workspace and name = :counter",
        counter=COUNTER,
    )
    return int(rows[0]["value"]) if rows else 0


def read_up_to(tx: Tx, person: PersonId, place: PlaceId, number: int) -> None:
    """Note how far `person` has read in `place`; never back."""
    tx.run(
        """
        insert into local_reads (workspace, person, place, up_to)
        values (:workspace, :person, :place, :number)
        on conflict (workspace, person, place) do update set
            up_to = case when excluded.up_to > local_reads.up_to
                    then excluded.up_to else local_reads.up_to end
        """,
        person=person,
        place=place,
        number=number,
    )


def where(tx: Tx, person: PersonId, key: str) -> tuple[str, str] | None:
    """Return place and id of the message that stands under `key` where `person` sees it.

    A channel goes before the direct place.
    """
    rows = tx.rows(
        f"""
        select m.place, m.id from messages s
        join local_messages m
            on m.workspace = s.workspace and m.place = s.place and m.id = s.external_id
        join places p on p.workspace = m.workspace and p.id = m.place
        where s.workspace = :workspace and s.key = :key and {VISIBLE}
        order by p.kind, m.number limit 1
        """,
        key=key,
        person=person,
    )
    return (rows[0]["place"], rows[0]["id"]) if rows else None


def place_of(tx: Tx, person: PersonId, id: str) -> str | None:
    """Return the place of a message; None when `person` does not see it."""
    rows = tx.rows(
        f"""
        select m.place from local_messages m
        join places p on p.workspace = m.workspace and p.id = m.place
        where m.workspace = :workspace and m.id = :id and {VISIBLE}
        """,
        id=id,
        person=person,
    )
    return rows[0]["place"] if rows else None


def held(tx: Tx) -> Held:
    """Count what the demo holds."""
    [row] = tx.rows(
        """
        select
            (select count(*) from incidents where workspace = :workspace) as incidents,
            (select count(*) from services
             where workspace = :workspace and fallback = 0) as services,
            (select count(*) from local_messages where workspace = :workspace) as messages,
            (select min(created_at) from local_messages where workspace = :workspace) as since
        """
    )
    return Held(int(row["incidents"]), int(row["services"]), int(row["messages"]), row["since"])


def read_everything(tx: Tx) -> None:
    """Mark all messages as read by everybody, for a history that was made up."""
    tx.run(
        """
        insert into local_reads (workspace, person, place, up_to)
        select w.workspace, w.id, p.id, :number from people w
        join places p on p.workspace = w.workspace
        where w.workspace = :workspace
        on conflict (workspace, person, place) do update set up_to = excluded.up_to
        """,
        number=version(tx),
    )


def marks(tx: Tx, person: PersonId) -> dict[str, int]:
    """Return how far `person` has read, by place."""
    rows = tx.rows(
        "select place, up_to from local_reads where workspace = :workspace and person = :person",
        person=person,
    )
    return {row["place"]: int(row["up_to"]) for row in rows}


def unread(tx: Tx, person: PersonId) -> dict[str, int]:
    """Return how many lines of others `person` has not read, by place."""
    rows = tx.rows(
        f"""
        select m.place, count(*) as n from local_messages m
        join places p on p.workspace = m.workspace and p.id = m.place
        left join local_reads r
            on r.workspace = m.workspace and r.place = m.place and r.person = :person
        where m.workspace = :workspace and m.author <> :person and {VISIBLE}
            and m.number > coalesce(r.up_to, 0)
        group by m.place
        """,
        person=person,
    )
    return {row["place"]: int(row["n"]) for row in rows}


def waiting(tx: Tx) -> dict[str, int]:
    """Return how many direct messages each person has not read."""
    rows = tx.rows(
        """
        select p.person, count(*) as n from places p
        join local_messages m on m.workspace = p.workspace and m.place = p.id
        left join local_reads r
            on r.workspace = p.workspace and r.place = p.id and r.person = p.person
        where p.workspace = :workspace and p.kind = 'direct' and p.person is not null
            and m.author <> p.person and (m.only_for is null or m.only_for = p.person)
            and m.number > coalesce(r.up_to, 0)
        group by p.person
        """
    )
    return {row["person"]: int(row["n"]) for row in rows}


def speakers(tx: Tx) -> list[Person]:
    """Return the people of the local page, also who left: those with an identity `local:<id>`."""
    rows = tx.rows(
        f"""
        select {PERSON} from people p
        join identities i on i.workspace = p.workspace and i.person = p.id
        where p.workspace = :workspace and i.identity = 'local:' || p.id
        order by p.first_seen_at, p.id
        """
    )
    return [
        Person(**{**row, "manager": bool(row["manager"]), "active": bool(row["active"])})
        for row in rows
    ]


def _line(row: Row) -> Line:
    return Line(**row)

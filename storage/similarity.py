"""Which incidents changed in a way that matters for finding them again, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, ServiceId
from storage.engine.sql import as_moment


@dataclass(frozen=True, slots=True)
class Change:
    """An incident as it is since `version`; `gone` when it is not to be found any more."""

    version: int
    number: IncidentNumber
    title: str
    body: str  # the whole text where the title is not all of it
    service: ServiceId
    at: datetime
    gone: bool
    meaning: str = ""  # its title as a vector, where one was made


COLUMNS = "l.version, i.number, i.title, i.body, i.service, i.declared_at, i.state, l.meaning"
LATEST = 2**31 - 1  # no version is greater
JOINED = "likeness l join incidents i on i.workspace = l.workspace and i.number = l.incident"


def note(tx: Tx, number: IncidentNumber) -> None:
    """Note that an incident is new, or that its title, its service or its state changed.

    In the same transaction as the change. Two that meet on PostgreSQL are put in order by
    the unique version: the second is tried again.
    """
    tx.write(
        """
        insert into likeness (workspace, incident, version)
        values (:workspace, :number, (
            select coalesce(max(version), 0) + 1 from likeness where workspace = :workspace
        ))
        on conflict (workspace, incident) do update
        set version = excluded.version, meaning = null
        """,
        number=number,
    )


def since(tx: Tx, version: int) -> list[Change]:
    """Return what changed at `version` and later, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from {JOINED}
        where l.workspace = :workspace and l.version >= :version
        order by l.version
        """,
        version=version,
    )
    return [_change(row) for row in rows]


def before(tx: Tx, version: int | None, limit: int) -> list[Change]:
    """Return the newest changes before `version`, or of all, the newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from {JOINED}
        where l.workspace = :workspace and l.version < :version
        order by l.version desc limit :limit
        """,
        version=LATEST if version is None else version,
        limit=limit,
    )
    return [_change(row) for row in rows]


def _change(row: Row) -> Change:
    return Change(
        version=row["version"],
        number=row["number"],
        title=row["title"],
        body=row["body"],
        service=row["service"],
        at=as_moment(row["declared_at"]),
        gone=row["state"] == "withdrawn",
        meaning=row["meaning"] or "",
    )


def everywhere(tx: Tx) -> list[str]:
    """Return the ids of all workspaces: each has titles that become vectors."""
    return [row["id"] for row in tx.rows("select id from workspaces order by id")]


def without_meaning(tx: Tx, after: int, limit: int) -> list[tuple[int, str]]:
    """Return version and title of incidents whose title is no vector yet, those after a version."""
    rows = tx.rows(
        """
        select l.version, i.title from likeness l
        join incidents i on i.workspace = l.workspace and i.number = l.incident
        where l.workspace = :workspace and l.version > :after and l.meaning is null
        and i.state <> 'withdrawn'
        order by l.version limit :limit
        """,
        after=after,
        limit=limit,
    )
    return [(row["version"], row["title"]) for row in rows]


def meanings(tx: Tx, first: int, last: int) -> dict[int, str]:
    """Return the vectors that are kept, by version."""
    rows = tx.rows(
        """
        select version, meaning from likeness
        where workspace = :workspace and version between :first and :last
        and meaning is not null
        """,
        first=first,
        last=last,
    )
    return {row["version"]: row["meaning"] for row in rows}


def keep_meaning(tx: Tx, version: int, meaning: str) -> None:
    """Keep the vector of a title, unless the incident has changed meanwhile."""
    tx.write(
        """
        update likeness set meaning = :meaning
        where workspace = :workspace and version = :version
        """,
        version=version,
        meaning=meaning,
    )

"""Rooms: the channel that an incident has for itself, as it is wanted and as it is."""

from __future__ import annotations

from dataclasses import dataclass

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId, PlaceId


@dataclass(frozen=True, slots=True)
class Room:
    """What is wanted of an incident's channel, and what the platform shows.

    `topic`, `people` (ids) and `open` are wanted; `place`, `shown_topic`, `invited` and
    `closed` are done. A `reason` says why the platform gives no channel; then none is asked for.
    """

    incident: IncidentNumber
    platform: str
    name: str
    topic: str
    people: tuple[PersonId, ...]
    open: bool
    place: PlaceId | None
    shown_topic: str | None
    invited: tuple[PersonId, ...]
    closed: bool
    reason: str | None


COLUMNS = """incident, platform, name, topic, people, open, place, shown_topic, invited, closed,
reason"""


def want(
    tx: Tx,
    incident: IncidentNumber,
    *,
    platform: str,
    name: str,
    topic: str,
    people: tuple[PersonId, ...],
) -> None:
    """Want an open channel for an incident; one that was closed is left, and a new one wanted.

    `name` is used when there is none yet.
    """
    tx.run(
        """
        insert into rooms (workspace, incident, platform, name, topic, people)
        values (:workspace, :incident, :platform, :name, :topic, :people)
        on conflict (workspace, incident) do update set
            topic = excluded.topic, people = excluded.people, open = 1,
            name = case when rooms.closed = 1 then excluded.name else rooms.name end,
            place = case when rooms.closed = 1 then null else rooms.place end,
            shown_topic = case when rooms.closed = 1 then null else rooms.shown_topic end,
            invited = case when rooms.closed = 1 then '' else rooms.invited end,
            closed = 0
        """,
        incident=incident,
        platform=platform,
        name=name,
        topic=topic,
        people=",".join(people),
    )


def release(tx: Tx, incident: IncidentNumber, topic: str) -> None:
    """Want the channel closed, with a last topic."""
    tx.run(
        """
        update rooms set open = 0, topic = :topic
        where workspace = :workspace and incident = :incident
        """,
        incident=incident,
        topic=topic,
    )


def find(tx: Tx, incident: IncidentNumber) -> Room | None:
    """Return an incident's room."""
    found = tx.recall_as(
        f"select {COLUMNS} from rooms where workspace = :workspace and incident = :incident",
        _room,
        incident=incident,
    )
    return found[0] if found else None


def all(tx: Tx) -> list[Room]:
    """Return every room, in the order of its incident."""
    rows = tx.rows(f"select {COLUMNS} from rooms where workspace = :workspace order by incident")
    return [_room(row) for row in rows]


def incident_in(tx: Tx, place: PlaceId) -> IncidentNumber | None:
    """Return the incident whose own channel a place is."""
    rows = tx.rows(
        "select incident from rooms where workspace = :workspace and place = :place", place=place
    )
    return rows[0]["incident"] if rows else None


def mark_opened(tx: Tx, incident: IncidentNumber, place: PlaceId) -> None:
    """The platform made the channel."""
    tx.run(
        """
        update rooms set place = :place
        where workspace = :workspace and incident = :incident and place is null
        """,
        incident=incident,
        place=place,
    )


def mark_topic_shown(tx: Tx, incident: IncidentNumber, topic: str) -> None:
    """The platform shows this topic."""
    tx.run(
        """
        update rooms set shown_topic = :topic
        where workspace = :workspace and incident = :incident
        """,
        incident=incident,
        topic=topic,
    )


def rename(tx: Tx, incident: IncidentNumber, name: str) -> None:
    """Call the channel something else, and let its topic be shown anew."""
    tx.write(
        """
        update rooms set name = :name, shown_topic = null
        where workspace = :workspace and incident = :incident
        """,
        incident=incident,
        name=name,
    )


def mark_invited(tx: Tx, incident: IncidentNumber, people: tuple[PersonId, ...]) -> None:
    """These people were asked in; nobody is asked twice, so whoever leaves may stay away."""
    tx.run(
        """
        update rooms set invited = :people
        where workspace = :workspace and incident = :incident
        """,
        incident=incident,
        people=",".join(people),
    )


def mark_closed(tx: Tx, incident: IncidentNumber) -> None:
    """The channel is closed."""
    tx.run(
        "update rooms set closed = 1 where workspace = :workspace and incident = :incident",
        incident=incident,
    )


def mark_refused(tx: Tx, incident: IncidentNumber, reason: str) -> None:
    """The platform gives no channel, or not any more."""
    tx.run(
        "update rooms set reason = :reason where workspace = :workspace and incident = :incident",
        incident=incident,
        reason=reason,
    )


def _room(row: Row) -> Room:
    row["people"] = tuple(each for each in row["people"].split(",") if each)
    row["invited"] = tuple(each for each in row["invited"].split(",") if each)
    row["open"], row["closed"] = bool(row["open"]), bool(row["closed"])
    return Room(**row)

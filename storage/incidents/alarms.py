"""Alarms to persons: which still call for an answer, which are in a list, who paused theirs.

Nothing here is counted for anybody to see; rows go soon after they are settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_moment, as_text

COLUMNS = "incident, position, person, at, list, live"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm to one person; `live` until it is settled or a newer one of the incident came.

    `list` is the key of the message that it is a line of, None when it has one of its own.
    """

    incident: IncidentNumber
    position: int
    person: PersonId
    at: datetime
    list: str | None
    live: bool


def add(
    tx: Tx,
    incident: IncidentNumber,
    position: int,
    person: PersonId,
    at: datetime,
    list: str | None,
    *,
    id: str,
) -> None:
    """Note an alarm to somebody."""
    tx.insert(
        "alarms",
        id=id,
        incident=incident,
        position=position,
        person=person,
        at=as_text(at),
        list=list,
        live=1,
    )


def of(tx: Tx, incident: IncidentNumber) -> list[Alarm]:
    """Return the alarms of an incident, the oldest first."""
    return tx.recall_as(
        f"""
        select {COLUMNS} from alarms where workspace = :workspace and incident = :incident
        order by position, person
        """,
        _alarm,
        incident=incident,
    )


def of_person_from(tx: Tx, person: PersonId, start: datetime) -> list[Alarm]:
    """Return somebody's alarms from a moment on, that moment too, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from alarms
        where workspace = :workspace and person = :person and at >= :start
        order by at, incident, position
        """,
        person=person,
        start=as_text(start),
    )
    return [_alarm(row) for row in rows]


def recent(tx: Tx, person: PersonId, since: datetime, but: IncidentNumber) -> list[Alarm]:
    """Return somebody's live alarms since a moment that stand alone, and the last one in a list.

    The oldest first, without those of the incident `but`.
    """
    return tx.recall_as(
        f"""
        select {COLUMNS} from (
            select {COLUMNS} from alarms
            where workspace = :workspace and person = :person and at > :since and live = 1
            and incident <> :but and list is null
            union all
            select {COLUMNS} from (
                select {COLUMNS} from alarms
                where workspace = :workspace and person = :person and at > :since and live = 1
                and incident <> :but and list is not null
                order by at desc, incident desc, position desc limit 1
            ) as newest
        ) as found
        order by at, incident, position
        """,
        _alarm,
        person=person,
        since=as_text(since),
        but=but,
    )


def in_list(tx: Tx, key: str) -> list[Alarm]:
    """Return the lines of a list, in the order in which they came."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from alarms where workspace = :workspace and list = :key
        order by at, incident, position
        """,
        key=key,
    )
    return [_alarm(row) for row in rows]


def count_in_list(tx: Tx, key: str) -> int:
    """Return how many lines a list has."""
    counted = tx.rows(
        "select count(*) as n from alarms where workspace = :workspace and list = :key", key=key
    )
    return int(counted[0]["n"])


def put_into(tx: Tx, alarm: Alarm, list: str) -> None:
    """Make an alarm a line of a list."""
    tx.write(
        """
        update alarms set list = :list where workspace = :workspace and incident = :incident
        and position = :position and person = :person
        """,
        list=list,
        incident=alarm.incident,
        position=alarm.position,
        person=alarm.person,
    )


def settle(
    tx: Tx, incident: IncidentNumber, person: PersonId | None = None, before: int = 2**31 - 1
) -> None:
    """Say that the alarms of an incident need no answer any more: all, or somebody's older ones."""
    tx.run(
        """
        update alarms set live = 0 where workspace = :workspace and incident = :incident
        and live = 1 and position < :before and (:person = '' or person = :person)
        """,
        incident=incident,
        person=person or "",
        before=before,
    )


def pause(tx: Tx, incident: IncidentNumber, person: PersonId, until: datetime, *, id: str) -> None:
    """Let nobody alarm somebody about an incident until a time."""
    tx.write(
        """
        insert into alarm_pauses (workspace, id, incident, person, until_at)
        values (:workspace, :id, :incident, :person, :until)
        on conflict (workspace, incident, person) do update set until_at = excluded.until_at
        """,
        id=id,
        incident=incident,
        person=person,
        until=as_text(until),
    )


def paused(tx: Tx, incident: IncidentNumber, now: datetime) -> dict[PersonId, datetime]:
    """Return who paused their alarms of an incident, and until when."""
    rows = tx.recall(
        """
        select person, until_at from alarm_pauses
        where workspace = :workspace and incident = :incident and until_at > :now
        order by person
        """,
        incident=incident,
        now=as_text(now),
    )
    return {row["person"]: as_moment(row["until_at"]) for row in rows}


def forget(tx: Tx, settled_before: datetime, pauses_before: datetime) -> None:
    """Let go of settled alarms and of pauses that are over, of all workspaces."""
    tx.run("delete from alarms where live = 0 and at < :before", before=as_text(settled_before))
    tx.run("delete from alarm_pauses where until_at < :before", before=as_text(pauses_before))


def _alarm(row: Row) -> Alarm:
    row["at"], row["live"] = as_moment(row["at"]), bool(row["live"])
    return Alarm(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return the alarms that somebody got, and those that they stopped: `what`, `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'alarms.person' as what, 'INC-' || incident as subject, at as at
            from alarms where workspace = :workspace and person = :person
            union all
            select 'alarm_pauses.person' as what, 'INC-' || incident as subject, until_at as at
            from alarm_pauses where workspace = :workspace and person = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put somebody else, or a pseudonym, in the place of a person; what both had stands once."""
    tx.run(
        """
        delete from alarms where workspace = :workspace and person = :person and exists (
            select 1 from alarms a where a.workspace = :workspace and a.person = :to
            and a.incident = alarms.incident and a.position = alarms.position
        )
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        update alarms set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        delete from alarm_pauses where workspace = :workspace and person = :person and exists (
            select 1 from alarm_pauses a where a.workspace = :workspace and a.person = :to
            and a.incident = alarm_pauses.incident
        )
        """,
        person=person,
        to=to,
    )
    tx.run(
        """
        update alarm_pauses set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )

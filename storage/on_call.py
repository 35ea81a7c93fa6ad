"""Covers: who stands in for whom, from when until when. They end by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import CoverId, PersonId
from storage.engine.sql import as_moment, as_text


class CoverState(StrEnum):
    """What became of a cover; one that was withdrawn is ended."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Cover:
    """`cover` stands in for `person`; nothing changes until the other side has confirmed.

    `state` is asked, confirmed or ended (also: withdrawn).
    """

    id: CoverId
    person: PersonId
    cover: PersonId
    asked_by: PersonId
    starts_at: datetime
    ends_at: datetime
    state: CoverState

    @property
    def other(self) -> PersonId:
        """Return the side that has to confirm."""
        return self.cover if self.asked_by == self.person else self.person


# Covers of somebody within a span whose other side left.
LEFT = "person = :person and ends_at > :start and starts_at < :end and left_at is not null"
COLUMNS = "id, person, cover, asked_by, starts_at, ends_at, state"


def add(tx: Tx, cover: Cover) -> None:
    """Store a cover that somebody asks for."""
    tx.insert(
        "covers",
        id=cover.id,
        person=cover.person,
        cover=cover.cover,
        asked_by=cover.asked_by,
        starts_at=as_text(cover.starts_at),
        ends_at=as_text(cover.ends_at),
        state=cover.state,
    )


def find(tx: Tx, id: CoverId) -> Cover | None:
    """Return a cover by id."""
    rows = tx.rows(f"select {COLUMNS} from covers where workspace = :workspace and id = :id", id=id)
    return _cover(rows[0]) if rows else None


def current(tx: Tx, now: datetime) -> list[Cover]:
    """Return the confirmed covers of now; there is one for a person at most.

    Those of its hour are asked for, the same for all commands that share a transaction.
    """
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    found = tx.recall_as(
        f"""
        select {COLUMNS} from covers
        where workspace = :workspace and ends_at > :start and starts_at < :end
        and state = 'confirmed'
        order by starts_at, id
        """,
        _cover,
        start=as_text(hour),
        end=as_text(hour + timedelta(hours=1)),
    )
    return [each for each in found if each.starts_at <= now < each.ends_at]


def overlapping(tx: Tx, person: PersonId, start: datetime, end: datetime) -> Cover | None:
    """Return a confirmed cover of somebody that shares time with the given one."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from covers
        where workspace = :workspace and person = :person and ends_at > :start
        and starts_at < :end and state = 'confirmed'
        order by starts_at, id limit 1
        """,
        person=person,
        start=as_text(start),
        end=as_text(end),
    )
    return _cover(rows[0]) if rows else None


def to_come(tx: Tx, person: PersonId, now: datetime) -> list[Cover]:
    """Return what concerns somebody on either side and is not over, the earliest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from covers
        where workspace = :workspace and (person = :person or cover = :person)
        and ends_at > :now and state <> 'ended'
        order by starts_at, id
        """,
        person=person,
        now=as_text(now),
    )
    return [_cover(row) for row in rows]


def confirm(tx: Tx, id: CoverId, person: PersonId) -> bool:
    """Confirm a cover, as the side that did not ask; False when it is not open to them."""
    return (
        tx.run(
            """
            update covers set state = 'confirmed'
            where workspace = :workspace and id = :id and state = 'asked'
            and asked_by <> :person and (person = :person or cover = :person)
            """,
            id=id,
            person=person,
        )
        == 1
    )


def swap(tx: Tx, id: CoverId, person: PersonId) -> bool:
    """Turn an unconfirmed cover round, as whoever asked for it."""
    return (
        tx.run(
            """
            update covers set person = cover, cover = person
            where workspace = :workspace and id = :id and state = 'asked' and asked_by = :person
            """,
            id=id,
            person=person,
        )
        == 1
    )


def end(tx: Tx, id: CoverId, person: PersonId) -> bool:
    """End a cover now, as one of its two sides; False when it is over already."""
    return (
        tx.run(
            """
            update covers set state = 'ended'
            where workspace = :workspace and id = :id and state <> 'ended'
            and (person = :person or cover = :person)
            """,
            id=id,
            person=person,
        )
        == 1
    )


def leave(tx: Tx, person: PersonId, now: datetime) -> list[Cover]:
    """End what somebody who left was to stand in for, now or later; return it as it was."""
    found = [each for each in to_come(tx, person, now) if each.cover == person]
    tx.run(
        """
        update covers set left_at = case when state = 'confirmed' then :now end, state = 'ended'
        where workspace = :workspace and cover = :person and ends_at > :now and state <> 'ended'
        """,
        person=person,
        now=as_text(now),
    )
    return found


def left_open(tx: Tx, person: PersonId, now: datetime) -> list[Cover]:
    """Return what somebody stood in for when they left, and nobody else was asked for since."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from covers
        where workspace = :workspace and cover = :person and ends_at > :now
        and left_at is not null
        order by starts_at, id
        """,
        person=person,
        now=as_text(now),
    )
    return [_cover(row) for row in rows]


def settle_left(tx: Tx, asked: Cover) -> list[PersonId]:
    """Let go of what those who left were to do in the time of a new cover; return who they are."""
    span = {
        "person": asked.person,
        "start": as_text(asked.starts_at),
        "end": as_text(asked.ends_at),
    }
    rows = tx.rows(
        f"select distinct cover from covers where workspace = :workspace and {LEFT} order by cover",
        **span,
    )
    tx.run(f"update covers set left_at = null where workspace = :workspace and {LEFT}", **span)
    return [PersonId(row["cover"]) for row in rows]


def is_back(tx: Tx, person: PersonId) -> None:
    """Let go of what somebody was to stand in for before they left: they are here again."""
    tx.run(
        """
        update covers set left_at = null
        where workspace = :workspace and cover = :person and left_at is not null
        """,
        person=person,
    )


def forget(tx: Tx, before: datetime) -> int:
    """Let go of covers of all workspaces that ended before: who was away is nobody's business."""
    return tx.run("delete from covers where ends_at < :before", before=as_text(before))


def _cover(row: Row) -> Cover:
    row["starts_at"], row["ends_at"] = as_moment(row["starts_at"]), as_moment(row["ends_at"])
    row["state"] = CoverState(row["state"])
    return Cover(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'covers.person' as what, cover as subject, starts_at as at
            from covers where workspace = :workspace and person = :person
            union all
            select 'covers.cover' as what, person as subject, starts_at as at
            from covers where workspace = :workspace and cover = :person
            union all
            select 'covers.asked_by' as what, person as subject, starts_at as at
            from covers where workspace = :workspace and asked_by = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often.

    Where both stood in for each other there is nothing to stand in for any more.
    """
    tx.write(
        """
        delete from covers where workspace = :workspace
        and ((person = :person and cover = :to) or (person = :to and cover = :person))
        """,
        person=person,
        to=to,
    )
    # Who asked is always one of the two.
    changed = 0
    changed += tx.run(
        """
        update covers set asked_by = :to, person = :to
        where workspace = :workspace and asked_by = :person and person = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update covers set asked_by = :to, cover = :to
        where workspace = :workspace and asked_by = :person and cover = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update covers set person = :to where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update covers set cover = :to where workspace = :workspace and cover = :person
        """,
        person=person,
        to=to,
    )
    return changed

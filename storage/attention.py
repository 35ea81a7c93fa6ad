"""Matters that wait to be told, bundled; and when somebody wants to be told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.delivery import timers
from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_moment, as_text


class MatterKind(StrEnum):
    """A matter, a tap that is asked for, or what a person asks."""

    MATTER = "matter"
    SURVEY = "survey"
    QUESTION = "question"


class MatterState(StrEnum):
    """What became of a matter."""

    OPEN = "open"
    TOLD = "told"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Matter:
    """Something for somebody that is no alarm. `message` is a message as JSON, for each language.

    What is `personal` nobody else can answer: it is not told to who stands in.
    """

    id: str
    person: PersonId
    key: str
    kind: MatterKind
    message: str
    noted_at: datetime
    state: MatterState
    told_to: PersonId | None
    told_on: str | None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody wants to be told: `hour` as 09:00 local, `pace` daily or weekly."""

    hour: str
    pace: str


COLUMNS = "id, person, key, kind, message, noted_at, state, told_to, told_on, personal"


def note(
    tx: Tx,
    *,
    id: str,
    person: PersonId,
    key: str,
    kind: MatterKind,
    message: str,
    now: datetime,
    personal: bool = False,
) -> None:
    """Remember a matter; one of the same key that is not settled only changes its words."""
    tx.write(
        """
        insert into matters (workspace, id, person, key, kind, message, noted_at, personal)
        values (:workspace, :id, :person, :key, :kind, :message, :now, :personal)
        on conflict (workspace, person, key) where state <> 'settled'
            do update set message = excluded.message
        """,
        id=id,
        person=person,
        key=key,
        kind=kind,
        message=message,
        now=as_text(now),
        personal=int(personal),
    )


def standing(tx: Tx, key: str) -> list[Matter]:
    """Return every matter of this key that is not settled, told or not."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from matters
        where workspace = :workspace and key = :key and state <> 'settled' order by noted_at, id
        """,
        key=key,
    )
    return [_matter(row) for row in rows]


def settle(tx: Tx, key: str) -> list[Matter]:
    """Mark every matter of this key as settled; return those that had not been."""
    found = standing(tx, key)
    if found:
        tx.run(
            """
            update matters set state = 'settled'
            where workspace = :workspace and key = :key and state <> 'settled'
            """,
            key=key,
        )
    return found


def settle_of(tx: Tx, key: str, person: PersonId) -> None:
    """Mark somebody's own matter of this key as settled; others may be asked the same."""
    tx.write(
        """
        update matters set state = 'settled'
        where workspace = :workspace and key = :key and person = :person and state <> 'settled'
        """,
        key=key,
        person=person,
    )


def open_of(tx: Tx, person: PersonId) -> list[Matter]:
    """Return what has still to be told to somebody, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from matters
        where workspace = :workspace and person = :person and state = 'open'
        order by noted_at, id
        """,
        person=person,
    )
    return [_matter(row) for row in rows]


def waiting(tx: Tx) -> list[Matter]:
    """Return everything that has still to be told, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from matters where workspace = :workspace and state = 'open'
        order by noted_at, id
        """
    )
    return [_matter(row) for row in rows]


def told_on(tx: Tx, to: PersonId, day: str) -> list[Matter]:
    """Return what was told to somebody on a day, in the order it stood there, settled or not."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from matters
        where workspace = :workspace and told_to = :to and told_on = :day and kind <> 'question'
        order by noted_at, id
        """,
        to=to,
        day=day,
    )
    return [_matter(row) for row in rows]


def surveys_since(tx: Tx, person: PersonId, day: str) -> list[str]:
    """Return the keys of the taps that somebody was asked for since a day."""
    rows = tx.rows(
        """
        select key from matters
        where workspace = :workspace and told_to = :person and kind = 'survey' and told_on >= :day
        """,
        person=person,
        day=day,
    )
    return [row["key"] for row in rows]


def tell(tx: Tx, id: str, to: PersonId, day: str) -> None:
    """Note that a matter was told."""
    tx.write(
        """
        update matters set state = 'told', told_to = :to, told_on = :day
        where workspace = :workspace and id = :id and state = 'open'
        """,
        id=id,
        to=to,
        day=day,
    )


def move(tx: Tx, key: str, before: PersonId, to: PersonId) -> None:
    """Give a matter that was somebody's to whoever acts now, to be told again.

    Where they have it already, it only ends with whom it was before.
    """
    tx.write(
        """
        update matters set person = :to, state = 'open', told_to = null, told_on = null
        where workspace = :workspace and key = :key and person = :before and state <> 'settled'
            and not exists (
                select 1 from matters m
                where m.workspace = :workspace and m.person = :to and m.key = :key
                    and m.state <> 'settled'
            )
        """,
        key=key,
        before=before,
        to=to,
    )
    settle_of(tx, key, before)


def forget(tx: Tx, before: datetime) -> int:
    """Delete settled and told matters that were noted before a moment; return how many.

    With them goes where the bundles of before that stand: they are not edited any more.
    """
    tx.write(
        """
        delete from messages where workspace = :workspace and key like 'bundle:%'
        and substr(key, length(key) - 9) < :day
        """,
        day=before.date().isoformat(),
    )
    return tx.run(
        """
        delete from matters
        where workspace = :workspace and noted_at < :before and state <> 'open'
        """,
        before=as_text(before),
    )


def forget_open(tx: Tx, person: PersonId, before: datetime) -> int:
    """Delete what still waits for somebody and was noted before a moment; return how many."""
    return tx.run(
        """
        delete from matters
        where workspace = :workspace and person = :person and noted_at < :before
        """,
        person=person,
        before=as_text(before),
    )


def wish(tx: Tx, person: PersonId) -> Wish | None:
    """Return when somebody wants to be told; None when they never said."""
    rows = tx.rows(
        "select hour, pace from attention where workspace = :workspace and person = :person",
        person=person,
    )
    return Wish(**rows[0]) if rows else None


def set_wish(tx: Tx, person: PersonId, wish: Wish) -> None:
    """Remember when somebody wants to be told."""
    tx.write(
        """
        insert into attention (workspace, person, hour, pace)
        values (:workspace, :person, :hour, :pace)
        on conflict (workspace, person) do update set hour = excluded.hour, pace = excluded.pace
        """,
        person=person,
        hour=wish.hour,
        pace=wish.pace,
    )


def _matter(row: Row) -> Matter:
    row["noted_at"] = as_moment(row["noted_at"])
    row["kind"], row["state"] = MatterKind(row["kind"]), MatterState(row["state"])
    row["personal"] = bool(row["personal"])
    return Matter(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'matters.person' as what, message as subject, noted_at as at
            from matters where workspace = :workspace and person = :person
            and (told_to is null or told_to <> :person)
            union all
            select 'matters.told_to' as what, message as subject, told_on as at
            from matters where workspace = :workspace and told_to = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often.

    What both were to be told is told once; what waits for a moment waits for it all the same.
    """
    changed = 0
    tx.run(
        """
        delete from matters
        where workspace = :workspace and person = :person and state <> 'settled' and exists (
            select 1 from matters m where m.workspace = :workspace and m.person = :to
                and m.state <> 'settled'
                and m.key || ':' = replace(matters.key || ':', :in_key, :to_key)
        )
        """,
        person=person,
        to=to,
        in_key=f":{person}:",
        to_key=f":{to}:",
    )
    changed += tx.run(
        """
        update matters set person = :to
        where workspace = :workspace and person = :person and not exists (
            select 1 from matters m where m.workspace = :workspace and m.person = :to
                and m.key = matters.key and m.state <> 'settled'
        )
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update matters set told_to = :to
        where workspace = :workspace and told_to = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update matters set key = substr(
            replace(key || ':', :person, :to), 1,
            length(replace(key || ':', :person, :to)) - 1
        )
        where workspace = :workspace and key || ':' like '%' || :person || '%'
        """,
        person=f":{person}:",
        to=f":{to}:",
    )
    _replace_in_keys(tx, person, to)
    return changed


def _replace_in_keys(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Let somebody's bundles, sent and to come, be called after somebody else."""
    for table in ("outbox", "messages"):
        tx.write(
            f"""
            update {table} set key = replace(key, :old, :new)
            where workspace = :workspace and substr(key, 1, length(:old)) = :old
            """,
            old=f"bundle:{person}:",
            new=f"bundle:{to}:",
        )
    for kind in ("bundle", "questions"):
        _replace_timer(tx, f"{kind}:{person}", f"{kind}:{to}", to)


def _replace_timer(tx: Tx, old: str, new: str, to: PersonId) -> None:
    """Let a timer that waits be somebody else's; where they have one, the sooner one counts."""
    waits = timers.find(tx, old)
    if waits is not None and timers.due_of(tx, new) is None:
        tx.run("delete from timers where workspace = :workspace and key = :key", key=new)
        tx.write(
            """
            update timers set key = :new, payload = :payload
            where workspace = :workspace and key = :old
            """,
            old=old,
            new=new,
            payload=json.dumps({**waits[0], "person": to}),
        )
        return
    if waits is not None:
        timers.sooner(tx, new, waits[1])
    tx.run("delete from timers where workspace = :workspace and key = :key", key=old)


def forget_wish(tx: Tx, person: PersonId) -> None:
    """Delete when somebody wanted to be told, and what had still to be told to them."""
    tx.write(
        "delete from attention where workspace = :workspace and person = :person", person=person
    )
    tx.write("delete from matters where workspace = :workspace and person = :person", person=person)

"""Services: each has exactly one accountable person and a deputy, by constraint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId, ServiceId
from storage.engine.sql import as_moment, as_text

LIMIT = 10  # minutes until the alarm escalates, unless a service says otherwise


@dataclass(frozen=True, slots=True)
class Service:
    """Something people depend on. `words` are what people call it besides its name.

    The two `…_accepted_at` are None until that person has said that they take it over;
    `asked_at` is when they were asked last. `serious_when` is the company's own text, perhaps
    empty. `limit_minutes` is how long the first alarm waits. `runbook` is a link, None for
    the gap. `hours` are its own as they are stored, empty for the company's. `red_since` is
    when somebody who was named for it left, until somebody accepts.
    """

    id: ServiceId
    name: str
    words: tuple[str, ...]
    accountable: PersonId
    deputy: PersonId
    fallback: bool
    accountable_accepted_at: datetime | None = None
    deputy_accepted_at: datetime | None = None
    asked_at: datetime | None = None
    serious_when: str = ""
    limit_minutes: int = LIMIT
    runbook: str | None = None
    red_since: datetime | None = None
    retired_at: datetime | None = None
    hours: str = ""


COLUMNS = """id, name, words, accountable, deputy, fallback, accountable_accepted_at,
deputy_accepted_at, asked_at, serious_when, limit_minutes, runbook, red_since, retired_at, hours"""
MOMENTS = (
    "accountable_accepted_at", "deputy_accepted_at", "asked_at", "red_since", "retired_at",
)  # fmt: skip


def add(tx: Tx, service: Service, *, name_key: str, now: datetime) -> bool:
    """Store a service; False when the name is taken, or another one is the fallback."""
    return (
        tx.run(
            """
            insert into services
                (workspace, id, name, name_key, words, accountable, deputy, fallback, created_at,
                 accountable_accepted_at, deputy_accepted_at, asked_at, serious_when,
                 limit_minutes, runbook, hours)
            values
                (:workspace, :id, :name, :name_key, :words, :accountable, :deputy, :fallback, :now,
                 :accountable_accepted, :deputy_accepted, :now, :serious_when,
                 :limit_minutes, :runbook, :hours)
            on conflict do nothing
            """,
            id=service.id,
            name=service.name,
            name_key=name_key,
            words="\n".join(service.words),
            accountable=service.accountable,
            deputy=service.deputy,
            fallback=int(service.fallback),
            now=as_text(now),
            accountable_accepted=_text(service.accountable_accepted_at),
            deputy_accepted=_text(service.deputy_accepted_at),
            serious_when=service.serious_when,
            limit_minutes=service.limit_minutes,
            runbook=service.runbook,
            hours=service.hours,
        )
        == 1
    )


def all(tx: Tx) -> list[Service]:
    """Return every service that is in use by name, the fallback last."""
    return tx.recall_as(
        f"""
        select {COLUMNS} from services where workspace = :workspace and retired_at is null
        order by fallback, name_key
        """,
        _service,
    )


def every(tx: Tx) -> list[Service]:
    """Return every service, retired ones too."""
    rows = tx.rows(f"select {COLUMNS} from services where workspace = :workspace order by name_key")
    return [_service(row) for row in rows]


def find(tx: Tx, id: str) -> Service | None:
    """Return a service by id, retired ones too."""
    found = tx.recall_as(
        f"select {COLUMNS} from services where workspace = :workspace and id = :id",
        _service,
        id=id,
    )
    return found[0] if found else None


def named(tx: Tx, name_key: str) -> Service | None:
    """Return the service in use that has this name, folded."""
    rows = tx.rows(
        f"select {COLUMNS} from services where workspace = :workspace and name_key = :name_key",
        name_key=name_key,
    )
    return _service(rows[0]) if rows else None


def fallback(tx: Tx) -> Service | None:
    """Return the service that catches what no other service is meant by."""
    found = tx.recall_as(
        f"select {COLUMNS} from services where workspace = :workspace and fallback = 1", _service
    )
    return found[0] if found else None


def concerning(tx: Tx, person: PersonId) -> list[Service]:
    """Return the services in use that somebody is accountable or deputy for, by name."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from services
        where workspace = :workspace and retired_at is null
        and (accountable = :person or deputy = :person)
        order by fallback, name_key
        """,
        person=person,
    )
    return [_service(row) for row in rows]


def change(
    tx: Tx,
    id: str,
    *,
    name: str,
    name_key: str,
    words: tuple[str, ...],
    serious_when: str,
    limit_minutes: int,
    runbook: str | None,
    hours: str,
) -> None:
    """Change all but the persons. The name must be free, or its own."""
    tx.write(
        """
        update services set name = :name, name_key = :name_key, words = :words,
            serious_when = :serious_when, limit_minutes = :limit_minutes, runbook = :runbook,
            hours = :hours
        where workspace = :workspace and id = :id and retired_at is null
        """,
        id=id,
        name=name,
        name_key=name_key,
        words="\n".join(words),
        serious_when=serious_when,
        limit_minutes=limit_minutes,
        runbook=runbook,
        hours=hours,
    )


def set_people(
    tx: Tx,
    id: str,
    accountable: PersonId,
    deputy: PersonId,
    now: datetime,
    by: PersonId | None = None,
) -> None:
    """Name who is accountable and deputy. Whoever stays keeps their word; others have to give it.

    `by`, the one who acts, gives it by acting.
    """
    tx.write(
        """
        update services set
            accountable_accepted_at = case
                when :accountable = :by then :now
                when accountable = :accountable then accountable_accepted_at
                when deputy = :accountable then deputy_accepted_at end,
            deputy_accepted_at = case
                when :deputy = :by then :now
                when deputy = :deputy then deputy_accepted_at
                when accountable = :deputy then accountable_accepted_at end,
            accountable = :accountable, deputy = :deputy, asked_at = :now
        where workspace = :workspace and id = :id and retired_at is null
        """,
        id=id,
        accountable=accountable,
        deputy=deputy,
        by=by or "",
        now=as_text(now),
    )


def accept(tx: Tx, id: str, person: PersonId, now: datetime) -> bool:
    """Take a service over, as whoever is named for it; False when they are not, or have already."""
    return (
        tx.run(
            """
            update services set
                accountable_accepted_at = case
                    when accountable = :person and accountable_accepted_at is null
                    then :now else accountable_accepted_at end,
                deputy_accepted_at = case
                    when deputy = :person and deputy_accepted_at is null
                    then :now else deputy_accepted_at end
            where workspace = :workspace and id = :id and retired_at is null
            and ((accountable = :person and accountable_accepted_at is null)
                 or (deputy = :person and deputy_accepted_at is null))
            """,
            id=id,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def ask(tx: Tx, id: str, now: datetime) -> None:
    """Note that whoever has not accepted yet is asked again."""
    tx.write(
        "update services set asked_at = :now where workspace = :workspace and id = :id",
        id=id,
        now=as_text(now),
    )


def redden(tx: Tx, id: str, since: datetime) -> None:
    """Somebody who was named for it left; when it is red already, that stays the moment."""
    tx.write(
        """
        update services set red_since = :since
        where workspace = :workspace and id = :id and red_since is null
        """,
        id=id,
        since=as_text(since),
    )


def whole_again(tx: Tx, id: str) -> None:
    """It is in good hands again, or never was not."""
    tx.write(
        "update services set red_since = null where workspace = :workspace and id = :id", id=id
    )


def retire(tx: Tx, id: str, name_key: str, now: datetime) -> bool:
    """It is not used any more: its name is free again, its history stays."""
    return (
        tx.run(
            """
            update services set retired_at = :now, name_key = :name_key
            where workspace = :workspace and id = :id and retired_at is null and fallback = 0
            """,
            id=id,
            name_key=name_key,
            now=as_text(now),
        )
        == 1
    )


def bring_back(tx: Tx, id: str, name_key: str) -> bool:
    """Use a retired service again. The name must be free."""
    return (
        tx.run(
            """
            update services set retired_at = null, name_key = :name_key
            where workspace = :workspace and id = :id and retired_at is not null
            """,
            id=id,
            name_key=name_key,
        )
        == 1
    )


def _text(moment: datetime | None) -> str | None:
    return as_text(moment) if moment else None


def _service(row: Row) -> Service:
    row["words"] = tuple(row["words"].split("\n")) if row["words"] else ()
    row["fallback"] = bool(row["fallback"])
    for name in MOMENTS:
        row[name] = as_moment(row[name]) if row[name] else None
    return Service(**row)


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'services.accountable' as what, name as subject,
                accountable_accepted_at as at
            from services where workspace = :workspace and accountable = :person
            union all
            select 'services.deputy' as what, name as subject, deputy_accepted_at as at
            from services where workspace = :workspace and deputy = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def shared(tx: Tx, one: PersonId, other: PersonId) -> list[str]:
    """Return the names of services that two people answer for, one as the other's deputy."""
    rows = tx.rows(
        """
        select name from services where workspace = :workspace and fallback = 0
        and ((accountable = :one and deputy = :other) or (accountable = :other and deputy = :one))
        order by name
        """,
        one=one,
        other=other,
    )
    return [row["name"] for row in rows]


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = 0
    changed += tx.run(
        """
        update services set accountable = :to
        where workspace = :workspace and accountable = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update services set deputy = :to
        where workspace = :workspace and deputy = :person
        """,
        person=person,
        to=to,
    )
    return changed

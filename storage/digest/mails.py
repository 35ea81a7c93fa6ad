"""Mail addresses that get the digest: asked until their owner has confirmed by a click."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


class MailState(StrEnum):
    """Whether whoever reads an address has said yes."""

    ASKED = "asked"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Mail:
    """An address. `token` stands in the links that confirm it and that let go of it."""

    id: str
    address: str
    token: str
    state: MailState


def all(tx: Tx) -> list[Mail]:
    """Return every address, by the alphabet."""
    rows = tx.rows(
        """
        select id, address, token, state from digest_mails
        where workspace = :workspace order by address
        """
    )
    return [_mail(row) for row in rows]


def find(tx: Tx, token: str) -> Mail | None:
    """Return the address that a link is about."""
    rows = tx.rows(
        """
        select id, address, token, state from digest_mails
        where workspace = :workspace and token = :token
        """,
        token=token,
    )
    return _mail(rows[0]) if rows else None


def add(tx: Tx, mail: Mail, by: PersonId, now: datetime) -> bool:
    """Enter an address; False when it is there."""
    return (
        tx.run(
            """
            insert into digest_mails (workspace, id, address, token, added_by, added_at)
            values (:workspace, :id, :address, :token, :by, :now)
            on conflict (workspace, address) do nothing
            """,
            id=mail.id,
            address=mail.address,
            token=mail.token,
            by=by,
            now=as_text(now),
        )
        == 1
    )


def confirm(tx: Tx, token: str) -> bool:
    """Let an address get the digest from now on; False when there is none with this token."""
    return (
        tx.run(
            """
            update digest_mails set state = 'confirmed'
            where workspace = :workspace and token = :token
            """,
            token=token,
        )
        == 1
    )


def remove(tx: Tx, id: str) -> bool:
    """Let go of an address, and of where mail to it went; False when it is gone."""
    gone = tx.run("delete from digest_mails where workspace = :workspace and id = :id", id=id) == 1
    tx.write(
        "update places set name = '' where workspace = :workspace and id = :place",
        place=f"mail:{id}",
    )
    return gone


def forget(tx: Tx, before: datetime) -> int:
    """Delete addresses that nobody confirmed since then; return how many."""
    return tx.run(
        """
        delete from digest_mails
        where workspace = :workspace and state = 'asked' and added_at < :before
        """,
        before=as_text(before),
    )


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'digest_mails.added_by' as what, address as subject, added_at as at
        from digest_mails where workspace = :workspace and added_by = :person order by at
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put somebody else, or a pseudonym, in the place of a person."""
    tx.write(
        """
        update digest_mails set added_by = :to
        where workspace = :workspace and added_by = :person
        """,
        person=person,
        to=to,
    )


def _mail(row: Row) -> Mail:
    row["state"] = MailState(row["state"])
    return Mail(**row)

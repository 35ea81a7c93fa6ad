"""Messages of which nobody knows whether they arrived: looked for, found, or known to be gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.delivery.outbox import Parcel
from storage.engine import Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message that may stand in a place."""

    key: str
    message: str


def settle(tx: Tx, place: PlaceId, key: str, external_id: str | None) -> int:
    """It became known what happened to uncertain rows: one stands there, or (None) none does."""
    if external_id is not None:
        tx.write(
            """
            insert into messages (workspace, place, key, external_id)
            values (:workspace, :place, :key, :external_id)
            on conflict (workspace, place, key) do nothing
            """,
            place=place,
            key=key,
            external_id=external_id,
        )
    return tx.run(
        """
        update outbox set state = :state, reason = :reason
        where workspace = :workspace and place = :place and key = :key and state = 'ambiguous'
        """,
        place=place,
        key=key,
        state="cancelled" if external_id is None else "sent",
        reason="it did not arrive" if external_id is None else "it was found",
    )


def unsure_at(tx: Tx, place: PlaceId) -> list[Unsure]:
    """Return what may stand in a place though nobody knows under which id, newest last."""
    rows = tx.rows(
        """
        select key, message from outbox
        where workspace = :workspace and place = :place and state = 'ambiguous'
        and message <> '' and not exists (
            select 1 from messages m where m.workspace = outbox.workspace
            and m.place = outbox.place and m.key = outbox.key
        )
        order by created_at, id
        """,
        place=place,
    )
    return [Unsure(row["key"], row["message"]) for row in rows]


def adopt(tx: Tx, place: PlaceId, key: str, external_id: str, now: datetime) -> None:
    """An uncertain message was found, under this id: bring it to its newest state."""
    settle(tx, place, key, external_id)
    tx.write(
        """
        update outbox set state = 'pending', not_before = :now, attempts = 0, copies = 0,
            reason = null, finished_at = null
        where workspace = :workspace and id = (
            select id from outbox
            where workspace = :workspace and place = :place and key = :key
            order by created_at desc, id desc limit 1
        )
        and not exists (
            select 1 from outbox waits where waits.workspace = :workspace
            and waits.place = :place and waits.key = :key and waits.state in ('pending', 'leased')
        )
        """,
        place=place,
        key=key,
        now=as_text(now),
    )


def came_late(tx: Tx, parcel: Parcel, external_id: str | None, now: datetime) -> None:
    """A courier that stood still carried what was no longer its own; `external_id` if it is known.

    Whoever took it over may have carried newer things meanwhile, and an edit now stands over
    them: what stood there last goes out once more, unless something newer is on its way. Its
    own row, too, may say something newer by now.
    """
    if parcel.external_id is None:
        if external_id is not None:
            adopt(tx, parcel.place, parcel.key, external_id, now)
        return
    tx.write(
        """
        update outbox set state = 'pending', not_before = :now, attempts = 0, copies = 0,
            reason = null, finished_at = null
        where workspace = :workspace and id = (
            select id from outbox
            where workspace = :workspace and place = :place and key = :key
            and state = 'sent' and message <> ''
            order by created_at desc, id desc limit 1
        )
        and (id <> :late or message <> :said)
        and not exists (
            select 1 from outbox waits where waits.workspace = :workspace
            and waits.place = :place and waits.key = :key and waits.state in ('pending', 'leased')
        )
        """,
        place=parcel.place,
        key=parcel.key,
        late=parcel.id,
        said=parcel.message,
        now=as_text(now),
    )


def near(tx: Tx, place: PlaceId) -> str | None:
    """Return the platform's id of some message in a place."""
    rows = tx.rows(
        """
        select max(external_id) as id from messages
        where workspace = :workspace and place = :place
        """,
        place=place,
    )
    return str(rows[0]["id"]) if rows[0]["id"] else None

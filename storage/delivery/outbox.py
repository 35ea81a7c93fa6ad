"""The outbox: messages still to be carried, and what became of each.

A row is one sending of a key to a place. The same key edits the same message,
so an unsent row is replaced by a newer one. Rows of one place go out one after the
other: when a courier dies, one message for each place is uncertain at most. States:

pending    waits for a courier
leased     a courier has it; when the lease runs out the outcome is unknown
sent       the platform said so
ambiguous  perhaps sent, perhaps not; shown as uncertain
parked     cannot be sent there, with the reason
held       is from before a restore, and waits for a person (storage/operations/hold.py)
cancelled  no longer needed
dead       given up after many tries, with the reason
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.delivery import timers
from storage.delivery import timers as delivery_timers
from storage.engine import Row, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_moment, as_text


class ParcelState(StrEnum):
    """How far a parcel is: `ambiguous` ones were perhaps sent, `held` ones wait for a person."""

    PENDING = "pending"
    HELD = "held"
    LEASED = "leased"
    SENT = "sent"
    AMBIGUOUS = "ambiguous"
    PARKED = "parked"
    DEAD = "dead"
    CANCELLED = "cancelled"


class ParcelKind(StrEnum):
    """What a message is for: how urgent it is, and what becomes of it when it fails."""

    ALARM = "alarm"
    NOTE = "note"
    CARD = "card"
    DIGEST = "digest"


PRIORITIES = {kind: at for at, kind in enumerate(ParcelKind)}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that is ours to carry until the lease runs out.

    `message` is JSON. `external_id` names the message that already stands
    there (then this is an edit). `again` says that an earlier try of this very
    row may have reached the platform; `copies` counts those. `otherwise` is the timer
    that becomes due when it cannot be delivered. `unsure` is the id of a row of the same key
    that may stand there already, though nobody knows under which id.
    """

    workspace: str
    id: str
    place: PlaceId
    key: str
    kind: ParcelKind
    message: str
    external_id: str | None
    attempts: int
    copies: int
    fence: int
    otherwise: str | None
    again: bool
    created_at: datetime
    unsure: str | None = None


def add(
    tx: Tx,
    *,
    id: str,
    place: PlaceId,
    key: str,
    kind: ParcelKind,
    message: str,
    now: datetime,
    otherwise: str | None = None,
    not_before: datetime | None = None,
) -> None:
    """Store a message for `place`; an unsent one of the same key is replaced.

    `otherwise` is the key of a timer that becomes due at once when this message
    cannot be delivered. `not_before` is when it goes out, unless it is taken back.
    """
    tx.write(
        """
        insert into outbox
            (workspace, id, place, key, kind, priority, message, state,
             not_before, created_at, otherwise)
        values
            (:workspace, :id, :place, :key, :kind, :priority, :message, 'pending',
             :not_before, :now, :otherwise)
        on conflict (workspace, place, key) where state = 'pending' do update set
            message = excluded.message, kind = excluded.kind,
            priority = case when excluded.priority < outbox.priority
                       then excluded.priority else outbox.priority end,
            otherwise = excluded.otherwise
        """,
        id=id,
        place=place,
        key=key,
        kind=kind,
        priority=PRIORITIES[kind],
        message=message,
        now=as_text(now),
        not_before=as_text(not_before or now),
        otherwise=otherwise,
    )


def places_of(tx: Tx, key: str) -> list[str]:
    """Return where the message `key` stands, or is on its way to."""
    rows = tx.rows(
        """
        select place from messages where workspace = :workspace and key = :key
        union
        select place from outbox where workspace = :workspace and key = :key
        and state in ('pending', 'leased', 'ambiguous', 'held')
        """,
        key=key,
    )
    return sorted(row["place"] for row in rows)  # in order, SQLite goes through every message


def key_at(tx: Tx, place: PlaceId, external_id: str) -> str | None:
    """Return the key of a message that stands in a place, by the platform's id of it."""
    rows = tx.rows(
        """
        select key from messages
        where workspace = :workspace and place = :place and external_id = :external_id
        """,
        place=place,
        external_id=external_id,
    )
    return rows[0]["key"] if rows else None


def cancel(tx: Tx, key: str, reason: str) -> int:
    """Take back every unsent row of `key` that would make a new message; return how many.

    What already stands somewhere is not touched: change it with a post. Where a copy
    may have arrived, `places_of` still names the place, so that the post goes there too.
    """
    return tx.run(
        """
        update outbox set reason = :reason, finished_at = created_at,
            state = case when copies > 0 then 'ambiguous' else 'cancelled' end
        where workspace = :workspace and key = :key and state in ('pending', 'parked', 'held')
        and not exists (
            select 1 from messages m where m.workspace = outbox.workspace
            and m.place = outbox.place and m.key = outbox.key
        )
        """,
        key=key,
        reason=reason,
    )


def withdraw(tx: Tx, place: PlaceId, key: str, reason: str) -> bool:
    """Take the unsent message `key` back at one place; False when one stands there already."""
    tx.run(
        """
        update outbox set reason = :reason, finished_at = created_at, state = 'cancelled'
        where workspace = :workspace and place = :place and key = :key
        and state in ('pending', 'parked', 'held')
        """,
        place=place,
        key=key,
        reason=reason,
    )
    return not tx.rows(
        """
        select 1 as one from outbox
        where workspace = :workspace and place = :place and key = :key
        and state in ('leased', 'sent', 'ambiguous')
        """,
        place=place,
        key=key,
    )


def outcome(tx: Tx, place: PlaceId, key: str) -> str | None:
    """Return what became of the newest message `key` at a place, None when there is none."""
    rows = tx.rows(
        """
        select state from outbox
        where workspace = :workspace and place = :place and key = :key
        order by created_at desc, id desc limit 1
        """,
        place=place,
        key=key,
    )
    return rows[0]["state"] if rows else None


def hurry(tx: Tx, place: PlaceId, key: str, now: datetime) -> None:
    """Let the unsent message `key` at a place, if there is one, go out at once."""
    tx.write(
        """
        update outbox set not_before = :now
        where workspace = :workspace and place = :place and key = :key
        and state = 'pending' and not_before > :now
        """,
        place=place,
        key=key,
        now=as_text(now),
    )


# Each gives the rows that are looked at, as `candidates`.
# From place to place in the index: neither store skips to the next one by itself.
def mark_sent(tx: Tx, parcel: Parcel, external_id: str, now: datetime) -> bool:
    """The platform has it, under `external_id`. False when the parcel is no longer ours."""
    if not _finish(tx, parcel, ParcelState.SENT, None, now, external_id):
        return False
    tx.run(
        """
        insert into messages (workspace, place, key, external_id)
        values (:workspace, :place, :key, :external_id)
        on conflict (workspace, place, key) do update set external_id = excluded.external_id
        """,
        place=parcel.place,
        key=parcel.key,
        external_id=external_id,
    )
    return True


def again(
    tx: Tx,
    parcel: Parcel,
    not_before: datetime,
    reason: str,
    *,
    copy: bool = False,
    counts: bool = True,
) -> bool:
    """Put the parcel back for later; `copy` when the platform may have it already.

    `counts` is False when it was not really tried, only told to wait. When
    something newer of the same key waits, that goes instead of this one.
    """
    state = "cancelled" if _newer(tx, parcel) else "pending"
    return (
        tx.run(
            """
            update outbox set state = :state, lease_until = null, not_before = :later,
                finished_at = case when :state = 'cancelled' then :later end,
                reason = :reason, copies = copies + :copies, attempts = attempts - :spared
            where workspace = :workspace and id = :id and fence = :fence and state = 'leased'
            """,
            state=state,
            id=parcel.id,
            fence=parcel.fence,
            later=as_text(not_before),
            reason=reason,
            copies=int(copy),
            spared=int(not counts),
        )
        == 1
    )


def uncertain(tx: Tx, parcel: Parcel, reason: str, now: datetime, *, hastens: bool = True) -> bool:
    """Perhaps it arrived; it is not sent again, and shown as uncertain.

    Where the whole platform is away, it `hastens` nothing: nobody else would be reached.
    """
    done = _finish(tx, parcel, ParcelState.AMBIGUOUS, reason, now)
    return done and (not hastens or _hasten(tx, parcel, now))


def park(tx: Tx, parcel: Parcel, reason: str, now: datetime) -> bool:
    """It cannot be delivered there; whatever was to happen otherwise happens now."""
    return _finish(tx, parcel, ParcelState.PARKED, reason, now) and _hasten(tx, parcel, now)


def bury(tx: Tx, parcel: Parcel, reason: str, now: datetime) -> bool:
    """Given up after many tries."""
    return _finish(tx, parcel, ParcelState.DEAD, reason, now) and _hasten(tx, parcel, now)


def standing(tx: Tx, external_id: str) -> str | None:
    """Return what the message says (JSON) that the platform knows by this id, or soon will."""
    rows = tx.rows(
        """
        select o.message from messages m
        join outbox o on o.workspace = m.workspace and o.place = m.place and o.key = m.key
        where m.workspace = :workspace and m.external_id = :external_id and o.message <> ''
        order by o.created_at desc, o.id desc limit 1
        """,
        external_id=external_id,
    )
    return rows[0]["message"] if rows else None


def unparcel(tx: Tx, place: PlaceId, key: str) -> None:
    """Forget the message that stood there: somebody deleted it. The next one is new."""
    tx.write(
        "delete from messages where workspace = :workspace and place = :place and key = :key",
        place=place,
        key=key,
    )


# The place of `o` lies with the platform that shuts its company `w` out.
SHUT_OUT = "substr(o.place, 1, length(w.shut_out) + 1) = w.shut_out || ':'"


def shut_out(tx: Tx) -> int:
    """Return how many workspaces are shut out by one of their platforms."""
    rows = tx.rows("select count(*) as n from workspaces where shut_out is not null")
    return int(rows[0]["n"])


def next_after(tx: Tx, now: datetime) -> datetime | None:
    """Return the earliest time still to come at which something of any workspace may go out."""
    rows = tx.rows(
        "select min(not_before) as due from outbox where state = 'pending' and not_before > :now",
        now=as_text(now),
    )
    return as_moment(rows[0]["due"]) if rows[0]["due"] else None


def next_due(tx: Tx) -> datetime | None:
    """Return the earliest time something of any workspace may go out."""
    rows = tx.rows("select min(not_before) as due from outbox where state = 'pending'")
    return as_moment(rows[0]["due"]) if rows[0]["due"] else None


def forget(tx: Tx, texts_before: datetime, before: datetime) -> int:
    """Blank the text of what was finished long ago, later delete it, in all workspaces.

    What perhaps did not arrive stays to be seen.
    """
    blanked = tx.run(
        """
        update outbox set message = '' where finished_at < :before and message <> ''
        and state not in ('pending', 'leased')
        """,
        before=as_text(texts_before),
    )
    return blanked + tx.run(
        "delete from outbox where finished_at < :before and state in ('sent', 'cancelled')",
        before=as_text(before),
    )


def _finish(
    tx: Tx,
    parcel: Parcel,
    state: ParcelState,
    reason: str | None,
    now: datetime,
    external_id: str | None = None,
) -> bool:
    return (
        tx.run(
            """
            update outbox set state = :state, lease_until = null, reason = :reason,
                external_id = :external_id, finished_at = :now
            where workspace = :workspace and id = :id and fence = :fence and state = 'leased'
            """,
            state=state,
            id=parcel.id,
            fence=parcel.fence,
            reason=reason,
            external_id=external_id,
            now=as_text(now),
        )
        == 1
    )


def _hasten(tx: Tx, parcel: Parcel, now: datetime) -> bool:
    """Make the timer due that comes next, unless something newer says it is not needed."""
    if parcel.otherwise is not None:
        delivery_timers.lock(tx, parcel.otherwise)
        if not _newer(tx, parcel):
            timers.hasten(tx, parcel.otherwise, now)
    return True


def _newer(tx: Tx, parcel: Parcel) -> bool:
    """Say whether something newer of the same key waits for the same place."""
    rows = tx.rows(
        """
        select 1 as one from outbox
        where workspace = :workspace and place = :place and key = :key and state = 'pending'
        """,
        place=parcel.place,
        key=parcel.key,
    )
    return bool(rows)


def from_row(row: Row, *, again: bool) -> Parcel:
    return Parcel(
        workspace=row["workspace"],
        id=row["id"],
        place=row["place"],
        key=row["key"],
        kind=row["kind"],
        message=row["message"],
        external_id=row["external_id"],
        attempts=row["attempts"],
        copies=row["copies"],
        fence=row["fence"],
        otherwise=row["otherwise"],
        again=again,
        created_at=as_moment(row["created_at"]),
        unsure=row.get("unsure"),
    )

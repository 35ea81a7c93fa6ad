"""Conversations: how a place is reached on a platform that has to be told so each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PlaceId
from storage.engine.sql import as_text

COLUMNS = "place, conversation, service_url, tenant, member, blocked"


@dataclass(frozen=True, slots=True)
class Conversation:
    """How a place is reached.

    `conversation` is the platform's id of it, None for a direct place that was never
    opened; `member` is the person's id in the platform's own words, None for channels.
    `blocked` says why nothing can be sent there, until something is heard from there.
    """

    place: PlaceId
    conversation: str | None
    service_url: str
    tenant: str
    member: str | None
    blocked: str | None


def hear(
    tx: Tx,
    place: PlaceId,
    *,
    conversation: str | None,
    service_url: str,
    tenant: str,
    member: str | None,
    now: datetime,
) -> None:
    """Keep how a place is reached, as it was just told.

    Without a `conversation` only the person was met; what is known of the place stays,
    also that it is blocked.
    """
    tx.run(
        """
        insert into conversations
            (workspace, place, conversation, service_url, tenant, member, heard_at)
        values (:workspace, :place, :conversation, :service_url, :tenant, :member, :now)
        on conflict (workspace, place) do update set
            conversation = coalesce(excluded.conversation, conversations.conversation),
            blocked = case when excluded.conversation is null then conversations.blocked end,
            service_url = excluded.service_url, tenant = excluded.tenant,
            member = coalesce(excluded.member, conversations.member),
            heard_at = excluded.heard_at
        """,
        place=place,
        conversation=conversation,
        service_url=service_url,
        tenant=tenant,
        member=member,
        now=as_text(now),
    )


def find(tx: Tx, place: PlaceId) -> Conversation | None:
    """Return how a place is reached."""
    rows = tx.rows(
        f"select {COLUMNS} from conversations where workspace = :workspace and place = :place",
        place=place,
    )
    return _conversation(rows[0]) if rows else None


def of_member(tx: Tx, member: str) -> Conversation | None:
    """Return the direct place of somebody, by their id in the platform's own words."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from conversations
        where workspace = :workspace and member = :member order by place limit 1
        """,
        member=member,
    )
    return _conversation(rows[0]) if rows else None


def latest(tx: Tx) -> Conversation | None:
    """Return the one that was heard from last: it tells the way to those we never met."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from conversations
        where workspace = :workspace order by heard_at desc, place limit 1
        """
    )
    return _conversation(rows[0]) if rows else None


def channels(tx: Tx, limit: int = 5) -> list[Conversation]:
    """Return the channels and groups that were heard from last: in them people can be looked up."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from conversations
        where workspace = :workspace and member is null and conversation is not null
        and blocked is null order by heard_at desc, place limit :limit
        """,
        limit=limit,
    )
    return [_conversation(row) for row in rows]


def keep_direct(tx: Tx, place: PlaceId, conversation: str) -> None:
    """Keep the id of a direct conversation that was just opened."""
    tx.run(
        """
        update conversations set conversation = :conversation, blocked = null
        where workspace = :workspace and place = :place
        """,
        place=place,
        conversation=conversation,
    )


def lose(tx: Tx, place: PlaceId) -> None:
    """Forget the id of a conversation that is not there any more."""
    tx.run(
        """
        update conversations set conversation = null
        where workspace = :workspace and place = :place
        """,
        place=place,
    )


def block(tx: Tx, place: PlaceId, reason: str) -> None:
    """Nothing can be sent there until something is heard from there."""
    tx.run(
        """
        update conversations set blocked = :reason
        where workspace = :workspace and place = :place
        """,
        place=place,
        reason=reason,
    )


def welcome(tx: Tx, place: PlaceId, now: datetime) -> bool:
    """Say whether nobody has been welcomed there yet; from now on somebody has."""
    return (
        tx.run(
            """
            update conversations set welcomed_at = :now
            where workspace = :workspace and place = :place and welcomed_at is null
            """,
            place=place,
            now=as_text(now),
        )
        == 1
    )


def _conversation(row: Row) -> Conversation:
    return Conversation(**row)

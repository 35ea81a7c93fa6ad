"""What must never be, counted over all companies: each is one question in SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.delivery.outbox import SHUT_OUT
from storage.engine import Tx
from storage.engine.sql import as_moment, as_text
from storage.incidents.keys import number_in

LATE = timedelta(minutes=2)  # a timer that is due, or a lease that ran out
OLD = timedelta(minutes=10)  # a message that may go out


def overdue_timers(tx: Tx, now: datetime) -> int:
    """Count timers that are due for minutes, and that nobody carries out."""
    rows = tx.rows(
        """
        select count(*) as n from timers where state = 'pending' and due_at < :late
        and (lease_until is null or lease_until < :real)
        """,
        late=as_text(now - LATE),
        real=tx.real_now(),
    )
    return int(rows[0]["n"])


def unwatched_incidents(tx: Tx, now: datetime) -> int:
    """Count open incidents that nobody will be asked about again.

    Not those that somebody released from a hold with “nothing of it”.
    """
    rows = tx.rows(
        """
        select count(*) as n from incidents i where i.state = 'open'
        and not exists (
            select 1 from timers t where t.workspace = i.workspace
            and t.state in ('pending', 'held') and t.key = 'incident:' || i.number || ':climb'
        )
        and not exists (
            select 1 from holds h where h.workspace = i.workspace
            and h.choice = 'nothing' and i.declared_at <= h.restored_at
        )
        """
    )
    return int(rows[0]["n"])


def escalating_for_nothing(tx: Tx, now: datetime) -> int:
    """Count alarms that are still to come for incidents that are not open."""
    rows = tx.rows(
        f"""
        select count(*) as n from timers t
        join incidents i on i.workspace = t.workspace
            and i.number = {number_in("t.key")} and t.key = 'incident:' || i.number || ':climb'
        where t.kind = 'climb' and t.state = 'pending' and i.state <> 'open'
        and t.due_at < :soon
        """,
        soon=as_text(now - LATE),
    )
    return int(rows[0]["n"])


def chains(tx: Tx, now: datetime) -> int:
    """Count timers of incidents that stand beside the one chain each has."""
    rows = tx.rows(
        f"""
        select count(*) as n from timers t where t.kind = 'climb' and t.state = 'pending'
        and not exists (
            select 1 from incidents i where i.workspace = t.workspace
            and i.number = {number_in("t.key")} and t.key = 'incident:' || i.number || ':climb'
        )
        """
    )
    return int(rows[0]["n"])


def expired_leases(tx: Tx, now: datetime) -> int:
    """Count what somebody took, and nobody took over when they vanished."""
    long_ago = as_text(as_moment(tx.real_now()) - LATE)
    rows = tx.rows(
        """
        select
            (select count(*) from outbox where state = 'leased' and lease_until < :ago)
            + (select count(*) from timers
               where state = 'pending' and due_at < :late and lease_until < :ago) as n
        """,
        ago=long_ago,
        late=as_text(now - LATE),
    )
    return int(rows[0]["n"])


def old_messages(tx: Tx, now: datetime) -> int:
    """Count messages that could have gone out long ago, where the platform lets us in."""
    rows = tx.rows(
        f"""
        select count(*) as n from outbox o where o.state = 'pending' and o.not_before < :old
        and not exists (select 1 from workspaces w where w.id = o.workspace and {SHUT_OUT})
        """,
        old=as_text(now - OLD),
    )
    return int(rows[0]["n"])


def doubled_digests(tx: Tx, now: datetime) -> int:
    """Count digests that stand twice in one place for one week."""
    rows = tx.rows(
        """
        select count(*) as n from (
            select workspace, place, key from outbox
            where kind = 'digest' and state = 'sent' and external_id is not null
            group by workspace, place, key having count(distinct external_id) > 1
        ) twice
        """
    )
    return int(rows[0]["n"])


def orphans(tx: Tx, now: datetime) -> int:
    """Count rows that belong to nothing: people without a key, messages of no place we know."""
    rows = tx.rows(
        """
        select
            (select count(*) from identities i left join people p
                on p.workspace = i.workspace and p.id = i.person where p.id is null)
            + (select count(*) from messages m left join workspaces w
                on w.id = m.workspace where w.id is null)
            + (select count(*) from outbox o where o.state = 'leased' and o.lease_until is null)
            + (select count(*) from incidents i left join people p
                on p.workspace = i.workspace and p.id = i.responsible where p.id is null) as n
        """
    )
    return int(rows[0]["n"])

"""The hold after a restore: nothing that is older goes out until a person says what of it may.

Messages and timers of before have the state `held`. New ones beside them go out as ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import NOWHERE, PlaceId
from storage.engine.sql import as_moment, as_text
from storage.incidents.keys import number_in

# What of a held row belongs to an alarm of an incident that is still open: its own message,
# or a line of a message with several.
OF_AN_OPEN_ONE = f"""
    kind = 'alarm' and (
        exists (
            select 1 from incidents i where i.workspace = outbox.workspace
            and i.state = 'open' and i.number = {number_in("outbox.key")}
        )
        or exists (
            select 1 from alarms a join incidents i
                on i.workspace = a.workspace and i.number = a.incident
            where a.workspace = outbox.workspace and a.list = outbox.key and i.state = 'open'
        )
    )
"""
CLIMBS = f"""
    kind = 'climb' and exists (
        select 1 from incidents i where i.workspace = timers.workspace
        and i.state = 'open' and i.number = {number_in("timers.key")}
        and timers.key = 'incident:' || i.number || ':climb'
    )
"""


SKIPPED = 100  # numbers of incidents that nobody gets after a restore


@dataclass(frozen=True, slots=True)
class Hold:
    """Since when a company is held, and when the copy was taken that it was restored from."""

    restored_at: datetime
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """What would have gone out: a message with its JSON, or something that was due.

    `where` is its place as people call it: nothing for somebody who is restricted.
    """

    what: str
    place: PlaceId
    key: str
    kind: str
    message: str
    at: datetime
    where: str = ""


def begin(tx: Tx, taken_at: datetime | None, now: datetime) -> None:
    """Hold every company: what waits to be sent, what is due or will be.

    Retention goes on: it sends nothing. What was just being sent may have arrived. Numbers of
    incidents that the copy does not know were shown to people: new ones begin behind them.
    """
    tx.run("update counters set value = value + :skipped where name = 'incident'", skipped=SKIPPED)
    tx.run(
        """
        update outbox set state = 'held', lease_until = null, fence = fence + 1,
            copies = copies + case when state = 'leased' then 1 else 0 end
        where state in ('pending', 'leased', 'parked')
        """
    )
    tx.run(
        """
        update timers set state = 'held', lease_until = null, fence = fence + 1
        where state = 'pending' and kind <> 'retention'
        """
    )
    tx.run(
        """
        insert into holds (workspace, restored_at, taken_at)
        select id, :now, :taken from workspaces
        """,
        now=as_text(now),
        taken=as_text(taken_at) if taken_at else None,
    )


def current(tx: Tx) -> Hold | None:
    """Return the hold that nobody has ended yet."""
    rows = tx.rows(
        """
        select restored_at, taken_at from holds
        where workspace = :workspace and released_at is null order by restored_at desc limit 1
        """
    )
    if not rows:
        return None
    taken = rows[0]["taken_at"]
    return Hold(as_moment(rows[0]["restored_at"]), as_moment(taken) if taken else None)


def everywhere(tx: Tx) -> list[str]:
    """Return which companies are held."""
    rows = tx.rows(
        "select distinct workspace from holds where released_at is null order by workspace"
    )
    return [row["workspace"] for row in rows]


def listed(tx: Tx, now: datetime) -> list[Held]:
    """Return what would have gone out until now: messages first, alarms before all others."""
    messages = tx.rows(
        """
        select o.place, o.key, o.kind, o.message, o.created_at,
            case when p.kind = 'channel' and p.name <> '' then '#' || p.name
                 when p.kind = 'direct' and who.restricted_on is null then '@' || who.name
            end as place_name
        from outbox o
        left join places p on p.workspace = o.workspace and p.id = o.place
        left join people who on who.workspace = p.workspace and who.id = p.person
        where o.workspace = :workspace and o.state = 'held'
        order by o.priority, o.created_at, o.id
        """
    )
    due = tx.rows(
        """
        select kind, key, due_at from timers
        where workspace = :workspace and state = 'held' and due_at <= :now order by due_at, id
        """,
        now=as_text(now),
    )
    return [_message(row) for row in messages] + [
        Held("due", NOWHERE, row["key"], row["kind"], "", as_moment(row["due_at"])) for row in due
    ]


def release(tx: Tx, choice: str, now: datetime) -> bool:
    """Let go of what is held: `all`, the `alarms` of open incidents, or `nothing` of it.

    False when nothing is held. What a person changed meanwhile replaces what was held of it.
    Whatever else fell due meanwhile goes on muted, so that what repeats itself does not end.
    """
    at = as_text(now)
    ended = tx.run(
        """
        update holds set choice = :choice, released_at = :at
        where workspace = :workspace and released_at is null
        """,
        choice=choice,
        at=at,
    )
    if not ended:
        return False
    _drop_replaced(tx, at)
    if choice == "all":
        tx.run(
            """
            update outbox set state = 'pending', not_before = :at, attempts = 0,
                reason = null, finished_at = null
            where workspace = :workspace and state = 'held'
            """,
            at=at,
        )
        tx.run(
            """
            update timers set state = 'pending', attempts = 0
            where workspace = :workspace and state = 'held'
            """
        )
    else:
        _let_some_go(tx, choice, at)
    tx.signal()
    return True


def _drop_replaced(tx: Tx, at: str) -> None:
    tx.run(
        """
        update outbox set state = 'cancelled', reason = 'replaced', finished_at = :at
        where workspace = :workspace and state = 'held' and (message = '' or exists (
            select 1 from outbox newer where newer.workspace = outbox.workspace
            and newer.place = outbox.place and newer.key = outbox.key
            and newer.state in ('held', 'pending', 'leased', 'sent', 'ambiguous')
            and (newer.created_at, newer.id) > (outbox.created_at, outbox.id)
        ))
        """,
        at=at,
    )


def _let_some_go(tx: Tx, choice: str, at: str) -> None:
    if choice == "alarms":
        tx.run(
            f"""
            update outbox set state = 'pending', not_before = :at, attempts = 0,
                reason = null, finished_at = null
            where workspace = :workspace and state = 'held' and {OF_AN_OPEN_ONE}
            """,
            at=at,
        )
        tx.run(
            f"""
            update timers set state = 'pending', attempts = 0
            where workspace = :workspace and state = 'held' and {CLIMBS}
            """
        )
    tx.run(
        """
        update outbox set state = 'cancelled', reason = 'restored', finished_at = :at
        where workspace = :workspace and state = 'held'
        """,
        at=at,
    )
    # Whoever released knows of these incidents; channels for old ones are not made either.
    tx.run(
        """
        update timers set state = 'cancelled', reason = 'restored'
        where workspace = :workspace and state = 'held' and due_at <= :at
        and kind in ('climb', 'room')
        """,
        at=at,
    )
    tx.run(
        """
        update timers set state = 'pending', attempts = 0,
            muted = case when due_at <= :at then 1 else 0 end
        where workspace = :workspace and state = 'held'
        """,
        at=at,
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete holds that ended long ago."""
    return tx.run(
        "delete from holds where workspace = :workspace and released_at < :before",
        before=as_text(before),
    )


def _message(row: Row) -> Held:
    return Held(
        what="message",
        place=row["place"],
        key=row["key"],
        kind=row["kind"],
        message=row["message"],
        at=as_moment(row["created_at"]),
        where=row["place_name"] or "",
    )

"""Who carries which parcel now: claims with a lease and a fence, the oldest alarms first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from storage.delivery.outbox import PRIORITIES, SHUT_OUT, Parcel, ParcelKind, from_row
from storage.engine import Row, Tx
from storage.engine.sql import as_moment, as_text, letters

LEASE = timedelta(seconds=30)


MOST_BUSY = 100  # places left out of one claim; those beyond it are put back unsent


def claim(
    tx: Tx,
    now: datetime,
    busy: set[tuple[str, str]],
    limit: int = 20,
    only: tuple[str, str] | None = None,
    full: Collection[tuple[str, str, str]] = (),
) -> list[Parcel]:
    """Take what may go out now, of all workspaces, alarms first, for `LEASE` of real time.

    `busy` are (workspace, place) pairs that must wait, because the platform said so;
    a bare `slack:` means all that this platform has of the workspace, an empty workspace
    means each. `only` is the one pair to look at. What is `full` has no
    room for a kind, nor for what matters less.
    A workspace is parked while Slack shuts us out; Teams beside it goes on.
    Of each place the first is taken, and nothing while another one is on its way
    there. However much waits, only what stands in front is looked at: first the oldest
    of all places, and if those do not suffice the first one of each place.
    """
    names: dict[str, object] = {}
    blocked = _blocked(busy, full, names)
    if only is not None and only[0]:
        names |= {"of": only[0], "there": only[1]}
        return _claimed(_take(tx, ONE_PLACE, blocked, now, limit, names))
    if only is not None:
        names["there"] = only[1]
        blocked += f" and {_there(only[1], 'there')}"
    rows = _take(tx, OLDEST, blocked, now, limit, names)
    if len(rows) < limit:
        rows += _take(tx, EACH_PLACE, blocked, now, limit - len(rows), names)
    return _claimed(rows)


OLDEST = """
    candidates as materialized (
        select workspace, id from outbox where state = 'pending'
        order by priority, created_at, id limit 100
    )
    """


EACH_PLACE = """
    recursive companies (workspace) as (
        select min(o.workspace) from outbox o where o.state = 'pending'
        union all
        select (
            select min(o.workspace) from outbox o
            where o.state = 'pending' and o.workspace > c.workspace
        ) from companies c where c.workspace is not null
    ),
    spots (workspace, place) as (
        select c.workspace, (
            select min(o.place) from outbox o
            where o.state = 'pending' and o.workspace = c.workspace
        ) from companies c where c.workspace is not null
        union all
        select s.workspace, (
            select min(o.place) from outbox o
            where o.state = 'pending' and o.workspace = s.workspace and o.place > s.place
        ) from spots s where s.place is not null
    ),
    candidates as materialized (
        select s.workspace, (
            select o.id from outbox o
            where o.workspace = s.workspace and o.place = s.place and o.state = 'pending'
            and o.not_before <= :now
            order by o.priority, o.created_at, o.id limit 1
        ) as id from spots s where s.place is not null
    )
    """


ONE_PLACE = """
    candidates as materialized (
        select workspace, id from outbox
        where workspace = :of and place = :there and state = 'pending' and not_before <= :now
        order by priority, created_at, id limit 1
    )
    """


def _take(
    tx: Tx, candidates: str, blocked: str, now: datetime, limit: int, names: dict[str, object]
) -> list[Row]:
    """Take those of the candidates that may go out.

    The condition on the state stands twice: on PostgreSQL two claims at once would otherwise
    take the same row, because the sub-select is not looked at again after waiting. It is
    materialized, because PostgreSQL may otherwise run it once for each row, and take far
    more than `limit`.
    """
    return tx.rows(
        f"""
        with {candidates}, next as materialized (
            select o.workspace, o.id from candidates c
            join outbox o on o.workspace = c.workspace and o.id = c.id
            where o.state = 'pending' and o.not_before <= :now{blocked}
            and not exists (
                select 1 from workspaces w where w.id = o.workspace and {SHUT_OUT}
            )
            and not exists (
                select 1 from outbox away where away.workspace = o.workspace
                and away.place = o.place and away.state = 'leased'
            )
            and o.id = (
                select first.id from outbox first where first.workspace = o.workspace
                and first.place = o.place and first.state = 'pending'
                and first.not_before <= :now
                order by first.priority, first.created_at, first.id limit 1
            )
            order by o.priority, o.created_at, o.id limit :limit {tx.skip_locked}
        )
        update outbox set state = 'leased', lease_until = :until,
            attempts = attempts + 1, fence = fence + 1
        where (workspace, id) in (select workspace, id from next) and state = 'pending'
        returning workspace, id, place, key, kind, priority, message, attempts, copies, fence,
            otherwise, created_at,
            (select external_id from messages m where m.workspace = outbox.workspace
             and m.place = outbox.place and m.key = outbox.key) as external_id,
            (select u.id from outbox u where u.workspace = outbox.workspace
             and u.place = outbox.place and u.key = outbox.key and u.state = 'ambiguous'
             order by u.created_at desc, u.id desc limit 1) as unsure
        """,
        until=as_text(as_moment(tx.real_now()) + LEASE),
        now=as_text(now),
        limit=limit,
        **names,
    )


def _claimed(rows: list[Row]) -> list[Parcel]:
    rows.sort(key=lambda row: (row["priority"], row["created_at"], row["id"]))
    return [from_row(row, again=row["copies"] > 0) for row in rows]


def _blocked(
    busy: set[tuple[str, str]], full: Collection[tuple[str, str, str]], names: dict[str, object]
) -> str:
    """Return the conditions that leave out what must wait; what they name is put into `names`."""
    blocked = ""
    for n, (workspace, place) in enumerate(sorted(busy)[:MOST_BUSY]):
        names[f"p{letters(n)}"] = place
        there = _there(place, f"p{letters(n)}")
        if workspace:
            names[f"w{letters(n)}"] = workspace
            there = f"(o.workspace = :w{letters(n)} and {there})"
        blocked += f" and not {there}"
    for n, (workspace, place, kind) in enumerate(sorted(full)[:MOST_BUSY]):
        names[f"f{letters(n)}"], names[f"g{letters(n)}"] = workspace, place
        there = _there(place, f"g{letters(n)}")
        blocked += f" and not (o.priority >= {PRIORITIES[ParcelKind(kind)]} and o.workspace"
        blocked += f" = :f{letters(n)} and {there})"
    return blocked


def expired(tx: Tx, limit: int = 20) -> list[Parcel]:
    """Take over rows whose courier vanished. Whether they were sent, nobody knows.

    A lease that ends much later than one that begins now is from before the clock was set
    back; a little later may be one that another courier took in this moment.
    """
    real = tx.real_now()
    rows = tx.rows(
        f"""
        with lost as materialized (
            select workspace, id from outbox
            where state = 'leased' and (lease_until <= :real or lease_until > :never)
            order by created_at limit :limit {tx.skip_locked}
        )
        update outbox set lease_until = :until, fence = fence + 1
        where (workspace, id) in (select workspace, id from lost)
        and state = 'leased' and (lease_until <= :real or lease_until > :never)
        returning workspace, id, place, key, kind, message, attempts, copies, fence, otherwise,
            created_at,
            (select external_id from messages m where m.workspace = outbox.workspace
             and m.place = outbox.place and m.key = outbox.key) as external_id
        """,
        real=real,
        until=as_text(as_moment(real) + LEASE),
        never=as_text(as_moment(real) + 2 * LEASE),
        limit=limit,
    )
    return [from_row(row, again=True) for row in rows]


def _there(place: str, value: str) -> str:
    """Return the condition that a row goes to `place`; with a colon at its end, to a platform."""
    if place.endswith(":"):
        return f"substr(o.place, 1, {len(place)}) = :{value}"
    return f"o.place = :{value}"

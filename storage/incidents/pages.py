"""Pages of incidents: filtered lists, and how many there are in all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId, ServiceId
from storage.engine.sql import as_moment, as_text
from storage.incidents import COLUMNS, Incident, from_row

STATES = {
    "open": ("open", "restored"),
    "untaken": ("open",),
    "undone": ("restored",),
    "mine": ("open", "restored"),
}
EVERY = ("open", "restored", "over")  # what is over has one of several states
OVER = "state in ('done', 'closed', 'withdrawn')"
CHOSEN = """(:service = '' or service = :service) and (:since = '' or declared_at >= :since)
and (:mine = '' or :mine in (responsible, acknowledged_by, proposed_to, declared_by))"""


def page(
    tx: Tx,
    which: str,
    *,
    person: PersonId,
    service: ServiceId | None,
    since: datetime | None,
    first: int,
    most: int,
) -> list[Incident]:
    """Return the incidents from position `first` on: what is open first, then the newest.

    Of `mine` it is the open ones in which `person` has a role. State by state, each read in
    its order as far as the page reaches.
    """
    chosen = _chosen(which, person, service, since)
    found: list[Incident] = []
    states = STATES.get(which, EVERY)
    for state in states:
        rows = tx.rows(
            f"""
            select {COLUMNS} from incidents
            where workspace = :workspace and {_in(state)} and {CHOSEN}
            order by number desc limit :most offset :first
            """,
            **chosen,
            first=first,
            most=most - len(found),
        )
        found += [from_row(row) for row in rows]
        if len(found) == most or state == states[-1]:
            break
        first = 0 if rows else max(first - _count(tx, state, chosen), 0)
    return found


def count(
    tx: Tx, which: str, *, person: PersonId, service: ServiceId | None, since: datetime | None
) -> int:
    """Return how many there are in all."""
    chosen = _chosen(which, person, service, since)
    return sum(_count(tx, state, chosen) for state in STATES.get(which, EVERY))


def _count(tx: Tx, state: str, chosen: dict[str, object]) -> int:
    narrowed = f" and {CHOSEN}" if any(chosen.values()) else ""  # else the index tells it
    rows = tx.rows(
        f"""
        select count(*) as n from incidents
        where workspace = :workspace and {_in(state)}{narrowed}
        """,
        **(chosen if narrowed else {}),
    )
    return int(rows[0]["n"])


def _in(state: str) -> str:
    return OVER if state == "over" else f"state = '{state}'"


@dataclass(frozen=True, slots=True)
class Summary:
    """A service's incidents of a span: how many, without a service, without an acknowledgement."""

    service: ServiceId
    count: int
    gaps: int
    left: int


def summary(tx: Tx, start: datetime, end: datetime) -> list[Summary]:
    """Return what was declared from `start` until before `end`, service by service.

    Withdrawn ones are left out. `left` counts what nobody acknowledged, and what was reopened.
    """
    rows = tx.recall(
        """
        select service, count(*) as n, sum(gap) as gaps,
        sum(case when state <> 'closed' and (acknowledged_at is null or reopened_at is not null)
            then 1 else 0 end) as missing
        from incidents
        where workspace = :workspace and declared_at >= :start and declared_at < :end
        and state <> 'withdrawn'
        group by service order by service
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [
        Summary(row["service"], int(row["n"]), int(row["gaps"]), int(row["missing"]))
        for row in rows
    ]


def waits(tx: Tx, start: datetime, end: datetime) -> list[tuple[datetime, datetime, str]]:
    """Return when incidents were declared and acknowledged, and by whom; reopened ones left out."""
    rows = tx.rows(
        """
        select declared_at, acknowledged_at, acknowledged_by from incidents
        where workspace = :workspace and declared_at >= :start and declared_at < :end
        and acknowledged_at is not null and reopened_at is null
        and state not in ('withdrawn', 'closed')
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [
        (as_moment(row["declared_at"]), as_moment(row["acknowledged_at"]), row["acknowledged_by"])
        for row in rows
    ]


def outages(tx: Tx, start: datetime, end: datetime) -> tuple[int, int]:
    """Return how many outages of a span have a length, and how many people looked after them.

    Those that nobody looked after and those that were opened again are left out.
    """
    span = {"start": as_text(start), "end": as_text(end)}
    counted = tx.recall(
        """
        select count(*) as n from incidents
        where workspace = :workspace and declared_at >= :start and declared_at < :end
        and restored_at is not null and acknowledged_at is not null and reopened_at is null
        and state not in ('withdrawn', 'closed')
        """,
        **span,
    )
    hands = tx.recall(
        """
        select distinct acknowledged_by from incidents
        where workspace = :workspace and declared_at >= :start and declared_at < :end
        and restored_at is not null and acknowledged_at is not null and reopened_at is null
        and state not in ('withdrawn', 'closed')
        """,
        **span,
    )
    return int(counted[0]["n"]), len(hands)


def median_outage(tx: Tx, start: datetime, end: datetime, number: int) -> int:
    """Return the median of minutes until they worked again, of `number` outages of a span.

    The store counts it: a week may have many thousands. Days are counted from the letters of
    the dates, since both stores know no common word for it.
    """
    rows = tx.recall(
        """
        select ((1461 * (y2 + 4800 + (m2 - 14) / 12)) / 4
            - (1461 * (y1 + 4800 + (m1 - 14) / 12)) / 4
            + (367 * (m2 - 2 - 12 * ((m2 - 14) / 12))) / 12
            - (367 * (m1 - 2 - 12 * ((m1 - 14) / 12))) / 12
            - (3 * ((y2 + 4900 + (m2 - 14) / 12) / 100)) / 4
            + (3 * ((y1 + 4900 + (m1 - 14) / 12) / 100)) / 4 + d2 - d1) * 1440 + t2 - t1 as minutes
        from (
            select cast(substr(declared_at, 1, 4) as integer) as y1,
                cast(substr(declared_at, 6, 2) as integer) as m1,
                cast(substr(declared_at, 9, 2) as integer) as d1,
                cast(substr(declared_at, 12, 2) as integer) * 60
                    + cast(substr(declared_at, 15, 2) as integer) as t1,
                cast(substr(restored_at, 1, 4) as integer) as y2,
                cast(substr(restored_at, 6, 2) as integer) as m2,
                cast(substr(restored_at, 9, 2) as integer) as d2,
                cast(substr(restored_at, 12, 2) as integer) * 60
                    + cast(substr(restored_at, 15, 2) as integer) as t2
            from incidents
            where workspace = :workspace and declared_at >= :start and declared_at < :end
            and restored_at is not null and acknowledged_at is not null and reopened_at is null
            and state not in ('withdrawn', 'closed')
        ) moments
        order by minutes limit 2 offset :before
        """,
        start=as_text(start),
        end=as_text(end),
        before=(number - 1) // 2,
    )
    lengths = [row["minutes"] for row in rows[: 2 - number % 2]]
    return int(sum(lengths) / len(lengths))


def _chosen(
    which: str, person: PersonId, service: ServiceId | None, since: datetime | None
) -> dict[str, object]:
    return {
        "mine": person if which == "mine" else "",
        "service": service or "",
        "since": as_text(since) if since is not None else "",
    }


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An open incident as far as it tells whom it waits for: equal `ties`, the same people."""

    number: IncidentNumber
    declared_at: datetime
    ties: tuple[object, ...]


def glimpses(tx: Tx) -> list[Glimpse]:
    """Return every open incident, the serious ones first, then the oldest; not what it says."""
    rows = tx.rows(
        """
        select number, declared_at, service, guessed, declared_by, responsible, acknowledged_by,
            proposed_to, silent
        from incidents where workspace = :workspace and state = 'open'
        order by case severity when 'serious' then 0 else 1 end, number
        """
    )
    found: list[Glimpse] = []
    for row in rows:
        number, declared_at, *ties = row.values()
        found.append(Glimpse(number, as_moment(declared_at), tuple(ties)))
    return found


def untaken(tx: Tx) -> list[tuple[IncidentNumber, datetime]]:
    """Return which open incidents nobody looks after, and since when they are declared.

    The serious ones first, then the oldest; nobody does where whoever took it is silent.
    """
    rows = tx.rows(
        """
        select number, declared_at from incidents
        where workspace = :workspace and state = 'open'
        and (acknowledged_by is null or acknowledged_by <> responsible or silent <> 0)
        order by case severity when 'serious' then 0 else 1 end, number
        """
    )
    return [(row["number"], as_moment(row["declared_at"])) for row in rows]


def count_open_before(tx: Tx, moment: datetime) -> int:
    """Return how many open incidents were declared before a moment.

    All open ones without those since then: both are counted in an index, and neither grows with
    the years, as what was ever declared before does.
    """
    rows = tx.rows(
        """
        select (
            select count(*) from incidents where workspace = :workspace and state = 'open'
        ) - (
            select count(*) from incidents
            where workspace = :workspace and state = 'open' and declared_at >= :moment
        ) as n
        """,
        moment=as_text(moment),
    )
    return int(rows[0]["n"])

"""Repeats: which incidents look alike, what people said about it, and the groups that follow.

A group is called by the lowest number in it. Whoever changes groups first calls `alone_at_it`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from storage import workspaces
from storage.engine import Row, Tx
from storage.engine.sql import as_moment, as_text

# What counts as having happened, once: not what was taken back, a false alarm or a duplicate.
COUNTS = "i.state <> 'withdrawn' and coalesce(i.closed_as, '') in ('', 'superseded')"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Nobody has decided yet whether two incidents are the same; `words` are what they share."""

    earlier: int
    later: int
    root: int
    same_service: bool
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The same thing several times: its incidents' numbers, oldest first, and the newest one."""

    root: int
    numbers: tuple[int, ...]
    newest_at: datetime


def lock_groups(tx: Tx) -> None:
    """Let no other transaction of this workspace judge before our commit."""
    workspaces.next_number(tx, "judgements")


def propose(
    tx: Tx, *, earlier: int, later: int, rank: int, same_service: bool, words: tuple[str, ...]
) -> None:
    """Remember that two incidents look alike, unless somebody has judged them already.

    `later` is known already (`know`).
    """
    mark_compared(tx, earlier)
    tx.write(
        """
        insert into likenesses (workspace, earlier, later, verdict, rank, same_service, words)
        values (:workspace, :earlier, :later, 'proposed', :rank, :same_service, :words)
        on conflict (workspace, later, earlier) do nothing
        """,
        earlier=earlier,
        later=later,
        rank=rank,
        same_service=int(same_service),
        words="\n".join(words),
    )


def mark_compared(tx: Tx, number: int) -> None:
    """Let an incident be a group of its own unless it is in one."""
    tx.write(
        """
        insert into repeats (workspace, incident, root) values (:workspace, :number, :number)
        on conflict (workspace, incident) do nothing
        """,
        number=number,
    )


def forget_proposals(tx: Tx, later: int) -> None:
    """Take back what nobody has decided about `later`: it is about something else now."""
    tx.run(
        """
        delete from likenesses
        where workspace = :workspace and later = :later and verdict = 'proposed'
        """,
        later=later,
    )


def undecided(tx: Tx, later: int) -> list[Proposal]:
    """Return what `later` looks like, the likeliest first: one of each group, never a refused one.

    A pair counts as refused when anybody called any two of their groups not the same. Nothing
    more is asked once it is known to be the same as something, or does not count itself.
    """
    rows = tx.recall(
        f"""
        select l.earlier, l.later, l.same_service, l.words, a.root from likenesses l
        join repeats a on a.workspace = :workspace and a.incident = l.earlier
        join repeats b on b.workspace = :workspace and b.incident = l.later
        join incidents i on i.workspace = :workspace and i.number = l.earlier
        where l.workspace = :workspace and l.later = :later and l.verdict = 'proposed'
        and a.root <> b.root and {COUNTS}
        and exists (
            select 1 from incidents i
            where i.workspace = :workspace and i.number = :later and {COUNTS}
        )
        and not exists (
            select 1 from likenesses s
            where s.workspace = :workspace and s.later = :later and s.verdict = 'same'
        )
        and not exists (
            select 1 from likenesses o
            join repeats x on x.workspace = :workspace and x.incident = o.earlier
            join repeats y on y.workspace = :workspace and y.incident = o.later
            where o.workspace = :workspace and o.verdict = 'other'
            and ((x.root = a.root and y.root = b.root) or (x.root = b.root and y.root = a.root))
        )
        order by l.rank, l.earlier desc
        """,
        later=later,
    )
    found: dict[int, Proposal] = {}
    for row in rows:
        words = tuple(row["words"].split("\n")) if row["words"] else ()
        each = Proposal(row["earlier"], later, row["root"], bool(row["same_service"]), words)
        found.setdefault(each.root, each)
    return list(found.values())


def waiting(tx: Tx, start: datetime, end: datetime) -> list[int]:
    """Return the incidents declared in a span about which something was never decided."""
    rows = tx.rows(
        f"""
        select distinct l.later from likenesses l
        join incidents i on i.workspace = :workspace and i.number = l.later
        where l.workspace = :workspace and l.verdict = 'proposed'
        and i.declared_at >= :start and i.declared_at < :end and {COUNTS}
        order by l.later
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [row["later"] for row in rows]


def verdict(tx: Tx, earlier: int, later: int) -> str | None:
    """Return what is known of a pair: proposed, same, other, or nothing."""
    rows = tx.rows(
        """
        select verdict from likenesses
        where workspace = :workspace and earlier = :earlier and later = :later
        """,
        earlier=earlier,
        later=later,
    )
    return rows[0]["verdict"] if rows else None


def judge(tx: Tx, *, earlier: int, later: int, verdict: str, person: str, now: datetime) -> None:
    """Keep what somebody said about a pair: same or other."""
    for number in (earlier, later):
        mark_compared(tx, number)
    tx.run(
        """
        insert into likenesses (workspace, earlier, later, verdict, decided_by, decided_at)
        values (:workspace, :earlier, :later, :verdict, :person, :now)
        on conflict (workspace, later, earlier) do update set
            verdict = excluded.verdict, decided_by = excluded.decided_by,
            decided_at = excluded.decided_at
        """,
        earlier=earlier,
        later=later,
        verdict=verdict,
        person=person,
        now=as_text(now),
    )


def root_of(tx: Tx, number: int) -> int:
    """Return the group of an incident; alone it is its own."""
    rows = tx.rows(
        "select root from repeats where workspace = :workspace and incident = :number",
        number=number,
    )
    return rows[0]["root"] if rows else number


def members(tx: Tx, root: int) -> list[int]:
    """Return the incidents of a group, oldest first, withdrawn ones left out."""
    rows = tx.rows(
        f"""
        select r.incident from repeats r
        join incidents i on i.workspace = :workspace and i.number = r.incident
        where r.workspace = :workspace and r.root = :root and {COUNTS}
        order by r.incident
        """,
        root=root,
    )
    return [row["incident"] for row in rows]


def join(tx: Tx, one: int, other: int) -> int:
    """Make one group of two; return what it is called."""
    root = min(one, other)
    tx.run(
        """
        update repeats set root = :root
        where workspace = :workspace and root in (:one, :other) and root <> :root
        """,
        root=root,
        one=one,
        other=other,
    )
    return root


def part(tx: Tx, root: int) -> None:
    """Form the groups anew within `root` from the pairs that are still called the same."""
    rows = tx.rows(
        """
        select r.incident, l.later from repeats r
        left join likenesses l on l.workspace = :workspace and l.earlier = r.incident
            and l.verdict = 'same'
        where r.workspace = :workspace and r.root = :root order by r.incident
        """,
        root=root,
    )
    called = {row["incident"]: row["incident"] for row in rows}
    for row in rows * len(called):  # the lowest number reaches along a chain, one pair a turn
        if row["later"] in called:
            low = min(called[row["incident"]], called[row["later"]])
            called[row["incident"]] = called[row["later"]] = low
    for number, its in called.items():
        tx.run(
            """
            update repeats set root = :its where workspace = :workspace and incident = :number
            """,
            its=its,
            number=number,
        )


def times(tx: Tx, root: int, start: datetime, end: datetime) -> tuple[int, bool]:
    """Return how often a group happened from `start` to `end`, both included, and if serious once.

    Withdrawn ones do not count.
    """
    row = tx.rows(
        f"""
        select count(*) as n, count(case when i.severity = 'serious' then 1 end) as serious
        from repeats r
        join incidents i on i.workspace = :workspace and i.number = r.incident
        where r.workspace = :workspace and r.root = :root and {COUNTS}
        and i.declared_at >= :start and i.declared_at <= :end
        """,
        root=root,
        start=as_text(start),
        end=as_text(end),
    )[0]
    return row["n"], row["serious"] > 0


def newest(tx: Tx, root: int) -> datetime | None:
    """Return when a group happened last; None when all of it was withdrawn."""
    row = tx.rows(
        f"""
        select max(i.declared_at) as at from repeats r
        join incidents i on i.workspace = :workspace and i.number = r.incident
        where r.workspace = :workspace and r.root = :root and {COUNTS}
        """,
        root=root,
    )[0]
    return as_moment(row["at"]) if row["at"] else None


def groups(tx: Tx, start: datetime, end: datetime) -> list[Group]:
    """Return what happened at least twice from `start` until before `end`, most often first."""
    rows = tx.rows(
        f"""
        select r.root, r.incident, i.declared_at from repeats r
        join incidents i on i.workspace = :workspace and i.number = r.incident
        where r.workspace = :workspace and {COUNTS}
        and i.declared_at >= :start and i.declared_at < :end
        order by r.incident
        """,
        start=as_text(start),
        end=as_text(end),
    )
    numbers: dict[int, list[int]] = {}
    newest_at: dict[int, datetime] = {}
    for row in rows:
        numbers.setdefault(row["root"], []).append(row["incident"])
        newest_at[row["root"]] = as_moment(row["declared_at"])
    found = [
        Group(root, tuple(those), newest_at[root])
        for root, those in numbers.items()
        if len(those) > 1
    ]
    return sorted(found, key=lambda each: -len(each.numbers))


def looked_alike_since(tx: Tx, root: int, since: datetime) -> bool:
    """Say whether a newer incident looks like this group, and nobody has decided about it."""
    numbers: Iterable[int] = (
        row["later"]
        for row in tx.rows(
            f"""
            select l.later from likenesses l
            join repeats a on a.workspace = :workspace and a.incident = l.earlier
            join incidents i on i.workspace = :workspace and i.number = l.later
            where l.workspace = :workspace and l.verdict = 'proposed' and a.root = :root
            and i.declared_at > :since and {COUNTS}
            """,
            root=root,
            since=as_text(since),
        )
    )
    return any(each.root == root for number in numbers for each in undecided(tx, number))


def of_person(tx: Tx, person: str) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'likenesses.decided_by' as what, 'INC-' || later as subject, decided_at as at
        from likenesses
        where workspace = :workspace and decided_by = :person order by at, subject
        """,
        person=person,
    )


def replace_person(tx: Tx, person: str, to: str) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    return tx.run(
        """
        update likenesses set decided_by = :to
        where workspace = :workspace and decided_by = :person
        """,
        person=person,
        to=to,
    )

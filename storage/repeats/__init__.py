"""Repeats: which incidents look alike, what people said about it, and the groups that follow.

A group is called by the lowest number in it. Whoever changes groups first calls `lock_groups`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage import workspaces
from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_moment, as_text
from storage.repeats.outages import COUNTS, overlapping

NEW_COUNTS = COUNTS.replace("i.", "n.")  # of the later one


@dataclass(frozen=True, slots=True)
class Proposal:
    """Nobody has decided yet whether two incidents are the same; `words` are what they share.

    `title`, `at`, `open` are the earlier one's. `overlaps` says that it was not over for
    half an hour when the later one was declared: one outage, and no repeat. `device` says
    that only the device is the same, which nobody is asked about.
    """

    earlier: IncidentNumber
    later: IncidentNumber
    root: IncidentNumber
    same_service: bool
    words: tuple[str, ...]
    title: str
    at: datetime
    open: bool
    overlaps: bool
    device: bool


def lock_groups(tx: Tx) -> None:
    """Let no other transaction of this workspace judge before our commit."""
    workspaces.next_number(tx, "judgements")


@dataclass(frozen=True, slots=True)
class SimilarIncident:
    """An earlier incident that a new one looks like, as it is remembered."""

    earlier: IncidentNumber
    rank: int
    same_service: bool
    device: bool
    words: tuple[str, ...]


PLACES = "abcde"  # so many earlier incidents are compared with one
EARLIER = " union all ".join(
    f"select cast(:earlier_{at} as integer) as earlier, cast(:rank_{at} as integer) as rank, "
    f"cast(:service_{at} as integer) as service, cast(:device_{at} as integer) as device, "
    f"cast(:words_{at} as text) as words"
    for at in PLACES
)


def propose(tx: Tx, later: IncidentNumber, matches: Sequence[SimilarIncident]) -> None:
    """Remember what an incident looks like, unless somebody has judged it already."""
    if not matches:
        return
    values: dict[str, object] = {}
    for place, at in enumerate(PLACES):
        each = matches[place] if place < len(matches) else None
        values |= {
            f"earlier_{at}": each and each.earlier,
            f"rank_{at}": each and each.rank,
            f"service_{at}": each and int(each.same_service),
            f"device_{at}": each and int(each.device),
            f"words_{at}": each and "\n".join(each.words),
        }
    tx.write(
        f"""
        insert into repeats (workspace, incident, root)
        select :workspace, e.earlier, e.earlier from ({EARLIER}) e where e.earlier is not null
        union all select :workspace, cast(:later as integer), cast(:later as integer)
        on conflict (workspace, incident) do nothing
        """,
        later=later,
        **values,
    )
    tx.write(
        f"""
        insert into likenesses
            (workspace, earlier, later, verdict, rank, same_service, same_device, words)
        select :workspace, e.earlier, cast(:later as integer), 'proposed', e.rank, e.service,
            e.device, e.words
        from ({EARLIER}) e where e.earlier is not null
        on conflict (workspace, later, earlier) do nothing
        """,
        later=later,
        **values,
    )


def mark_compared(tx: Tx, number: IncidentNumber) -> None:
    """Let an incident be a group of its own unless it is in one."""
    tx.write(
        """
        insert into repeats (workspace, incident, root) values (:workspace, :number, :number)
        on conflict (workspace, incident) do nothing
        """,
        number=number,
    )


def forget_proposal(tx: Tx, earlier: IncidentNumber, later: IncidentNumber) -> None:
    """Ask no more about a pair that nobody has decided."""
    tx.run(
        """
        delete from likenesses
        where workspace = :workspace and earlier = :earlier and later = :later
        and verdict = 'proposed'
        """,
        earlier=earlier,
        later=later,
    )


def forget_proposals(tx: Tx, later: IncidentNumber) -> None:
    """Take back what nobody has decided about `later`: it is about something else now."""
    tx.run(
        """
        delete from likenesses
        where workspace = :workspace and later = :later and verdict = 'proposed'
        """,
        later=later,
    )


PROPOSED = """
    select l.earlier, l.later, l.same_service, l.same_device, l.words, a.root, i.title,
        i.declared_at, i.state, i.restored_at, i.ended_at, n.declared_at as later_at
    from likenesses l
    join repeats a on a.workspace = :workspace and a.incident = l.earlier
    join repeats b on b.workspace = :workspace and b.incident = l.later
    join incidents i on i.workspace = :workspace and i.number = l.earlier
    join incidents n on n.workspace = :workspace and n.number = l.later
    """
ASKED = f"""
    l.verdict = 'proposed' and a.root <> b.root and {COUNTS} and {NEW_COUNTS}
    and not exists (
        select 1 from likenesses s
        where s.workspace = :workspace and s.later = l.later and s.verdict = 'same'
    )
    and not exists (
        select 1 from likenesses o
        join repeats x on x.workspace = :workspace and x.incident = o.earlier
        join repeats y on y.workspace = :workspace and y.incident = o.later
        where o.workspace = :workspace and o.verdict = 'other'
        and ((x.root = a.root and y.root = b.root) or (x.root = b.root and y.root = a.root))
    )
    """
LIKELIEST = "order by l.later, l.same_device, l.rank, l.earlier desc"


def matches(tx: Tx, later: IncidentNumber) -> list[Proposal]:
    """Return what `later` looks like, the likeliest first: one of each group, never a refused one.

    A pair counts as refused when anybody called any two of their groups not the same. Nothing
    more is asked once it is known to be the same as something, or does not count itself.
    What is only the same device stands behind what is asked about.
    """
    proposed = tx.recall_as(
        f"""
        {PROPOSED} where l.workspace = :workspace and l.later = :later and {ASKED} {LIKELIEST}
        """,
        _proposal,
        later=later,
    )
    found: dict[IncidentNumber, Proposal] = {}
    for each in proposed:
        found.setdefault(each.root, each)
    return list(found.values())


def undecided_of(
    tx: Tx, start: datetime, end: datetime, person: PersonId | None = None
) -> list[Proposal]:
    """Return, of each incident declared in a span, the likeliest repeat that nobody decided about.

    The earliest incident first; with a `person` only of what they are responsible for.
    """
    rows = tx.rows(
        f"""
        {PROPOSED} where l.workspace = :workspace and {ASKED}
        and n.declared_at >= :start and n.declared_at < :end
        and (:person = '' or n.responsible = :person) {LIKELIEST}
        """,
        start=as_text(start),
        end=as_text(end),
        person=person or "",
    )
    found: dict[IncidentNumber, Proposal] = {}
    seen: set[tuple[IncidentNumber, IncidentNumber]] = set()
    for row in rows:
        pair = (row["later"], row["root"])
        if row["later"] in found or pair in seen:
            continue
        seen.add(pair)
        proposal = _proposal(row)
        if not proposal.device and not proposal.overlaps:
            found[row["later"]] = proposal
    return list(found.values())


def refused(tx: Tx, number: IncidentNumber) -> set[IncidentNumber]:
    """Return the groups of which somebody said that this incident is something else."""
    rows = tx.rows(
        """
        select x.root from likenesses o
        join repeats x on x.workspace = :workspace
            and x.incident = case when o.later = :number then o.earlier else o.later end
        where o.workspace = :workspace and o.verdict = 'other'
        and (o.later = :number or o.earlier = :number)
        """,
        number=number,
    )
    return {row["root"] for row in rows}


def undecided(tx: Tx, later: IncidentNumber) -> list[Proposal]:
    """Return the repeats that `later` may be, and that somebody has to decide about."""
    return [each for each in matches(tx, later) if not each.device and not each.overlaps]


def _proposal(row: Row) -> Proposal:
    ended = row["restored_at"] or row["ended_at"]
    return Proposal(
        earlier=row["earlier"],
        later=row["later"],
        root=row["root"],
        same_service=bool(row["same_service"]),
        words=tuple(row["words"].split("\n")) if row["words"] else (),
        title=row["title"],
        at=as_moment(row["declared_at"]),
        open=row["state"] == "open",
        overlaps=overlapping(as_moment(ended) if ended else None, as_moment(row["later_at"])),
        device=bool(row["same_device"]),
    )


def verdict(tx: Tx, earlier: IncidentNumber, later: IncidentNumber) -> str | None:
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


def judge(
    tx: Tx,
    *,
    earlier: IncidentNumber,
    later: IncidentNumber,
    verdict: str,
    person: PersonId,
    now: datetime,
) -> None:
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


def root_of(tx: Tx, number: IncidentNumber) -> IncidentNumber:
    """Return the group of an incident; alone it is its own."""
    rows = tx.recall(
        "select root from repeats where workspace = :workspace and incident = :number",
        number=number,
    )
    return rows[0]["root"] if rows else number


def members(tx: Tx, root: IncidentNumber) -> list[IncidentNumber]:
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


def join(tx: Tx, one: IncidentNumber, other: IncidentNumber) -> IncidentNumber:
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


def part(tx: Tx, root: IncidentNumber) -> None:
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


def looked_alike_since(tx: Tx, root: IncidentNumber, since: datetime) -> bool:
    """Say whether a newer incident looks like this group, and nobody has decided about it."""
    numbers: Iterable[IncidentNumber] = (
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


def compared_with(tx: Tx, number: IncidentNumber, most: int) -> list[IncidentNumber]:
    """Return the newest incidents that were compared with an earlier one: their cards quote it."""
    rows = tx.rows(
        """
        select later from likenesses where workspace = :workspace and earlier = :number
        order by later desc limit :most
        """,
        number=number,
        most=most,
    )
    return [IncidentNumber(row["later"]) for row in rows]


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select 'likenesses.decided_by' as what, 'INC-' || later as subject, decided_at as at
        from likenesses
        where workspace = :workspace and decided_by = :person order by at, subject
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    return tx.run(
        """
        update likenesses set decided_by = :to
        where workspace = :workspace and decided_by = :person
        """,
        person=person,
        to=to,
    )


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of who said before a moment whether two are the same."""
    return tx.run(
        """
        update likenesses set decided_by = :former
        where workspace = :workspace and decided_by <> :former and decided_at < :before
        """,
        before=as_text(before),
        former=former,
    )

"""Problems: what keeps coming back, with its cause; one at a time for the same thing.

Whoever changes a problem's state holds `repeats.lock_groups`, or puts the condition into
the statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Row, Tx
from storage.engine.ids import IncidentNumber, PersonId, ProblemNumber, ServiceId
from storage.engine.sql import as_moment, as_text
from storage.problems.states import ProblemState


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. While its `state` is open or fixed (not yet verified) the repeat ban stands.

    Other states are lifted, dropped (it was no repeat after all) and merged. `owner` owns
    the cause, accepted or not; `proposed_to` was asked to. `due_on` is the agreed day.
    `lifted_at` without `verified_by` means that the quiet period proved it.
    """

    number: ProblemNumber
    root: IncidentNumber
    service: ServiceId
    title: str
    state: ProblemState
    opened_at: datetime
    cause_class: str | None
    cause: str | None
    owner: PersonId
    accepted_at: datetime | None
    proposed_to: PersonId | None
    due_on: date
    fixed_at: datetime | None
    fixed_by: PersonId | None
    fix: str | None
    evidence: str | None
    verified_by: PersonId | None
    lifted_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether its repeat ban is still there."""
        return self.state in (ProblemState.OPEN, ProblemState.FIXED)


COLUMNS = """number, root, service, title, state, opened_at, cause_class, cause, owner, accepted_at,
proposed_to, due_on, fixed_at, fixed_by, fix, evidence, verified_by, lifted_at"""
MOMENTS = ("opened_at", "accepted_at", "fixed_at", "lifted_at")


def begin(
    tx: Tx,
    *,
    root: IncidentNumber,
    service: ServiceId,
    title: str,
    owner: PersonId,
    due_on: date,
    now: datetime,
) -> bool:
    """Open a problem of a group; False beside one that stands already."""
    return (
        tx.run(
            """
            insert into problems
                (workspace, number, root, service, title, state, opened_at, owner, due_on)
            values (:workspace,
                (select coalesce(max(p.number), 0) + 1 from problems p
                 where p.workspace = :workspace),
                :root, :service, :title, 'open', :now, :owner, :due_on)
            on conflict (workspace, root) where state in ('open', 'fixed') do nothing
            """,
            root=root,
            service=service,
            title=title,
            owner=owner,
            due_on=due_on.isoformat(),
            now=as_text(now),
        )
        == 1
    )


def find(tx: Tx, number: ProblemNumber) -> Problem | None:
    """Return a problem by its number."""
    rows = tx.rows(
        f"select {COLUMNS} from problems where workspace = :workspace and number = :number",
        number=number,
    )
    return _problem(rows[0]) if rows else None


def all(tx: Tx) -> list[Problem]:
    """Return every problem, the newest first."""
    rows = tx.rows(
        f"select {COLUMNS} from problems where workspace = :workspace order by number desc"
    )
    return [_problem(row) for row in rows]


def standing(tx: Tx) -> list[Problem]:
    """Return every problem whose ban stands, the oldest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from problems
        where workspace = :workspace and state in ('open', 'fixed') order by number
        """
    )
    return [_problem(row) for row in rows]


def newest(tx: Tx, limit: int = 500) -> list[Problem]:
    """Return the newest problems of any state, the newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from problems where workspace = :workspace
        order by number desc limit :limit
        """,
        limit=limit,
    )
    return [_problem(row) for row in rows]


def about(tx: Tx, service: ServiceId, root: IncidentNumber | None = None) -> list[Problem]:
    """Return the problems that stand for a service, or a group as well, the oldest first."""
    return tx.recall_as(
        f"""
        select {COLUMNS} from problems
        where workspace = :workspace and state in ('open', 'fixed')
        and (service = :service or root = :root) order by number
        """,
        _problem,
        service=service,
        root=root or 0,
    )


def of_group(tx: Tx, root: IncidentNumber) -> Problem | None:
    """Return the problem that stands for a group."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from problems
        where workspace = :workspace and root = :root and state in ('open', 'fixed')
        """,
        root=root,
    )
    return _problem(rows[0]) if rows else None


def last_lifted(tx: Tx, root: IncidentNumber) -> Problem | None:
    """Return the group's problem that was lifted last."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from problems
        where workspace = :workspace and root = :root and state = 'lifted'
        order by number desc limit 1
        """,
        root=root,
    )
    return _problem(rows[0]) if rows else None


def lifted_between(tx: Tx, start: datetime, end: datetime) -> list[Problem]:
    """Return the problems whose ban was lifted from `start` until before `end`."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from problems
        where workspace = :workspace and state = 'lifted'
        and lifted_at >= :start and lifted_at < :end order by number
        """,
        start=as_text(start),
        end=as_text(end),
    )
    return [_problem(row) for row in rows]


# --- what people decide ------------------------------------------------------------------


def set_title(tx: Tx, number: ProblemNumber, title: str) -> None:
    """Call a problem something else."""
    tx.write(
        "update problems set title = :title where workspace = :workspace and number = :number",
        number=number,
        title=title,
    )


def set_cause(tx: Tx, number: ProblemNumber, kind: str, cause: str) -> bool:
    """Keep why it keeps coming back: its class and one sentence."""
    return (
        tx.run(
            """
            update problems set cause_class = :kind, cause = :cause
            where workspace = :workspace and number = :number and state in ('open', 'fixed')
            """,
            number=number,
            kind=kind,
            cause=cause,
        )
        == 1
    )


def ask(tx: Tx, number: ProblemNumber, person: PersonId | None) -> bool:
    """Ask `person` to own the cause, or nobody; until they accept, the owner stays."""
    return (
        tx.run(
            """
            update problems set proposed_to = :person
            where workspace = :workspace and number = :number and state in ('open', 'fixed')
            """,
            number=number,
            person=person,
        )
        == 1
    )


def accept(tx: Tx, number: ProblemNumber, person: PersonId, now: datetime) -> bool:
    """Own the cause from now on; False when this person has accepted it already."""
    return (
        tx.run(
            """
            update problems set owner = :person, accepted_at = :now, proposed_to = null
            where workspace = :workspace and number = :number and state in ('open', 'fixed')
            and (owner <> :person or accepted_at is null)
            """,
            number=number,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def set_due(tx: Tx, number: ProblemNumber, day: date) -> bool:
    """Agree on another day; False when it is that day already."""
    return (
        tx.run(
            """
            update problems set due_on = :day
            where workspace = :workspace and number = :number and state = 'open'
            and due_on <> :day
            """,
            number=number,
            day=day.isoformat(),
        )
        == 1
    )


def fix(
    tx: Tx, number: ProblemNumber, person: PersonId, what: str, evidence: str, now: datetime
) -> bool:
    """Say that the cause is fixed; it still has to be verified."""
    return (
        tx.run(
            """
            update problems set state = 'fixed', fixed_at = :now, fixed_by = :person,
                fix = :what, evidence = :evidence
            where workspace = :workspace and number = :number and state = 'open'
            and cause is not null
            """,
            number=number,
            person=person,
            what=what,
            evidence=evidence,
            now=as_text(now),
        )
        == 1
    )


def lift(tx: Tx, number: ProblemNumber, person: PersonId | None, now: datetime) -> bool:
    """End the ban: verified by `person`, who is not who fixed it, or by the quiet period."""
    return (
        tx.run(
            """
            update problems set state = 'lifted', verified_by = :person, lifted_at = :now
            where workspace = :workspace and number = :number and state = 'fixed'
            and fixed_by <> :checker
            """,
            number=number,
            person=person,
            checker=person or "",
            now=as_text(now),
        )
        == 1
    )


def reopen(tx: Tx, number: ProblemNumber, due_on: date) -> bool:
    """It was not fixed after all: the ban stands again."""
    return (
        tx.run(
            """
            update problems set state = 'open', fixed_at = null, fixed_by = null, fix = null,
                evidence = null, verified_by = null, lifted_at = null, due_on = :due_on
            where workspace = :workspace and number = :number and state in ('fixed', 'lifted')
            """,
            number=number,
            due_on=due_on.isoformat(),
        )
        == 1
    )


def end(tx: Tx, number: ProblemNumber, state: ProblemState) -> bool:
    """Take a problem away without a fix: dropped, or merged into another."""
    return (
        tx.run(
            """
            update problems set state = :state
            where workspace = :workspace and number = :number and state in ('open', 'fixed')
            """,
            number=number,
            state=state,
        )
        == 1
    )


def move(tx: Tx, number: ProblemNumber, root: IncidentNumber) -> None:
    """Give a problem to another group: groups were joined or parted."""
    tx.run(
        "update problems set root = :root where workspace = :workspace and number = :number",
        number=number,
        root=root,
    )


def gather(tx: Tx, root: IncidentNumber, others: IncidentNumber) -> None:
    """Give what is over of one group's problems to another group."""
    tx.run(
        """
        update problems set root = :root
        where workspace = :workspace and root = :others and state not in ('open', 'fixed')
        """,
        root=root,
        others=others,
    )


def _problem(row: Row) -> Problem:
    row["state"] = ProblemState(row["state"])
    for name in MOMENTS:
        row[name] = as_moment(row[name]) if row[name] else None
    row["due_on"] = date.fromisoformat(row["due_on"])
    return Problem(**row)

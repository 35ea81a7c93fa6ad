"""What people told about automations, looks at their results, and reviews that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.automations.states import ReviewOutcome, SignalKind, SignalState
from storage.engine import Row, Tx
from storage.engine.ids import AutomationId
from storage.engine.sql import as_moment, as_text


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that somebody told; who it was is stored nowhere."""

    id: str
    automation: AutomationId
    at: datetime
    kind: SignalKind
    reason: str
    minutes: int | None
    words: str
    state: SignalState
    answer: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Check:
    """A look at results: how many of how many were right."""

    id: str
    automation: AutomationId
    at: datetime
    good: int
    seen: int
    note: str


@dataclass(frozen=True, slots=True)
class Review:
    """A look at an automation because something changed around it, or results were not right."""

    id: str
    automation: AutomationId
    change: str | None
    why: str
    opened_at: datetime
    ended_at: datetime | None
    outcome: ReviewOutcome | None
    words: str


SIGNAL = "id, automation, at, kind, reason, minutes, words, state, answer, ended_at"
REVIEW = "id, automation, change, why, opened_at, ended_at, outcome, words"


def tell(tx: Tx, signal: Signal) -> None:
    """Keep what somebody told."""
    tx.insert(
        "automation_signals",
        id=signal.id,
        automation=signal.automation,
        at=as_text(signal.at),
        kind=signal.kind,
        reason=signal.reason,
        minutes=signal.minutes,
        words=signal.words,
    )


def signal(tx: Tx, id: str) -> Signal | None:
    """Return what was told, by id."""
    rows = tx.rows(
        f"select {SIGNAL} from automation_signals where workspace = :workspace and id = :id",
        id=id,
    )
    return _signal(rows[0]) if rows else None


def end_signal(tx: Tx, id: str, state: SignalState, answer: str, at: datetime) -> bool:
    """Say what became of what was told; False when that was said before."""
    return (
        tx.run(
            """
            update automation_signals set state = :state, answer = :answer, ended_at = :at
            where workspace = :workspace and id = :id and state = 'open'
            """,
            id=id,
            state=state,
            answer=answer,
            at=as_text(at),
        )
        == 1
    )


def signals(tx: Tx, automation: AutomationId, since: datetime) -> list[Signal]:
    """Return what was told of an automation since a moment, the latest first."""
    rows = tx.rows(
        f"""
        select {SIGNAL} from automation_signals
        where workspace = :workspace and automation = :automation and at >= :since
        order by at desc, id desc
        """,
        automation=automation,
        since=as_text(since),
    )
    return [_signal(row) for row in rows]


def open_signals(tx: Tx, automation: AutomationId | None = None) -> list[Signal]:
    """Return what was told and has no end yet, the oldest first."""
    rows = tx.rows(
        f"""
        select {SIGNAL} from automation_signals
        where workspace = :workspace and state = 'open'
        and (:all = 1 or automation = :automation)
        order by at, id
        """,
        all=int(automation is None),
        automation=automation or "",
    )
    return [_signal(row) for row in rows]


def signals_between(
    tx: Tx, begin: datetime, end: datetime
) -> list[tuple[AutomationId, SignalKind, str, int]]:
    """Count what was told between two moments: automation, kind, reason, how often."""
    rows = tx.rows(
        """
        select automation, kind, reason, count(*) as n from automation_signals
        where workspace = :workspace and at >= :begin and at < :until
        group by automation, kind, reason order by automation, kind, reason
        """,
        begin=as_text(begin),
        until=as_text(end),
    )
    return [(row["automation"], SignalKind(row["kind"]), row["reason"], row["n"]) for row in rows]


def rework_between(tx: Tx, begin: datetime, end: datetime) -> int:
    """Return the minutes of rework that were told between two moments, of all automations."""
    rows = tx.rows(
        """
        select coalesce(sum(minutes), 0) as n from automation_signals
        where workspace = :workspace and at >= :begin and at < :until
        """,
        begin=as_text(begin),
        until=as_text(end),
    )
    return int(rows[0]["n"])


def add_check(tx: Tx, check: Check) -> None:
    """Keep a look at results."""
    tx.insert(
        "automation_checks",
        id=check.id,
        automation=check.automation,
        at=as_text(check.at),
        good=check.good,
        seen=check.seen,
        note=check.note,
    )


def last_check(tx: Tx, automation: AutomationId) -> Check | None:
    """Return the last look at results."""
    rows = tx.rows(
        """
        select id, automation, at, good, seen, note from automation_checks
        where workspace = :workspace and automation = :automation
        order by at desc, id desc limit 1
        """,
        automation=automation,
    )
    if not rows:
        return None
    rows[0]["at"] = as_moment(rows[0]["at"])
    return Check(**rows[0])


def last_checks(tx: Tx) -> dict[AutomationId, datetime]:
    """Return when results of each automation were looked at last."""
    rows = tx.rows(
        """
        select automation, max(at) as at from automation_checks
        where workspace = :workspace group by automation
        """
    )
    return {row["automation"]: as_moment(row["at"]) for row in rows}


def checks_between(tx: Tx, begin: datetime, end: datetime) -> int:
    """Count the looks at results between two moments."""
    return int(
        tx.rows(
            """
            select count(*) as n from automation_checks
            where workspace = :workspace and at >= :begin and at < :until
            """,
            begin=as_text(begin),
            until=as_text(end),
        )[0]["n"]
    )


def add_change(tx: Tx, *, id: str, at: datetime, kind: str, area: str, words: str) -> None:
    """Keep what has changed around automations."""
    tx.insert("automation_changes", id=id, at=as_text(at), kind=kind, area=area, words=words)


def changes_between(tx: Tx, begin: datetime, end: datetime) -> list[tuple[str, str, str, int]]:
    """Return kind, area and words of what changed, with how many reviews it opened."""
    rows = tx.rows(
        """
        select c.kind, c.area, c.words, count(r.id) as n
        from automation_changes c
        left join automation_reviews r on r.workspace = c.workspace and r.change = c.id
        where c.workspace = :workspace and c.at >= :begin and c.at < :until
        group by c.id, c.at, c.kind, c.area, c.words order by c.at
        """,
        begin=as_text(begin),
        until=as_text(end),
    )
    return [(row["kind"], row["area"], row["words"], row["n"]) for row in rows]


def open_review(
    tx: Tx, *, id: str, automation: AutomationId, change: str | None, why: str, at: datetime
) -> None:
    """Open a review of an automation."""
    tx.insert(
        "automation_reviews",
        id=id,
        automation=automation,
        change=change,
        why=why,
        opened_at=as_text(at),
    )


def end_review(tx: Tx, id: str, outcome: ReviewOutcome, words: str, at: datetime) -> bool:
    """Say what came of a review; False when that was said before."""
    return (
        tx.run(
            """
            update automation_reviews set outcome = :outcome, words = :words, ended_at = :at
            where workspace = :workspace and id = :id and ended_at is null
            """,
            id=id,
            outcome=outcome,
            words=words,
            at=as_text(at),
        )
        == 1
    )


def review(tx: Tx, id: str) -> Review | None:
    """Return a review by id."""
    rows = tx.rows(
        f"select {REVIEW} from automation_reviews where workspace = :workspace and id = :id", id=id
    )
    return _review(rows[0]) if rows else None


def reviews(tx: Tx, automation: AutomationId) -> list[Review]:
    """Return the reviews of an automation, the latest first."""
    rows = tx.rows(
        f"""
        select {REVIEW} from automation_reviews
        where workspace = :workspace and automation = :automation
        order by opened_at desc, id desc
        """,
        automation=automation,
    )
    return [_review(row) for row in rows]


def open_reviews(tx: Tx) -> list[Review]:
    """Return every review that has no outcome yet, the oldest first."""
    rows = tx.rows(
        f"""
        select {REVIEW} from automation_reviews
        where workspace = :workspace and ended_at is null order by opened_at, id
        """
    )
    return [_review(row) for row in rows]


def understood(tx: Tx, automation: AutomationId, version: int, *, question: bool) -> None:
    """Count somebody who understood a version, or has a question."""
    tx.write(
        """
        insert into automation_understood (workspace, automation, version, understood, questions)
        values (:workspace, :automation, :version, :yes, :question)
        on conflict (workspace, automation, version) do update set
            understood = automation_understood.understood + excluded.understood,
            questions = automation_understood.questions + excluded.questions
        """,
        automation=automation,
        version=version,
        yes=int(not question),
        question=int(question),
    )


def understanding(tx: Tx, automation: AutomationId, version: int) -> tuple[int, int]:
    """Return how many have understood a version, and how many asked."""
    rows = tx.rows(
        """
        select understood, questions from automation_understood
        where workspace = :workspace and automation = :automation and version = :version
        """,
        automation=automation,
        version=version,
    )
    return (rows[0]["understood"], rows[0]["questions"]) if rows else (0, 0)


def _signal(row: Row) -> Signal:
    row["at"] = as_moment(row["at"])
    row["ended_at"] = as_moment(row["ended_at"]) if row["ended_at"] else None
    row["kind"], row["state"] = SignalKind(row["kind"]), SignalState(row["state"])
    return Signal(**row)


def _review(row: Row) -> Review:
    row["opened_at"] = as_moment(row["opened_at"])
    row["ended_at"] = as_moment(row["ended_at"]) if row["ended_at"] else None
    row["outcome"] = ReviewOutcome(row["outcome"]) if row["outcome"] else None
    return Review(**row)

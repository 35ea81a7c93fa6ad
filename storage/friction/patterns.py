"""Patterns: notes that say the same. Merging and splitting lose nothing and can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.engine import Row, Tx
from storage.engine.ids import PatternId, PersonId
from storage.engine.sql import as_moment, as_text


class PatternEvent(StrEnum):
    """What was done with a pattern."""

    CONFIRMED = "confirmed"
    ADDED = "added"
    SPLIT = "split"
    MERGED = "merged"
    APART = "apart"
    UNDONE = "undone"
    CHANGED = "changed"
    ESTIMATED = "estimated"
    CHECKED = "checked"
    ANSWERED = "answered"
    PARKED = "parked"
    ANSWERED_WITH = "answered with"
    OPEN_AGAIN = "open again"
    TAKEN_UP = "taken up"
    SET_ASIDE = "set aside"
    WORDS_REMOVED = "words removed"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Notes of one kind. `result` and `reason` are what a person decided, once answered."""

    id: PatternId
    title: str
    area: str
    confirmed_at: datetime
    merged_into: PatternId | None
    split_from: PatternId | None
    per_month: int | None
    minutes: int | None
    result: str | None
    reason: str | None
    parked: bool
    answered_at: datetime | None

    @property
    def name(self) -> str:
        """As other things with a name."""
        return self.title


@dataclass(frozen=True, slots=True)
class Check:
    """The seven taps as somebody answered them: points 0 to 2, exclusions 0 (no) to 2 (core)."""

    droppable: bool
    regular: int
    structured: int
    ruled: int
    context: int
    judgement: int
    responsibility: int
    relationship: int
    changing: str = ""
    written: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a pattern's history."""

    at: datetime
    by: PersonId
    kind: PatternEvent
    words: str


COLUMNS = """
    id, title, area, confirmed_at, merged_into, split_from, per_month, minutes, result, reason,
    parked, answered_at
"""
TAPS = (
    "droppable", "regular", "structured", "ruled", "context", "judgement", "responsibility",
    "relationship", "changing", "written",
)  # fmt: skip
TAPPED = ", ".join(TAPS)


def add(
    tx: Tx,
    *,
    id: PatternId,
    title: str,
    area: str,
    by: PersonId,
    now: datetime,
    split_from: PatternId | None = None,
) -> None:
    """Confirm a pattern."""
    tx.insert(
        "patterns",
        id=id,
        title=title,
        area=area,
        confirmed_by=by,
        confirmed_at=as_text(now),
        split_from=split_from,
    )


def all(tx: Tx) -> list[Pattern]:
    """Return the patterns that stand by themselves, the newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from patterns
        where workspace = :workspace and state = 'confirmed' and merged_into is null
        order by confirmed_at desc, id
        """
    )
    return [_pattern(row) for row in rows]


def find(tx: Tx, id: PatternId) -> Pattern | None:
    """Return a pattern, also one that was merged or undone."""
    rows = tx.rows(
        f"select {COLUMNS} from patterns where workspace = :workspace and id = :id", id=id
    )
    return _pattern(rows[0]) if rows else None


def merged(tx: Tx, id: PatternId) -> list[Pattern]:
    """Return what was merged into a pattern, directly."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from patterns
        where workspace = :workspace and merged_into = :id order by confirmed_at, id
        """,
        id=id,
    )
    return [_pattern(row) for row in rows]


def whole(tx: Tx, id: PatternId) -> list[PatternId]:
    """Return the ids of a pattern and of everything that was merged into it."""
    return [id, *(each for part in merged(tx, id) for each in whole(tx, part.id))]


def top(tx: Tx, id: PatternId) -> PatternId:
    """Return the pattern that stands for this one: itself, or what it was merged into."""
    found = find(tx, id)
    while found is not None and found.merged_into is not None:
        id, found = found.merged_into, find(tx, found.merged_into)
    return id


def merge(tx: Tx, id: PatternId, into: PatternId | None) -> None:
    """Let a pattern be part of another; None makes it stand by itself again."""
    tx.write(
        "update patterns set merged_into = :other where workspace = :workspace and id = :id",
        id=id,
        other=into,
    )


def undo(tx: Tx, id: PatternId) -> None:
    """Take a pattern back; its notes stay, and can be put into another one."""
    tx.write(
        "update friction set pattern = null where workspace = :workspace and pattern = :id", id=id
    )
    tx.write(
        "update patterns set state = 'undone' where workspace = :workspace and id = :id", id=id
    )


def change(tx: Tx, id: PatternId, *, title: str, area: str) -> None:
    """Call a pattern something else."""
    tx.write(
        """
        update patterns set title = :title, area = :area
        where workspace = :workspace and id = :id
        """,
        id=id,
        title=title,
        area=area,
    )


def estimate(tx: Tx, id: PatternId, per_month: int | None, minutes: int | None) -> None:
    """Keep how often it happens and how long it takes; both are estimates."""
    tx.write(
        """
        update patterns set per_month = :per_month, minutes = :minutes
        where workspace = :workspace and id = :id
        """,
        id=id,
        per_month=per_month,
        minutes=minutes,
    )


def answer(
    tx: Tx,
    id: PatternId,
    *,
    result: str | None,
    reason: str,
    parked: bool,
    by: PersonId,
    now: datetime,
) -> None:
    """Keep what was decided, and why."""
    tx.write(
        """
        update patterns set result = :result, reason = :reason, parked = :parked,
            answered_by = :by, answered_at = :now
        where workspace = :workspace and id = :id
        """,
        id=id,
        result=result,
        reason=reason,
        parked=int(parked),
        by=by,
        now=as_text(now),
    )


def answer_like(tx: Tx, id: PatternId, other: PatternId) -> None:
    """Let a pattern have the answer that another one has."""
    for row in tx.rows(
        """
        select result, reason, parked, answered_by, answered_at from patterns
        where workspace = :workspace and id = :other
        """,
        other=other,
    ):
        tx.write(
            """
            update patterns set result = :result, reason = :reason, parked = :parked,
                answered_by = :answered_by, answered_at = :answered_at
            where workspace = :workspace and id = :id
            """,
            id=id,
            **row,
        )


def take_answer_back(tx: Tx, id: PatternId) -> None:
    """Let a pattern be without an answer again."""
    tx.write(
        """
        update patterns set result = null, reason = null, parked = 0, answered_by = null,
            answered_at = null
        where workspace = :workspace and id = :id
        """,
        id=id,
    )


def add_check(
    tx: Tx, *, id: str, pattern: PatternId, by: PersonId, now: datetime, taps: Check
) -> None:
    """Keep how the seven taps were answered."""
    values = {each: getattr(taps, each) for each in TAPS}
    values["droppable"] = int(taps.droppable)
    tx.insert("pattern_checks", id=id, pattern=pattern, checked_by=by, at=as_text(now), **values)


def check(tx: Tx, pattern: PatternId) -> Check | None:
    """Return the newest answers to the seven taps."""
    rows = tx.rows(
        f"""
        select {TAPPED} from pattern_checks
        where workspace = :workspace and pattern = :pattern order by at desc, id desc limit 1
        """,
        pattern=pattern,
    )
    if not rows:
        return None
    rows[0]["droppable"] = bool(rows[0]["droppable"])
    return Check(**rows[0])


def note(
    tx: Tx,
    *,
    id: str,
    pattern: PatternId,
    by: PersonId,
    now: datetime,
    kind: PatternEvent,
    words: str = "",
) -> None:
    """Write a line of a pattern's history."""
    tx.insert(
        "pattern_history",
        id=id,
        pattern=pattern,
        at=as_text(now),
        changed_by=by,
        kind=kind,
        words=words,
    )


def history(tx: Tx, pattern: PatternId) -> list[Change]:
    """Return what was done with a pattern, the newest first."""
    rows = tx.rows(
        """
        select at, changed_by as by, kind, words from pattern_history
        where workspace = :workspace and pattern = :pattern order by at desc, id desc
        """,
        pattern=pattern,
    )
    return [
        Change(as_moment(row["at"]), row["by"], PatternEvent(row["kind"]), row["words"])
        for row in rows
    ]


def replace(tx: Tx, person: PersonId, to: PersonId) -> None:
    """Put `to` in somebody's place: who confirmed, checked, answered and changed."""
    tx.write(
        """
        update patterns set confirmed_by = :to
        where workspace = :workspace and confirmed_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update patterns set answered_by = :to
        where workspace = :workspace and answered_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update pattern_checks set checked_by = :to
        where workspace = :workspace and checked_by = :person
        """,
        person=person,
        to=to,
    )
    tx.write(
        """
        update pattern_history set changed_by = :to
        where workspace = :workspace and changed_by = :person
        """,
        person=person,
        to=to,
    )


def _pattern(row: Row) -> Pattern:
    row["confirmed_at"] = as_moment(row["confirmed_at"])
    row["answered_at"] = as_moment(row["answered_at"]) if row["answered_at"] else None
    row["parked"] = bool(row["parked"])
    return Pattern(**row)


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of who confirmed, checked, answered or changed before a moment."""
    changed = 0
    changed += tx.run(
        """
        update patterns set confirmed_by = :former
        where workspace = :workspace and confirmed_by <> :former and confirmed_at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        update patterns set answered_by = :former
        where workspace = :workspace and answered_by <> :former and answered_at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        update pattern_checks set checked_by = :former
        where workspace = :workspace and checked_by <> :former and at < :before
        """,
        former=former,
        before=as_text(before),
    )
    changed += tx.run(
        """
        update pattern_history set changed_by = :former
        where workspace = :workspace and changed_by <> :former and at < :before
        """,
        former=former,
        before=as_text(before),
    )
    return changed

"""What happens along a pilot: values, candidates, obstacles, the later list, iterations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Tx
from storage.engine.ids import PersonId, PilotId
from storage.engine.sql import as_moment, as_text
from storage.pilots.states import LaterState


@dataclass(frozen=True, slots=True)
class Value:
    """What was measured in a week: the mean of `number` cases."""

    week: str
    value: str
    number: int
    source: str = ""
    waiting: str | None = None
    working: str | None = None
    guard: str | None = None


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """How satisfied customers were in a week; `number` is 0 where nobody said of how many."""

    week: str
    value: str
    number: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A workflow that may be chosen."""

    id: str
    workflow: str
    takes: str
    gives: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something in the way, for the champion to clear until a day."""

    id: str
    words: str
    due_on: date
    raised_on: date
    solved_on: date | None


@dataclass(frozen=True, slots=True)
class Later:
    """Something that is not for now."""

    id: str
    words: str
    kind: str
    state: LaterState


@dataclass(frozen=True, slots=True)
class Iteration:
    """Something that was made better."""

    id: str
    kind: str
    words: str
    done_on: date


@dataclass(frozen=True, slots=True)
class Change:
    """A line of a pilot's history."""

    at: datetime
    by: PersonId
    kind: str
    words: str


def enter(tx: Tx, pilot: PilotId, value: Value, by: PersonId) -> None:
    """Keep the value of a week; the same week again corrects it."""
    tx.write(
        """
        insert into pilot_values (workspace, pilot, week, value, number, source, waiting, working,
            guard, entered_by)
        values (:workspace, :pilot, :week, :value, :number, :source, :waiting, :working,
            :guard, :by)
        on conflict (workspace, pilot, week) do update
        set value = excluded.value, number = excluded.number, source = excluded.source,
            waiting = coalesce(excluded.waiting, pilot_values.waiting),
            working = coalesce(excluded.working, pilot_values.working),
            guard = coalesce(excluded.guard, pilot_values.guard), entered_by = excluded.entered_by
        """,
        pilot=pilot,
        by=by,
        week=value.week,
        value=value.value,
        number=value.number,
        source=value.source,
        waiting=value.waiting,
        working=value.working,
        guard=value.guard,
    )


def values(tx: Tx, pilot: PilotId) -> list[Value]:
    """Return the values of a pilot, the oldest week first."""
    rows = tx.rows(
        """
        select week, value, number, source, waiting, working, guard
        from pilot_values where workspace = :workspace and pilot = :pilot order by week
        """,
        pilot=pilot,
    )
    return [Value(**row) for row in rows]


def enter_satisfaction(tx: Tx, pilot: PilotId, told: Satisfaction) -> None:
    """Keep how satisfied customers were in a week; the same week again corrects it."""
    tx.write(
        """
        insert into pilot_satisfaction (workspace, pilot, week, value, number, source)
        values (:workspace, :pilot, :week, :value, :number, :source)
        on conflict (workspace, pilot, week) do update
        set value = excluded.value, number = excluded.number, source = excluded.source
        """,
        pilot=pilot,
        week=told.week,
        value=told.value,
        number=told.number,
        source=told.source,
    )


def satisfaction(tx: Tx, pilot: PilotId) -> list[Satisfaction]:
    """Return how satisfied customers were, the oldest week first."""
    rows = tx.rows(
        """
        select week, value, number, source from pilot_satisfaction
        where workspace = :workspace and pilot = :pilot order by week
        """,
        pilot=pilot,
    )
    return [Satisfaction(**row) for row in rows]


def add_candidate(tx: Tx, pilot: PilotId, candidate: Candidate) -> None:
    """Keep a workflow that may be chosen."""
    tx.insert(
        "pilot_candidates",
        id=candidate.id,
        pilot=pilot,
        workflow=candidate.workflow,
        takes=candidate.takes,
        gives=candidate.gives,
        chosen=int(candidate.chosen),
    )


def candidates(tx: Tx, pilot: PilotId) -> list[Candidate]:
    """Return the workflows that may be chosen."""
    rows = tx.rows(
        """
        select id, workflow, takes, gives, chosen from pilot_candidates
        where workspace = :workspace and pilot = :pilot order by id
        """,
        pilot=pilot,
    )
    return [Candidate(**{**row, "chosen": bool(row["chosen"])}) for row in rows]


def choose(tx: Tx, pilot: PilotId, id: str) -> bool:
    """Choose a workflow; False when one was chosen already. The others are parked."""
    return (
        tx.run(
            """
            update pilot_candidates set chosen = 1
            where workspace = :workspace and pilot = :pilot and id = :id and not exists (
                select 1 from pilot_candidates c
                where c.workspace = :workspace and c.pilot = :pilot and c.chosen = 1
            )
            """,
            pilot=pilot,
            id=id,
        )
        == 1
    )


def add_obstacle(tx: Tx, pilot: PilotId, *, id: str, words: str, due: date, day: date) -> None:
    """Keep what is in the way."""
    tx.insert(
        "pilot_obstacles",
        id=id,
        pilot=pilot,
        words=words,
        due_on=due.isoformat(),
        raised_on=day.isoformat(),
    )


def obstacles(tx: Tx, pilot: PilotId) -> list[Obstacle]:
    """Return what is or was in the way, the oldest first."""
    rows = tx.rows(
        """
        select id, words, due_on, raised_on, solved_on from pilot_obstacles
        where workspace = :workspace and pilot = :pilot order by raised_on, id
        """,
        pilot=pilot,
    )
    return [
        Obstacle(
            row["id"],
            row["words"],
            date.fromisoformat(row["due_on"]),
            date.fromisoformat(row["raised_on"]),
            date.fromisoformat(row["solved_on"]) if row["solved_on"] else None,
        )
        for row in rows
    ]


def solve(tx: Tx, pilot: PilotId, id: str, day: date) -> bool:
    """Write down that it is out of the way; False when it was already."""
    return (
        tx.run(
            """
            update pilot_obstacles set solved_on = :day
            where workspace = :workspace and pilot = :pilot and id = :id and solved_on is null
            """,
            pilot=pilot,
            id=id,
            day=day.isoformat(),
        )
        == 1
    )


def add_later(tx: Tx, pilot: PilotId, *, id: str, words: str, kind: str) -> None:
    """Keep what is not for now."""
    tx.insert("pilot_later", id=id, pilot=pilot, words=words, kind=kind)


def later(tx: Tx, pilot: PilotId) -> list[Later]:
    """Return what is not for now."""
    rows = tx.rows(
        """
        select id, words, kind, state from pilot_later
        where workspace = :workspace and pilot = :pilot order by id
        """,
        pilot=pilot,
    )
    return [Later(**{**row, "state": LaterState(row["state"])}) for row in rows]


def set_later(tx: Tx, pilot: PilotId, id: str, state: str) -> bool:
    """Schedule or drop what was not for now."""
    return (
        tx.run(
            """
            update pilot_later set state = :state
            where workspace = :workspace and pilot = :pilot and id = :id
            """,
            pilot=pilot,
            id=id,
            state=state,
        )
        == 1
    )


def iterate(tx: Tx, pilot: PilotId, *, id: str, kind: str, words: str, day: date) -> None:
    """Write down that something was made better."""
    tx.insert(
        "pilot_iterations", id=id, pilot=pilot, kind=kind, words=words, done_on=day.isoformat()
    )


def iterations(tx: Tx, pilot: PilotId) -> list[Iteration]:
    """Return what was made better, the oldest first."""
    rows = tx.rows(
        """
        select id, kind, words, done_on from pilot_iterations
        where workspace = :workspace and pilot = :pilot order by done_on, id
        """,
        pilot=pilot,
    )
    return [
        Iteration(row["id"], row["kind"], row["words"], date.fromisoformat(row["done_on"]))
        for row in rows
    ]


# --- corrected -----------------------------------------------------------------------------


def drop_value(tx: Tx, pilot: PilotId, week: str) -> bool:
    """Take the value of a week away; False when there is none."""
    return (
        tx.run(
            """
            delete from pilot_values
            where workspace = :workspace and pilot = :pilot and week = :week
            """,
            pilot=pilot,
            week=week,
        )
        == 1
    )


def drop_satisfaction(tx: Tx, pilot: PilotId, week: str) -> bool:
    """Take away how satisfied customers were in a week; False when nobody said."""
    return (
        tx.run(
            """
            delete from pilot_satisfaction
            where workspace = :workspace and pilot = :pilot and week = :week
            """,
            pilot=pilot,
            week=week,
        )
        == 1
    )


def correct_candidate(tx: Tx, pilot: PilotId, candidate: Candidate) -> None:
    """Put other words to a workflow."""
    tx.write(
        """
        update pilot_candidates set workflow = :workflow, takes = :takes, gives = :gives
        where workspace = :workspace and pilot = :pilot and id = :id
        """,
        pilot=pilot,
        id=candidate.id,
        workflow=candidate.workflow,
        takes=candidate.takes,
        gives=candidate.gives,
    )


def correct_obstacle(tx: Tx, pilot: PilotId, id: str, words: str, due: date) -> None:
    """Put other words to what is in the way, or another day; it is in the way again."""
    tx.write(
        """
        update pilot_obstacles set words = :words, due_on = :due, solved_on = null
        where workspace = :workspace and pilot = :pilot and id = :id
        """,
        pilot=pilot,
        id=id,
        words=words,
        due=due.isoformat(),
    )


def correct_later(tx: Tx, pilot: PilotId, id: str, words: str, kind: str) -> None:
    """Put other words to what is for later; it is for later again."""
    tx.write(
        """
        update pilot_later set words = :words, kind = :kind, state = 'later'
        where workspace = :workspace and pilot = :pilot and id = :id
        """,
        pilot=pilot,
        id=id,
        words=words,
        kind=kind,
    )


def correct_iteration(tx: Tx, pilot: PilotId, id: str, words: str, kind: str) -> None:
    """Put other words to what was made better."""
    tx.write(
        """
        update pilot_iterations set words = :words, kind = :kind
        where workspace = :workspace and pilot = :pilot and id = :id
        """,
        pilot=pilot,
        id=id,
        words=words,
        kind=kind,
    )


def note(
    tx: Tx, *, id: str, pilot: PilotId, by: PersonId, now: datetime, kind: str, words: str = ""
) -> None:
    """Write a line of a pilot's history."""
    tx.insert(
        "pilot_history",
        id=id,
        pilot=pilot,
        at=as_text(now),
        changed_by=by,
        kind=kind,
        words=words,
    )


def history(tx: Tx, pilot: PilotId) -> list[Change]:
    """Return what happened to a pilot, the newest first."""
    rows = tx.rows(
        """
        select at, changed_by as by, kind, words from pilot_history
        where workspace = :workspace and pilot = :pilot order by at desc, id desc
        """,
        pilot=pilot,
    )
    return [Change(as_moment(row["at"]), row["by"], row["kind"], row["words"]) for row in rows]

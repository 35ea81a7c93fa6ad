"""Pilots, and answers about them that cannot be led back to anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from storage.engine import Row, Tx


@dataclass(frozen=True, slots=True)
class Pilot:
    """One problem being tried out; `champion` clears the way."""

    id: str
    name: str
    problem: str
    champion: str
    started_on: date


COLUMNS = "id, name, problem, champion, started_on"


def add(tx: Tx, pilot: Pilot, *, name_key: str) -> bool:
    """Store a pilot; False when the name is taken."""
    return (
        tx.run(
            """
            insert into pilots (workspace, id, name, name_key, problem, champion, started_on)
            values (:workspace, :id, :name, :name_key, :problem, :champion, :started_on)
            on conflict do nothing
            """,
            id=pilot.id,
            name=pilot.name,
            name_key=name_key,
            problem=pilot.problem,
            champion=pilot.champion,
            started_on=pilot.started_on.isoformat(),
        )
        == 1
    )


def all(tx: Tx) -> list[Pilot]:
    """Return every pilot, the newest first."""
    rows = tx.rows(
        f"""
        select {COLUMNS} from pilots where workspace = :workspace
        order by started_on desc, name_key
        """
    )
    return [_pilot(row) for row in rows]


def set_champion(tx: Tx, id: str, person: str) -> None:
    """Name another champion."""
    tx.write(
        "update pilots set champion = :person where workspace = :workspace and id = :id",
        id=id,
        person=person,
    )


def answer(tx: Tx, pilot: str, week: str, person: str, answer: str) -> bool:
    """Count one answer; False when this person has answered in this week."""
    first = tx.run(
        """
        insert into pilot_answered (workspace, pilot, week, person)
        values (:workspace, :pilot, :week, :person)
        on conflict do nothing
        """,
        pilot=pilot,
        week=week,
        person=person,
    )
    if not first:
        return False
    tx.run(
        """
        insert into pilot_answers (workspace, pilot, week, answer, count)
        values (:workspace, :pilot, :week, :answer, 1)
        on conflict (workspace, pilot, week, answer) do update
        set count = pilot_answers.count + 1
        """,
        pilot=pilot,
        week=week,
        answer=answer,
    )
    return True


def answers(tx: Tx, pilot: str, week: str | None = None) -> dict[str, int]:
    """Return the counted answers of one week, or of all weeks together."""
    rows = tx.rows(
        """
        select answer, sum(count) as n from pilot_answers
        where workspace = :workspace and pilot = :pilot
        and (week = :week or :every = 1)
        group by answer
        """,
        pilot=pilot,
        week=week or "",
        every=int(week is None),
    )
    return {row["answer"]: int(row["n"]) for row in rows}


def say(tx: Tx, *, id: str, pilot: str, week: str, sentence: str) -> None:
    """Keep a sentence without a name."""
    tx.insert("pilot_sentences", id=id, pilot=pilot, week=week, sentence=sentence)


def sentences(tx: Tx, pilot: str, limit: int) -> list[str]:
    """Return the sentences of the newest weeks, in no order within a week."""
    rows = tx.rows(
        """
        select sentence from pilot_sentences
        where workspace = :workspace and pilot = :pilot
        order by week desc, id limit :limit
        """,
        pilot=pilot,
        limit=limit,
    )
    return [row["sentence"] for row in rows]


def said_in(tx: Tx, week: str) -> int:
    """Return how many sentences came in one week, over all pilots."""
    rows = tx.rows(
        """
        select count(*) as n from pilot_sentences
        where workspace = :workspace and week = :week
        """,
        week=week,
    )
    return int(rows[0]["n"])


def forget_who_answered(tx: Tx, before_week: str) -> int:
    """Delete who answered in weeks that are over."""
    return tx.run(
        "delete from pilot_answered where workspace = :workspace and week < :before",
        before=before_week,
    )


def _pilot(row: Row) -> Pilot:
    row["started_on"] = datetime.fromisoformat(row["started_on"]).date()
    return Pilot(**row)

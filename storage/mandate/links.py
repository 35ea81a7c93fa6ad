"""Which business goal an automation serves, and what people ask about the mandate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from storage.engine import Tx
from storage.engine.ids import AutomationId, GoalId, PersonId
from storage.engine.sql import as_text


@dataclass(frozen=True, slots=True)
class Question:
    """Something that somebody asked about the mandate."""

    id: str
    words: str
    asked_by: PersonId
    asked_at: str
    answer: str | None


def goals_of_automations(tx: Tx) -> dict[AutomationId, GoalId]:
    """Return the goal of each automation that has one."""
    rows = tx.rows("select automation, goal from automation_goals where workspace = :workspace")
    return {row["automation"]: row["goal"] for row in rows}


def link(tx: Tx, automation: AutomationId, goal: GoalId) -> None:
    """Let an automation serve a goal, in place of the one before."""
    tx.write(
        """
        insert into automation_goals (workspace, automation, goal)
        values (:workspace, :automation, :goal)
        on conflict (workspace, automation) do update set goal = excluded.goal
        """,
        automation=automation,
        goal=goal,
    )


def ask(tx: Tx, question: Question, now: datetime) -> None:
    """Keep a question."""
    tx.insert(
        "mandate_questions",
        id=question.id,
        words=question.words,
        asked_by=question.asked_by,
        asked_at=as_text(now),
    )


def open_questions(tx: Tx) -> list[Question]:
    """Return the questions without an answer, the oldest first."""
    rows = tx.rows(
        """
        select id, words, asked_by, asked_at, answer from mandate_questions
        where workspace = :workspace and answer is null order by asked_at, id
        """
    )
    return [Question(**row) for row in rows]


def question(tx: Tx, id: str) -> Question | None:
    """Return a question."""
    rows = tx.rows(
        """
        select id, words, asked_by, asked_at, answer from mandate_questions
        where workspace = :workspace and id = :id
        """,
        id=id,
    )
    return Question(**rows[0]) if rows else None


def answer(tx: Tx, id: str, words: str, by: PersonId) -> bool:
    """Answer a question; False when it has an answer."""
    return (
        tx.run(
            """
            update mandate_questions set answer = :words, answered_by = :by
            where workspace = :workspace and id = :id and answer is null
            """,
            id=id,
            words=words,
            by=by,
        )
        == 1
    )


def forget(tx: Tx, before: datetime) -> int:
    """Delete questions that were asked before then; return how many."""
    return tx.run(
        "delete from mandate_questions where workspace = :workspace and asked_at < :before",
        before=as_text(before),
    )


def automations(tx: Tx) -> list[tuple[AutomationId, str]]:
    """Return id and name of the automations that can serve a goal, by name."""
    rows = tx.rows(
        """
        select id, name from automations
        where workspace = :workspace and state = 'active' and phase <> 'draft'
        order by name_key
        """
    )
    return [(row["id"], row["name"]) for row in rows]

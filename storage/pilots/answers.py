"""Answers about pilots that cannot be led back to anybody: rounds, taps, counts, sentences.

While a round is open a tap stands under a keyed hash of the person and a secret of the round.
Closing it leaves counts only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from storage.engine import Tx
from storage.engine.ids import PersonId, PilotId, hidden_voter


@dataclass(frozen=True, slots=True)
class Round:
    """A week's question. Once closed: how many answered, and whether somebody asked did not."""

    week: str
    open: bool
    answered: int
    silent: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Something asked about a pilot; nobody knows by whom."""

    id: str
    pilot: PilotId
    words: str
    asked_on: date
    answer: str | None


def open_round(tx: Tx, pilot: PilotId, week: str, secret: str) -> None:
    """Open the round of a week, if it is not open or over."""
    tx.write(
        """
        insert into pilot_rounds (workspace, pilot, week, secret)
        values (:workspace, :pilot, :week, :secret)
        on conflict do nothing
        """,
        pilot=pilot,
        week=week,
        secret=secret,
    )


def rounds(tx: Tx, pilot: PilotId) -> list[Round]:
    """Return the rounds of a pilot, the newest first."""
    rows = tx.rows(
        """
        select week, secret, answered, silent from pilot_rounds
        where workspace = :workspace and pilot = :pilot order by week desc
        """,
        pilot=pilot,
    )
    return [
        Round(row["week"], row["secret"] is not None, row["answered"], bool(row["silent"]))
        for row in rows
    ]


def _voter(tx: Tx, pilot: PilotId, week: str, person: PersonId) -> str | None:
    """Return under what somebody's tap stands, None when the round is not open."""
    rows = tx.rows(
        """
        select secret from pilot_rounds
        where workspace = :workspace and pilot = :pilot and week = :week
        """,
        pilot=pilot,
        week=week,
    )
    if not rows or rows[0]["secret"] is None:
        return None
    return hidden_voter(rows[0]["secret"], person)


def tap(tx: Tx, pilot: PilotId, week: str, person: PersonId, answer: str, reason: str = "") -> bool:
    """Answer, or answer differently, while the round is open; False when it is not."""
    voter = _voter(tx, pilot, week, person)
    if voter is None:
        return False
    tx.write(
        """
        insert into pilot_taps (workspace, pilot, week, voter, answer, reason)
        values (:workspace, :pilot, :week, :voter, :answer, :reason)
        on conflict (workspace, pilot, week, voter)
        do update set answer = excluded.answer, reason = excluded.reason
        """,
        pilot=pilot,
        week=week,
        voter=voter,
        answer=answer,
        reason=reason,
    )
    return True


def take_back(tx: Tx, pilot: PilotId, week: str, person: PersonId) -> bool:
    """Take an answer back while the round is open; False when there is none."""
    voter = _voter(tx, pilot, week, person)
    return voter is not None and (
        tx.run(
            """
            delete from pilot_taps
            where workspace = :workspace and pilot = :pilot and week = :week and voter = :voter
            """,
            pilot=pilot,
            week=week,
            voter=voter,
        )
        == 1
    )


def close(tx: Tx, pilot: PilotId, week: str, asked: Sequence[PersonId]) -> None:
    """Count a round, and destroy its secret and what stood under it."""
    rows = tx.rows(
        """
        select voter, answer, reason from pilot_taps
        where workspace = :workspace and pilot = :pilot and week = :week
        """,
        pilot=pilot,
        week=week,
    )
    voters = {row["voter"] for row in rows}
    silent = any(_voter(tx, pilot, week, each) not in voters for each in asked)
    said: dict[str, int] = {}
    for row in rows:
        for key in (row["answer"], f"no:{row['reason']}" if row["reason"] else ""):
            if key:
                said[key] = said.get(key, 0) + 1
    for answer, count in sorted(said.items()):
        tx.insert("pilot_answers", pilot=pilot, week=week, answer=answer, count=count)
    tx.write(
        """
        delete from pilot_taps
        where workspace = :workspace and pilot = :pilot and week = :week
        """,
        pilot=pilot,
        week=week,
    )
    tx.write(
        """
        update pilot_rounds set secret = null, answered = :answered, silent = :silent
        where workspace = :workspace and pilot = :pilot and week = :week
        """,
        pilot=pilot,
        week=week,
        answered=len(rows),
        silent=int(silent),
    )


def counts(tx: Tx, pilot: PilotId, week: str) -> dict[str, int]:
    """Return what was counted when a round was closed."""
    rows = tx.rows(
        """
        select answer, count from pilot_answers
        where workspace = :workspace and pilot = :pilot and week = :week
        """,
        pilot=pilot,
        week=week,
    )
    return {row["answer"]: row["count"] for row in rows}


def signal(
    tx: Tx, pilot: PilotId, week: str, kind: str, reason: str = "", minutes: int = 0
) -> None:
    """Count a detour: it was bypassed, or done by hand."""
    tx.write(
        """
        insert into pilot_signals (workspace, pilot, week, kind, reason, count, minutes)
        values (:workspace, :pilot, :week, :kind, :reason, 1, :minutes)
        on conflict (workspace, pilot, week, kind, reason) do update
        set count = pilot_signals.count + 1, minutes = pilot_signals.minutes + excluded.minutes
        """,
        pilot=pilot,
        week=week,
        kind=kind,
        reason=reason,
        minutes=minutes,
    )


def signals(tx: Tx, pilot: PilotId, before_week: str) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (times, minutes) of each kind and reason, of the weeks that are over."""
    rows = tx.rows(
        """
        select kind, reason, sum(count) as n, sum(minutes) as minutes from pilot_signals
        where workspace = :workspace and pilot = :pilot and week < :before
        group by kind, reason order by kind, reason
        """,
        pilot=pilot,
        before=before_week,
    )
    return {(row["kind"], row["reason"]): (int(row["n"]), int(row["minutes"])) for row in rows}


def say(tx: Tx, *, id: str, pilot: PilotId, week: str, sentence: str) -> None:
    """Keep a sentence without a name."""
    tx.insert("pilot_sentences", id=id, pilot=pilot, week=week, sentence=sentence)


def sentences(tx: Tx, pilot: PilotId, limit: int, before_week: str) -> list[str]:
    """Return the sentences of the newest weeks that are over, in no order within a week."""
    rows = tx.rows(
        """
        select sentence from pilot_sentences
        where workspace = :workspace and pilot = :pilot and week < :before
        order by week desc, id limit :limit
        """,
        pilot=pilot,
        before=before_week,
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


def ask(tx: Tx, *, id: str, pilot: PilotId, words: str, day: date) -> None:
    """Keep a question; not who asks, nor when on the day."""
    tx.insert("pilot_questions", id=id, pilot=pilot, words=words, asked_on=day.isoformat())


def questions(tx: Tx, pilot: PilotId | None = None) -> list[Question]:
    """Return the questions about one pilot or all, the oldest first."""
    rows = tx.rows(
        """
        select id, pilot, words, asked_on, answer from pilot_questions
        where workspace = :workspace and (:pilot = '' or pilot = :pilot)
        order by asked_on, id
        """,
        pilot=pilot or "",
    )
    return [
        Question(
            row["id"],
            row["pilot"],
            row["words"],
            date.fromisoformat(row["asked_on"]),
            row["answer"],
        )
        for row in rows
    ]


def reply(tx: Tx, id: str, answer: str, day: date) -> None:
    """Answer a question."""
    tx.write(
        """
        update pilot_questions set answer = :answer, answered_on = :day
        where workspace = :workspace and id = :id
        """,
        id=id,
        answer=answer,
        day=day.isoformat(),
    )


def forget(tx: Tx, before_week: str) -> int:
    """Delete sentences, counts and signals of weeks long ago."""
    return (
        tx.run(
            "delete from pilot_sentences where workspace = :workspace and week < :before",
            before=before_week,
        )
        + tx.run(
            "delete from pilot_answers where workspace = :workspace and week < :before",
            before=before_week,
        )
        + tx.run(
            "delete from pilot_signals where workspace = :workspace and week < :before",
            before=before_week,
        )
        + tx.run(
            """
            delete from pilot_rounds
            where workspace = :workspace and week < :before and secret is null
            """,
            before=before_week,
        )
    )

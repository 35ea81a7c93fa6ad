"""The bottleneck question of a quarter: taps under a keyed hash, and counts once it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from storage.engine import Tx
from storage.engine.ids import PersonId, hidden_voter

CHOICES = ("ownership", "standards", "courage")


@dataclass(frozen=True, slots=True)
class Round:
    """A quarter's question. Once closed: how many answered, and whether somebody asked did not."""

    quarter: str
    open: bool
    opened_on: date
    answered: int
    silent: bool
    counts: Mapping[str, int]


def open_round(tx: Tx, quarter: str, secret: str, on: date) -> bool:
    """Open the round of a quarter; False when it is open or over."""
    return (
        tx.run(
            """
            insert into bottleneck_rounds (workspace, quarter, secret, opened_on)
            values (:workspace, :quarter, :secret, :on)
            on conflict (workspace, quarter) do nothing
            """,
            quarter=quarter,
            secret=secret,
            on=on.isoformat(),
        )
        == 1
    )


def rounds(tx: Tx) -> list[Round]:
    """Return every round, the newest first."""
    rows = tx.rows(
        """
        select quarter, secret, opened_on, answered, silent, ownership, standards, courage
        from bottleneck_rounds where workspace = :workspace order by quarter desc
        """
    )
    return [
        Round(
            row["quarter"],
            row["secret"] is not None,
            date.fromisoformat(row["opened_on"]),
            row["answered"],
            bool(row["silent"]),
            {each: row[each] for each in CHOICES},
        )
        for row in rows
    ]


def _voter(tx: Tx, quarter: str, person: PersonId) -> str | None:
    rows = tx.rows(
        "select secret from bottleneck_rounds where workspace = :workspace and quarter = :quarter",
        quarter=quarter,
    )
    if not rows or rows[0]["secret"] is None:
        return None
    return hidden_voter(rows[0]["secret"], person)


def tap(tx: Tx, quarter: str, person: PersonId, choice: str) -> bool:
    """Keep an answer, in place of one before; False when the round is over."""
    voter = _voter(tx, quarter, person)
    if voter is None:
        return False
    tx.write(
        """
        insert into bottleneck_taps (workspace, quarter, voter, choice)
        values (:workspace, :quarter, :voter, :choice)
        on conflict (workspace, quarter, voter) do update set choice = excluded.choice
        """,
        quarter=quarter,
        voter=voter,
        choice=choice,
    )
    return True


def has_tapped(tx: Tx, quarter: str, person: PersonId) -> bool:
    """Say whether somebody has answered, while the round is open."""
    return bool(
        tx.rows(
            """
            select 1 as one from bottleneck_taps
            where workspace = :workspace and quarter = :quarter and voter = :voter
            """,
            quarter=quarter,
            voter=_voter(tx, quarter, person) or "",
        )
    )


def close(tx: Tx, quarter: str, asked: Sequence[PersonId]) -> None:
    """Count a round, and destroy its secret and what stood under it."""
    rows = tx.rows(
        """
        select voter, choice from bottleneck_taps
        where workspace = :workspace and quarter = :quarter
        """,
        quarter=quarter,
    )
    voters = {row["voter"] for row in rows}
    silent = any(_voter(tx, quarter, each) not in voters for each in asked)
    counts = {each: sum(row["choice"] == each for row in rows) for each in CHOICES}
    tx.write(
        """
        update bottleneck_rounds set secret = null, answered = :answered, silent = :silent,
            ownership = :ownership, standards = :standards, courage = :courage
        where workspace = :workspace and quarter = :quarter and secret is not null
        """,
        quarter=quarter,
        answered=len(voters),
        silent=int(silent),
        **counts,
    )
    tx.write(
        "delete from bottleneck_taps where workspace = :workspace and quarter = :quarter",
        quarter=quarter,
    )


def forget(tx: Tx, before: date) -> int:
    """Delete rounds that were opened before then; return how many."""
    return tx.run(
        """
        delete from bottleneck_rounds
        where workspace = :workspace and opened_on < :before and secret is null
        """,
        before=before.isoformat(),
    )

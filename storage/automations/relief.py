"""Whether an automation relieves anybody: a round a week, taps that lead to nobody, counts.

While a round is open a tap stands under a keyed hash of the person and a secret of the round.
Closing it leaves counts only.
"""

from __future__ import annotations

from storage.engine import Tx
from storage.engine.ids import AutomationId, PersonId, hidden_voter


def open_round(tx: Tx, automation: AutomationId, week: str, secret: str) -> None:
    """Open the round of a week, if it is not open or over."""
    tx.write(
        """
        insert into automation_rounds (workspace, automation, week, secret)
        values (:workspace, :automation, :week, :secret)
        on conflict do nothing
        """,
        automation=automation,
        week=week,
        secret=secret,
    )


def _voter(tx: Tx, automation: AutomationId, week: str, person: PersonId) -> str | None:
    """Return under what somebody's tap stands, None when the round is not open."""
    rows = tx.rows(
        """
        select secret from automation_rounds
        where workspace = :workspace and automation = :automation and week = :week
        """,
        automation=automation,
        week=week,
    )
    if not rows or rows[0]["secret"] is None:
        return None
    return hidden_voter(rows[0]["secret"], person)


def tap(tx: Tx, automation: AutomationId, week: str, person: PersonId, answer: str) -> bool:
    """Answer, or answer differently, while the round is open; False when it is not."""
    voter = _voter(tx, automation, week, person)
    if voter is None:
        return False
    tx.write(
        """
        insert into automation_taps (workspace, automation, week, voter, answer)
        values (:workspace, :automation, :week, :voter, :answer)
        on conflict (workspace, automation, week, voter) do update set answer = excluded.answer
        """,
        automation=automation,
        week=week,
        voter=voter,
        answer=answer,
    )
    return True


def take_back(tx: Tx, automation: AutomationId, week: str, person: PersonId) -> bool:
    """Take an answer back while the round is open; False when there is none."""
    voter = _voter(tx, automation, week, person)
    return voter is not None and (
        tx.run(
            """
            delete from automation_taps
            where workspace = :workspace and automation = :automation and week = :week
            and voter = :voter
            """,
            automation=automation,
            week=week,
            voter=voter,
        )
        == 1
    )


def close_before(tx: Tx, week: str) -> None:
    """Count the rounds of the weeks before one, and destroy their secrets and what they keyed."""
    tx.run(
        """
        insert into automation_answers (workspace, automation, week, answer, count)
        select workspace, automation, week, answer, count(*) from automation_taps
        where workspace = :workspace and week < :week
        group by workspace, automation, week, answer
        """,
        week=week,
    )
    tx.run(
        "delete from automation_taps where workspace = :workspace and week < :week",
        week=week,
    )
    tx.run(
        """
        update automation_rounds set secret = null
        where workspace = :workspace and week < :week and secret is not null
        """,
        week=week,
    )


def closed(tx: Tx, automation: AutomationId) -> list[tuple[str, dict[str, int]]]:
    """Return the rounds that are closed with what was counted, the newest first."""
    rows = tx.rows(
        """
        select r.week, a.answer, a.count from automation_rounds r
        left join automation_answers a on a.workspace = r.workspace
            and a.automation = r.automation and a.week = r.week
        where r.workspace = :workspace and r.automation = :automation and r.secret is null
        order by r.week desc
        """,
        automation=automation,
    )
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = found.setdefault(row["week"], {})
        if row["answer"] is not None:
            counts[row["answer"]] = row["count"]
    return list(found.items())


def forget(tx: Tx, week: str) -> int:
    """Delete the rounds before a week, with what was counted in them."""
    gone = tx.run(
        "delete from automation_answers where workspace = :workspace and week < :week", week=week
    )
    return gone + tx.run(
        """
        delete from automation_rounds
        where workspace = :workspace and week < :week and secret is null
        """,
        week=week,
    )

"""What people typed about a problem: words taken out everywhere."""

from __future__ import annotations

from storage.engine import Tx
from storage.engine.ids import IncidentNumber, ProblemNumber


def remove_words(tx: Tx, number: ProblemNumber, words: str, mark: str) -> int:
    """Put `mark` where `words` stand in all that was typed of a problem; return how often.

    In its title, cause and fix, its history and its exceptions. What repeats it:
    `storage/delivery/copies.py`.
    """
    values = {"number": number, "words": words, "mark": mark}
    changed = tx.run(
        """
        update problems set title = replace(title, :words, :mark),
            cause = replace(cause, :words, :mark), fix = replace(fix, :words, :mark),
            evidence = replace(evidence, :words, :mark)
        where workspace = :workspace and number = :number
        and (replace(title, :words, '') <> title or replace(cause, :words, '') <> cause
            or replace(fix, :words, '') <> fix or replace(evidence, :words, '') <> evidence)
        """,
        **values,
    )
    changed += tx.run(
        """
        update problem_history set detail = replace(detail, :words, :mark)
        where workspace = :workspace and problem = :number
        and kind in ('cause', 'fixed', 'reopened', 'overridden', 'let through', 'retitled')
        and replace(detail, :words, '') <> detail
        """,
        **values,
    )
    changed += tx.run(
        """
        update overrides set reason = replace(reason, :words, :mark)
        where workspace = :workspace and problem = :number
        and replace(reason, :words, '') <> reason
        """,
        **values,
    )
    return changed


def of_root(tx: Tx, incident: IncidentNumber) -> list[ProblemNumber]:
    """Return the problems of what an incident is a repeat of."""
    rows = tx.rows(
        """
        select number from problems where workspace = :workspace
        and root = (select root from repeats where workspace = :workspace and incident = :incident)
        order by number
        """,
        incident=incident,
    )
    return [ProblemNumber(row["number"]) for row in rows]

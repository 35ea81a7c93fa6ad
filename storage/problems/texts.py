"""What people typed about a problem: words taken out everywhere."""

from __future__ import annotations

from storage.engine import Tx
from storage.engine.ids import IncidentNumber, ProblemNumber


def remove_words(tx: Tx, number: ProblemNumber, words: str, mark: str) -> int:
    """Put `mark` where `words` stand in all that was typed of a problem; return how often.

    In its title, cause and fix, its history and its exceptions, and what was said on the way:
    messages that were sent are blanked here, and edited where they stand.
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
    if changed:
        _blank(tx, number, words, mark)
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
    return [row["number"] for row in rows]


def _blank(tx: Tx, number: ProblemNumber, words: str, mark: str) -> None:
    """Blank what was sent of a problem, and the answers that are kept against repetition."""
    key = f"problem:{number}"
    tx.write(
        """
        update outbox set message = '' where workspace = :workspace and message <> ''
        and (key = :key or key like :more) and state not in ('pending', 'leased')
        """,
        key=key,
        more=f"{key}:%",
    )
    tx.write(
        """
        update matters set message = replace(message, :words, :mark)
        where workspace = :workspace and key like :more
        """,
        words=words,
        mark=mark,
        more=f"{key}:%",
    )
    tx.write(
        """
        update deliveries set answer = null
        where workspace = :workspace and answer like :said
        """,
        said=f"%PRB-{number}%",
    )

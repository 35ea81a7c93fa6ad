"""What people typed about an incident: its title corrected, and words taken out everywhere."""

from __future__ import annotations

from storage import similarity
from storage.engine import Tx
from storage.engine.ids import IncidentNumber
from storage.problems import texts as problem_texts


def set_title(tx: Tx, number: IncidentNumber, title: str) -> None:
    """Call an incident something else; it is found by the new title from now on."""
    tx.write(
        "update incidents set title = :title where workspace = :workspace and number = :number",
        number=number,
        title=title,
    )
    similarity.note(tx, number)


def remove_words(tx: Tx, number: IncidentNumber, words: str, mark: str) -> int:
    """Put `mark` where `words` stand in all that was typed of an incident; return how often.

    In its title and text, its history, what was entered on closing, and the title and the history
    of the problem that was opened with it. What repeats it: `storage/delivery/copies.py`.
    """
    values = {"number": number, "words": words, "mark": mark}
    changed = tx.run(
        """
        update incidents set title = replace(title, :words, :mark),
            body = replace(body, :words, :mark), news = replace(news, :words, :mark)
        where workspace = :workspace and number = :number
        and (replace(title, :words, '') <> title or replace(body, :words, '') <> body
            or replace(news, :words, '') <> news)
        """,
        **values,
    )
    changed += tx.run(
        """
        update timeline set detail = replace(detail, :words, :mark)
        where workspace = :workspace and incident = :number
        and kind in ('news', 'reason', 'reopened', 'overridden', 'retitled', 'said cause',
            'said evidence', 'said runbook')
        and replace(detail, :words, '') <> detail
        """,
        **values,
    )
    changed += tx.run(
        """
        update closings set cause = replace(cause, :words, :mark),
            evidence = replace(evidence, :words, :mark),
            override_reason = replace(override_reason, :words, :mark),
            runbook = replace(runbook, :words, :mark)
        where workspace = :workspace and incident = :number
        and (replace(cause, :words, '') <> cause or replace(evidence, :words, '') <> evidence
            or replace(override_reason, :words, '') <> override_reason
            or replace(runbook, :words, '') <> runbook)
        """,
        **values,
    )
    for problem in problem_texts.of_root(tx, number):
        changed += problem_texts.remove_words(tx, problem, words, mark)
    if changed:
        similarity.note(tx, number)
    return changed

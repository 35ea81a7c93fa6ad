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

    In its title and text, its history, what was entered on closing, the title and the history of
    the problem that was opened with it, and what was said on the way: messages that were sent are
    blanked here, and edited where they stand.
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
            'said evidence')
        and replace(detail, :words, '') <> detail
        """,
        **values,
    )
    changed += tx.run(
        """
        update closings set cause = replace(cause, :words, :mark),
            evidence = replace(evidence, :words, :mark),
            override_reason = replace(override_reason, :words, :mark)
        where workspace = :workspace and incident = :number
        and (replace(cause, :words, '') <> cause or replace(evidence, :words, '') <> evidence
            or replace(override_reason, :words, '') <> override_reason)
        """,
        **values,
    )
    for problem in problem_texts.of_root(tx, number):
        changed += problem_texts.remove_words(tx, problem, words, mark)
    if changed:
        similarity.note(tx, number)
        _blank(tx, number)
    return changed


def _blank(tx: Tx, number: IncidentNumber) -> None:
    """Blank what was sent of an incident, and the answers that are kept against repetition."""
    tx.write(
        """
        update outbox set message = '' where workspace = :workspace and message <> ''
        and (key = :key or key like :more) and state not in ('pending', 'leased')
        """,
        key=f"incident:{number}",
        more=f"incident:{number}:%",
    )
    tx.write(
        """
        update deliveries set answer = null
        where workspace = :workspace and answer like :said
        """,
        said=f"%INC-{number}%",
    )

"""What people typed about an incident: its title corrected, and words taken out everywhere."""

from __future__ import annotations

from datetime import datetime

from storage import similarity
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_text
from storage.problems import texts as problem_texts


def set_title(tx: Tx, number: IncidentNumber, title: str) -> None:
    """Call an incident something else; it is found by the new title from now on."""
    tx.write(
        "update incidents set title = :title where workspace = :workspace and number = :number",
        number=number,
        title=title,
    )
    similarity.note(tx, number)


def take_news_back(tx: Tx, number: IncidentNumber, person: PersonId, since: datetime) -> bool:
    """Drop the newest word on an open incident, if `person` said it since then.

    What was said before it stands there again. When the next news is due stays.
    """
    newest = tx.rows(
        """
        select t.id, t.person, t.at from timeline t
        join incidents i on i.workspace = :workspace and i.number = t.incident
        where t.workspace = :workspace and t.incident = :number and t.kind = 'news'
        and i.state = 'open'
        order by t.at desc, t.id desc limit 2
        """,
        number=number,
    )
    if not newest or newest[0]["person"] != person or newest[0]["at"] < as_text(since):
        return False
    values = {"number": number, "id": newest[1]["id"] if len(newest) > 1 else ""}
    tx.write("delete from timeline where workspace = :workspace and id = :id", id=newest[0]["id"])
    tx.write(
        """
        update incidents set
            news = (select t.detail from timeline t
                where t.workspace = :workspace and t.id = :id),
            news_by = (select t.person from timeline t
                where t.workspace = :workspace and t.id = :id),
            news_at = (select t.at from timeline t where t.workspace = :workspace and t.id = :id)
        where workspace = :workspace and number = :number
        """,
        **values,
    )
    return True


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

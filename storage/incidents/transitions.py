"""How the state of an incident changes; `handlers/incidents/transitions.py` alone may ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from storage import similarity
from storage.engine import Tx
from storage.engine.ids import IncidentNumber, PersonId
from storage.engine.sql import as_text
from storage.incidents.states import ClosedAs


def lock(tx: Tx, numbers: Sequence[IncidentNumber]) -> None:
    """Let nobody else change these incidents until the transaction ends, in this order."""
    for number in numbers:
        tx.run(
            """
            update incidents set alarms = alarms
            where workspace = :workspace and number = :number
            """,
            number=number,
        )


def restore(tx: Tx, number: IncidentNumber, person: PersonId, now: datetime) -> bool:
    """It works again. A missing acknowledgement stays missing."""
    return (
        tx.run(
            """
            update incidents set state = 'restored', restored_by = :person, restored_at = :now,
                next_news_at = null, silent = 0, proposed_to = null
            where workspace = :workspace and number = :number and state = 'open'
            """,
            number=number,
            person=person,
            now=as_text(now),
        )
        == 1
    )


def finish(tx: Tx, number: IncidentNumber, person: PersonId, now: datetime) -> bool:
    """It is done; only what works again can be. Its closing says when, for the sums of weeks."""
    done = tx.run(
        """
        update incidents set state = 'done', ended_by = :person, ended_at = :now
        where workspace = :workspace and number = :number and state = 'restored'
        """,
        number=number,
        person=person,
        now=as_text(now),
    )
    if done:
        tx.write(
            """
            update closings set done_at = :now
            where workspace = :workspace and incident = :number
            """,
            number=number,
            now=as_text(now),
        )
    return done == 1


def close(
    tx: Tx,
    number: IncidentNumber,
    person: PersonId,
    now: datetime,
    *,
    closed_as: ClosedAs,
    target: IncidentNumber | None,
) -> bool:
    """It was something else. What it goes into must itself stand: so no ring can come about."""
    return (
        tx.run(
            """
            update incidents set state = 'closed', ended_by = :person, ended_at = :now,
                closed_as = :closed_as, closed_into = cast(:target as integer),
                next_news_at = null, silent = 0, proposed_to = null
            where workspace = :workspace and number = :number and state in ('open', 'restored')
            and (cast(:target as integer) is null or exists (
                select 1 from incidents t where t.workspace = :workspace
                and t.number = :target and t.number <> :number
                and t.state not in ('withdrawn', 'closed')))
            """,
            number=number,
            person=person,
            now=as_text(now),
            closed_as=closed_as,
            target=target,
        )
        == 1
    )


def reopen(tx: Tx, number: IncidentNumber, responsible: PersonId, now: datetime) -> bool:
    """It is open again, with `responsible`; nobody has acknowledged it this time."""
    tx.write(
        """
        update closings set done_at = null
        where workspace = :workspace and incident = :number and done_at is not null
        """,
        number=number,
    )
    return (
        tx.run(
            """
            update incidents set state = 'open', reopened_at = :now, responsible = :responsible,
                responsible_since = :now, acknowledged_by = null, acknowledged_at = null,
                proposed_to = null, silent = 0, next_news_at = null, restored_by = null,
                restored_at = null, ended_by = null, ended_at = null, closed_as = null,
                closed_into = null
            where workspace = :workspace and number = :number
            and state in ('restored', 'done', 'closed')
            """,
            number=number,
            responsible=responsible,
            now=as_text(now),
        )
        == 1
    )


def withdraw(tx: Tx, number: IncidentNumber, person: PersonId, since: datetime) -> bool:
    """Take a declaration back, if `person` made it at `since` or later."""
    changed = (
        tx.run(
            """
            update incidents set state = 'withdrawn', next_news_at = null, proposed_to = null
            where workspace = :workspace and number = :number and state = 'open'
            and declared_by = :person and declared_at >= :since
            """,
            number=number,
            person=person,
            since=as_text(since),
        )
        == 1
    )
    if changed:
        similarity.note(tx, number)
    return changed

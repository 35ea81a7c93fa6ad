"""Who stands in problems: what they are told, who takes their place, and when names go."""

from __future__ import annotations

from datetime import datetime

from storage.engine import Row, Tx
from storage.engine.ids import PersonId
from storage.engine.sql import as_text


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'problems.owner' as what, 'PRB-' || number as subject, opened_at as at
            from problems where workspace = :workspace and owner = :person
            union all
            select 'problems.proposed_to' as what, 'PRB-' || number as subject, opened_at as at
            from problems where workspace = :workspace and proposed_to = :person
            union all
            select 'problems.fixed_by' as what, 'PRB-' || number as subject, fixed_at as at
            from problems where workspace = :workspace and fixed_by = :person
            union all
            select 'problems.verified_by' as what, 'PRB-' || number as subject, lifted_at as at
            from problems where workspace = :workspace and verified_by = :person
            union all
            select 'problem_history.person' as what, 'PRB-' || problem as subject, at as at
            from problem_history where workspace = :workspace and person = :person
            union all
            select 'overrides.person' as what, 'PRB-' || problem as subject, at as at
            from overrides where workspace = :workspace and person = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = tx.run(  # who were two when one fixed it and the other verified it
        """
        update problems set verified_by = null where workspace = :workspace
        and ((fixed_by = :person and verified_by = :to)
            or (fixed_by = :to and verified_by = :person))
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update problems set owner = :to
        where workspace = :workspace and owner = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update problems set proposed_to = :to
        where workspace = :workspace and proposed_to = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update problems set fixed_by = :to
        where workspace = :workspace and fixed_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update problems set verified_by = :to
        where workspace = :workspace and verified_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update problem_history set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update problem_history set detail = :to
        where workspace = :workspace and detail = :person and kind in ('asked', 'reminded')
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update overrides set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    return changed


def forget_people(tx: Tx, before: datetime, former: str, other: str) -> int:
    """Put `former` in everybody's place in problems that ended before a moment, and in histories.

    Who verified a fix becomes `other`: that is never who fixed it.
    """
    changed = tx.run(
        """
        update problems set owner = :former, proposed_to = null,
            fixed_by = case when fixed_by is null then null else :former end,
            verified_by = case when verified_by is null then null else :other end
        where workspace = :workspace and state in ('lifted', 'dropped', 'merged')
        and coalesce(lifted_at, fixed_at, opened_at) < :before
        and (owner <> :former or fixed_by <> :former or verified_by <> :other)
        """,
        before=as_text(before),
        former=former,
        other=other,
    )
    changed += tx.run(
        """
        update problem_history set
            person = case when person is null then null else :former end,
            detail = case when kind in ('asked', 'reminded') then :former else detail end
        where workspace = :workspace and at < :before
        and (person <> :former or (kind in ('asked', 'reminded') and detail <> :former))
        """,
        before=as_text(before),
        former=former,
    )
    changed += tx.run(
        """
        update overrides set person = :former
        where workspace = :workspace and person <> :former and at < :before
        """,
        before=as_text(before),
        former=former,
    )
    return changed

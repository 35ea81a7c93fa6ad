"""Who stands in closings: what they are told, who takes their place, and when names go."""

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
            select 'closings.fixer' as what, 'INC-' || incident as subject, fix_since as at
            from closings where workspace = :workspace and fixer = :person
            union all
            select 'closings.checker' as what, 'INC-' || incident as subject, asked_at as at
            from closings where workspace = :workspace and checker = :person
            union all
            select 'closings.asked_by' as what, 'INC-' || incident as subject, asked_at as at
            from closings where workspace = :workspace and asked_by = :person
            union all
            select 'closings.verified_by' as what, 'INC-' || incident as subject, verified_at as at
            from closings where workspace = :workspace and verified_by = :person
            union all
            select 'closings.override_by' as what, 'INC-' || incident as subject, override_at as at
            from closings where workspace = :workspace and override_by = :person
            union all
            select 'closings.fix_done_by' as what, 'INC-' || incident as subject, fix_done_at as at
            from closings where workspace = :workspace and fix_done_by = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = tx.run(  # who were two when one asked and the other checked
        """
        update closings set asked_by = null where workspace = :workspace
        and ((asked_by = :person and verified_by = :to)
            or (asked_by = :to and verified_by = :person))
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set fixer = :to
        where workspace = :workspace and fixer = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set checker = :to
        where workspace = :workspace and checker = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set asked_by = :to
        where workspace = :workspace and asked_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set verified_by = :to
        where workspace = :workspace and verified_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set override_by = :to
        where workspace = :workspace and override_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update closings set fix_done_by = :to
        where workspace = :workspace and fix_done_by = :person
        """,
        person=person,
        to=to,
    )
    return changed


def forget_people(tx: Tx, before: datetime, former: str, other: str) -> int:
    """Put `former` in everybody's place where the incident ended before a moment.

    Who checked it becomes `other`: that is never who asked for it. Who is still to fix the cause
    stays.
    """
    return tx.run(
        """
        update closings set
            asked_by = case when asked_by is null then null else :former end,
            checker = case when checker is null then null else :former end,
            verified_by = case when verified_by is null then null else :other end,
            override_by = case when override_by is null then null else :former end,
            fix_done_by = case when fix_done_by is null then null else :former end,
            fixer = case
                when fixer is null or (ending = 'workaround' and fix_done_at is null) then fixer
                else :former end
        where workspace = :workspace and incident in (
            select number from incidents
            where workspace = :workspace and state in ('done', 'closed', 'withdrawn')
            and coalesce(ended_at, restored_at, declared_at) < :before
        ) and (
            asked_by <> :former or checker <> :former or verified_by <> :other
            or override_by <> :former or fix_done_by <> :former
            or (fixer <> :former and (ending <> 'workaround' or fix_done_at is not null))
        )
        """,
        before=as_text(before),
        former=former,
        other=other,
    )

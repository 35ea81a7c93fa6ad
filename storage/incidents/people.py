"""Who stands in incidents: what they are told, who takes their place, and when names go."""

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
            select 'incidents.declared_by' as what, 'INC-' || number as subject, declared_at as at
            from incidents where workspace = :workspace and declared_by = :person
            union all
            select 'incidents.responsible' as what, 'INC-' || number as subject,
                responsible_since as at
            from incidents where workspace = :workspace and responsible = :person
            union all
            select 'incidents.proposed_to' as what, 'INC-' || number as subject, declared_at as at
            from incidents where workspace = :workspace and proposed_to = :person
            union all
            select 'incidents.acknowledged_by' as what, 'INC-' || number as subject,
                acknowledged_at as at
            from incidents where workspace = :workspace and acknowledged_by = :person
            union all
            select 'incidents.news_by' as what, 'INC-' || number as subject, news_at as at
            from incidents where workspace = :workspace and news_by = :person
            union all
            select 'incidents.restored_by' as what, 'INC-' || number as subject, restored_at as at
            from incidents where workspace = :workspace and restored_by = :person
            union all
            select 'incidents.ended_by' as what, 'INC-' || number as subject, ended_at as at
            from incidents where workspace = :workspace and ended_by = :person
            union all
            select 'timeline.person' as what, 'INC-' || incident as subject, at as at
            from timeline where workspace = :workspace and person = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = 0
    changed += tx.run(
        """
        update incidents set declared_by = :to
        where workspace = :workspace and declared_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update incidents set responsible = :to
        where workspace = :workspace and responsible = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update incidents set proposed_to = :to
        where workspace = :workspace and proposed_to = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update incidents set acknowledged_by = :to
        where workspace = :workspace and acknowledged_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update incidents set news_by = :to
        where workspace = :workspace and news_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update incidents set restored_by = :to
        where workspace = :workspace and restored_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update incidents set ended_by = :to
        where workspace = :workspace and ended_by = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update timeline set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update timeline set detail = :to
        where workspace = :workspace and detail = :person and kind in (
            'alarmed', 'asked', 'assigned', 'checking', 'handed on', 'fix handed on', 'reminded'
        )
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update timeline set detail = :to || substr(detail, length(:person) + 1)
        where workspace = :workspace and kind in ('unreached', 'said fix')
        and substr(detail, 1, length(:person) + 1) = :person || ':'
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update timeline set detail = trim(
            replace(',' || detail || ',', ',' || :person || ',', ',' || :to || ','), ','
        )
        where workspace = :workspace and kind = 'alarmed' and detail like '%,%'
        """,
        person=person,
        to=to,
    )
    return changed


def forget_alarms(tx: Tx, before: datetime) -> int:
    """Delete who was alarmed when, before a moment; return how often.

    Those of an open incident stay: its messages are found by them.
    """
    return tx.run(
        """
        delete from timeline
        where workspace = :workspace and kind in ('alarmed', 'unreached', 'paused')
        and at < :before and incident in (
            select number from incidents where workspace = :workspace and state <> 'open'
        )
        """,
        before=as_text(before),
    )


def forget_people(tx: Tx, before: datetime, former: str) -> int:
    """Put `former` in the place of everybody in incidents that ended before a moment."""
    changed = tx.run(
        """
        update incidents set declared_by = :former, responsible = :former, proposed_to = null,
            declared_in = null,
            acknowledged_by = case
                when acknowledged_by is null then null else :former end,
            news_by = case when news_by is null then null else :former end,
            restored_by = case when restored_by is null then null else :former end,
            ended_by = case when ended_by is null then null else :former end
        where workspace = :workspace and state in ('done', 'closed', 'withdrawn')
        and coalesce(ended_at, restored_at, declared_at) < :before and declared_by <> :former
        """,
        former=former,
        before=as_text(before),
    )
    tx.run(
        """
        update timeline set person = case when person is null then null else :former end,
            detail = case when kind in ('assigned', 'asked', 'checking', 'handed on',
                'fix handed on', 'reminded') then :former
                when kind = 'said fix' then :former || substr(detail, length(detail) - 10)
                else detail end
        where workspace = :workspace
        and (person <> :former or (kind = 'reminded' and detail <> :former))
        and incident in (
            select number from incidents where workspace = :workspace and declared_by = :former
        )
        """,
        former=former,
    )
    return changed

"""Where somebody stands in the register, and how another comes into their place."""

from __future__ import annotations

from storage.engine import Row, Tx
from storage.engine.ids import PersonId


def of_person(tx: Tx, person: PersonId) -> list[Row]:
    """Return every place in which somebody stands here: `what` (table.column), `subject`, `at`."""
    return tx.rows(
        """
        select what, subject, at from (
            select 'automations.accountable' as what, name as subject,
                accountable_accepted_at as at
            from automations where workspace = :workspace and accountable = :person
            union all
            select 'automations.deputy' as what, name as subject, deputy_accepted_at as at
            from automations where workspace = :workspace and deputy = :person
            union all
            select 'automations.offered_to' as what, name as subject, null as at
            from automations where workspace = :workspace and offered_to = :person
            union all
            select 'automation_history.person' as what, a.name as subject, h.at as at
            from automation_history h
            join automations a on a.workspace = h.workspace and a.id = h.automation
            where h.workspace = :workspace and h.person = :person
            union all
            select 'automation_questions.asked' as what, a.name as subject, q.opened_at as at
            from automation_questions q
            join automations a on a.workspace = q.workspace and a.id = q.automation
            where q.workspace = :workspace and q.asked = :person
        ) as found order by at, subject, what
        """,
        person=person,
    )


def replace_person(tx: Tx, person: PersonId, to: PersonId) -> int:
    """Put somebody else, or a pseudonym, in the place of a person; return how often."""
    changed = 0
    changed += tx.run(
        """
        update automations set accountable = :to,
            deputy = case when deputy = :to then null else deputy end
        where workspace = :workspace and accountable = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update automations set deputy = :to,
            accountable = case when accountable = :to then null else accountable end
        where workspace = :workspace and deputy = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update automations set offered_to = :to
        where workspace = :workspace and offered_to = :person
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update automation_history set person = :to
        where workspace = :workspace and person = :person
        """,
        person=person,
        to=to,
    )
    # These kinds tell there who it was, and who it is.
    changed += tx.run(
        """
        update automation_history set before = trim(
            replace(' ' || before || ' ', ' ' || :person || ' ', ' ' || :to || ' ')
        )
        where workspace = :workspace and kind in ('named', 'offered', 'taken over')
        and ' ' || before || ' ' like '% ' || :person || ' %'
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update automation_history set after = trim(
            replace(' ' || after || ' ', ' ' || :person || ' ', ' ' || :to || ' ')
        )
        where workspace = :workspace and kind in ('named', 'offered', 'taken over')
        and ' ' || after || ' ' like '% ' || :person || ' %'
        """,
        person=person,
        to=to,
    )
    changed += tx.run(
        """
        update automation_questions set asked = :to
        where workspace = :workspace and asked = :person
        """,
        person=person,
        to=to,
    )
    return changed
